package deployer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deployer/journal"
	"deployer/nodes"
	"deployer/prompt"
	"deployer/shell"
)

const completionHelp = `Print a script with which a shell completes command lines of %[1]s: its commands and options, and of the tree
in the folder the paths, actions and parameters. SHELL is bash, zsh or fish.

    source <(%[1]s completion bash)    # in ~/.bashrc; it needs the package bash-completion
    source <(%[1]s completion zsh)     # in ~/.zshrc, after compinit
    %[1]s completion fish | source     # in ~/.config/fish/config.fish`

// completionScripts write the script of a shell.
var completionScripts = map[string]func(*cobra.Command, io.Writer) error{
	"bash": func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
	"zsh":  func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
	"fish": func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
}

// treeCompletions make a shell complete a tree that is executed, ./deploy, like the program that its first line names.
var treeCompletions = map[string]string{
	"bash": "complete -o default -F __start_%[1]s deploy\n",
	"zsh":  "compdef _%[1]s deploy\n",
	"fish": "complete -c ./deploy -w %[1]s\n",
}

// completionShells are the shells that there are scripts for.
var completionShells = []string{"bash", "zsh", "fish"}

func (p *program) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "completion SHELL",
		DisableFlagsInUseLine: true,
		Short:                 "print a script with which a shell completes command lines",
		Long:                  fmt.Sprintf(completionHelp, p.Name),
		ValidArgs:             completionShells,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(completionShells, args[0]) {
				err := fmt.Errorf("completion takes the name of a shell, %s, and got %q", either(completionShells), strings.Join(args, " "))
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			err := completionScripts[args[0]](cmd.Root(), p.Out)
			if err == nil && p.Root == nil {
				_, err = fmt.Fprintf(p.Out, treeCompletions[args[0]], p.Name)
			}
			return err
		},
	}
}

// either names all of some words as a choice.
func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// completeRun completes an action of the node at the path of the options, and its arguments.
func (p *program) completeRun(o *runOptions) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		n, err := p.completedNode(cmd, o.path)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if len(args) == 0 {
			return offer(shell.CompleteAction(n, typed)), cobra.ShellCompDirectiveNoFileComp
		}
		a, err := n.Action(strings.TrimSuffix(args[0], "."))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		offered := offer(shell.CompleteArgument(a, args[1:], typed))
		if len(offered) == 0 {
			return nil, cobra.ShellCompDirectiveDefault // it may be a file
		}
		return offered, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// completePath completes a path of the tree.
func (p *program) completePath(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	root, err := p.completedNode(cmd, "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offer(shell.CompletePath(root, typed)), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeHosts completes a set of hosts.
func (p *program) completeHosts(o *runOptions) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		n, err := p.completedNode(cmd, o.path)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(shell.CompleteHosts(n, typed)), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// completedNode is the node at a path of the tree that the line to complete names. What is wrong with a tree is not shown:
// nobody has asked for it yet.
func (p *program) completedNode(cmd *cobra.Command, path string) (*nodes.Place, error) {
	p.Err = io.Discard
	tree, err := p.load(cmd.Context(), journal.NewSecrets())
	if err != nil {
		return nil, err
	}
	return resolve(tree, path)
}

// offer returns candidates as cobra wants them.
func offer(candidates []prompt.Candidate) []string {
	var all []string
	for _, c := range candidates {
		all = append(all, cobra.CompletionWithDesc(c.Text, c.Description))
	}
	return all
}

// among completes an option that is one of some words.
func among(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}
