package scpshell

import (
	"fmt"
	"slices"
	"strings"

	"deployer/internal/nearest"
	"deployer/prompt"
)

// Option is an option of a command.
type Option struct {
	Letter string // "r"; "" if it has a name only
	Name   string // "recursive"
	Text   string // what it does
	Value  string // what it takes: "PATTERN"; "" if nothing
}

// Typed is the option as it is typed.
func (o Option) Typed() string {
	if o.Letter == "" {
		return strings.TrimSpace("--" + o.Name + " " + o.Value)
	}
	return "-" + o.Letter
}

// call is a command with what follows it.
type call struct {
	options map[string]bool     // by name
	values  map[string][]string // by name, of those that take one
	words   []prompt.Word
}

func (c call) has(option string) bool { return c.options[option] }

// parse takes the options from the words after a command. A quoted word is none.
func (c *Command) parse(words []prompt.Word) (call, error) {
	made := call{options: map[string]bool{}, values: map[string][]string{}}
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		switch {
		case w.Raw == "--":
			made.words = append(made.words, words...)
			return made, c.enough(made)
		case w.Plain == 0 || w.Text == "-" || !strings.HasPrefix(w.Text, "-") || c.takesDashes(w):
			made.words = append(made.words, w)
			continue
		}
		taken, err := c.option(w.Text, words, made)
		if err != nil {
			return made, err
		}
		words = words[taken:]
	}
	return made, c.enough(made)
}

// takesDashes reports whether a word that looks like options is a mode: -x takes a right from a file.
func (c *Command) takesDashes(w prompt.Word) bool {
	rights, mode := strings.CutPrefix(w.Text, "-")
	return strings.HasSuffix(c.Name, "chmod") && mode && rights != "" && strings.Trim(rights, "rwxXst") == ""
}

// option takes a word that has options: --name, --name=value, or -letters; and how many words it takes of those after it.
func (c *Command) option(text string, after []prompt.Word, into call) (taken int, err error) {
	if long, ok := strings.CutPrefix(text, "--"); ok {
		return c.long(long, after, into)
	}
	for _, letter := range text[1:] {
		at := slices.IndexFunc(c.Options, func(o Option) bool { return o.Letter == string(letter) })
		if at < 0 {
			return 0, c.noOption("-" + string(letter))
		}
		into.options[c.Options[at].Name] = true
	}
	return 0, nil
}

// long takes a --name, with its value where it has one.
func (c *Command) long(text string, after []prompt.Word, into call) (taken int, err error) {
	name, value, given := strings.Cut(text, "=")
	at := slices.IndexFunc(c.Options, func(o Option) bool { return o.Name == name })
	switch {
	case at < 0:
		return 0, c.noOption("--" + name)
	case c.Options[at].Value == "" && given:
		return 0, fmt.Errorf("--%s takes nothing: %s", name, c.Line())
	case c.Options[at].Value != "" && !given && len(after) == 0:
		return 0, fmt.Errorf("--%s needs a %s: %s", name, c.Options[at].Value, c.Line())
	case c.Options[at].Value != "" && !given:
		value, taken = after[0].Text, 1
	}
	into.options[name] = true
	into.values[name] = append(into.values[name], value)
	return taken, nil
}

func (c *Command) noOption(text string) error {
	var names []string
	for _, o := range c.Options {
		names = append(names, "--"+o.Name)
	}
	hint := nearest.Hint(text, names)
	if hint == "" {
		hint = "help " + c.Name + " lists them; quoted it is a path"
	}
	return fmt.Errorf("%s has no option %s: %s", c.Name, prompt.Quote(text), hint)
}

// enough complains about too few or too many words.
func (c *Command) enough(made call) error {
	switch n := len(made.words); {
	case n < c.least:
		return fmt.Errorf("%s needs more: %s", c.Name, c.Line())
	case c.most >= 0 && n > c.most:
		return fmt.Errorf("%s takes no %s: %s", c.Name, prompt.Quote(made.words[c.most].Text), c.Line())
	}
	return nil
}

// Line is how the command is typed.
func (c *Command) Line() string {
	text := c.Name
	for _, o := range c.Options {
		text += " [" + o.Typed() + "]"
	}
	return strings.TrimSpace(text + " " + c.Usage)
}
