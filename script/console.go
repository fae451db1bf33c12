package script

import (
	"fmt"
	"slices"

	"go.starlark.net/starlark"

	"deployer/console"
)

// consoleValue is env.console: how an action talks with a person.
type consoleValue struct{ env *envValue }

func (consoleValue) String() string        { return "<console>" }
func (consoleValue) Type() string          { return "console" }
func (consoleValue) Truth() starlark.Bool  { return true }
func (consoleValue) Freeze()               {}
func (consoleValue) Hash() (uint32, error) { return 0, wrong("a console cannot be a key") }

// consoleMethods are the methods of a console.
var consoleMethods = map[string]func(consoleValue, site) (starlark.Value, error){
	"choice":                  consoleValue.choice,
	"confirm":                 consoleValue.confirm,
	"in_columns":              consoleValue.inColumns,
	"input":                   consoleValue.input,
	"lesspipe":                consoleValue.lesspipe,
	"password":                consoleValue.password,
	"select_node":             consoleValue.selectNode,
	"select_node_isolation":   consoleValue.selectIsolation,
	"progress_bar":            consoleValue.progressBar,
	"progress_bar_with_steps": consoleValue.progressWithSteps,
	"warning":                 consoleValue.warning,
}

const isInteractive = "is_interactive"

// AttrNames lists what dir(env.console) shows.
func (consoleValue) AttrNames() []string {
	names := []string{isInteractive}
	for name := range consoleMethods {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Attr is a method, or is_interactive.
func (v consoleValue) Attr(name string) (starlark.Value, error) {
	if name == isInteractive {
		return starlark.Bool(console.From(v.env.call.live().ctx).Interactive()), nil
	}
	method := consoleMethods[name]
	if method == nil {
		return nil, noAttr("env.console", name, v.AttrNames())
	}
	return builtin(func(s site) (starlark.Value, error) {
		if err := s.call.failed(); err != nil {
			return nil, err // what is not known was to be asked about
		}
		return method(v, s)
	}).value(name), nil
}

// confirm is env.console.confirm(question, default = None).
func (consoleValue) confirm(s site) (starlark.Value, error) {
	var question string
	var yes, byDefault bool
	err := s.complain(s.bind("confirm", []param{
		{name: "question", set: text(&question)},
		{name: "default", optional: true, set: unlessNone(&byDefault, truth(&yes))},
	})...)
	if err != nil {
		return nil, err
	}
	def := console.NoDefault
	switch {
	case byDefault && yes:
		def = console.Yes
	case byDefault:
		def = console.No
	}
	answer, err := console.From(s.call.ctx).Confirm(question, def)
	return starlark.Bool(answer), err
}

// unlessNone sets an argument that may be None, and notes whether it is something else.
func unlessNone(given *bool, set func(starlark.Value) error) func(starlark.Value) error {
	return func(v starlark.Value) error {
		if v == starlark.None {
			return nil
		}
		*given = true
		return set(v)
	}
}

// input is env.console.input(label, is_password = False, answers = None, default = None).
func (v consoleValue) input(s site) (starlark.Value, error) {
	var o console.InputOptions
	var label string
	var someAnswers, byDefault bool
	err := s.complain(s.bind("input", []param{
		{name: "label", set: text(&label)},
		{name: "is_password", optional: true, set: truth(&o.Hidden)},
		{name: "answers", optional: true, set: unlessNone(&someAnswers, words(&o.Answers))},
		{name: "default", optional: true, set: unlessNone(&byDefault, text(&o.Default))},
	})...)
	if err != nil {
		return nil, err
	}
	o.Empty = byDefault && o.Default == ""
	answer, err := console.From(s.call.ctx).Input(label, o)
	if err == nil && o.Hidden {
		answer = s.call.prog.secrets.TokenOf(answer)
	}
	return starlark.String(answer), err
}

// password is env.console.password(label).
func (consoleValue) password(s site) (starlark.Value, error) {
	var label string
	if err := s.complain(s.bind("password", []param{{name: "label", set: text(&label)}})...); err != nil {
		return nil, err
	}
	password, err := console.From(s.call.ctx).Password(label)
	if err != nil {
		return nil, err
	}
	return starlark.String(s.call.prog.secrets.TokenOf(password)), nil
}

// choice is env.console.choice(question, options, allow_random = False, default = None).
func (consoleValue) choice(s site) (starlark.Value, error) {
	var o console.ChoiceOptions
	var question string
	var options optionList
	var value starlark.Value
	var byDefault bool
	err := s.complain(s.bind("choice", []param{
		{name: "question", set: text(&question)},
		{name: "options", set: options.set},
		{name: "allow_random", optional: true, set: truth(&o.Random)},
		{name: "default", optional: true, set: unlessNone(&byDefault, anyValue(&value))},
	})...)
	if err != nil {
		return nil, err
	}
	if byDefault {
		if o.Default, err = options.name(value); err != nil {
			return nil, err
		}
	}
	chosen, err := console.From(s.call.ctx).Choice(question, options.names, o)
	if err != nil {
		return nil, err
	}
	return options.values[chosen], nil
}

// optionList are options to choose from.
type optionList struct {
	names  []string
	values []starlark.Value
}

// set takes strings, which are name and value, and pairs of both.
func (l *optionList) set(v starlark.Value) error {
	list, ok := v.(starlark.Iterable)
	if !ok {
		return typeError(v, "a list of strings, or of pairs of name and value")
	}
	for one := range starlark.Elements(list) {
		name, value := one, one
		if pair, ok := one.(starlark.Tuple); ok && len(pair) == 2 {
			name, value = pair[0], pair[1]
		}
		text, ok := starlark.AsString(name)
		switch {
		case !ok || text == "":
			return fmt.Errorf("got a %s in the list, want strings, or pairs of name and value", one.Type())
		case slices.Contains(l.names, text):
			return fmt.Errorf("there are two options %q", text)
		}
		l.names, l.values = append(l.names, text), append(l.values, value)
	}
	return nil
}

// name is the name of a value.
func (l *optionList) name(value starlark.Value) (string, error) {
	for i, v := range l.values {
		same, err := starlark.Equal(v, value)
		if err != nil {
			return "", err
		}
		if same {
			return l.names[i], nil
		}
	}
	return "", wrong("choice: the default is none of the options")
}

// warning is env.console.warning(text).
func (consoleValue) warning(s site) (starlark.Value, error) {
	var message string
	if err := s.complain(s.bind("warning", []param{{name: "text", set: text(&message)}})...); err != nil {
		return nil, err
	}
	console.From(s.call.ctx).Warning(message)
	return starlark.None, nil
}
