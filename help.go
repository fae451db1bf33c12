package deployer

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deployer/console"
	"deployer/prompt"
)

// The columns of help: those where there is no terminal, and the most that read well.
const (
	usualColumns = 80
	mostColumns  = 100
)

// setHelp makes the help of a command and of those below it that of [helpOf], as wide as the terminal.
func (p *program) setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		l := p.output(p.Out, "never").Layout()
		l.Columns = min(cmp.Or(l.Columns, usualColumns), mostColumns)
		// An error is told by the writer itself, which watches standard output.
		_, _ = io.WriteString(p.Out, helpOf(cmd, l))
	})
	root.SetHelpCommand(&cobra.Command{
		Use:                   "help [COMMAND]",
		DisableFlagsInUseLine: true,
		Short:                 "explain a command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offerCommands(root, typed), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, left, err := root.Find(args)
			if err != nil || len(left) > 0 {
				return unknownCommand(root, args)
			}
			cmd.InitDefaultHelpFlag()
			cmd.InitDefaultVersionFlag()
			return cmd.Help()
		},
	})
}

// offerCommands offers the commands that begin with what was typed.
func offerCommands(root *cobra.Command, typed string) []string {
	var all []string
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && strings.HasPrefix(cmd.Name(), typed) {
			all = append(all, cobra.CompletionWithDesc(cmd.Name(), cmd.Short))
		}
	}
	return all
}

// helpOf is all the help on a command.
func helpOf(cmd *cobra.Command, l console.Layout) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(cmp.Or(cmd.Long, prompt.Sentence(cmd.Short)), "\n\n") {
		if !strings.HasPrefix(paragraph, " ") { // else it is an example
			paragraph = l.Paragraph(paragraph)
		}
		b.WriteString(paragraph + "\n\n")
	}
	use := cmd.Use
	if cmd.HasParent() {
		use = cmd.Parent().CommandPath() + " " + use
	}
	b.WriteString("usage:\n  " + use + "\n")
	b.WriteString(l.List("commands ("+cmd.CommandPath()+" COMMAND --help tells more):", commandRows(cmd)))
	b.WriteString(l.List("options:", optionRows(cmd)))
	return b.String()
}

func commandRows(cmd *cobra.Command) []console.Row {
	var rows []console.Row
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			rows = append(rows, console.Row{Name: below.Name(), Text: below.Short})
		}
	}
	return rows
}

// optionRows are the options of a command, its own first.
func optionRows(cmd *cobra.Command) []console.Row {
	var rows []console.Row
	for _, flags := range []*pflag.FlagSet{cmd.LocalFlags(), cmd.InheritedFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				rows = append(rows, optionRow(f))
			}
		})
	}
	return rows
}

// noDefault are the defaults that go without saying.
var noDefault = []string{"", "false", "0", "0s"}

func optionRow(f *pflag.Flag) console.Row {
	value, text := pflag.UnquoteUsage(f)
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	if !slices.Contains(noDefault, f.DefValue) {
		text += " (default " + f.DefValue + ")"
	}
	return console.Row{Name: strings.TrimRight(name+" "+value, " "), Text: text}
}
