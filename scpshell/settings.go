package scpshell

import (
	"context"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/internal/nearest"
	"deployer/prompt"
)

// settings are what set-option changes.
type settings struct {
	sudo    bool   // files of the host are used as another user
	user    string // with sudo: that user; "" is root
	sandbox bool
}

// setting is something that set-option changes.
type setting struct {
	name, values, help string
	get                func(settings) string
	set                func(*settings, string) bool // false: it has no such value
}

// on names a switch.
func on(is bool) string {
	if is {
		return "on"
	}
	return "off"
}

// switched sets a switch.
func switched(to *bool, value string) bool {
	*to = value == "on"
	return value == "on" || value == "off"
}

// optionTable is the table of what can be set.
func optionTable() []setting {
	return []setting{
		{"sudo", "on, off or a user", "use the files of the host as root, or as that user",
			func(s settings) string {
				if s.user != "" {
					return s.user
				}
				return on(s.sudo)
			},
			func(s *settings, value string) bool {
				if value == "" || strings.HasPrefix(value, "-") {
					return false
				}
				if s.user = ""; !switched(&s.sudo, value) {
					s.sudo, s.user = true, value
				}
				return true
			}},
		{"sandbox", "on or off", "check everything, change nothing",
			func(s settings) string { return on(s.sandbox) },
			func(s *settings, value string) bool { return switched(&s.sandbox, value) }},
	}
}

func (s *Shell) setOption(_ context.Context, c call) error {
	name, value := c.words[0].Text, c.words[1].Text
	var names []string
	for _, o := range optionTable() {
		names = append(names, o.name)
		if o.name != name {
			continue
		}
		changed := s.settings
		if !o.set(&changed, value) {
			return fmt.Errorf("%s is %s, not %s", name, o.values, prompt.Quote(value))
		}
		s.settings = changed
		s.listings.forget()
		return nil
	}
	hint := nearest.Hint(name, names)
	if hint == "" {
		hint = "there is " + strings.Join(names, ", ")
	}
	return fmt.Errorf("there is no option %s: %s", prompt.Quote(name), hint)
}

func (s *Shell) showOptions(context.Context, call) error {
	var rows []console.Row
	for _, o := range optionTable() {
		rows = append(rows, console.Row{Name: o.name + " " + o.get(s.settings), Text: o.help})
	}
	return s.write(strings.TrimPrefix(s.layout().List("", rows), "\n\n"))
}

// mark is what the prompt shows of the settings.
func (s settings) mark() string {
	mark := ""
	if s.sudo {
		mark = "[" + strings.TrimSpace("sudo "+prompt.Quote(s.user)) + "]"
		if s.user == "" {
			mark = "[sudo]"
		}
	}
	if s.sandbox {
		mark += "[sandbox]"
	}
	return mark
}

// files says as whom a command uses the files of the host.
func (s settings) files(c call) hosts.FileOptions {
	sudo := s.sudo || c.has("sudo")
	return hosts.FileOptions{Sudo: sudo, User: s.user}
}
