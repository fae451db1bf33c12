package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deployer/journal"
)

func cell(id uint64, host string) journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: id, Parent: 1, Node: "/web[" + host + "]", Host: host, Action: "go", Parallel: true}
}

func cellEnd(id uint64, host string, state journal.State) journal.Event {
	return journal.Event{Kind: journal.ActionEnd, ID: id, Parent: 1, Node: "/web[" + host + "]", Host: host, Action: "go", State: state, Seconds: 2}
}

func in(parent uint64, e journal.Event) journal.Event {
	e.Parent = parent
	return e
}

func TestBlocks(t *testing.T) {
	s := newShown(t, Options{Prefix: true, View: ViewHosts})
	s.events(t,
		journal.Event{Kind: journal.ActionStart, ID: 1, Node: "/web", Action: "go"},
		cell(2, "web1"), cell(3, "web2"),
		in(2, journal.Event{Kind: journal.CommandStart, ID: 4, Host: "web1", Command: "date"}),
		in(3, journal.Event{Kind: journal.CommandStart, ID: 5, Host: "web2", Command: "date"}),
		in(2, output(4, "web1", journal.Stdout, "one\nhalf")),
		in(3, output(5, "web2", journal.Stderr, "ONE\n")),
		journal.Event{Kind: journal.Warning, Message: "of all"},
		in(3, output(5, "web2", journal.Stdout, "TWO\n")),
		in(3, end(5, "web2", journal.Failed, 1)),
		cellEnd(3, "web2", journal.Failed),
	)
	const first = `/web go
warning: of all
---------------- web2 FAILED 2.00s
web2 $ date
web2 | ONE
web2 | TWO
web2 FAILED 1.00s
`
	if got := s.both.String(); got != first {
		t.Errorf("got\n%s\nwant\n%s", got, first)
	}
	begun := time.Now()
	s.events(t,
		in(2, output(4, "web1", journal.Stdout, " line")),
		in(2, end(4, "web1", journal.Done, 1)),
		cellEnd(2, "web1", journal.Done),
		journal.Event{Kind: journal.CommandStart, Parent: 1, ID: 6, Host: "web2", Command: "late", Time: begun},
		journal.Event{Kind: journal.CommandStart, Parent: 1, ID: 7, Host: "db1", Command: "late"},
		journal.Event{Kind: journal.CommandEnd, Parent: 1, ID: 6, Host: "web2", State: journal.Done, Time: begun.Add(3 * time.Second)},
		ended("web1", journal.Done, ""), ended("web2", journal.Failed, ""),
	)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	const want = first + `---------------- web1 ok 2.00s
web1 $ date
web1 | one
web1 | half line
web1 ok 1.00s
---------------- web2 FAILED 3.00s
web2 $ late
web2 ok
---------------- db1 its end is not known
db1 $ late
`
	if got := s.both.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := s.out.String(), "web2 | TWO\nweb1 | one\nweb1 | half line\n"; got != want {
		t.Errorf("standard output got %q, want %q", got, want)
	}
}

// TestBlocksAreWhole prints on many hosts at once, more than memory shall hold, and nothing is lost or mixed.
func TestBlocksAreWhole(t *testing.T) {
	const hosts, lines = 20, 3000
	s := newShown(t, Options{Prefix: true, View: ViewHosts})
	slug := func(i int) string { return fmt.Sprintf("web%02d", i) }
	for i := range hosts {
		s.events(t, cell(uint64(i+2), slug(i)))
	}
	for n := range lines {
		for i := range hosts {
			s.events(t, in(uint64(i+2), output(uint64(i+100), slug(i), journal.Stdout, fmt.Sprintf("this is line %d\n", n))))
		}
	}
	for i := range hosts - 1 {
		s.events(t, in(uint64(i+2), end(uint64(i+100), slug(i), journal.Done, 1)), cellEnd(uint64(i+2), slug(i), journal.Done))
	}
	if err := s.Close(); err != nil { // the last host was cut off
		t.Error(err)
	}
	var want strings.Builder
	for i := range hosts {
		for n := range lines {
			fmt.Fprintf(&want, "%s | this is line %d\n", slug(i), n)
		}
	}
	if s.out.String() != want.String() {
		t.Errorf("got %d bytes, want %d", s.out.Len(), want.Len())
	}
}
