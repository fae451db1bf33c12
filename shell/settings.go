package shell

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/internal/nearest"
	"deployer/prompt"
)

// setting is something that set-option changes.
type setting struct {
	name     string
	help     string
	takes    string // the values, for people
	get      func(Settings) string
	set      func(*Shell, string) error
	complete func(*Shell, string) []prompt.Candidate // of a value that was typed so far
}

// everyHost is the set of hosts that limits nothing.
const everyHost = "*"

// settings is the table of what can be set.
func settings() []setting {
	return append([]setting{
		among("sandbox", "check everything, change nothing", []string{"on", "off"},
			func(s Settings) string {
				if s.Sandbox {
					return "on"
				}
				return "off"
			},
			func(s *Settings, value string) { s.Sandbox = value == "on" }),
		among("view", "how a run is shown", console.Views(),
			func(s Settings) string { return s.View },
			func(s *Settings, value string) { s.View = value }),
		{"hosts", "the only hosts that are worked on", "a set of hosts, as --hosts takes it; * for all",
			func(s Settings) string { return cmp.Or(s.Hosts, everyHost) },
			(*Shell).limitTo,
			func(s *Shell, typed string) []prompt.Candidate { return CompleteHosts(s.here.at, typed) }},
	}, rollingSettings()...)
}

// among is a setting that has one of some values.
func among(name, help string, of []string, get func(Settings) string, set func(*Settings, string)) setting {
	return setting{name, help, strings.Join(of, ", "), get,
		func(s *Shell, value string) error {
			if !slices.Contains(of, value) {
				return fmt.Errorf("%s is %s, not %q", name, console.OneOf(of), value)
			}
			set(&s.settings, value)
			return nil
		},
		func(_ *Shell, typed string) []prompt.Candidate { return values("", typed, of...) },
	}
}

// limitTo limits what follows to a set of hosts of the tree.
func (s *Shell) limitTo(set string) error {
	if set = strings.TrimSpace(set); set == everyHost {
		set = ""
	} else if _, err := s.here.at.Select(set); err != nil {
		return err
	}
	s.settings.Hosts = set
	return nil
}

func (s *Shell) setOption(_ context.Context, a arguments) error {
	if len(a.words) != 2 {
		return fmt.Errorf("set-option takes a name and a value, got %d words: show-options lists the names", len(a.words))
	}
	name, value := a.words[0].Text, a.words[1].Text
	var names []string
	for _, o := range settings() {
		if o.name == name {
			return o.set(s, value)
		}
		names = append(names, o.name)
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
	return s.write(strings.TrimPrefix(s.layout().List("", rows), "\n\n"))
}
