package deployer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/internal/generated"
	"deployer/scpshell"
	"deployer/shell"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestManualPage compares doc/deployer.1 with the table of commands that it is made from.
func TestManualPage(t *testing.T) {
	t.Parallel()
	want := manualPage((&program{Program: Program{}.named()}).command())
	generated.File(t, "doc/deployer.1", want, "go test . -run TestManualPage -update")
}

// manualPage is the manual page, in the macros of man(7).
func manualPage(root *cobra.Command) string {
	m := &manual{}
	m.raw(`.\" Made from the table of commands: go test . -run TestManualPage -update`)
	m.raw(`.TH DEPLOYER 1 "" "deployer" "User Commands"`)
	m.raw(".SH NAME")
	m.text("deployer - " + root.Short)
	m.raw(".SH SYNOPSIS")
	m.synopsis(root.Name() + " [TREE]")
	for _, cmd := range root.Commands() {
		tree := "[TREE] "
		if slices.Contains(treeless, cmd.Name()) || cmd.Name() == "completion" {
			tree = ""
		}
		m.synopsis(root.Name() + " " + tree + cmd.Use)
	}
	m.raw(".SH DESCRIPTION")
	m.paragraphs(root.Long)
	m.raw(".SH COMMANDS")
	for _, cmd := range root.Commands() {
		m.raw(".SS " + roff(cmd.Use))
		m.paragraphs(cmp.Or(cmd.Long, sentence(cmd.Short)))
		m.options(cmd.LocalFlags())
	}
	m.shell()
	m.scp()
	m.raw(".SH OPTIONS")
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	m.options(root.LocalFlags())
	m.raw(strings.TrimSpace(manualEnd))
	return m.String()
}

// shell writes the section on the deployment shell, from the table of its commands.
func (m *manual) shell() {
	m.raw(".SH SHELL")
	m.paragraphs(shellIntroduction)
	for _, c := range shell.Commands() {
		m.raw(".SS " + roff(strings.TrimSpace(c.Name+" "+c.Usage)))
		m.text(strings.TrimSpace(sentence(c.Short) + " " + c.Long))
	}
}

// scp writes the section on the secure-copy shell, from the table of its commands.
func (m *manual) scp() {
	m.raw(".SH SECURE-COPY SHELL")
	m.paragraphs(scpIntroduction)
	for _, c := range scpshell.Commands() {
		m.raw(".SS " + roff(c.Line()))
		m.text(strings.TrimSpace(sentence(c.Short) + " " + c.Long))
		for _, o := range c.Options {
			m.raw(".TP", `\fB`+roff(o.Typed())+`\fR`)
			m.text(o.Text)
		}
	}
}

const scpIntroduction = `In the secure-copy shell, which scp opens, the commands are about the files of a host; with an l before their names, about
those of this machine. Words are quoted as in sh; patterns and a leading ~ are expanded on the side of the command.`

const shellIntroduction = `In the deployment shell a line is a command, or an action of the node where the shell is: [PATH] ACTION
[ARGUMENT...]. A node alone runs its default action. Tab completes, Ctrl-R searches in the lines of earlier sessions,
Ctrl-C ends what runs, Ctrl-D leaves.`

// sentence makes one of a line of the help.
func sentence(line string) string { return strings.ToUpper(line[:1]) + line[1:] + "." }

// manual is a page while it is written.
type manual struct{ strings.Builder }

func (m *manual) raw(lines ...string) {
	for _, line := range lines {
		m.WriteString(line + "\n")
	}
}

func (m *manual) text(lines string) {
	for line := range strings.Lines(lines) {
		line = roff(strings.TrimSuffix(line, "\n"))
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		m.raw(line)
	}
}

func (m *manual) paragraphs(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			m.raw(".PP")
		}
		m.text(paragraph)
	}
}

func (m *manual) synopsis(usage string) {
	words := strings.SplitN(usage, " ", 2)
	m.raw(".B "+roff(words[0]), roff(words[1]), ".br")
}

func (m *manual) options(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		m.raw(".TP", strings.TrimSpace(fmt.Sprintf(`\fB%s\fR %s`, roff(name), roff(value))))
		if f.DefValue != "" && f.DefValue != "false" {
			usage += "; without it " + f.DefValue
		}
		m.text(usage)
	})
}

// roff is a text as troff wants it.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
}

// manualEnd is what the table of commands does not have.
const manualEnd = `
.SH FILES
.TP
.I deploy\fR, \fIdeploy.star
The tree, in the current folder or in one above.
.TP
.I ~/.ssh/config\fR, \fI/etc/ssh/ssh_config
What a host is called, and how to log in to it, where the tree does not say.
.TP
.I ~/.ssh/known_hosts\fR, \fI/etc/ssh/ssh_known_hosts
The keys of hosts. New ones are added to the first, if a person or accept\-new says so.
.SH ENVIRONMENT
.TP
.B NO_COLOR
If it is not empty, nothing is coloured.
.TP
.B TERM
If it is dumb or not set, nothing is coloured or drawn. Commands that have the terminal get it.
.TP
.B SSH_AUTH_SOCK
The agent that has the keys.
.SH EXAMPLES
.TP
.B deployer init
Write a tree to begin with.
.TP
.B ./deploy
Open the shell at the root of the tree, which is executable.
.TP
.B ./deploy run \-\-path production/web[web1] install 2.1
Run the action install with the argument 2.1 on one machine.
.TP
.B ./deploy run \-\-path production/web \-\-sandbox install 2.1
See what it would run on all of them, without changing anything.
.SH SEE ALSO
.BR ssh (1),
.BR ssh_config (5),
.BR sshd (8)
.PP
The documents that come with the source: overview.md has a tutorial, script.md all that a tree can contain.
`
