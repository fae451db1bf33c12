package shell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deployer/internal/nearest"
	"deployer/nodes"
	"deployer/prompt"
)

// resolve returns the node that a path leads to, as it was typed; "" leads to where the shell is.
func (s *Shell) resolve(path string) (*nodes.Place, error) {
	switch strings.Trim(path, prompt.Blanks) {
	case "":
		return s.here.at, nil
	case "-":
		if s.here.previous == nil {
			return nil, errors.New("there is no node before this one")
		}
		return s.here.previous, nil
	}
	return resolveFrom(s.here.at, path)
}

func resolveFrom(at *nodes.Place, path string) (*nodes.Place, error) {
	parsed, err := nodes.ParsePath(path)
	if err != nil {
		return nil, err
	}
	return nodes.Resolve(parsed, at)
}

// splitName splits a path before its last step, if that is a plain name: what could be a member of the node before it.
func splitName(path string) (before, name string, ok bool) {
	cut := strings.LastIndexAny(path, "/."+prompt.Blanks)
	if cut < 0 {
		return ".", path, path != ""
	}
	before, name = strings.TrimRight(path[:cut], prompt.Blanks), path[cut+1:]
	if before == "" && path[cut] == '/' {
		before = "/"
	}
	return before, name, before != "" && name != "" && !strings.ContainsAny(name, `'"\[]:`)
}

// target is an action at a node, with what follows it.
type target struct {
	at     *nodes.Place
	name   string // of the action, as it was called; "" is the default action
	action *nodes.Action
	rest   []prompt.Word
}

// named is the action under the name by which it was called; the default action is called by the node.
func (t target) named() *nodes.Action {
	a := *t.action
	a.Name = t.name
	if t.name == "" {
		a.Name = t.at.Path()
	}
	return &a
}

// target finds out what the words of a line call: a path, and an action or nothing for the default action.
func (s *Shell) target(words []prompt.Word) (target, error) {
	at := s.here.at
	for i, w := range words {
		if w.Raw == "--" && i > 0 {
			return s.byDefault(at, words[i:])
		}
		if a, err := at.Action(w.Text); err == nil && w.Text != "" {
			return target{at, w.Text, a, words[i+1:]}, nil
		}
		next, err := s.step(at, w, i == 0)
		if err == nil {
			at = next
			continue
		}
		if t, ok := joined(at, w.Raw); ok {
			t.rest = words[i+1:]
			return t, nil
		}
		if i > 0 && takesArguments(at) && (words[i-1].Raw == "." || len(nearNames(at, w.Text)) == 0) {
			return s.byDefault(at, words[i:])
		}
		return target{}, s.unknown(at, w, i == 0, err)
	}
	return s.byDefault(at, nil)
}

// step goes where one word of a line leads.
func (s *Shell) step(at *nodes.Place, w prompt.Word, first bool) (*nodes.Place, error) {
	if first {
		return s.resolve(w.Raw)
	}
	return resolveFrom(at, w.Raw)
}

// joined is the action that a path ends in: production/git.checkout.
func joined(at *nodes.Place, path string) (target, bool) {
	before, name, ok := splitName(path)
	if !ok {
		return target{}, false
	}
	at, err := resolveFrom(at, before)
	if err != nil {
		return target{}, false
	}
	a, err := at.Action(name)
	return target{at: at, name: name, action: a}, err == nil
}

// byDefault is the default action of a node.
func (s *Shell) byDefault(at *nodes.Place, rest []prompt.Word) (target, error) {
	if !at.IsCallable() {
		return target{}, fmt.Errorf("%s is a node without a default action: cd %[1]s goes there, ls %[1]s lists its actions", at.Path())
	}
	return target{at, "", at.Template().Default, rest}, nil
}

func takesArguments(at *nodes.Place) bool {
	a := at.Template().Default
	return a != nil && (a.Variadic || a.Keywords || len(a.Params) > 0)
}

// nearNames are the names of nodes and actions that a word may be a misspelling of.
func nearNames(at *nodes.Place, text string, more ...string) []string {
	return nearest.Names(text, slices.Concat(more, at.Steps(), at.ActionNames()))
}

// unknown says that a word means nothing at a node; err is why it is no path.
func (s *Shell) unknown(at *nodes.Place, w prompt.Word, first bool, err error) error {
	before, name, ok := splitName(w.Raw)
	if ok && before != "." {
		if inner, failed := resolveFrom(at, before); failed == nil {
			return noSuch("node or action", inner, name, nearNames(inner, name))
		}
	}
	if !ok || before != "." {
		return err
	}
	var names []string
	for _, cmd := range s.commands {
		names = append(names, cmd.Name)
	}
	switch {
	case first:
		return noSuch("command, node or action", at, w.Text, nearNames(at, w.Text, names...))
	case slices.Contains(names, w.Raw):
		return fmt.Errorf("%s is a command, and comes first: %[1]s %s", w.Raw, at.Path())
	}
	return noSuch("node or action", at, w.Text, nearNames(at, w.Text))
}

func noSuch(what string, at *nodes.Place, name string, near []string) error {
	hint := "ls lists what there is"
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("there is no %s %q in %s: %s", what, name, at.Path(), hint)
}
