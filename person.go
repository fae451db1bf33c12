package deployer

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// person is the person at the console, as hosts and nodes want to ask them: console knows of neither.
type person struct {
	*console.Person
	secrets *journal.Secrets
	told    *sync.Map // the *hosts.Error that were told with a question
}

var (
	_ hosts.Person   = person{}
	_ hosts.Terminal = person{}
	_ nodes.Person   = person{}
)

// newPerson returns who can be asked in a run; nil if nobody is present.
func (p *program) newPerson(r *oneRun) *console.Person {
	if p.Answer != nil && !r.options.nonInteractive {
		return console.NewFunctionPerson(p.Answer)
	}
	terminal := p.presence(r.options)
	if terminal == nil {
		return nil
	}
	return console.NewPerson(terminal, r.screen, func() { p.signals.take(os.Interrupt) })
}

// Password implements hosts.Person.
func (p person) Password(ctx context.Context, q hosts.PasswordQuestion) (string, error) {
	return p.Person.Password(ctx, console.PasswordQuestion(q))
}

// TrustKeys implements hosts.Person.
func (p person) TrustKeys(ctx context.Context, keys []hosts.NewKey) (bool, error) {
	var shown []console.NewKey
	for _, k := range keys {
		shown = append(shown, console.NewKey(k))
	}
	return p.Person.TrustKeys(ctx, shown)
}

// AfterFailure implements nodes.Person. What the command printed is on the screen already.
func (p person) AfterFailure(ctx context.Context, failed *nodes.ActionError) (nodes.Decision, error) {
	text, canConnect := failed.Error(), false
	if on := hosts.Errors(failed); len(on) > 0 {
		text = fmt.Sprintf("%s %s failed %s", failed.Node, failed.Action, p.tell(on))
		canConnect = on[0].State() == journal.Failed || on[0].Fault == hosts.TimedOut
	}
	answer, err := p.Person.AfterFailure(ctx, p.secrets.Mask(text), canConnect)
	return decisions[answer], err
}

// tell says where something failed, and why if that is the same everywhere.
func (p person) tell(on []*hosts.Error) string {
	var slugs []string
	causes := map[string]bool{}
	for _, e := range on {
		p.told.Store(e, true)
		causes[e.Cause()] = true
		if !slices.Contains(slugs, e.Host) {
			slugs = append(slugs, e.Host)
		}
	}
	text := "on " + console.List(slugs)
	if len(causes) == 1 {
		text += ": " + on[0].Cause()
	}
	if on[0].Hint != "" {
		text += "\n" + on[0].Hint
	}
	return text
}

var decisions = map[console.Answer]nodes.Decision{
	console.Abort: nodes.Abort, console.Retry: nodes.Retry, console.Skip: nodes.Skip, console.Connect: nodes.Connect,
}

// ChooseCell implements nodes.Person.
func (p person) ChooseCell(ctx context.Context, cells []*nodes.Place) (int, error) {
	var names []string
	for _, cell := range cells {
		names = append(names, strings.Join(cell.CellSlugs(), ":"))
	}
	return p.Person.Choose(ctx, "choose a host", names)
}
