package deployer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"deployer/console"
	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/journal"
	"deployer/nodes"
	"deployer/script"
	"deployer/shell"
)

// outcome is what came of a run.
type outcome struct {
	err      error
	failures []error // the innermost ones
	targets  []string
	states   map[string]journal.State  // by slug
	errors   map[string]*journal.Error // by slug, of those that failed
	text     string                    // the result, as it is shown
	status   int
}

// judge finds out how every target stands, and the exit status.
func (r *oneRun) judge(ctx context.Context, err error) *outcome {
	o := &outcome{err: err, failures: nodes.Failures(err), states: map[string]journal.State{}, errors: map[string]*journal.Error{}}
	for _, h := range r.task.Node.Hosts() {
		o.target(h.Slug(), journal.Unused)
	}
	done := journal.Done
	if r.task.Sandbox {
		done = journal.WouldRun
	}
	for _, slug := range r.session.Used() {
		o.target(slug, done)
	}
	left, _ := r.nodes.NotBegun()
	for _, slug := range left {
		o.target(slug, journal.NotBegun)
	}
	for _, failure := range o.failures {
		o.fail(failure)
	}
	for _, e := range r.session.Offline() {
		o.target(e.Host, journal.Offline)
		o.errors[e.Host] = hostError(e)
	}
	o.status = r.exitStatus(ctx, o)
	return o
}

func (o *outcome) target(slug string, state journal.State) {
	if _, known := o.states[slug]; !known {
		o.targets = append(o.targets, slug)
	}
	o.states[slug] = state
}

func (o *outcome) fail(failure error) {
	on := hosts.Errors(failure)
	for _, e := range on {
		o.target(e.Host, e.State())
		o.errors[e.Host] = hostError(e)
	}
	var action *nodes.ActionError
	if len(on) == 0 && errors.As(failure, &action) && action.Host != "" {
		state := nodes.StateOf(failure)
		o.target(action.Host, state)
		o.errors[action.Host] = &journal.Error{Kind: string(state), Message: action.Err.Error()}
	}
}

func hostError(e *hosts.Error) *journal.Error {
	return &journal.Error{Kind: string(e.Fault), Message: e.Cause(), Hint: e.Hint}
}

// exitStatus is the status of the run; when several apply, the first of interrupted, host key, unreachable, failed.
func (r *oneRun) exitStatus(ctx context.Context, o *outcome) int {
	var cause interface{ status() int }
	if ctx.Err() != nil {
		if errors.As(context.Cause(ctx), &cause) {
			return cause.status()
		}
		return exitInterrupted
	}
	status := exitOK
	for _, failure := range o.failures {
		status = worse(status, failureStatus(failure))
	}
	if status == exitOK && r.session.NoHosts() && !r.options.allowEmpty && !r.ranOnSome() {
		return exitUsage
	}
	return status
}

// ranOnSome reports whether the run was limited and reached hosts all the same: that others have none is meant then.
func (r *oneRun) ranOnSome() bool { return r.task.Node.Limited() != "" && len(r.session.Used()) > 0 }

func worse(a, b int) int {
	for _, status := range []int{exitInterrupted, exitHostKey, exitUnreachable, exitFailed} {
		if a == status || b == status {
			return status
		}
	}
	return exitOK
}

func failureStatus(failure error) int {
	var unknown *nodes.UnknownError
	if errors.As(failure, &unknown) {
		return exitOK // a sandbox cannot tell: that is no failure, and no success is claimed
	}
	status := exitOK
	for _, e := range hosts.Errors(failure) {
		switch e.Fault {
		case hosts.HostKey:
			status = worse(status, exitHostKey)
		case hosts.Unreachable, hosts.LoginFailed, hosts.Lost:
			status = worse(status, exitUnreachable)
		case hosts.Interrupted:
			status = worse(status, exitInterrupted)
		default:
			status = worse(status, exitFailed)
		}
	}
	if status == exitOK {
		return exitFailed
	}
	return status
}

// state is how the run ended: as the failure did that the exit status comes from.
func (o *outcome) state() journal.State {
	if o.status >= exitInterrupted {
		return journal.Interrupted
	}
	for _, failure := range o.failures {
		if failureStatus(failure) == o.status {
			return nodes.StateOf(failure)
		}
	}
	return nodes.StateOf(o.err)
}

// result records what the action returned.
func (o *outcome) result(r *oneRun, value any) {
	raw, err := nodes.JSONResult(value)
	text := ""
	if err == nil {
		text, err = r.format(r.shown.without(value, r.journal.Secrets()))
	}
	if err != nil {
		failure := &nodes.ActionError{Node: r.task.Node.Path(), Action: r.task.Action.Name, State: journal.Failed, Err: err}
		o.err, o.failures = errors.Join(o.err, failure), append(o.failures, failure)
		o.failAtLeast()
		return
	}
	if string(raw) == "null" || r.task.Action.SuppressResult {
		return
	}
	_, cells := value.(*nodes.ParallelResult)
	r.journal.Write(journal.Event{Kind: journal.Result, Node: r.task.Node.Path(), Value: raw, Parallel: cells})
	if !r.options.json && !(r.inShell && shell.Nodes(value) != nil) {
		o.text = r.journal.Secrets().Mask(text)
	}
}

// format is a result as it is shown.
func (r *oneRun) format(value any) (string, error) {
	if console.View(r.task.View).Merges() {
		return nodes.FormatFolded(value, hostset.Fold)
	}
	return nodes.FormatResult(value)
}

// failAtLeast makes the status that of a failure, unless it says something else already.
func (o *outcome) failAtLeast() {
	if o.status == exitOK {
		o.status = exitFailed
	}
}

// end writes the last events and shows the result and the failures.
func (o *outcome) end(r *oneRun, took time.Duration) {
	counts := map[journal.State]int{}
	for _, slug := range o.targets {
		counts[o.states[slug]]++
		r.journal.Write(journal.Event{Kind: journal.HostEnd, Host: slug, State: o.states[slug], Error: o.errors[slug]})
	}
	end := journal.Event{Kind: journal.RunEnd, State: o.state(), Seconds: took.Seconds(), Exit: &o.status, Counts: counts}
	if o.err != nil {
		end.Error = &journal.Error{Kind: string(end.State), Message: o.err.Error()}
	}
	r.journal.Write(end)
	// An error is told by the writer itself, which watches standard output.
	_, _ = io.WriteString(r.program.Out, o.text)
	if o.status == exitClosed {
		return // whoever read it has seen enough
	}
	colour := r.program.output(r.program.Err, r.options.color).Colour
	text := console.FormatFailures(o.report(r), len(o.targets), colour) + console.FormatStops(r.stops(), colour)
	fmt.Fprint(r.program.Err, r.journal.Secrets().Mask(text))
}

// report lists the failures for a person. One who sits at the shell has seen those that a question told and the end of
// their terminal, and knows of their own Ctrl-C.
func (o *outcome) report(r *oneRun) []console.Failure {
	var all []console.Failure
	if r.options.brief != nil {
		return nil
	}
	for _, failure := range o.failures {
		f := console.Failure{State: nodes.StateOf(failure), Cause: failure.Error()}
		var action *nodes.ActionError
		if errors.As(failure, &action) {
			if r.inShell && (r.wasTold(failure) || f.State == journal.Interrupted || f.State == journal.Lost && r.task.Alone) {
				continue
			}
			f.Node, f.Action, f.Host, f.Cause = action.Node, action.Action, action.Host, action.Err.Error()
			for _, reader := range action.Readers {
				f.Readers = append(f.Readers, reader.String())
			}
		}
		if on := hosts.Errors(failure); len(on) == 1 {
			e := on[0]
			f.Host, f.Command, f.Cause, f.Hint, f.Stderr, f.Seconds = e.Host, e.Op, e.Cause(), e.Hint, e.Stderr, e.Seconds
			f.Offline = e.Offline
		}
		var mistake *script.Error
		if errors.As(failure, &mistake) && mistake.Mistake() {
			f.Stderr = excerpt(mistake)
		}
		all = append(all, f)
	}
	return append(all, r.leftOut(all)...)
}

// leftOut are the hosts that are offline and no failure is about.
func (r *oneRun) leftOut(told []console.Failure) []console.Failure {
	var all []console.Failure
	for _, e := range r.session.Offline() {
		if !slices.ContainsFunc(told, func(f console.Failure) bool { return f.Host == e.Host }) {
			all = append(all, console.Failure{Host: e.Host, Command: e.Op, State: e.State(), Offline: true, Cause: e.Cause(), Hint: e.Hint})
		}
	}
	return all
}

// stops lists the actions that did not begin everywhere.
func (r *oneRun) stops() []console.Stop {
	_, stops := r.nodes.NotBegun()
	var all []console.Stop
	for _, s := range stops {
		all = append(all, console.Stop(s))
	}
	return all
}

// wasTold reports whether a question told the person of a failure on a host.
func (r *oneRun) wasTold(failure error) bool {
	on := hosts.Errors(failure)
	if len(on) != 1 {
		return false
	}
	_, told := r.told.Load(on[0])
	return told
}

// excerpt is where a script went wrong: its line, and the calls that led there.
func excerpt(e *script.Error) string {
	var text strings.Builder
	_ = e.Format(&text) // into memory
	_, where, _ := strings.Cut(text.String(), "\n")
	return where
}

func (o *outcome) asError() error {
	if o.status == exitOK {
		return nil
	}
	return &shownError{o.status}
}
