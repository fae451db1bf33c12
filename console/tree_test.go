package console

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deployer/journal"
)

// grove is a run that is shown as a tree. Standard output and error are the same here, as in the log of a CI.
type grove struct {
	t      *testing.T
	out    bytes.Buffer
	screen *Screen
}

func newGrove(t *testing.T, o Options) *grove {
	g := &grove{t: t}
	o.View = ViewTree
	o.Stdout.W, o.Stderr.W = &g.out, &g.out
	g.screen = NewScreen(o)
	return g
}

func (g *grove) write(events ...journal.Event) {
	g.t.Helper()
	for _, e := range events {
		if err := g.screen.Write(e); err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *grove) shows(want string) {
	g.t.Helper()
	if got := g.out.String(); got != strings.TrimPrefix(want, "\n") {
		g.t.Errorf("shown is\n%s\nwant%s", got, want)
	}
	g.out.Reset()
}

// The events of a run. Actions and commands are named by their IDs.
func action(id, in uint64, name string) journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: id, Parent: in, Node: "/", Action: name}
}

func command(id, in uint64, host, text string) journal.Event {
	return journal.Event{Kind: journal.CommandStart, ID: id, Parent: in, Host: host, Command: text}
}

func atOnce(e journal.Event) journal.Event {
	e.Parallel = true
	return e
}

func printed(id uint64, stream, text string) journal.Event {
	return journal.Event{Kind: journal.CommandOutput, ID: id, Stream: stream, Data: []byte(text)}
}

func actionEnd(id uint64) journal.Event {
	return journal.Event{Kind: journal.ActionEnd, ID: id, State: journal.Done, Seconds: 2}
}

func commandEnd(id uint64) journal.Event {
	return journal.Event{Kind: journal.CommandEnd, ID: id, State: journal.Done, Seconds: 1}
}

func failed(e journal.Event, message string) journal.Event {
	e.State, e.Error = journal.Failed, &journal.Error{Message: message}
	return e
}

func TestTreeShowsWhatRunsAlone(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), command(2, 1, "web1", "make\nall"), printed(2, journal.Stdout, "one\ntw"))
	g.shows(`
/ go
├ web1 $ make\nall
│ │ one
`)
	g.write(printed(2, journal.Stderr, "oops\n"), commandEnd(2))
	g.shows(`
│ │ oops
│ │ tw
│ └ ok 1.00s
`)
	g.write(
		journal.Event{Kind: journal.Message, Parent: 1, Message: "logged"},
		journal.Event{Kind: journal.Message, Parent: 1, Stream: journal.Stdout, Message: "printed\ntwice"},
		journal.Event{Kind: journal.Warning, Parent: 1, Message: "careful"},
		journal.Event{Kind: journal.Question, Parent: 1, Message: "sure?"},
		action(3, 1, "inner"), actionEnd(3), actionEnd(1),
	)
	g.shows(`
├ logged
│ printed
│ twice
├ warning: careful
├ / inner
│ └ ok 2.00s
└ ok 2.00s
`)
}

func TestTreeKeepsTogetherWhatRunsAtOnce(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(
		action(1, 0, "go"),
		atOnce(action(2, 1, "a")), atOnce(action(3, 1, "b")), // two cells
		atOnce(command(4, 2, "web1", "x")), atOnce(command(5, 3, "web2", "x")),
		printed(4, journal.Stdout, "from web1\n"), printed(5, journal.Stdout, "from web2\nno end"),
		commandEnd(5),
		failed(actionEnd(3), "/ b: broken"),
	)
	g.shows(`
/ go
├ / b
│ ├ web2 $ x
│ │ │ from web2
│ │ │ no end
│ │ └ ok 1.00s
│ └ FAILED / b: broken, 2.00s
`)
	g.write(atOnce(action(6, 2, "deeper")), journal.Event{Kind: journal.Message, Parent: 6, Message: "here"}, actionEnd(6), commandEnd(4))
	g.shows("\n")
	g.write(actionEnd(2), actionEnd(1))
	g.shows(`
├ / a
│ ├ web1 $ x
│ │ │ from web1
│ │ └ ok 1.00s
│ ├ / deeper
│ │ ├ here
│ │ └ ok 2.00s
│ └ ok 2.00s
└ ok 2.00s
`)
}

// TestTreeOfGoroutines: a program in Go may run commands at once without saying so.
func TestTreeShowsFiles(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"),
		journal.Event{Kind: journal.FileWrite, Parent: 1, Host: "web1", Path: "/x", State: journal.WouldChange, Diff: "-a\n+b\n"},
		failed(journal.Event{Kind: journal.FileRemove, Parent: 1, Host: "web1", Path: "/y"}, "is busy"),
		failed(journal.Event{Kind: journal.ActionEnd, ID: 1}, "is busy"))
	g.shows(`
/ go
├ web1 write /x would change
│ -a
│ +b
├ web1 remove /y FAILED is busy
└ FAILED
`)
}

func TestTreeOfGoroutines(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), command(2, 1, "web1", "x"), command(3, 1, "web2", "y"),
		printed(3, journal.Stdout, "from web2\n"), printed(2, journal.Stdout, "from web1\n"), commandEnd(2), commandEnd(3))
	g.shows(`
/ go
├ web1 $ x
│ │ from web1
│ └ ok 1.00s
├ web2 $ y
│ │ from web2
│ └ ok 1.00s
`)
}

func TestTreeTellsACauseOnce(t *testing.T) {
	status := 3
	exit := failed(commandEnd(3), "exit status 3")
	exit.Status = &status
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), action(2, 1, "in"), command(3, 2, "web1", "exit 3"), exit,
		failed(actionEnd(2), "/ in: web1: exit 3: exit status 3"), failed(actionEnd(1), "/ in: web1: exit 3: exit status 3"))
	g.shows(`
/ go
├ / in
│ ├ web1 $ exit 3
│ │ └ FAILED exit status 3, 1.00s
│ └ FAILED 2.00s
└ FAILED 2.00s
`)
	end := failed(actionEnd(4), "/ dry: unknown: depends on uname")
	end.Node, end.Action, end.State = "/", "dry", journal.Unknown
	checked := commandEnd(5)
	checked.State = journal.WouldRun
	g.write(action(4, 0, "dry"), command(5, 4, "web1", "uname"), checked, end)
	g.shows(`
/ dry
├ web1 $ uname
│ └ would run 1.00s
└ unknown depends on uname, 2.00s
`)
}

func TestTreeLeavesOutWhatNobodyAskedFor(t *testing.T) {
	property, quiet := action(2, 1, "url"), printed(3, journal.Stdout, "captured\n")
	property.Quiet, quiet.Quiet = true, true
	end := actionEnd(2)
	end.Quiet = true
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), property, command(3, 2, "web1", "uname"), quiet, commandEnd(3), end, actionEnd(1),
		actionEnd(9), commandEnd(8), printed(8, journal.Stdout, "of nothing\n"))
	g.shows(`
/ go
├ web1 $ uname
│ └ ok 1.00s
└ ok 2.00s
of nothing
`)
	g = newGrove(t, Options{LogOnly: true})
	g.write(action(1, 0, "go"), command(3, 1, "web1", "uname"), printed(3, journal.Stdout, "Linux\n"),
		journal.Event{Kind: journal.Message, Parent: 1, Stream: journal.Stdout, Message: "printed"}, commandEnd(3))
	g.shows(`
/ go
├ web1 $ uname
│ └ ok 1.00s
`)
}

// TestTreeIsShownInParts where it would take too much memory, and loses nothing.
func TestTreeIsShownInParts(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), atOnce(action(2, 1, "a")), atOnce(command(3, 2, "web1", "yes")))
	line := strings.Repeat("y", 999) + "\n"
	const lines = 3000
	for range lines {
		g.write(printed(3, journal.Stdout, line))
		if kept := g.screen.view.(*tree).branches[2].kept; kept > maxKept {
			t.Fatalf("%d bytes are kept", kept)
		}
	}
	if g.out.Len() < maxKept {
		t.Errorf("only %d bytes are shown yet", g.out.Len())
	}
	g.write(commandEnd(3), actionEnd(2), actionEnd(1))
	if got := strings.Count(g.out.String(), "│ │ │ "+line); got != lines {
		t.Errorf("%d lines are shown, want %d", got, lines)
	}
	short := strings.ReplaceAll(g.out.String(), "│ │ │ "+line, "")
	g.out.Reset()
	g.out.WriteString(short)
	g.shows(`
/ go
├ / a
│ ├ web1 $ yes
├ / a …
│ ├ web1 $ yes …
├ / a …
│ ├ web1 $ yes …
│ │ └ ok 1.00s
│ └ ok 2.00s
└ ok 2.00s
`)
}

func TestTreeShowsWhatWasLeftBehind(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), atOnce(command(2, 1, "web1", "sleep 9")), atOnce(command(3, 1, "web2", "sleep 9")),
		printed(3, journal.Stdout, "still here\n"))
	g.shows("\n/ go\n")
	if err := g.screen.Close(); err != nil {
		t.Fatal(err)
	}
	g.shows(`
├ web1 $ sleep 9
├ web2 $ sleep 9
│ │ still here
`)
}

func TestTreeOnATerminal(t *testing.T) {
	terminal := Output{Terminal: true}
	g := newGrove(t, Options{Stdout: terminal, Stderr: terminal})
	g.write(action(1, 0, "go"), command(2, 1, "web1", "x"), printed(2, journal.Stdout, "\x1b[31mred\x1b[2J\rover\r\n"), commandEnd(2))
	g.write(command(3, 1, "web1", "vi"), printed(3, journal.Terminal, "\x1b[2Jraw"), commandEnd(3))
	g.shows("\n/ go\n├ web1 $ x\n│ │ red^[[2J\n│ │ over\n│ └ ok 1.00s\n├ web1 $ vi\n\x1b[2Jraw\n│ └ ok 1.00s\n")

	terminal.Colour = true
	g = newGrove(t, Options{Stdout: terminal, Stderr: terminal})
	g.write(action(1, 0, "go"), command(2, 1, "web1", "x"), printed(2, journal.Stdout, "\x1b[31mred\n"), commandEnd(2))
	if got := g.out.String(); !strings.Contains(got, "│ │ \x1b[31mred\x1b[m\n") || !strings.Contains(got, "\x1b[32mok\x1b[0m") {
		t.Errorf("shown is %q", got)
	}
}

func TestTreeNotesAtOnce(t *testing.T) {
	g := newGrove(t, Options{})
	g.write(action(1, 0, "go"), atOnce(action(2, 1, "a")), atOnce(action(3, 2, "b")))
	slow := journal.Event{Kind: journal.ConnectStart, ID: 4, Parent: 3, Host: "web1", Address: "10.0.0.1:22"}
	if err := g.screen.note(slow); err != nil {
		t.Fatal(err)
	}
	g.shows("\n/ go\n├ web1 connecting to 10.0.0.1:22 …\n")
	slow.Kind, slow.State, slow.Error = journal.ConnectEnd, journal.Unreachable, &journal.Error{Message: "refused"}
	g.write(slow)
	g.shows("\n")
}

func TestTreeThatCannotBeWritten(t *testing.T) {
	broken := errors.New("disk full")
	s := NewScreen(Options{View: ViewTree, Stderr: Output{W: failingWriter{broken}}})
	if err := s.Write(action(1, 0, "go")); err != broken {
		t.Errorf("got %v", err)
	}
	s = NewScreen(Options{View: ViewTree, Stderr: Output{W: failingWriter{broken}}})
	if err := s.Write(atOnce(action(1, 0, "go"))); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != broken {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// BenchmarkTree shows a run on a thousand hosts that print a hundred lines each.
func BenchmarkTree(b *testing.B) {
	var events []journal.Event
	events = append(events, action(1, 0, "go"))
	for host := range uint64(1000) {
		events = append(events, atOnce(command(host+2, 1, fmt.Sprintf("web%d", host), "x")))
	}
	for range 100 {
		for host := range uint64(1000) {
			events = append(events, printed(host+2, journal.Stdout, "a line of output, as long as lines are\n"))
		}
	}
	for host := range uint64(1000) {
		events = append(events, commandEnd(host+2))
	}
	b.ReportAllocs()
	for b.Loop() {
		s := NewScreen(Options{View: ViewTree})
		for _, e := range events {
			if err := s.Write(e); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestTreeOfRandomRuns lets commands of nested actions print in any order: whatever it is, each line is shown once, and
// between the first and the last line of a branch there is nothing but what belongs to it.
func TestTreeOfRandomRuns(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		g := newGrove(t, Options{})
		g.write(action(1, 0, "go"))
		var left [][]journal.Event // the events of each branch that are to come
		for cell := range uint64(2 + rnd.IntN(4)) {
			id := 10 * (cell + 1)
			mark := fmt.Sprintf("c%d", cell)
			events := []journal.Event{atOnce(action(id, 1, mark)), atOnce(command(id+1, id, mark, mark))}
			for range rnd.IntN(4) {
				events = append(events, printed(id+1, []string{journal.Stdout, journal.Stderr}[rnd.IntN(2)], mark+" printed\n"))
			}
			events = append(events, commandEnd(id+1), journal.Event{Kind: journal.Message, Parent: id, Message: mark + " logged"})
			left = append(left, append(events, actionEnd(id)))
		}
		printedLines := 0
		for len(left) > 0 {
			i := rnd.IntN(len(left))
			if left[i][0].Kind == journal.CommandOutput {
				printedLines++
			}
			g.write(left[i][0])
			if left[i] = left[i][1:]; len(left[i]) == 0 {
				left = slices.Delete(left, i, i+1)
			}
		}
		g.write(actionEnd(1))
		if text := g.out.String(); strings.Count(text, "printed") != printedLines || mixed(text) {
			t.Fatalf("of %d lines that were printed is shown\n%s", printedLines, text)
		}
	}
}

// mixed reports whether a branch is shown in more than one piece.
func mixed(text string) bool {
	mark := regexp.MustCompile(`\bc\d\b`)
	var order []string
	for line := range strings.Lines(text) {
		if m := mark.FindString(line); m != "" {
			order = append(order, m)
		}
	}
	order = slices.Compact(order)
	sorted := slices.Clone(order)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) != len(order)
}
