package hosts

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/pty"
)

// noteDesk is a desk that notes what it is told.
type noteDesk struct {
	mu        sync.Mutex
	reads     []bool
	keyboards []io.Writer
	waits     atomic.Bool // all commands do
}

func (d *noteDesk) Size() pty.Size { return pty.Default }

func (d *noteDesk) Offer(_ uint64, keyboard io.Writer, _ func(pty.Size)) func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keyboards = append(d.keyboards, keyboard)
	return func() {}
}

func (d *noteDesk) Waits(uint64) bool { return d.waits.Load() }

func (d *noteDesk) Reads(_ uint64, reads bool, _ time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads = append(d.reads, reads)
}

// told is what the desk was told so far, a letter for each: r, or n where the program does not read.
func (d *noteDesk) told() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	for _, reads := range d.reads {
		b.WriteString(map[bool]string{true: "r", false: "n"}[reads])
	}
	return b.String()
}

// TestReadsKeys has commands on terminals that read what is typed, or wait for something else.
func TestReadsKeys(t *testing.T) {
	sshdtest.NeedTerminals(t)
	sshdtest.NeedWaits(t)
	t.Parallel()
	server := newLab(t, Options{}).sshd(sshdtest.Options{})
	commands := map[string]struct{ command, told string }{
		"reads without a prompt":    {"read x", "r"},
		"its child reads":           {"(read x); :", "r"},
		"begins to read":            {"sleep 3; read x", "r"},
		"sleeps with a prompt":      {"printf 'go on? '; sleep 3600", "n"},
		"works with a prompt":       {"printf 'go on? '; while :; do :; done", "n"},
		"waits for a child":         {"printf 'go on? '; (sleep 3600); :", "n"},
		"reads in the background":   {"set -m; (trap '' TTIN; sleep 3600) & trap 'kill %1' HUP; wait", "n"},
		"fills the screen":          {`printf '\033[?1049h'; sleep 3600`, "n"},
		"fills the screen and asks": {`printf '\033[?1049h'; read x`, "r"},
	}
	for name, c := range commands {
		for _, where := range []string{"ssh", "guarded", "here"} {
			t.Run(name+"/"+where, func(t *testing.T) {
				t.Parallel()
				d := &noteDesk{}
				l := newLab(t, Options{Desk: d})
				var h *Handle
				switch where {
				case "here":
					h = locals(t, l.session, "here")[0]
				case "ssh":
					h = l.session.Handle(l.host(server))
				case "guarded":
					h, _ = guardOf(t, l, server)
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() {
					_, err := h.Run(WithScope(ctx, Scope{Parallel: true}), c.command, RunOptions{})
					ended <- err
				}()
				eventually(t, "it is told "+c.told, func() bool { return strings.HasSuffix(d.told(), c.told) })
				cancel()
				<-ended
				if got := d.told(); c.told == "n" && got != "n" { // before it reads it may be found at something else
					t.Errorf("the desk was told %q", got)
				}
			})
		}
	}
}

// TestReadsKeysInTurns tells of each silence once, which ends with what is printed, and with what is typed.
func TestReadsKeysInTurns(t *testing.T) {
	sshdtest.NeedTerminals(t)
	sshdtest.NeedWaits(t)
	t.Parallel()
	d := &noteDesk{}
	l := newLab(t, Options{Desk: d})
	h := l.session.Handle(l.host(l.sshd(sshdtest.Options{})))
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(WithScope(t.Context(), Scope{Parallel: true}), "stty -echo; read x; sleep 3; echo; read y", RunOptions{})
		ended <- err
	}()
	told := func() string { return strings.TrimPrefix(d.told(), "n") } // asked before it began to read
	for _, want := range []string{"r", "rn", "rnr"} {
		eventually(t, "it is told "+want, func() bool { return strings.HasPrefix(told(), want) })
		if want != "rn" {
			d.types(t, "yes\r")
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := told(); got != "rnr" {
		t.Errorf("the desk was told %q", got)
	}
}

// types types at all commands.
func (d *noteDesk) types(t *testing.T, text string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, keyboard := range d.keyboards {
		if _, err := io.WriteString(keyboard, text); err != nil {
			t.Error(err)
		}
	}
}

func (d *noteDesk) offered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.keyboards)
}

// TestReadersGivePlace has two places for three hosts, of which two wait for somebody to type.
func TestReadersGivePlace(t *testing.T) {
	sshdtest.NeedTerminals(t)
	sshdtest.NeedWaits(t)
	t.Parallel()
	d := &noteDesk{}
	s, _ := newSession(t, Options{Desk: d, Limit: 2})
	all := locals(t, s, "a", "b", "c")
	errs := s.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
		if i == 2 {
			eventually(t, "both are offered", func() bool { return d.offered() == 2 })
			d.types(t, "yes\r") // it got here in place of one of them
			return nil
		}
		_, err := all[i].Run(WithScope(ctx, Scope{Parallel: true}), "read x", RunOptions{})
		return err
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
}

// TestSilenceAtDesk parks a silent command on a terminal of its own as any other, but not one that waits for the person.
func TestSilenceAtDesk(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		d := &noteDesk{}
		d.waits.Store(waits)
		s, seen := newSession(t, Options{Desk: d, Silence: 100 * time.Millisecond, LeaveParked: time.Millisecond})
		ctx, cancel := context.WithTimeout(WithScope(t.Context(), Scope{Parallel: true}), time.Minute)
		defer cancel()
		_, err := locals(t, s, "web1")[0].Run(ctx, map[bool]string{false: "sleep 3600", true: "sleep 1"}[waits], RunOptions{})
		if waits && err != nil || d.offered() != 1 {
			t.Errorf("got %v, %d commands on the desk", err, d.offered())
		}
		if !waits {
			isParked(t, err, "web1", "silent for ")
		}
		if n := len(eventsOf(seen, journal.HostParked, "web1")); n != map[bool]int{false: 1}[waits] {
			t.Errorf("it waits: %v, and is parked %d times", waits, n)
		}
	}
}
