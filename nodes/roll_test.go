package nodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/journal"
)

// rollBed is a tree with an array all over so many hosts, and a run over it.
type rollBed struct {
	t       *testing.T
	root    *Place
	run     *Run
	events  *journal.Recorder
	mu      sync.Mutex
	did     []string // "web1", or "check web1", in the order in which they began
	working atomic.Int32
	peak    atomic.Int32
}

// newRollBed makes one. do and check are what the actions do and healthy do in the cell of a slug.
func newRollBed(t *testing.T, cells int, o Options, own *Rolling, do, check func(ctx context.Context, slug string) error) *rollBed {
	t.Helper()
	b := &rollBed{t: t, events: &journal.Recorder{}}
	var all []hosts.Host
	for i := range cells {
		h, err := hosts.NewLocal(hosts.LocalOptions{Slug: fmt.Sprintf("web%d", i+1)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	action := func(name, prefix string, do func(context.Context, string) error) Member {
		return Member{Name: name, Action: &Action{Name: name, Call: func(ctx context.Context, e *Env, _ Args) (any, error) {
			slug := e.Place().CellHost().Slug()
			b.mu.Lock()
			b.did = append(b.did, prefix+slug)
			b.mu.Unlock()
			b.peak.Store(max(b.peak.Load(), b.working.Add(1)))
			defer b.working.Add(-1)
			return slug, do(ctx, slug)
		}}}
	}
	parallel, problems := NewTemplate(KindParallel, Definition{Rolling: own,
		Members: []Member{action("do", "", do), action("healthy", "check ", check)}})
	array, more := parallel.Nested(KindArray, Definition{Hosts: &HostsDef{Roles: []hosts.Role{{Name: HostRole, Hosts: all}}}})
	root, last := NewTemplate(KindNormal, Definition{Members: []Member{{Name: "all", Child: array}}})
	if problems = slices.Concat(problems, more, last); len(problems) > 0 {
		t.Fatal(problems)
	}
	b.root = (&Tree{Template: root}).Root()
	o.Session = hosts.NewSession(hosts.Options{Journal: journal.New("run", nil, b.events), Limit: o.limit()})
	t.Cleanup(func() { _ = o.Session.Close() })
	b.run = NewRun(o)
	return b
}

// limit is how many hosts may work at once in these tests: one, unless somebody waits for others.
func (o Options) limit() int {
	if o.Wait != nil {
		return 0
	}
	return 1
}

func fine(context.Context, string) error { return nil }

// failing fails on some hosts.
func failing(slugs ...string) func(context.Context, string) error {
	return func(_ context.Context, slug string) error {
		if slices.Contains(slugs, slug) {
			return errors.New(slug + " is broken")
		}
		return nil
	}
}

// call runs do on all cells.
func (b *rollBed) call(ctx context.Context, rolling string) (*ParallelResult, error) {
	b.t.Helper()
	r, err := ParseRolling(rolling)
	if err != nil {
		b.t.Fatal(err)
	}
	b.run.options.Rolling = r
	all, err := b.root.Step("all")
	if err != nil {
		b.t.Fatal(err)
	}
	v, err := b.run.Env(all).Call(ctx, "do", Args{})
	return v.(*ParallelResult), err
}

// batches are the events about batches.
func (b *rollBed) batches() string {
	var all []string
	for _, e := range b.events.Events() {
		switch e.Kind {
		case journal.BatchStart:
			all = append(all, fmt.Sprintf("%d/%d %s", e.Batch, e.Batches, e.Hosts))
		case journal.BatchEnd:
			all = append(all, fmt.Sprintf("%s %v", e.State, e.Counts))
		}
	}
	return strings.Join(all, "; ")
}

func TestRoll(t *testing.T) {
	for _, test := range []struct {
		name, rolling string
		do, check     func(context.Context, string) error
		did           string
		stop          string // "" if all began
		batches       string
	}{
		{"in batches", "batch=2", fine, fine, "web1 web2 web3 web4 web5", "",
			"1/3 web[1-2]; done map[done:2]; 2/3 web[3-4]; done map[done:2]; 3/3 web5; done map[done:1]"},
		{"a batch fails", "batch=2", failing("web3"), fine, "web1 web2 web3",
			"1 of 5 cells failed, and none may|[web1 web2] [web3] [web4 web5]",
			"1/3 web[1-2]; done map[done:2]; 2/3 web[3-4]; failed map[failed:1 not begun:1]"},
		{"some may fail", "batch=2 max_fail=1", failing("web1", "web4"), fine, "web1 web2 web3 web4",
			"2 of 5 cells failed, and max_fail is 1|[web2 web3] [web1 web4] [web5]",
			"1/3 web[1-2]; failed map[done:1 failed:1]; 2/3 web[3-4]; failed map[done:1 failed:1]"},
		{"max_fail alone", "max_fail=20%", failing("web1", "web2"), fine, "web1 web2",
			"2 of 5 cells failed, and max_fail is 20%|[] [web1 web2] [web3 web4 web5]", ""},
		{"all may fail", "batch=3 max_fail=100%", failing("web1", "web4"), fine, "web1 web2 web3 web4 web5", "",
			"1/2 web[1-3]; failed map[done:2 failed:1]; 2/2 web[4-5]; failed map[done:1 failed:1]"},
		{"a canary fails", "canary=1 max_fail=3", failing("web1"), fine, "web1",
			"1 of 1 cell at first failed|[] [web1] [web2 web3 web4 web5]", "1/2 web1; failed map[failed:1]"},
		{"with a check", "batch=3 check=healthy", fine, fine,
			"web1 web2 web3 check web1 check web2 check web3 web4 web5 check web4 check web5", "",
			"1/2 web[1-3]; done map[done:3]; 2/2 web[4-5]; done map[done:2]"},
		{"a check fails", "batch=3 check=healthy", fine, failing("web2"),
			"web1 web2 web3 check web1 check web2 check web3",
			"healthy failed in 1 of 3 cells|[web1 web3] [web2] [web4 web5]", "1/2 web[1-3]; failed map[done:2 failed:1]"},
		{"only what is done is checked", "batch=2 max_fail=1 check=healthy", failing("web1"), fine,
			"web1 web2 check web2 web3 web4 check web3 check web4 web5 check web5", "",
			"1/3 web[1-2]; failed map[done:1 failed:1]; 2/3 web[3-4]; done map[done:2]; 3/3 web5; done map[done:1]"},
		{"a check that is none", "batch=2 check=helthy", fine, fine, "",
			`the check of rolling, "helthy", is no action of /all: did you mean healthy?|[] [] [web1 web2 web3 web4 web5]`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newRollBed(t, 5, Options{}, nil, test.do, test.check)
			result, err := b.call(t.Context(), test.rolling)
			if got := strings.Join(b.did, " "); got != test.did {
				t.Errorf("it did %s, want %s", got, test.did)
			}
			slugs, stops := b.run.NotBegun()
			got := ""
			for _, s := range stops {
				got += fmt.Sprint(s.Why, "|", s.Done, " ", s.Failed, " ", s.NotBegun)
			}
			if got != test.stop {
				t.Errorf("it stopped: %s, want %s", got, test.stop)
			}
			if got := b.batches(); got != test.batches {
				t.Errorf("the batches are %s, want %s", got, test.batches)
			}
			for i, cell := range result.Names() {
				var left *NotBegunError
				if errors.As(result.Errors[i], &left) != slices.Contains(slugs, cell) && test.did != "" {
					t.Errorf("%s: %v", cell, result.Errors[i])
				}
			}
			if len(Failures(err)) > len(result.Errors) || test.stop != "" && err == nil {
				t.Errorf("the failures are %v", Failures(err))
			}
		})
	}
}

// TestRollOfNode has options at the node, the action and the run.
func TestRollOfNode(t *testing.T) {
	own, err := ParseRolling("batch=2 canary=1")
	if err != nil {
		t.Fatal(err)
	}
	b := newRollBed(t, 5, Options{}, &own, fine, fine)
	if _, err := b.call(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if got, want := b.batches(), "1/3 web1; done map[done:1]; 2/3 web[2-3]; done map[done:2]; 3/3 web[4-5]; done map[done:2]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b.events.Forget()
	if _, err := b.call(t.Context(), "batch=3 canary=0"); err != nil {
		t.Fatal(err)
	}
	if got, want := b.batches(), "1/2 web[1-3]; done map[done:3]; 2/2 web[4-5]; done map[done:2]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b.events.Forget()
	all, err := b.root.Step("all")
	if err != nil {
		t.Fatal(err)
	}
	action := *all.Template().Member("do").Action
	action.Rolling = &Rolling{Batch: Percent(100), Canary: 2}
	b.run.options.Rolling = Rolling{}
	if _, err := b.run.Env(all).CallAction(t.Context(), &action, Args{}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.batches(), "1/2 web[1-2]; done map[done:2]; 2/2 web[3-5]; done map[done:3]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRollPauses checks where a run waits, and that no batch is at work beside another.
func TestRollPauses(t *testing.T) {
	for rolling, want := range map[string]string{
		"batch=2 pause=1m":               "the next batch 1m0s; the next batch 1m0s",
		"batch=2 pause=1m check=healthy": "healthy 1m0s; healthy 1m0s; healthy 1m0s",
		"pause=1m":                       "",
		"batch=2 pause=0":                "",
	} {
		var waits []string
		wait := func(_ context.Context, before string, d time.Duration) {
			waits = append(waits, fmt.Sprint(before, " ", d))
		}
		b := newRollBed(t, 5, Options{Wait: wait}, nil, fine, fine)
		if _, err := b.call(t.Context(), rolling); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(waits, "; "); got != want {
			t.Errorf("%s: it waits for %s, want %s", rolling, got, want)
		}
		if b.peak.Load() > 2 && strings.Contains(rolling, "batch") {
			t.Errorf("%s: %d at work at once", rolling, b.peak.Load())
		}
	}
	b := newRollBed(t, 5, Options{Sandbox: true, Wait: func(context.Context, string, time.Duration) { t.Error("a sandbox waits") }},
		nil, fine, fine)
	if _, err := b.call(t.Context(), "batch=2 pause=1m"); err != nil {
		t.Fatal(err)
	}
}

// TestRollInterrupted ends the run while it waits between two batches.
func TestRollInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	b := newRollBed(t, 5, Options{Wait: func(ctx context.Context, _ string, _ time.Duration) {
		cancel(cause)
		<-ctx.Done()
	}}, nil, fine, fine)
	_, err := b.call(ctx, "batch=2 pause=1h")
	if !errors.Is(err, cause) || len(Failures(err)) != 0 || err.Error() != "web[3-5]: not begun: the run was interrupted" {
		t.Errorf("got %v, failures %v", err, Failures(err))
	}
	slugs, _ := b.run.NotBegun()
	if got := strings.Join(slugs, " "); got != "web3 web4 web5" {
		t.Errorf("not begun are %s", got)
	}
	all := b.events.Events()
	last := all[len(all)-1]
	if last.Kind != journal.ActionEnd || last.State != journal.Interrupted {
		t.Errorf("the action ended as %s", last.State)
	}
	if got, want := b.batches(), "1/3 web[1-2]; done map[done:2]"; got != want {
		t.Errorf("the batches are %s, want %s", got, want)
	}
}

// TestRollInterruptedAtWork ends the run while a batch is at work: what fails by that is no reason.
func TestRollInterruptedAtWork(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	b := newRollBed(t, 5, Options{}, nil, func(ctx context.Context, _ string) error {
		cancel(cause)
		return context.Cause(ctx)
	}, fine)
	if _, err := b.call(ctx, "batch=2"); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	slugs, stops := b.run.NotBegun()
	if len(stops) != 1 || stops[0].Why != "the run was interrupted" || fmt.Sprint(slugs) != "[web2 web3 web4 web5]" {
		t.Errorf("not begun are %q: %v", slugs, stops)
	}
	if got, want := b.batches(), "1/3 web[1-2]; interrupted map[interrupted:1 not begun:1]"; got != want {
		t.Errorf("the batches are %s, want %s", got, want)
	}
}

// TestRollInSandbox: what a dry run does not know is no failure.
func TestRollInSandbox(t *testing.T) {
	unknown := func(context.Context, string) error { return &UnknownError{Command: "true"} }
	b := newRollBed(t, 3, Options{Sandbox: true}, nil, unknown, unknown)
	if _, err := b.call(t.Context(), "batch=1 pause=1h check=healthy"); err == nil {
		t.Error("it knows everything")
	}
	if slugs, _ := b.run.NotBegun(); len(slugs) != 0 || strings.Join(b.did, " ") != "web1 web2 web3" {
		t.Errorf("it did %s, not begun are %q", b.did, slugs)
	}
}

// TestRollAgain: what did not begin is no more left out once it began in another action.
func TestRollAgain(t *testing.T) {
	broken := true
	b := newRollBed(t, 3, Options{}, nil, func(context.Context, string) error {
		if broken {
			return errors.New("broken")
		}
		return nil
	}, fine)
	if _, err := b.call(t.Context(), "batch=1"); err == nil {
		t.Error("no error")
	}
	if slugs, stops := b.run.NotBegun(); len(slugs) != 2 || len(stops) != 1 {
		t.Errorf("not begun: %q, %v", slugs, stops)
	}
	broken = false
	if _, err := b.call(t.Context(), "batch=1"); err != nil {
		t.Error(err)
	}
	if slugs, stops := b.run.NotBegun(); len(slugs) != 0 || len(stops) != 0 {
		t.Errorf("still not begun: %q, %v", slugs, stops)
	}
}
