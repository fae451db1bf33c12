package scpshell

import (
	"fmt"
	"strings"
	"testing"

	"deployer/console"
	"deployer/internal/generated"
	"deployer/prompt"
)

// documentMark is the line in the document after which everything is generated.
const documentMark = "<!-- From here on made from the table of commands: go test ./scpshell -run TestDocument -update -->\n"

// TestDocument compares the end of doc/scp.md with the table of commands that it is made from.
func TestDocument(t *testing.T) {
	t.Parallel()
	generated.End(t, "../doc/scp.md", documentMark, document(), "go test ./scpshell -run TestDocument -update")
}

// document is what the document says of commands and options.
func document() string {
	var b strings.Builder
	b.WriteString("\n## Commands\n")
	for _, c := range Commands() {
		fmt.Fprintf(&b, "\n### %s\n\n    %s\n\n%s\n", c.Name, c.Line(),
			console.Wrap(strings.TrimSpace(prompt.Sentence(c.Short)+" "+c.Long), 120))
		if len(c.Options) > 0 {
			b.WriteString("\n| option | meaning |\n|---|---|\n")
		}
		for _, o := range c.Options {
			fmt.Fprintf(&b, "| `%s` | %s |\n", o.Typed(), o.Text)
		}
	}
	b.WriteString("\n## Options\n\n| option | values | meaning |\n|---|---|---|\n")
	for _, o := range optionTable() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", o.name, o.values, o.help)
	}
	return b.String()
}

// TestHelpIsShort looks at the help of every command.
func TestHelpIsShort(t *testing.T) {
	t.Parallel()
	for _, c := range Commands() {
		help := c.Help(console.Layout{Columns: 80})
		if !strings.Contains(help, prompt.Sentence(c.Short)) {
			t.Errorf("the help of %s does not say what it does: %s", c.Name, help)
		}
		for line := range strings.Lines(help) {
			if len(line) > 100 {
				t.Errorf("the help of %s has a long line: %q", c.Name, line)
			}
		}
	}
}
