package shell

import (
	"fmt"
	"strings"
	"testing"

	"deployer/console"
	"deployer/internal/generated"
	"deployer/prompt"
)

// TestDocument compares the end of doc/shell.md with the table of commands that it is made from.
func TestDocument(t *testing.T) {
	t.Parallel()
	generated.End(t, "../doc/shell.md", documentMark, document(), "go test ./shell -run TestDocument -update")
}

// documentMark is the line in the document after which everything is generated.
const documentMark = "<!-- From here on made from the table of commands: go test ./shell -run TestDocument -update -->\n"

// document is what the document says of commands and options.
func document() string {
	var b strings.Builder
	b.WriteString("\n## Commands\n")
	for _, c := range Commands() {
		fmt.Fprintf(&b, "\n### %s\n\n", c.Name)
		if c.Usage != "" {
			fmt.Fprintf(&b, "    %s %s\n\n", c.Name, c.Usage)
		}
		fmt.Fprintln(&b, console.Wrap(strings.TrimSpace(prompt.Sentence(c.Short)+" "+c.Long), 120))
	}
	b.WriteString("\n## Options\n\n| option | values | meaning |\n|---|---|---|\n")
	for _, o := range settings() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", o.name, o.takes, o.help)
	}
	return b.String()
}

// TestHelp asks for the help of every command.
func TestHelp(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", true)
	for _, c := range s.commands {
		s.out.Reset()
		if status := s.do(t.Context(), "help "+c.Name); status != 0 || !strings.Contains(s.out.String(), prompt.Sentence(c.Short)) {
			t.Errorf("help %s: status %d, printed %q", c.Name, status, &s.out)
		}
		for line := range strings.Lines(s.out.String()) {
			if len(line) > 100 {
				t.Errorf("help %s has a long line: %q", c.Name, line)
			}
		}
	}
}
