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
}

// Typed is the option as it is typed.
func (o Option) Typed() string {
	if o.Letter == "" {
		return "--" + o.Name
	}
	return "-" + o.Letter
}

// call is a command with what follows it.
type call struct {
	options map[string]bool // by name
	words   []prompt.Word
}

func (c call) has(option string) bool { return c.options[option] }

// parse takes the options from the words after a command. A quoted word is none.
func (c *Command) parse(words []prompt.Word) (call, error) {
	made := call{options: map[string]bool{}}
	for i, w := range words {
		switch {
		case w.Raw == "--":
			made.words = append(made.words, words[i+1:]...)
			return made, c.enough(made)
		case w.Plain == 0 || w.Text == "-" || !strings.HasPrefix(w.Text, "-") || c.takesDashes(w):
			made.words = append(made.words, w)
			continue
		}
		if err := c.option(w.Text, made.options); err != nil {
			return made, err
		}
	}
	return made, c.enough(made)
}

// takesDashes reports whether a word that looks like options is a mode: -x takes a right from a file.
func (c *Command) takesDashes(w prompt.Word) bool {
	rights, mode := strings.CutPrefix(w.Text, "-")
	return strings.HasSuffix(c.Name, "chmod") && mode && rights != "" && strings.Trim(rights, "rwxXst") == ""
}

// option takes a word that has options: --name, or -letters.
func (c *Command) option(text string, into map[string]bool) error {
	if name, long := strings.CutPrefix(text, "--"); long {
		for _, o := range c.Options {
			if o.Name == name {
				into[name] = true
				return nil
			}
		}
		return c.noOption(text)
	}
	for _, letter := range text[1:] {
		at := slices.IndexFunc(c.Options, func(o Option) bool { return o.Letter == string(letter) })
		if at < 0 {
			return c.noOption("-" + string(letter))
		}
		into[c.Options[at].Name] = true
	}
	return nil
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
