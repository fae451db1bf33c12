package console

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// A program that fills the screen has printed so much that what it began with is not kept: who steps into it still has
// the other screen, so that theirs is as it was when they are back.
func TestStepInToFullScreen(t *testing.T) {
	for _, parts := range []int{1, 3, 100} {
		inLiveRun(t, 60, 24, []string{"a"}, func(r *liveRun) {
			r.events(begin(1, "a", "vi"), draws(1, "a", "before\r\n\x1b[?1049h\x1b[?1h"))
			for range parts {
				r.events(draws(1, "a", strings.Repeat("~\x1b[34m\r\n", maxRecent/parts)))
			}
			latest := string(r.live.rows["a"].latest())
			if !strings.HasPrefix(latest, "\x1b[?1h\x1b[?1049h") {
				t.Errorf("in %d parts: what is shown again begins with %.40q", parts, latest)
			}
			r.events(draws(1, "a", "\x1b[?1049l\x1b[?1l"), draws(1, "a", strings.Repeat("text\r\n", maxRecent)))
			if latest := string(r.live.rows["a"].latest()); !strings.HasPrefix(latest, "text") {
				t.Errorf("in %d parts: after its end what is shown again begins with %.40q", parts, latest)
			}
		})
	}
}

// A host that has done its part while the person was there is chosen no more: Enter answers the next one that waits.
func TestChoiceAfterStepIn(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"a", "b"}, func(r *liveRun) {
		for i, host := range []string{"a", "b"} {
			id := uint64(i + 1)
			r.events(begin(id, host, "x"), draws(id, host, "more? "))
			r.desk.Offer(id, io.Discard, func(pty.Size) {})
		}
		time.Sleep(waitsAfter)
		r.choose(1)
		if !r.stepIn() {
			t.Fatal("a is chosen")
		}
		r.stepOut()
		if got := r.chosen(); got != "a" {
			t.Errorf("%q is chosen while a goes on", got)
		}
		r.stepIn()
		r.events(draws(1, "a", "yes\r\n"), ends(1, "a", journal.Done))
		r.stepOut()
		if got := r.chosen(); got != "" {
			t.Errorf("%q is chosen after its end", got)
		}
		if r.stepIn(); r.live.attached.host != "b" {
			t.Errorf("Enter leads to %s", r.live.attached.host)
		}
	})
}

// What ended is told apart, and why it failed where it printed nothing.
func TestLiveEnds(t *testing.T) {
	inLiveRun(t, 70, 24, []string{"a", "b", "c", "d"}, func(r *liveRun) {
		refused := connectEnd(1, "a", journal.Unreachable)
		refused.Error = &journal.Error{Message: errors.New("connection refused").Error()}
		r.events(connectStart(1, "a"), refused, connectStart(2, "b"), connectEnd(2, "b", journal.Offline),
			begin(3, "c", "x"), begin(4, "d", "x"), draws(3, "c", "here\r\n"), ends(3, "c", journal.Parked), ends(4, "d", journal.Skipped))
		r.after(redrawEvery,
			"a UNREACHABLE connection refused",
			"b offline",
			"$ x",
			"c | here",
			"c PARKED 1.00s",
			"d skipped 1.00s",
			"  a  failed            0s  connection refused",
			"  b  offline           0s",
			"  c  parked            0s  here",
			"  d  skipped           0s",
			"4 hosts: 1 parked, 1 failed, 1 offline, 1 skipped  0s  Down")
		if err := r.EndLive(); err != nil {
			t.Error(err)
		}
		r.events(runEnd(map[journal.State]int{journal.Done: 1, journal.NotBegun: 2, journal.Parked: 1, journal.Failed: 3, journal.WouldRun: 1}))
		if want := "8 hosts: 1 parked, 3 failed, 1 done, 2 not begun, 1 would run"; !strings.Contains(r.paper.text(), want) {
			t.Errorf("%q is not in\n%s", want, r.paper.text())
		}
	})
}

// A command that differs in the name of its host only is told of one host.
func TestLiveTellsCommandOnce(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"web1", "web2", "web10"}, func(r *liveRun) {
		in := func(e journal.Event, dir string) journal.Event { e.Dir = dir; return e }
		r.events(begin(1, "web2", "web2 start"), begin(2, "web1", "web1 start"), begin(3, "web10", "web1 start"),
			in(begin(4, "web1", "stop web1"), "/srv"), in(begin(5, "web2", "stop web2"), "/srv"), in(begin(6, "web2", "stop web2"), "/opt"))
		r.after(redrawEvery, "web2 $ web2 start", "$ web1 start", "web1:/srv $ stop web1", "web2:/opt $ stop web2",
			"  web1   running           0s",
			"  web2   running           0s",
			"  web10  running           0s",
			"3 hosts: 3 running  0s  Down: choose a host")
	})
}
