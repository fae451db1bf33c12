package shell

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/internal/nearest"
)

// setting is something that set-option changes.
type setting struct {
	name   string
	help   string
	values []string
	get    func(Settings) string
	set    func(*Settings, string)
}

// The views of a run.
const (
	viewLines = "lines"
	viewTree  = "tree"
)

// settings is the table of what can be set.
func settings() []setting {
	return []setting{
		{"sandbox", "check everything, change nothing", []string{"on", "off"},
			func(s Settings) string {
				if s.Sandbox {
					return "on"
				}
				return "off"
			},
			func(s *Settings, value string) { s.Sandbox = value == "on" }},
		{"view", "how a run is shown", []string{viewLines, viewTree},
			func(s Settings) string { return s.View },
			func(s *Settings, value string) { s.View = value }},
	}
}

func (s *Shell) setOption(_ context.Context, a arguments) error {
	if len(a.words) != 2 {
		return fmt.Errorf("set-option takes a name and a value, got %d words: show-options lists the names", len(a.words))
	}
	name, value := a.words[0].Text, a.words[1].Text
	var names []string
	for _, o := range settings() {
		names = append(names, o.name)
		if o.name != name {
			continue
		}
		if !slices.Contains(o.values, value) {
			return fmt.Errorf("%s is %s, not %q", name, strings.Join(o.values, " or "), value)
		}
		o.set(&s.settings, value)
		return nil
	}
	hint := cmp.Or(nearest.Hint(name, names), "there is "+strings.Join(names, ", "))
	return fmt.Errorf("there is no option %q: %s", name, hint)
}

func (s *Shell) showOptions(_ context.Context, a arguments) error {
	if err := a.nothing("show-options"); err != nil {
		return err
	}
	var rows []console.Row
	for _, o := range settings() {
		rows = append(rows, console.Row{Name: o.name + " " + o.get(s.settings), Text: o.help})
	}
	return s.write(strings.TrimPrefix(console.FormatList("", rows, s.o.Colour), "\n\n"))
}
