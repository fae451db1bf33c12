package deployer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deployer/console"
	"deployer/internal/nearest"
)

const helpText = `%s runs the actions of a deployment tree on its hosts.`

const treeHelp = `

A tree is a file, "deploy" by custom. Without one named, deployer takes ./deploy, then ./deploy.star, then the same in
each parent folder. The first argument names one if it contains a slash or ends in .star; -f TREE does anywhere.`

const runHelp = `Run an action of a node, on the node's hosts.

PATH leads to the node as through directories: production/git, or production.git; git[web1] is one host of it. "." is the
node's default action.

Without an ACTION the deployment shell opens at the node. It reads lines from the terminal, or from a pipe or a file until
one fails. With nothing to read, the node's children and actions are listed.

SET says which of the node's hosts are meant: slugs, ranges web[01-20], patterns web*, @web for a role or a group (@role:web
and @group:web if both have the name), /production/git for the hosts of a node. a,b are both, a!b is a without b, a&b what
is in both, a^b what is in one of them, from left to right: in single quotes, 'web*!web2', since shells read * and ! too. A
name that no host has is an error.

Options end at ACTION; what follows is its own. A word name=value is given by name if the action has a parameter of that
name, and never after --.

Exit status: 0 done; 1 an action failed; 2 wrong usage, tree or path, or no hosts; 3 a host could not be reached or was
lost; 4 a host key was refused; 130 interrupted, 131 SIGQUIT, 143 SIGTERM, 129 SIGHUP, 141 standard output closed.`

// main runs the command that the arguments name.
func (p *program) main(ctx context.Context, args []string) int {
	root := p.command()
	root.SetArgs(p.takeTree(args))
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	err := root.ExecuteContext(ctx)
	var cause interface{ status() int }
	if errors.As(context.Cause(ctx), &cause) {
		var shown *shownError
		if !errors.As(err, &shown) {
			p.tellCause(context.Cause(ctx))
			return cause.status()
		}
	}
	return p.fail(err)
}

// tellCause says why the program ends, where the person who sees it does not know.
func (p *program) tellCause(cause error) {
	var output *outputError
	if errors.As(cause, &output) && !unheard(cause) {
		p.tell("%v", output)
	}
}

// unheard reports whether the program ends since nobody reads what it writes any more, which it does quietly.
func unheard(cause error) bool {
	var output *outputError
	return errors.As(cause, &output) && output.status() == exitClosed
}

// takeTree takes the tree from the front of the arguments, also of those of a line that is completed.
func (p *program) takeTree(args []string) []string {
	if len(args) > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		if len(args) == 2 { // the tree itself is typed
			return args
		}
		return append(args[:1:1], p.takeTree(args[1:])...)
	}
	if p.Root == nil && len(args) > 0 && !strings.HasPrefix(args[0], "-") && (strings.Contains(args[0], "/") || strings.HasSuffix(args[0], ".star")) {
		p.tree = args[0]
		return args[1:]
	}
	return args
}

// command returns the command line.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:                   p.Name + " [COMMAND] [OPTIONS]",
		DisableFlagsInUseLine: true,
		Long:                  fmt.Sprintf(helpText, p.Name),
		Short:                 "run the actions of a deployment tree",
		Args:                  unknownCommand,
		Version:               version(),
		SilenceErrors:         true,
		SilenceUsage:          true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return p.openShell(cmd.Context(), defaultOptions()) },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetVersionTemplate(p.Name + " {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{optionError(cmd, err), cmd.CommandPath() + " --help"}
	})
	root.AddCommand(p.runCommand(), p.runsCommand(), p.showCommand(), p.resumeCommand(), p.retryCommand(),
		p.scpCommand(), p.checkCommand(), p.connectInfoCommand(), p.completionCommand())
	if p.Root == nil {
		p.takeScripts(root)
	}
	p.setHelp(root)
	return root
}

// takeScripts adds what is only for trees that are scripts.
func (p *program) takeScripts(root *cobra.Command) {
	root.Use = p.Name + " [TREE] [COMMAND] [OPTIONS]"
	root.Long += treeHelp
	root.PersistentPreRunE = p.noTree
	root.PersistentFlags().StringVarP(&p.tree, "file", "f", p.tree, "`TREE` to use: a Starlark file")
	root.AddCommand(p.initCommand(), p.demoCommand())
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{fmt.Errorf("%q is not a command%s", args[0], suggestion(cmd, args[0])), cmd.CommandPath() + " --help"}
}

func suggestion(cmd *cobra.Command, word string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return ": to run an action, write " + cmd.CommandPath() + " run " + word
}

// optionError says which option is wrong, and which is near to one that is not there.
func optionError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("there is no option -%s", name)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	near := nearest.Names(name, names)
	if len(near) == 0 {
		return fmt.Errorf("there is no option --%s", name)
	}
	return fmt.Errorf("there is no option --%s: did you mean --%s?", name, strings.Join(near, " or --"))
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func (p *program) runCommand() *cobra.Command {
	var o runOptions
	scp := false
	cmd := &cobra.Command{
		Use:                   "run [OPTIONS] [--] [ACTION [PARAMETER...]]",
		DisableFlagsInUseLine: true,
		Short:                 "run an action on the hosts of a node",
		Long:                  runHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			o.repeated = repeatedOptions(cmd.Flags())
			switch {
			case len(args) == 0 && o.junit+o.summary != "":
				err := errors.New("--junit and --summary tell what came of one action: name it")
				return &usageError{err, cmd.CommandPath() + " --help"}
			case scp && len(args) > 0:
				err := fmt.Errorf("--scp opens a shell, and takes no action: got %s", args[0])
				return &usageError{err, cmd.CommandPath() + " --help"}
			case scp:
				return p.scp(cmd.Context(), o, "", nil)
			case len(args) == 0:
				return p.openShell(cmd.Context(), o)
			}
			return p.oneShot(cmd.Context(), o, args[0], args[1:])
		},
	}
	cmd.ValidArgsFunction = p.completeRun(&o)
	p.runFlags(cmd, &o)
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.BoolVar(&scp, "scp", false, "open the secure-copy shell for the hosts of the node: see scp")
	return cmd
}

// runFlags are the options of the command run that tell of the run.
func (p *program) runFlags(cmd *cobra.Command, o *runOptions) {
	p.commonOptions(cmd, o)
	p.rollingOptions(cmd, o)
	p.viewOptions(cmd, o)
	f := cmd.Flags()
	f.Var((*given)(&o.hosts), "hosts", "work on the hosts of `SET` only: web[1-20], @role, @group, web*, a path; a,b a!b a&b a^b")
	f.BoolVarP(&o.single, "single-threaded", "s", false, "work on one host at a time")
	f.BoolVar(&o.allowEmpty, "allow-empty", false, "succeed also where there were no hosts to run on")
	o.stuck.flags(cmd)
	complete(cmd, "hosts", p.completeHosts(o))
}

// viewOptions are those of run, and of what runs an action again, that do not change what is done.
func (p *program) viewOptions(cmd *cobra.Command, o *runOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.noJournal, "no-journal", false, "keep no journal of what is run: see runs")
	f.StringVar(&o.view, "view", string(console.ViewLive), "how to show the run: `VIEW` is "+console.OneOf(console.Views()))
	f.Var((*given)(&o.junit), "junit", "write how every host ended to `FILE`, in the format of JUnit")
	f.Var((*given)(&o.summary), "summary", "write what came of the run to `FILE`, as one JSON document")
	complete(cmd, "view", among(console.Views()...))
}

// commonOptions are those of run and scp.
func (p *program) commonOptions(cmd *cobra.Command, o *runOptions) {
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "`PATH` of the node; without it the root")
	f.BoolVar(&o.sandbox, "sandbox", false, "connect and check, but change nothing")
	f.StringVar(&o.hostKeys, "host-keys", "", "what to do about host keys that are not known: `MODE` is strict or accept-new")
	f.BoolVarP(&o.keepGoing, "keep-going", "k", false, "in a shell that reads a pipe or a file, go on after a line that failed")
	p.recordOptions(cmd, o)
	complete(cmd, "path", p.completePath)
	complete(cmd, "host-keys", among("strict", "accept-new"))
}

// recordOptions are those of everything that runs something: who is asked, and who is told.
func (p *program) recordOptions(cmd *cobra.Command, o *runOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.nonInteractive, "non-interactive", false, "ask nothing, and give no command a terminal")
	f.Var((*given)(&o.log), "log", "write every event to `FILE`, as JSON lines")
	f.BoolVar(&o.json, "json", false, "write every event to standard output, as JSON lines, and nothing else")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to colour: auto, always or never")
	complete(cmd, "color", among("auto", "always", "never"))
}

// complete completes the value of an option.
func complete(cmd *cobra.Command, option string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(option, with); err != nil {
		panic(err) // there is no such option
	}
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "load the tree and report every problem, connect nowhere",
		Args:  p.noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.check(cmd.Context()) },
	}
}

func (p *program) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "write a starter tree, its comments explaining it",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Errorf("init takes one folder, and got %d", len(args)), "deployer init --help"}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return p.starter(dir)
		},
	}
}

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "throwaway SSH hosts in this process, and a tree over them",
		Args:  p.noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context()) },
	}
}

// treeless are the commands that make a tree, and take none.
var treeless = []string{"init", "demo"}

func (p *program) noTree(cmd *cobra.Command, _ []string) error {
	if p.tree == "" || !slices.Contains(treeless, cmd.Name()) {
		return nil
	}
	return &usageError{fmt.Errorf("%s makes a tree of its own, and takes none: got %s", cmd.Name(), p.tree), cmd.CommandPath() + " --help"}
}

func (p *program) noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{fmt.Errorf("%s takes no arguments, and got %q", cmd.Name(), args[0]), cmd.CommandPath() + " --help"}
}
