package shell

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"deployer/console"
	"deployer/prompt"
)

var update = flag.Bool("update", false, "write the commands into doc/shell.md anew")

// TestDocument compares the end of doc/shell.md with the table of commands that it is made from.
func TestDocument(t *testing.T) {
	t.Parallel()
	const path = "../doc/shell.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, tail, found := strings.Cut(string(text), documentMark)
	if !found {
		t.Fatalf("%s has no line %q", path, documentMark)
	}
	want := document()
	if *update {
		if err := os.WriteFile(path, []byte(head+documentMark+want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if tail != want {
		t.Errorf("%s is stale: go test ./shell -run TestDocument -update", path)
	}
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
