package console

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deployer/journal"
)

// shown is a screen of a test. Both outputs are also written to both, in the order of writing.
type shown struct {
	*Screen
	out, err, both bytes.Buffer
}

type tee struct{ a, b *bytes.Buffer }

func (t tee) Write(p []byte) (int, error) {
	t.a.Write(p)
	return t.b.Write(p)
}

func newShown(t *testing.T, o Options) *shown {
	s := &shown{}
	o.Stdout.W, o.Stderr.W = tee{&s.both, &s.out}, tee{&s.both, &s.err}
	s.Screen = NewScreen(o)
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *shown) events(t *testing.T, events ...journal.Event) {
	t.Helper()
	for _, e := range events {
		if err := s.Write(e); err != nil {
			t.Fatal(err)
		}
	}
}

func output(id uint64, host, stream, data string) journal.Event {
	return journal.Event{Kind: journal.CommandOutput, ID: id, Host: host, Stream: stream, Data: []byte(data)}
}

func end(id uint64, host string, state journal.State, seconds float64) journal.Event {
	return journal.Event{Kind: journal.CommandEnd, ID: id, Host: host, State: state, Seconds: seconds}
}

func status(n int) *int { return &n }

func TestOneHostPassesEveryByte(t *testing.T) {
	binary := "\x00\xff\x1b[2J\r\n\nno newline"
	for _, terminal := range []bool{false, true} {
		s := newShown(t, Options{Stdout: Output{Terminal: terminal}})
		s.events(t,
			output(1, "web1", journal.Stdout, binary[:3]),
			output(1, "web1", journal.Stderr, "error\n"),
			output(1, "web1", journal.Stdout, binary[3:]),
			end(1, "web1", journal.Done, 0.314),
			output(2, "web1", journal.Terminal, "\x1b[Hterminal"),
		)
		if got, want := s.out.String(), binary+"\x1b[Hterminal"; got != want {
			t.Errorf("standard output got %q, want %q", got, want)
		}
		if got, want := s.err.String(), "error\nweb1 ok 0.31s\n"; got != want {
			t.Errorf("standard error got %q, want %q", got, want)
		}
	}
}

func TestSeveralHostsGetPrefixes(t *testing.T) {
	s := newShown(t, Options{Prefix: true})
	s.events(t,
		output(1, "web1", journal.Stdout, "one\ntw"),
		output(2, "web2", journal.Stdout, "ONE\r\n\x1b[2J"),
		output(1, "web1", journal.Stderr, "warning\n"),
		output(1, "web1", journal.Stdout, "o\n\nthree"),
		output(1, "web1", journal.Stderr, "last"),
		end(1, "web1", journal.Done, 1),
		end(2, "web2", journal.Done, 1),
		output(3, "web1", journal.Terminal, "tty\n"),
	)
	if got, want := s.out.String(), "web1 | one\nweb2 | ONE\nweb1 | two\nweb1 | \nweb1 | three\nweb2 | \x1b[2J\ntty\n"; got != want {
		t.Errorf("standard output got %q, want %q", got, want)
	}
	if got, want := s.err.String(), "web1 | warning\nweb1 | last\nweb1 ok 1.00s\nweb2 ok 1.00s\n"; got != want {
		t.Errorf("standard error got %q, want %q", got, want)
	}
	if n := len(s.streams); n != 0 {
		t.Errorf("%d streams are kept of commands that have ended", n)
	}
}

func TestPrefixedTerminalIsSafe(t *testing.T) {
	s := newShown(t, Options{Prefix: true, Stdout: Output{Terminal: true, Colour: true}})
	s.events(t, output(1, "web1", journal.Stdout, "10%\r\x1b[31mred\r\n\x1b[2Jx\a\n"))
	slug := palette{true}.slug("web1")
	want := slug + " | 10%\n" + slug + " | \x1b[31mred\x1b[m\n" + slug + " | ^[[2Jx^G\n"
	if got := s.out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if slug == "web1" || slug != (palette{true}).slug("web1") {
		t.Errorf("the slug %q has no colour, or another each time", slug)
	}
}

func TestQuietAndLogOnly(t *testing.T) {
	quiet := output(1, "web1", journal.Stdout, "captured\n")
	quiet.Quiet = true
	printed := journal.Event{Kind: journal.Message, Stream: journal.Stdout, Message: "printed"}
	s := newShown(t, Options{})
	s.events(t, quiet, printed)
	if got, want := s.both.String(), "printed\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s = newShown(t, Options{LogOnly: true})
	s.events(t, printed, output(1, "web1", journal.Stderr, "x\n"), journal.Event{Kind: journal.Warning, Message: "careful"})
	if got, want := s.both.String(), "warning: careful\n"; got != want {
		t.Errorf("for the log only: got %q, want %q", got, want)
	}
}

func TestOneLineForAnActionInManyCells(t *testing.T) {
	whole := journal.Event{Kind: journal.ActionStart, Node: "/git", Action: "pull"}
	cell := journal.Event{Kind: journal.ActionStart, Node: "/git[web1]", Host: "web1", Action: "pull", Parallel: true}
	property := journal.Event{Kind: journal.ActionStart, Node: "/git", Action: "version", Quiet: true}
	alone := journal.Event{Kind: journal.ActionStart, Node: "/git[web2]", Host: "web2", Action: "clean"}
	for prefix, want := range map[bool]string{
		true: "/git pull\n/git[web2] clean\n", false: "/git pull\n/git[web1] pull\n/git[web2] clean\n",
	} {
		s := newShown(t, Options{Prefix: prefix})
		s.events(t, whole, cell, property, alone)
		if got := s.both.String(); got != want {
			t.Errorf("with prefixes %t: got %q, want %q", prefix, got, want)
		}
	}
}

// TestFailedConnectionIsToldOnce: a command that was not started for want of a connection says nothing more.
func TestFailedConnectionIsToldOnce(t *testing.T) {
	s := newShown(t, Options{})
	connect := func(host string, state journal.State) journal.Event {
		return journal.Event{Kind: journal.ConnectEnd, ID: 1, Host: host, State: state}
	}
	s.events(t,
		connect("down", journal.Unreachable), end(2, "down", journal.Unreachable, 0), end(3, "down", journal.Unreachable, 0),
		connect("changed", journal.Refused), end(4, "changed", journal.Refused, 0),
		end(5, "local", journal.Unreachable, 0), // it has no connections: nothing else tells
		connect("down", journal.Done), end(6, "down", journal.Failed, 0),
	)
	if got, want := s.err.String(), "down UNREACHABLE\nchanged REFUSED\nlocal UNREACHABLE\ndown FAILED\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestMessages(t *testing.T) {
	events := []journal.Event{
		{Kind: journal.Message, Host: "web1", Stream: journal.Stdout, Message: "a\nb"},
		{Kind: journal.Message, Stream: journal.Stdout, Message: "c\nd"},
		{Kind: journal.Message, Host: "web1", Message: "log\nged"},
		{Kind: journal.Warning, Host: "web1", Message: "careful\x1b[2J"},
		{Kind: journal.Result, Value: []byte("1")},
		{Kind: journal.RunEnd, State: journal.Done},
		{Kind: journal.HostEnd, Host: "web1", State: journal.Done},
		{Kind: journal.Question, Message: "?"},
		{Kind: journal.ActionEnd, Action: "x", State: journal.Failed},
	}
	s := newShown(t, Options{Prefix: true})
	s.events(t, events...)
	want := "web1 | a\nweb1 | b\nc\nd\nweb1: log\\nged\nwarning: web1: careful^[[2J\n"
	if got := s.both.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLogStartsOnItsOwnLine(t *testing.T) {
	both := Output{Terminal: true}
	for _, tt := range []struct {
		options Options
		stream  string
		want    string
	}{
		{Options{Stdout: both, Stderr: both}, journal.Stdout, "part\nweb1 ok\nmore"},
		{Options{Stdout: both, Stderr: both}, journal.Stderr, "part\nweb1 ok\nmore"},
		{Options{Stderr: both}, journal.Stdout, "partweb1 ok\nmore"}, // standard output is elsewhere
		{Options{}, journal.Stderr, "part\nweb1 ok\nmore"},
	} {
		s := newShown(t, tt.options)
		s.events(t, output(1, "web1", tt.stream, "part"), end(1, "web1", journal.Done, 0), output(2, "web1", tt.stream, "more"))
		if got := s.both.String(); got != tt.want {
			t.Errorf("%+v, %s: got %q, want %q", tt.options, tt.stream, got, tt.want)
		}
	}
}

func TestLogLines(t *testing.T) {
	tests := []struct {
		event journal.Event
		want  string
	}{
		{journal.Event{Kind: journal.ActionStart, Node: "/staging/git", Action: "checkout", Args: []string{"v1.2", "a b", "", "it's"}},
			`/staging/git checkout v1.2 'a b' '' 'it'\''s'`},
		{journal.Event{Kind: journal.ActionStart, Node: "/", Action: "x", Sandbox: true}, "/ x (sandbox)"},
		{journal.Event{Kind: journal.CommandStart, Host: "web1", Command: "git fetch"}, "web1 $ git fetch"},
		{journal.Event{Kind: journal.CommandStart, Host: "web1", Command: "id", Sudo: true, User: "root"}, "web1 # id"},
		{journal.Event{Kind: journal.CommandStart, Host: "web1", Command: "psql", Sudo: true, User: "postgres", Dir: "~/app"},
			"web1:~/app # (postgres) psql"},
		{journal.Event{Kind: journal.CommandStart, Host: "web1", Command: "a\nb " + strings.Repeat("x", 300)},
			`web1 $ a\nb ` + strings.Repeat("x", 195) + "…"},
		{end(1, "web1", journal.Done, 0.314), "web1 ok 0.31s"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Done, Status: status(1), Seconds: 2}, "web1 ok exit status 1, 2.00s"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Failed, Status: status(3), Seconds: 0.31,
			Error: &journal.Error{Message: "exit status 3"}}, "web1 FAILED exit status 3, 0.31s"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Failed, Status: status(143), Signal: "TERM", Seconds: 61.5},
			"web1 FAILED killed by SIGTERM, 1m01s"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Lost, Seconds: 7300, Error: &journal.Error{Message: "reset\nby peer"}},
			`web1 LOST reset\nby peer, 2h01m`},
		{end(1, "web1", journal.TimedOut, 5), "web1 TIMED OUT 5.00s"},
		{end(1, "web1", journal.Interrupted, 5), "web1 interrupted 5.00s"},
		{end(1, "web1", journal.WouldRun, 0), "web1 would run"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Unknown, Message: "depends on id"}, "web1 unknown depends on id"},
		{journal.Event{Kind: journal.CommandEnd, Host: "web1", State: journal.Invalid, Error: &journal.Error{Message: "syntax error"}},
			"web1 INVALID syntax error"},
		{journal.Event{Kind: journal.ConnectEnd, Host: "web1", State: journal.Done, Seconds: 3}, ""},
		{journal.Event{Kind: journal.ConnectEnd, Host: "web1", State: journal.Unreachable, Seconds: 3, Error: &journal.Error{Message: "no route"}},
			"web1 UNREACHABLE no route, 3.00s"},
		{journal.Event{Kind: journal.FileWrite, Host: "web1", Path: "/etc/a\nb", Mode: "0640", Owner: "shop", State: journal.Done,
			Seconds: 0.1}, `web1 write /etc/a\nb 0640 shop ok 0.10s`},
		{journal.Event{Kind: journal.FilePut, Host: "web1", From: "/a", Path: "/b", State: journal.Invalid,
			Error: &journal.Error{Message: "is a directory"}}, "web1 put /a → /b INVALID is a directory"},
		{journal.Event{Kind: journal.FileRemove, Host: "web1", Path: "/b", State: journal.Unchanged}, "web1 remove /b unchanged"},
	}
	for _, tt := range tests {
		if got := logLine(tt.event, palette{}); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.event.Kind, got, tt.want)
		}
		coloured := logLine(tt.event, palette{true})
		if got := clean(coloured, false); got != tt.want {
			t.Errorf("%s: in colour it reads %q, want %q", tt.event.Kind, got, tt.want)
		}
	}
	failed := logLine(end(1, "web1", journal.Failed, 1), palette{true})
	if !strings.Contains(failed, "\x1b[31;1mFAILED 1.00s") {
		t.Errorf("a failure is not red: %q", failed)
	}
}

func TestSlowConnectionsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShown(t, Options{})
		s.events(t,
			journal.Event{Kind: journal.ConnectStart, ID: 1, Host: "fast", Address: "10.0.0.1:22"},
			journal.Event{Kind: journal.ConnectStart, ID: 2, Host: "slow", Address: "10.0.0.2:22"},
			journal.Event{Kind: journal.ConnectEnd, ID: 1, Host: "fast", State: journal.Done},
		)
		time.Sleep(2 * slow) // of a clock that does not take time
		synctest.Wait()
		s.events(t, journal.Event{Kind: journal.ConnectEnd, ID: 2, Host: "slow", State: journal.Done})
		s.events(t, journal.Event{Kind: journal.ConnectStart, ID: 3, Host: "closed", Address: "10.0.0.3:22"})
		s.Close()
		time.Sleep(2 * slow)
		synctest.Wait()
		if got, want := s.both.String(), "slow connecting to 10.0.0.2:22 …\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestLinesAppearAboveAQuestion(t *testing.T) {
	terminal := Output{Terminal: true}
	s := newShown(t, Options{Stdout: terminal, Stderr: terminal})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Say("first"))
	must(s.showQuestion("sure? "))
	must(s.showQuestion("sure? ye"))
	s.events(t, output(1, "web1", journal.Stdout, "part"))
	s.events(t, journal.Event{Kind: journal.Warning, Message: "w"})
	must(s.showQuestion("sure? y"))
	must(s.endQuestion())
	s.events(t, output(1, "web1", journal.Stdout, "more\n"))
	want := "first\nsure? ye" + erase + "part\nsure? ye" + erase + "warning: w\nsure? ye" + erase + "sure? y\nmore\n"
	if got := s.both.String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestLinesAppearAboveALongQuestion(t *testing.T) {
	p := newPaper(t, 20, 24)
	_, run := onPaper(t, p, Options{})
	for _, question := range []string{"which of the many branches? ", "which of the many branches? ma"} {
		if err := run.screen.showQuestion(question); err != nil {
			t.Error(err)
		}
	}
	if err := run.screen.Write(message("a line that is a long one")); err != nil {
		t.Error(err)
	}
	p.shows("a line that is a lon", "g one", "which of the many br", "anches? ma")
	if err := run.screen.endQuestion(); err != nil {
		t.Error(err)
	}
	p.shows("a line that is a lon", "g one", "which of the many br", "anches? ma", "")
}

type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestScreenReturnsWriteErrors(t *testing.T) {
	for _, prefix := range []bool{false, true} {
		s := NewScreen(Options{Stdout: Output{W: broken{}}, Prefix: prefix})
		defer s.Close()
		if err := s.Write(output(1, "web1", journal.Stdout, "x\n")); !errors.Is(err, errBroken) {
			t.Errorf("got the error %v, want that of the writer", err)
		}
	}
	s := NewScreen(Options{})
	defer s.Close()
	s.prefix = true
	if err := s.Write(output(1, "web1", journal.Stdout, "x\n")); err != nil {
		t.Errorf("without writers: %v", err)
	}
}

func TestColour(t *testing.T) {
	for _, tt := range []struct {
		when     string
		terminal bool
		noColour string
		want     bool
	}{
		{"", true, "", true}, {"auto", false, "", false}, {"auto", true, "1", false},
		{"always", false, "1", true}, {"never", true, "", false},
	} {
		if got := Colour(tt.when, tt.terminal, tt.noColour); got != tt.want {
			t.Errorf("%+v: got %t", tt, got)
		}
	}
}
