package nodes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"deployer/hosts"
	"deployer/journal"
)

// call runs an action where it has to run: here, in every cell, or in one of them.
func (e *Env) call(ctx context.Context, a *Action, args Args) (any, error) {
	switch {
	case e.place.leftOut():
		return nil, e.recorded(ctx, a, args, nil, func(ctx context.Context) (journal.State, error) {
			e.Empty(ctx)
			return journal.Skipped, nil
		})
	case e.place.isolated || a.Isolate == IsolateLater:
		return e.invoke(ctx, a, args)
	case a.Isolate == IsolateOne:
		return e.callOne(ctx, a, args)
	}
	return e.fork(ctx, a, args)
}

// fork runs an action in every cell, in parallel. A cell that fails stops no other.
func (e *Env) fork(ctx context.Context, a *Action, args Args) (any, error) {
	cells, err := e.Cells()
	if err != nil {
		return nil, err
	}
	result := &ParallelResult{Cells: cells, Values: make([]any, len(cells))}
	return result, e.recorded(ctx, a, args, cells, func(ctx context.Context) (journal.State, error) {
		if len(cells) == 0 {
			e.Empty(ctx)
		}
		result.Errors = e.each(ctx, a, cells, func(ctx context.Context, i int) error {
			var err error
			result.Values[i], err = cells[i].invoke(ctx, a, args)
			return err
		})
		err := result.Err()
		return stateOf(ctx, err), err
	})
}

// callOne runs an action in the cell that a person chooses; in a random one if nobody is there.
func (e *Env) callOne(ctx context.Context, a *Action, args Args) (any, error) {
	cells, err := e.place.Isolations()
	if err != nil {
		return nil, err
	}
	chosen := -1
	switch {
	case len(cells) == 0:
		e.Empty(ctx)
		return nil, nil
	case len(cells) == 1:
		chosen = 0
	case e.run.options.Person != nil:
		if chosen, err = e.choose(ctx, cells); err != nil {
			return nil, err
		}
	}
	if chosen < 0 {
		chosen = rand.IntN(len(cells))
	}
	return e.run.Env(cells[chosen]).invoke(ctx, a, args)
}

// choose asks the person for one of the cells.
func (e *Env) choose(ctx context.Context, cells []*Place) (int, error) {
	e.run.Record(ctx, journal.Event{Kind: journal.Question, Message: "which cell of " + e.place.Path()})
	defer hosts.Rest(ctx)()
	return e.run.options.Person.ChooseCell(ctx, cells)
}

// invoke runs an action in this very node: the one place where its errors are told where they happened, and where a
// person decides about a failure.
func (e *Env) invoke(ctx context.Context, a *Action, args Args) (value any, err error) {
	err = e.recorded(ctx, a, args, nil, func(ctx context.Context) (state journal.State, err error) {
		value, state, err = e.decide(ctx, a, args)
		return state, err
	})
	return value, err
}

// recorded writes the start and the end of an action to the journal, and puts the context of do inside it. cells are
// where it runs, if that is not here.
func (e *Env) recorded(ctx context.Context, a *Action, args Args, cells []*Env, do func(context.Context) (journal.State, error)) error {
	scope := hosts.ScopeOf(ctx)
	event := journal.Event{ID: e.run.Journal().NewID(), Parent: scope.Parent, Node: e.place.Path(), Host: e.cellSlug(),
		Action: a.Name, Sandbox: e.Sandbox(), Parallel: scope.Parallel, Quiet: a.Quiet}
	scope.Node, scope.Cell, scope.Group = event.Node, event.Host, groupName(e.place.Group())
	scope.Sandbox, scope.Parent = event.Sandbox, event.ID

	start := event
	start.Kind, start.Args, start.Targets = journal.ActionStart, shownArgs(args), cellHosts(cells)
	e.run.Journal().Write(start)
	begun := time.Now()
	state, err := do(hosts.WithScope(ctx, scope))
	event.Kind, event.State, event.Seconds = journal.ActionEnd, state, time.Since(begun).Seconds()
	if err != nil {
		event.Error = &journal.Error{Kind: string(state), Message: err.Error()}
	}
	e.run.Journal().Write(event)
	return err
}

// cellHosts are the slugs of the hosts that cells belong to, each once.
func cellHosts(cells []*Env) []string {
	var slugs []string
	known := map[string]bool{}
	for _, cell := range cells {
		if slug := cell.cellSlug(); !known[slug] {
			known[slug] = true
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// decide runs the action, again and again as long as a person wants that.
func (e *Env) decide(ctx context.Context, a *Action, args Args) (any, journal.State, error) {
	for {
		value, err := a.Call(ctx, e, args)
		if err == nil {
			return value, journal.Done, nil
		}
		var inner *ActionError
		if errors.As(err, &inner) { // it was told, and decided, where it happened
			return value, inner.State, err
		}
		failed := &ActionError{Node: e.place.Path(), Action: a.Name, Host: e.cellSlug(), State: stateIn(ctx, err),
			Readers: readers(ctx), Err: err}
		switch e.afterFailure(ctx, failed) {
		case Retry:
			continue
		case Skip:
			return nil, journal.Skipped, nil
		}
		return value, failed.State, failed
	}
}

// afterFailure asks the person what to do, if there is one and it may help.
func (e *Env) afterFailure(ctx context.Context, failed *ActionError) Decision {
	person := e.run.options.Person
	scope := hosts.ScopeOf(ctx)
	on := hosts.Errors(failed.Err)
	alone := !scope.Parallel || e.run.session.OneAtATime()
	if person == nil || len(on) == 0 || on[0].Fault == hosts.Parked || !alone || scope.Sandbox || ctx.Err() != nil {
		return Abort
	}
	for {
		e.run.Record(ctx, journal.Event{Kind: journal.Question, Host: on[0].Host, Message: "what to do about the failure"})
		decision, err := person.AfterFailure(ctx, failed)
		if err != nil {
			return Abort // no answer is no consent to go on
		}
		if decision != Connect {
			return decision
		}
		e.openShell(ctx, on[0].Host)
	}
}

// openShell gives the person a shell on the host where something failed.
func (e *Env) openShell(ctx context.Context, slug string) {
	h := e.place.hostNamed(slug)
	if h == nil {
		e.Log(ctx, "there is no host "+slug+" in the tree")
		return
	}
	scope := hosts.ScopeOf(ctx)
	scope.Parallel = false // nobody else is at work, or nobody would be asked
	if _, err := e.run.session.Handle(h).Shell(hosts.WithScope(ctx, scope), "", ""); err != nil {
		e.Log(ctx, err.Error())
	}
}

// hostNamed is a host of the node, or of any other of its tree, on which the action may have worked as well; nil if there
// is none.
func (n *Place) hostNamed(slug string) hosts.Host {
	for _, h := range n.Hosts() {
		if h.Slug() == slug {
			return h
		}
	}
	for at := range n.Root().Walk().Places() {
		for _, h := range at.Hosts() {
			if h.Slug() == slug {
				return h
			}
		}
	}
	return nil
}

// stateIn is the state of an action that failed with err, in a context that may have been the reason.
func stateIn(ctx context.Context, err error) journal.State {
	var unknown *UnknownError
	failed := hosts.Errors(err)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return journal.Interrupted
	case errors.As(err, &unknown):
		return journal.Unknown
	case len(failed) > 0:
		return failed[0].State()
	}
	return journal.Failed
}

// stateOf is the state of an action that ran in several cells: of those that failed, or of the run that was interrupted.
func stateOf(ctx context.Context, err error) journal.State {
	var failed *ActionError
	if err == nil || errors.As(err, &failed) {
		return StateOf(err)
	}
	return stateIn(ctx, err)
}

// StateOf is the state of a run, or of an action, that returned err.
func StateOf(err error) journal.State {
	var failed *ActionError
	switch {
	case err == nil:
		return journal.Done
	case errors.As(err, &failed):
		return failed.State
	}
	return journal.Failed
}

func groupName(g *Group) string {
	if g == nil {
		return ""
	}
	return g.Name
}

// shownArgs returns the arguments as the journal records them.
func shownArgs(args Args) []string {
	var all []string
	for _, v := range args.Positional {
		all = append(all, showValue(v))
	}
	for _, n := range args.Named {
		all = append(all, n.Name+"="+showValue(n.Value))
	}
	return all
}

// showValue is an argument as it could be typed: a string without quotes, a host by its slug, a node by its path.
func showValue(v any) string {
	p, err := plain(v)
	if err != nil {
		return fmt.Sprint(v) // a value of the front, in its own words
	}
	if text, ok := p.(string); ok {
		return text
	}
	if name := nameOf(p); name != "" {
		return name
	}
	text, err := jsonText(p)
	if err != nil {
		return fmt.Sprint(v)
	}
	return text
}
