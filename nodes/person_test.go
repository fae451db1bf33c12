package nodes

import (
	"context"
	"errors"
	"slices"
	"testing"

	"deployer/hosts"
	"deployer/journal"
)

// decider is a person who answers as told.
type decider struct {
	decisions []Decision
	asked     int
	cell      int
	err       error
}

func (d *decider) AfterFailure(context.Context, *ActionError) (Decision, error) {
	d.asked++
	return d.decisions[d.asked-1], d.err
}

func (d *decider) ChooseCell(context.Context, []*Place) (int, error) { return d.cell, d.err }

// questions are those that a person was asked.
func questions(seen *journal.Recorder) (texts []string) {
	for _, e := range seen.Events(journal.Question) {
		texts = append(texts, e.Message)
	}
	return texts
}

// askedRun is a node over the given hosts with an action that fails so many times, in a run with a person.
func askedRun(t *testing.T, o Options, isolate Isolate, failures int, slugs ...string) (*Env, *journal.Recorder, *int) {
	t.Helper()
	calls := 0
	act := &Action{Name: "act", Isolate: isolate, Call: func(_ context.Context, env *Env, _ Args) (any, error) {
		if calls++; calls <= failures {
			return nil, &hosts.Error{Fault: hosts.Failed, Host: slugs[0], Op: "false", Exit: hosts.Exit{Status: 1}}
		}
		return env.Place().Path(), nil
	}}
	role := hosts.Role{Name: HostRole}
	for _, slug := range slugs {
		h, err := hosts.NewLocal(hosts.LocalOptions{Slug: slug})
		if err != nil {
			t.Fatal(err)
		}
		role.Hosts = append(role.Hosts, h)
	}
	kind := KindNormal
	if isolate != IsolateEach {
		kind = KindParallel
	}
	template, problems := NewTemplate(kind, Definition{Hosts: &HostsDef{Roles: []hosts.Role{role}}, Members: []Member{{Name: "act", Action: act}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	events := &journal.Recorder{}
	session := hosts.NewSession(hosts.Options{Journal: journal.New("test", nil, events)})
	t.Cleanup(func() { _ = session.Close() })
	o.Session = session
	return NewRun(o).Env((&Tree{Template: template}).Root()), events, &calls
}

func TestPersonDecidesAboutFailures(t *testing.T) {
	for _, tt := range []struct {
		decisions []Decision
		value     any
		state     journal.State
		calls     int
	}{
		{[]Decision{Abort}, nil, journal.Failed, 1},
		{[]Decision{Skip}, nil, journal.Skipped, 1},
		{[]Decision{Retry, Retry}, "/", journal.Done, 3},
		{[]Decision{Retry, Skip}, nil, journal.Skipped, 2},
	} {
		d := &decider{decisions: tt.decisions}
		env, events, calls := askedRun(t, Options{Person: d}, IsolateEach, 2, "web1")
		value, err := env.Call(t.Context(), "act", Args{})
		all := events.Events()
		if end := all[len(all)-1]; value != tt.value || (err != nil) != (tt.state == journal.Failed) || end.State != tt.state {
			t.Errorf("%v: got %v, error %v, state %s; want %v, state %s", tt.decisions, value, err, end.State, tt.value, tt.state)
		}
		if *calls != tt.calls || d.asked != len(tt.decisions) || len(questions(events)) != d.asked {
			t.Errorf("%v: %d calls, asked %d times, of which %d are recorded; want %d calls", tt.decisions, *calls, d.asked, len(questions(events)), tt.calls)
		}
	}
}

func TestNobodyIsAskedInSandboxOrParallel(t *testing.T) {
	for _, parallel := range []bool{false, true} {
		d := &decider{decisions: []Decision{Retry}}
		env, _, calls := askedRun(t, Options{Person: d, Sandbox: !parallel}, IsolateEach, 1, "web1")
		ctx := hosts.WithScope(t.Context(), hosts.Scope{Parallel: parallel})
		if _, err := env.Call(ctx, "act", Args{}); err == nil || d.asked > 0 || *calls != 1 {
			t.Errorf("parallel %v: error %v, asked %d times, %d calls", parallel, err, d.asked, *calls)
		}
	}
}

// TestPersonDecidesOneAtATime has two cells that fail, one after the other: each is asked about.
func TestPersonDecidesOneAtATime(t *testing.T) {
	d := &decider{decisions: []Decision{Retry, Skip, Skip}}
	env, events, calls := askedRun(t, Options{Person: d}, IsolateEach, 3, "web1", "web2")
	session := hosts.NewSession(hosts.Options{Journal: env.run.Journal(), Limit: 1})
	defer session.Close()
	cells := NewRun(Options{Person: d, Session: session}).Env(env.place)
	errs := session.Parallel(t.Context(), 2, func(ctx context.Context, _ int) error {
		_, err := cells.Call(ctx, "act", Args{})
		return err
	})
	if err := errors.Join(errs...); err != nil || d.asked != 3 || *calls != 3 || len(questions(events)) != 3 {
		t.Errorf("error %v, asked %d times, %d calls, questions %q", err, d.asked, *calls, questions(events))
	}
}

func TestPersonChoosesCell(t *testing.T) {
	env, events, _ := askedRun(t, Options{Person: &decider{cell: 1}}, IsolateOne, 0, "web1", "web2")
	if value, err := env.Call(t.Context(), "act", Args{}); value != "/[web2]" || err != nil {
		t.Errorf("got %v, error %v, want the chosen cell", value, err)
	}
	if got := questions(events); !slices.Equal(got, []string{"which cell of /"}) {
		t.Errorf("the recorded questions are %q", got)
	}
	unanswered := errors.New("no answer")
	env, _, calls := askedRun(t, Options{Person: &decider{err: unanswered}}, IsolateOne, 0, "web1", "web2")
	if _, err := env.Call(t.Context(), "act", Args{}); !errors.Is(err, unanswered) || *calls > 0 {
		t.Errorf("got error %v, %d calls", err, *calls)
	}
}
