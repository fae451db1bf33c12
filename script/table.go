package script

import (
	"fmt"
	"slices"
	"strings"
)

// entry describes one thing that a script may use. doc/script.md and Help are made from the entries, and a test compares
// them with what there is.
type entry struct {
	name    string // "node"; "env.hosts", "host.run" for what values have
	usage   string // as it is written
	text    string
	options []optionEntry
	after   string // follows the options
}

// optionEntry describes an argument that is given by name.
type optionEntry struct{ name, text string }

// section is a chapter of the reference.
type section struct {
	title   string
	text    string
	entries []entry
}

// table is the whole reference.
//
//go:generate go test -run TestReference -update .
func table() []section {
	return []section{
		nodeSection(), querySection(), roleSection(), hostSection(), secretSection(), helperSection(),
		envSection(), consoleSection(), commandSection(), fileSection(), setSection(), resultSection(), inspectSection(),
	}
}

// Help describes what scripts may use under a name: a builtin, or an attribute such as env.host, host.run or run. Without
// a name it lists all. It returns false if there is no such name.
func Help(name string) (string, bool) {
	var b strings.Builder
	for _, s := range table() {
		if name == "" {
			fmt.Fprintf(&b, "%s\n", s.title)
		}
		for _, e := range s.entries {
			switch {
			case name == "":
				fmt.Fprintf(&b, "  %s\n", e.usage)
			case e.name == name || strings.HasSuffix(e.name, "."+name):
				b.WriteString(e.help())
			}
		}
	}
	return b.String(), b.Len() > 0
}

// Names are the names that Help knows.
func Names() []string {
	var names []string
	for _, s := range table() {
		for _, e := range s.entries {
			names = append(names, e.name)
		}
	}
	slices.Sort(names)
	return names
}

func (e entry) help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n    %s\n", e.usage, strings.ReplaceAll(e.text, "\n", "\n    "))
	for _, o := range e.options {
		fmt.Fprintf(&b, "      %-22s %s\n", o.name, strings.ReplaceAll(o.text, "\n", " "))
	}
	if e.after != "" {
		fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(e.after, "\n", "\n    "))
	}
	return b.String()
}

// markdown is doc/script.md.
func markdown() string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, s := range table() {
		fmt.Fprintf(&b, "\n## %s\n", s.title)
		if s.text != "" {
			fmt.Fprintf(&b, "\n%s\n", s.text)
		}
		for _, e := range s.entries {
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n", e.usage, e.text)
			for i, o := range e.options {
				if i == 0 {
					b.WriteByte('\n')
				}
				fmt.Fprintf(&b, "- `%s`: %s\n", o.name, strings.ReplaceAll(o.text, "\n", " "))
			}
			if e.after != "" {
				fmt.Fprintf(&b, "\n%s\n", e.after)
			}
		}
	}
	return b.String()
}
