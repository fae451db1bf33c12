package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"testing"

	"deployer/journal"
	"deployer/pty"
)

// numbered are lines, of which given counts those that were taken.
func numbered(lines int, given *int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range lines {
			if *given = i + 1; !yield(fmt.Sprint("line ", i+1)) {
				return
			}
		}
	}
}

// newPager is a desk with a window of 5 rows and so many columns, and a console there.
func newPager(t *testing.T, columns int) (*desk, *screenRun, func(context.Context) Console) {
	d := newDesk(t)
	if err := pty.Resize(d.keyboard, pty.Size{Rows: 5, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	run := &screenRun{screen: d.screen, secrets: journal.NewSecrets()}
	return d, run, func(ctx context.Context) Console {
		return From(With(ctx, Setup{Run: run, Screen: d.screen, Person: d.Person}))
	}
}

const morePrompt = "-- any key: more, q: quit --"

// pageThrough pages through ten lines and returns how many were taken and shown.
func pageThrough(t *testing.T, steps ...string) (taken, shown int, err error) {
	t.Helper()
	d, run, console := newPager(t, 80)
	_, err = answers(d, func(ctx context.Context) (any, error) {
		return nil, console(ctx).Pager(numbered(10, &taken))
	}, steps...)
	if d.interrupted > 0 {
		t.Error("leaving the pager interrupts the run")
	}
	return taken, len(run.log), err
}

func TestPager(t *testing.T) {
	page := func(last int, key string) []string {
		return []string{fmt.Sprintf("line %d\n%s", last, morePrompt), key}
	}
	for name, tt := range map[string]struct {
		steps        []string
		taken, shown int
	}{
		"to the end":   {slices.Concat(page(4, " "), page(8, "\r")), 10, 10},
		"quit at once": {page(4, "q"), 5, 4},
		"quit":         {slices.Concat(page(4, "\x1b[6~"), page(8, "Q")), 9, 8},
		"Ctrl-C":       {slices.Concat(page(4, "\xc3"), page(8, "\x03")), 9, 8},
		"Ctrl-D":       {page(4, "\x04"), 5, 4},
		"arrow":        {slices.Concat(page(4, "\x1b[B"), page(8, "\x1bOBq")), 10, 10},
	} {
		if taken, shown, err := pageThrough(t, tt.steps...); err != nil || taken != tt.taken || shown != tt.shown {
			t.Errorf("%s: took %d lines and showed %d, error %v; want %d and %d", name, taken, shown, err, tt.taken, tt.shown)
		}
	}
}

// A narrow window has place for fewer lines, and what is printed meanwhile counts.
func TestPagerCountsRows(t *testing.T) {
	d, run, console := newPager(t, 20)
	lines := func(yield func(string) bool) {
		if !yield("a line of more columns than there are") {
			return
		}
		run.Record(t.Context(), message("a line of the log"))
		_ = yield("second\nthird\n") && yield("fourth")
	}
	_, err := answers(d, func(ctx context.Context) (any, error) { return nil, console(ctx).Pager(lines) },
		"second\n"+morePrompt[:18]+"…", " ")
	d.wait("fourth\n")
	want := "a line of more columns than there are\na line of the log\nsecond\n" + morePrompt[:18] + "…" + erase + "third\nfourth\n"
	if err != nil || d.text() != want {
		t.Errorf("shown was %q, error %v; want %q", d.text(), err, want)
	}
}

// TestPagerPrints wants no question where nobody can answer one, or where several would be asked at once.
func TestPagerPrints(t *testing.T) {
	function := NewFunctionPerson(func(context.Context, Question) (string, error) {
		t.Error("a question is asked")
		return "", ErrNoAnswer
	})
	d, run, console := newPager(t, 80)
	var file bytes.Buffer
	toFile := NewScreen(Options{Stdout: Output{W: &file}, Stderr: Output{W: d.tty, Terminal: true}})
	json := NewScreen(Options{Stdout: Output{W: d.tty, Terminal: true}, Stderr: Output{W: d.tty, Terminal: true}, LogOnly: true})
	dumb := NewScreen(Options{Stdout: Output{W: io.Discard, Terminal: true, Dumb: true},
		Stderr: Output{W: io.Discard, Terminal: true, Dumb: true}})
	for name, c := range map[string]Console{
		"without a run": From(t.Context()),
		"no person":     From(With(t.Context(), Setup{Run: run, Screen: d.screen})),
		"a function":    From(With(t.Context(), Setup{Run: run, Screen: d.screen, Person: function})),
		"a file":        From(With(t.Context(), Setup{Run: run, Screen: toFile, Person: d.Person})),
		"JSON":          From(With(t.Context(), Setup{Run: run, Screen: json, Person: d.Person})),
		"dumb":          From(With(t.Context(), Setup{Run: run, Screen: dumb, Person: d.Person})),
	} {
		taken := 0
		if err := c.Pager(numbered(10, &taken)); err != nil || taken != 10 {
			t.Errorf("%s: %d lines, error %v", name, taken, err)
		}
	}
	run.where.Parallel = true
	taken := 0
	if err := console(t.Context()).Pager(numbered(10, &taken)); err != nil || taken != 10 {
		t.Errorf("in a cell: %d lines, error %v", taken, err)
	}
}

func TestPagerIsCancelled(t *testing.T) {
	d, _, console := newPager(t, 80)
	ctx, stop := context.WithCancelCause(t.Context())
	taken := 0
	ended := make(chan error, 1)
	go func() { ended <- console(ctx).Pager(numbered(10, &taken)) }()
	d.wait(morePrompt)
	stop(errStopped)
	if err := <-ended; !errors.Is(err, errStopped) || taken != 5 {
		t.Errorf("took %d lines, error %v", taken, err)
	}
	d.cooked()
	if err := console(ctx).Pager(numbered(10, &taken)); !errors.Is(err, errStopped) || taken != 1 {
		t.Errorf("took %d lines when it was cancelled before, error %v", taken, err)
	}
}

func TestWarning(t *testing.T) {
	run := newFakeRun()
	From(With(t.Context(), Setup{Run: run})).Warning("look out")
	From(t.Context()).Warning("nobody reads it")
	if want := []string{"warning: look out"}; !slices.Equal(run.log, want) {
		t.Errorf("the log is %q, want %q", run.log, want)
	}
}
