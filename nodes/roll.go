package nodes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/journal"
)

// NotBegunError is of a cell in which an action did not begin, or of several.
type NotBegunError struct {
	Host string // slug, or several, folded
	Why  string // "2 of 5 cells failed, and none may"
	Err  error  // the cause, where the run was interrupted
}

func (e *NotBegunError) Error() string { return e.Host + ": not begun: " + e.Why }

func (e *NotBegunError) Unwrap() error { return e.Err }

// Stop tells of an action that did not begin in all cells of a node: in which it did, and how that went.
type Stop struct {
	Node, Action           string
	Why                    string
	Done, Failed, NotBegun []string // slugs, in definition order
}

// rolls is what a run knows of the actions that went over cells.
type rolls struct {
	any   atomic.Bool // one did
	mu    sync.Mutex
	stops []Stop
	left  map[string]bool // slugs of hosts where something did not begin, and nothing did afterwards
}

// begun notes that an action begins in the cell of a host.
func (r *rolls) begun(slug string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.left, slug)
}

func (r *rolls) stop(s Stop) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, s)
	if r.left == nil {
		r.left = map[string]bool{}
	}
	for _, slug := range s.NotBegun {
		r.left[slug] = true
	}
}

// Rolled reports whether an action went over the cells of a node.
func (r *Run) Rolled() bool { return r.rolls.any.Load() }

// NotBegun are the hosts where an action did not begin that begins in others, and none did afterwards, and how that came.
func (r *Run) NotBegun() (slugs []string, stops []Stop) {
	r.rolls.mu.Lock()
	defer r.rolls.mu.Unlock()
	for _, s := range r.rolls.stops {
		left := slices.DeleteFunc(slices.Clone(s.NotBegun), func(slug string) bool { return !r.rolls.left[slug] })
		if len(left) > 0 {
			stops = append(stops, s)
		}
		for _, slug := range left {
			if !slices.Contains(slugs, slug) {
				slugs = append(slugs, slug)
			}
		}
	}
	return slugs, stops
}

// roll is an action on its way over the cells of a node.
type roll struct {
	Rolling
	run    *Run
	at     *Place
	action string
	cells  []*Env
	do     func(ctx context.Context, i int) error
	errs   []error

	mu      sync.Mutex // guards what follows
	begun   []bool
	granted int // the cells before this one begin
	failed  int
	why     string // no more cells begin; "" while they do
	cause   error  // of that, where the run was interrupted
}

type rollKey struct{}

// each calls do for every cell, in parallel, and returns the errors in order. Unless one like it is on its way already, it
// goes over them as is said for the action; nil is none.
func (e *Env) each(ctx context.Context, a *Action, cells []*Env, do func(ctx context.Context, i int) error) []error {
	rolling := e.rolling(a)
	if inside := ctx.Value(rollKey{}) != nil; inside || len(cells) == 0 || rolling == (Rolling{}) {
		ctx = context.WithValue(ctx, rollKey{}, true)
		return e.run.session.Parallel(ctx, len(cells), do)
	}
	r := &roll{Rolling: rolling, run: e.run, at: e.place, cells: cells, do: do, errs: make([]error, len(cells)),
		begun: make([]bool, len(cells))}
	r.action = frameOf(ctx).action
	if a != nil {
		r.action = a.Name
	}
	e.run.rolls.any.Store(true)
	return r.over(context.WithValue(ctx, rollKey{}, true))
}

// over goes over all cells.
func (r *roll) over(ctx context.Context) []error {
	if r.Check != "" {
		if _, a := r.at.checkAction(r.Check); a == nil {
			wrong := r.at.noCheck(r.Check)
			r.halt(wrong.Error(), nil)
			r.errs[0] = wrong
			return r.ended()
		}
	}
	if len(r.cells) > 1 { // also for a batch of one
		scope := hosts.ScopeOf(ctx)
		scope.Parallel = true
		ctx = hosts.WithScope(ctx, scope)
	}
	sizes, from := r.parts(len(r.cells)), 0
	for i, size := range sizes {
		r.batch(ctx, i, len(sizes), from, from+size)
		if from += size; r.stopped(ctx) {
			break
		}
	}
	return r.ended()
}

// batch runs the action in some of the cells, and the check after it.
func (r *roll) batch(ctx context.Context, number, of, from, to int) {
	event := journal.Event{Kind: journal.BatchStart, ID: r.run.Journal().NewID(), Batch: number + 1, Batches: of,
		Action: r.action, Hosts: hostset.Fold(r.slugs(from, to))}
	canary := number == 0 && r.Canary > 0
	if canary {
		event.Message = "canary"
	}
	if of > 1 {
		r.run.Record(ctx, event)
	}
	start := time.Now()
	r.run.session.Parallel(ctx, to-from, func(ctx context.Context, i int) error {
		if r.begins(ctx, from+i) {
			r.errs[from+i] = r.do(ctx, from+i)
			r.note(ctx, r.errs[from+i])
		}
		return nil
	})
	if failed := r.failedOf(from, to); canary && failed > 0 {
		r.halt(fmt.Sprintf("%d of %s at first failed", failed, count(to-from, "cell")), nil)
	}
	r.settle(ctx, from, to)
	if of > 1 {
		r.endBatch(ctx, event, time.Since(start), from, to)
	}
}

// settle leaves a batch alone for a while, and checks it.
func (r *roll) settle(ctx context.Context, from, to int) {
	if r.stopped(ctx) {
		return
	}
	next := "the next batch"
	if r.Check != "" {
		next = r.Check
	}
	if r.Pause > 0 && !r.run.Sandbox() && (to < len(r.cells) || r.Check != "") {
		r.run.wait(ctx, next, r.Pause)
	}
	if r.Check == "" || r.stopped(ctx) {
		return
	}
	wrong := 0
	errs := r.run.session.Parallel(ctx, to-from, func(ctx context.Context, i int) error {
		if r.errs[from+i] != nil {
			return nil
		}
		at, a := r.cells[from+i].place.checkAction(r.Check)
		_, err := r.run.Env(at).invoke(ctx, a, Args{})
		return err
	})
	for i, err := range errs {
		if err != nil {
			r.errs[from+i] = err
		}
		if isFailure(err) {
			wrong++
		}
	}
	if wrong > 0 {
		r.halt(fmt.Sprintf("%s failed in %d of %s", r.Check, wrong, count(to-from, "cell")), nil)
	}
}

// wait lets time pass before something, until the context ends.
func (r *Run) wait(ctx context.Context, before string, d time.Duration) {
	if r.options.Wait != nil {
		r.options.Wait(ctx, before, d)
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// begins reports whether the action may begin in a cell, and notes that it does. Cells get their places in order, so that
// where one begins those before it do, though their goroutines may come later.
func (r *roll) begins(ctx context.Context, i int) bool {
	stopped := r.stopped(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if stopped && i >= r.granted {
		return false
	}
	r.granted = max(r.granted, i+1)
	r.begun[i] = true
	r.run.rolls.begun(r.cells[i].cellSlug())
	return true
}

// stopped reports whether no more cells begin.
func (r *roll) stopped(ctx context.Context) bool {
	if ctx.Err() != nil {
		r.halt("the run was interrupted", context.Cause(ctx))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.why != ""
}

// halt lets no more cells begin. The first reason stays.
func (r *roll) halt(why string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == "" {
		r.why, r.cause = why, cause
	}
}

// note counts the cells that failed, unless the run was interrupted.
func (r *roll) note(ctx context.Context, err error) {
	if !isFailure(err) || ctx.Err() != nil && r.stopped(ctx) {
		return
	}
	r.mu.Lock()
	r.failed++
	failed := r.failed
	r.mu.Unlock()
	if !r.tooMany(failed, len(r.cells)) {
		return
	}
	may := "none may"
	if r.MaxFail.said && r.MaxFail != Count(0) {
		may = "max_fail is " + r.MaxFail.String()
	}
	r.halt(fmt.Sprintf("%d of %s failed, and %s", failed, count(len(r.cells), "cell"), may), nil)
}

// isFailure reports whether an error counts: that a sandbox does not know something is none, and no host that is left out.
func isFailure(err error) bool {
	var unknown *UnknownError
	return err != nil && !errors.As(err, &unknown) && !isSkipped(err)
}

func (r *roll) failedOf(from, to int) int {
	failed := 0
	for _, err := range r.errs[from:to] {
		if isFailure(err) {
			failed++
		}
	}
	return failed
}

// slugs are the hosts of some cells, each once.
func (r *roll) slugs(from, to int) []string {
	var slugs []string
	for _, cell := range r.cells[from:to] {
		if slug := cell.cellSlug(); len(slugs) == 0 || slugs[len(slugs)-1] != slug {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// endBatch records how a batch went.
func (r *roll) endBatch(ctx context.Context, e journal.Event, took time.Duration, from, to int) {
	e.Kind, e.Seconds, e.State, e.Counts = journal.BatchEnd, took.Seconds(), journal.Done, map[journal.State]int{}
	for i := from; i < to; i++ {
		state := StateOf(r.errs[i])
		if !r.begun[i] {
			state = journal.NotBegun
		}
		e.Counts[state]++
		switch {
		case state == journal.NotBegun && r.cause != nil:
			e.State = journal.Interrupted
		case isFailure(r.errs[i]) && e.State == journal.Done:
			e.State = journal.Failed
		}
	}
	r.run.Record(ctx, e)
}

// ended gives every cell that did not begin its error, and tells the run of them.
func (r *roll) ended() []error {
	s := Stop{Node: r.at.Path(), Action: r.action, Why: r.why}
	for i, cell := range r.cells {
		slug := cell.cellSlug()
		switch {
		case !r.begun[i]:
			r.errs[i] = cmp.Or[error](r.errs[i], &NotBegunError{slug, r.why, r.cause})
			s.NotBegun = append(s.NotBegun, slug)
		case r.errs[i] != nil:
			s.Failed = append(s.Failed, slug)
		default:
			s.Done = append(s.Done, slug)
		}
	}
	if len(s.NotBegun) > 0 {
		r.run.rolls.stop(s)
	}
	return r.errs
}

// joined joins the errors of cells, with one error for all that did not begin.
func joined(errs []error) error {
	var all []error
	var left []string
	var last *NotBegunError
	for _, err := range withoutSkipped(errs) {
		if of, ok := err.(*NotBegunError); ok {
			last, left = of, append(left, of.Host)
		} else {
			all = append(all, err)
		}
	}
	if last != nil {
		all = append(all, &NotBegunError{hostset.Fold(left), last.Why, last.Err})
	}
	return errors.Join(all...)
}
