package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"deployer/journal"
)

// Console is how an action of a run talks with a person. It is for the action that asked for it, not to be kept.
//
// Where nobody is there, a question gives its default, and the log says so; without a default it is an error. No
// question waits for somebody who cannot answer. A question that is left without an answer (Ctrl-D, end of input) is an
// error too; Ctrl-C ends the run. Errors are *QuestionError, or the cause of the context that ended.
type Console struct {
	ctx context.Context // of one action, as the console is
	of  *Setup
}

// Run is the run that questions belong to. [deployer/nodes.Run] is one.
type Run interface {
	// Record writes an event of an action to the journal.
	Record(ctx context.Context, e journal.Event)
	// Secrets are masked in questions; a password that was typed becomes one of them.
	Secrets() *journal.Secrets
	// At returns an event of no kind that says where a context is: Node, Host (of a cell), Parent (the action), and
	// Parallel where several are at work at once.
	At(ctx context.Context) journal.Event
	// Rest gives up the place of a context among those that work at once, until the function that it returns is called.
	Rest(ctx context.Context) (back func())
}

// Setup is what consoles are made with. All of it may be nil.
type Setup struct {
	Run    Run     // what they ask and show is a part of; nil: nothing is recorded, nor shown where a screen shows records
	Screen *Screen // where progress is drawn, and what knows the size of the terminal; nil: there is none
	Person *Person // nil: nobody is there
}

type setupKey struct{}

// With returns a context with consoles.
func With(ctx context.Context, s Setup) context.Context {
	return context.WithValue(ctx, setupKey{}, &s)
}

// From returns the console of a context. Without [With] nobody is there.
func From(ctx context.Context) Console {
	of, ok := ctx.Value(setupKey{}).(*Setup)
	if !ok {
		of = &Setup{}
	}
	return Console{ctx, of}
}

// ErrNobody is the cause of a [QuestionError] where nobody is there to be asked and the question has no default.
var ErrNobody error = noAnswerError("nobody is there to answer: " +
	"run it at a terminal, or let the question have a default")

// QuestionError is a question that has no answer.
type QuestionError struct {
	Question string
	Err      error // ErrNobody, ErrNoAnswer, or a mistake in the question
}

func (e *QuestionError) Error() string { return fmt.Sprintf("%q: %v", e.Question, e.Err) }

func (e *QuestionError) Unwrap() error { return e.Err }

// Interactive reports whether somebody is there to be asked.
func (c Console) Interactive() bool { return c.of.Person != nil }

// YesNo is a default for [Console.Confirm].
type YesNo int

// The defaults. With NoDefault the person has to say yes or no.
const (
	NoDefault YesNo = iota
	Yes
	No
)

// Confirm asks a question to be answered with yes or no.
func (c Console) Confirm(question string, byDefault YesNo) (bool, error) {
	marks := map[YesNo]string{NoDefault: " [y/n] ", Yes: " [Y/n] ", No: " [y/N] "}
	yes, question := byDefault == Yes, c.shown(question)
	q := Question{Text: question + marks[byDefault], Check: func(answer string) string {
		switch answer = strings.ToLower(answer); {
		case answer == "y", answer == "yes":
			yes = true
		case answer == "n", answer == "no":
			yes = false
		case answer != "" || byDefault == NoDefault:
			return "answer y or n"
		}
		return ""
	}}
	word := map[bool]string{true: "yes", false: "no"}[yes]
	_, err := c.ask(question, q, word, byDefault != NoDefault)
	return yes && err == nil, err
}

// InputOptions are options of [Console.Input].
type InputOptions struct {
	Default string   // what an empty answer means; "": there is no default
	Empty   bool     // an empty answer will do, and is the default where there is no other
	Answers []string // those that are accepted; none: all
	Hidden  bool     // what is typed is not shown
}

// Input asks for a line of text, which it returns without spaces around it.
func (c Console) Input(label string, o InputOptions) (string, error) {
	label = c.shown(label)
	has := o.Default != "" || o.Empty
	if has && !o.accepts(o.Default) {
		return "", &QuestionError{label, errors.New("its default is none of its answers")}
	}
	text := label
	if len(o.Answers) > 0 {
		text += " (" + c.shown(strings.Join(o.Answers, ", ")) + ")"
	}
	if o.Default != "" && !o.Hidden {
		text += " [" + c.shown(o.Default) + "]"
	}
	check := func(answer string) string {
		switch answer = cmp.Or(answer, o.Default); {
		case answer == "" && !o.Empty:
			return "type something"
		case !o.accepts(answer):
			return "answer one of " + c.shown(strings.Join(o.Answers, ", "))
		}
		return ""
	}
	byDefault := c.shown(o.Default)
	if o.Hidden {
		byDefault = journal.Masked
	}
	answer, err := c.ask(label, Question{Text: text + ": ", Hidden: o.Hidden, Check: check}, byDefault, has)
	if err != nil {
		return "", err
	}
	return cmp.Or(answer, o.Default), nil
}

func (o InputOptions) accepts(answer string) bool {
	return len(o.Answers) == 0 || slices.Contains(o.Answers, answer)
}

// Password asks for a text that is not shown while it is typed, nor anywhere else from then on: it is masked in all
// that the run writes. It may not be empty.
func (c Console) Password(label string) (string, error) {
	password, err := c.Input(label, InputOptions{Hidden: true})
	if err == nil && c.of.Run != nil {
		c.of.Run.Secrets().Add(password)
	}
	return password, err
}

// ChoiceOptions are options of [Console.Choice].
type ChoiceOptions struct {
	Default string // the option that an empty answer means; "": there is no default
	Random  bool   // any will do: an empty answer is a random one
}

var errNoOptions = errors.New("there is nothing to choose from")

// empty is the index that an empty answer means.
func (o ChoiceOptions) empty(options []string) (int, error) {
	at := slices.Index(options, o.Default)
	switch {
	case len(options) == 0:
		return noChoice, errNoOptions
	case o.Random && o.Default != "":
		return noChoice, errors.New("its default is random: it cannot have another one")
	case o.Random:
		return RandomChoice, nil
	case o.Default == "":
		return noChoice, nil
	case at < 0:
		return noChoice, errors.New("its default is none of its options")
	}
	return at, nil
}

// Choice asks for one of several options, by its number, from 1, or its name. It returns its index, from 0.
func (c Console) Choice(question string, options []string, o ChoiceOptions) (int, error) {
	question = c.shown(question)
	chosen, err := o.empty(options)
	if err != nil {
		return noChoice, &QuestionError{question, err}
	}
	shown := make([]string, len(options))
	for i, option := range options {
		shown[i] = c.shown(option)
	}
	return c.askChoice(question, "number or name", choice{options: shown, first: 1, empty: chosen, random: o.Random})
}

// askChoice asks for one of a list. how says how it is answered.
func (c Console) askChoice(question, how string, list choice) (int, error) {
	question, byDefault, text := c.shown(question), "", how+": "
	switch {
	case list.empty == RandomChoice:
		byDefault = "random"
	case list.empty != noChoice:
		byDefault = list.options[list.empty]
	}
	if byDefault != "" {
		text = how + " [" + list.brief(byDefault) + "]: "
	}
	chosen := list.empty
	if _, err := c.ask(question, list.question(question, text, &chosen), byDefault, byDefault != ""); err != nil {
		return noChoice, err
	}
	if chosen == RandomChoice {
		chosen = rand.IntN(len(list.options))
	}
	return chosen, nil
}

// ask asks the person, or gives "" for the default where nobody is there.
func (c Console) ask(question string, q Question, byDefault string, has bool) (string, error) {
	switch {
	case c.ctx.Err() != nil:
		return "", context.Cause(c.ctx)
	case c.of.Person == nil && !has:
		return "", &QuestionError{question, ErrNobody}
	case c.of.Person == nil:
		c.Log(question + ": " + byDefault + " (nobody is asked)")
		return "", nil
	}
	q.Text = c.named(q.Text)
	c.record(journal.Event{Kind: journal.Question, Message: question})
	defer c.rest()()
	answer, err := c.of.Person.ask(c.ctx, q)
	switch {
	case c.ctx.Err() != nil:
		return "", context.Cause(c.ctx)
	case err != nil:
		return "", &QuestionError{question, err}
	}
	return answer, nil
}

// Log writes a line to the log of the run.
func (c Console) Log(text string) {
	at := c.at()
	if at.Host == "" {
		text = c.named(text)
	}
	c.record(journal.Event{Kind: journal.Message, Host: at.Host, Message: text})
}

func (c Console) record(e journal.Event) {
	if c.of.Run != nil {
		c.of.Run.Record(c.ctx, e)
	}
}

// rest gives up the place among those that work at once, until back is called.
func (c Console) rest() (back func()) {
	if c.of.Run == nil {
		return func() {}
	}
	return c.of.Run.Rest(c.ctx)
}

// at is an event of no kind that says where the console is.
func (c Console) at() journal.Event {
	if c.of.Run == nil {
		return journal.Event{}
	}
	return c.of.Run.At(c.ctx)
}

// named is a text with the path of the node before it, where several are at work at once.
func (c Console) named(text string) string {
	if at := c.at(); at.Parallel {
		return at.Node + ": " + text
	}
	return text
}

// shown is a text as a question may show it: on one line, without secrets.
func (c Console) shown(text string) string {
	if c.of.Run != nil {
		text = c.of.Run.Secrets().Mask(text)
	}
	return oneLine(text, maxCommand)
}
