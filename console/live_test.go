package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// liveRun is a screen with a live view, on paper.
type liveRun struct {
	t     *testing.T
	paper *paper
	*Screen
	desk *Desk
}

// inLiveRun runs a test in a bubble, with a view of some hosts in a window of that size.
func inLiveRun(t *testing.T, columns, rows int, targets []string, test func(r *liveRun)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaper(t, columns, rows)
		o := p.output()
		s := NewScreen(Options{Stdout: o, Stderr: o, Prefix: true, Live: &Live{Targets: targets}})
		r := &liveRun{t: t, paper: p, Screen: s, desk: &Desk{&Person{screen: s}}}
		test(r)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (r *liveRun) events(events ...journal.Event) {
	r.t.Helper()
	for _, e := range events {
		if err := r.Write(e); err != nil {
			r.t.Fatal(err)
		}
	}
}

// after lets time pass, and looks at the window.
func (r *liveRun) after(d time.Duration, lines ...string) {
	r.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	r.paper.shows(lines...)
}

func connectStart(id uint64, host string) journal.Event {
	return journal.Event{Kind: journal.ConnectStart, ID: id, Host: host}
}

func connectEnd(id uint64, host string, state journal.State) journal.Event {
	return journal.Event{Kind: journal.ConnectEnd, ID: id, Host: host, State: state}
}

// begin is the start of a command, on a terminal of its own.
func begin(id uint64, host, command string) journal.Event {
	return journal.Event{Kind: journal.CommandStart, ID: id, Host: host, Command: command, Terminal: true, Parallel: true}
}

func draws(id uint64, host, text string) journal.Event {
	return output(id, host, journal.Terminal, text)
}

func runEnd(counts map[journal.State]int) journal.Event {
	return journal.Event{Kind: journal.RunEnd, Counts: counts}
}

func ends(id uint64, host string, state journal.State) journal.Event {
	e := end(id, host, state, 1)
	e.Parallel = true
	return e
}

func TestLiveView(t *testing.T) {
	inLiveRun(t, 70, 24, []string{"web1", "web2", "web10"}, func(r *liveRun) {
		r.events(connectStart(1, "web10"), connectStart(2, "web1"))
		r.after(redrawEvery,
			"  web1   connecting        0s",
			"  web10  connecting        0s",
			"3 hosts: 2 connecting, 1 to do  0s  Down: choose a host")
		r.events(connectEnd(2, "web1", journal.Done), begin(3, "web1", "upgrade"), draws(3, "web1", "step 1\r\nstep"),
			connectStart(4, "web2"), connectEnd(1, "web10", journal.Done), begin(5, "web10", "upgrade"))
		r.after(redrawEvery,
			"$ upgrade", // once
			"web1 | step 1",
			"  web1   running           0s  step",
			"  web2   connecting        0s",
			"  web10  running           0s",
			"3 hosts: 1 connecting, 2 running  0s  Down: choose a host")
		r.events(draws(3, "web1", " 2\r\nContinue? [y/N] "), connectEnd(4, "web2", journal.Unreachable))
		r.desk.Offer(3, io.Discard, func(pty.Size) {})
		r.after(waitsAfter+redrawEvery,
			"$ upgrade",
			"web1 | step 1",
			"web1 | step 2",
			"web2 UNREACHABLE",
			"  web1   waiting           1s  Continue? [y/N]",
			"  web2   failed            0s",
			"  web10  running           1s",
			"3 hosts: 1 waiting, 1 failed, 1 running  1s  Enter, Down",
		)
		r.events(ends(3, "web1", journal.Done), journal.Event{Kind: journal.HostParked, Host: "web10", ID: 5, Message: "silent for 5m"})
		r.after(silentAfter,
			"$ upgrade",
			"web1 | step 1",
			"web1 | step 2",
			"web2 UNREACHABLE",
			"web1 | Continue? [y/N] ",
			"web10 parked: silent for 5m",
			"  web1   done              1s  Continue? [y/N]",
			"  web2   failed            0s",
			"  web10  parked           11s",
			"3 hosts: 1 parked, 1 failed, 1 done  11s  Down: choose a host")
		r.events(journal.Event{Kind: journal.HostBack, Host: "web10", ID: 5}, draws(5, "web10", "finished\r\n"),
			ends(5, "web10", journal.Done))
		if err := r.EndLive(); err != nil {
			t.Error(err)
		}
		r.events(runEnd(map[journal.State]int{journal.Done: 2, journal.Unreachable: 1}))
		r.after(0,
			"$ upgrade",
			"web1 | step 1",
			"web1 | step 2",
			"web2 UNREACHABLE",
			"web1 | Continue? [y/N] ",
			"web10 parked: silent for 5m",
			"web10 back",
			"web10 | finished",
			"3 hosts: 1 unreachable, 2 done  11s",
			"")
	})
}

// What is known of who reads counts more than what was printed, until something comes.
func TestLiveReading(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"a", "b"}, func(r *liveRun) {
		says := func(waits string) {
			t.Helper()
			time.Sleep(waitsAfter + redrawEvery)
			synctest.Wait()
			if got := r.paper.text(); !strings.Contains(got, "\n"+waits) {
				t.Errorf("got\n%s\nwant %q", got, waits)
			}
		}
		r.events(begin(1, "a", "x"), begin(2, "b", "x"), draws(1, "a", "50%: "), draws(2, "b", "\x1b[?1049h"))
		for id := range uint64(2) {
			r.desk.Offer(id+1, io.Discard, func(pty.Size) {})
		}
		says("2 hosts: 2 waiting")
		before := time.Now()
		r.desk.Reads(1, false, before)
		r.desk.Reads(2, false, before)
		says("2 hosts: 2 running")
		r.events(draws(1, "a", "60%: "))
		r.desk.Reads(1, false, before) // known too late
		says("2 hosts: 1 waiting, 1 running")
		r.events(draws(1, "a", "done\r\n"))
		says("2 hosts: 2 running")
		r.desk.Reads(1, true, time.Now())
		r.desk.Reads(2, true, time.Now())
		says("2 hosts: 2 waiting")
		if keyboards := r.keyboards([]string{"a"}); len(keyboards) != 1 || keyboards[0] == nil {
			t.Errorf("got %v", keyboards)
		}
		says("2 hosts: 1 waiting, 1 running")
	})
}

// TestLiveSummary tells how long a run took so that it says something, of a short one too.
func TestLiveSummary(t *testing.T) {
	for took, want := range map[time.Duration]string{
		4 * time.Millisecond:    "2 hosts: 2 done",
		40 * time.Millisecond:   "2 hosts: 2 done  0.04s",
		9990 * time.Millisecond: "2 hosts: 2 done  9.99s",
		10 * time.Second:        "2 hosts: 2 done  10s",
		65 * time.Second:        "2 hosts: 2 done  1m05s",
	} {
		inLiveRun(t, 70, 24, []string{"a", "b"}, func(r *liveRun) {
			r.events(begin(1, "a", "true"), begin(2, "b", "true"))
			time.Sleep(took)
			r.events(ends(1, "a", journal.Done), ends(2, "b", journal.Done))
			if err := r.EndLive(); err != nil {
				t.Error(err)
			}
			r.events(runEnd(map[journal.State]int{journal.Done: 2}))
			r.after(0, "$ true", want, "")
		})
	}
}

// In a small window those have a place that are of most interest, in their order.
func TestLiveViewOfMany(t *testing.T) {
	var targets []string
	for i := range 100 {
		targets = append(targets, fmt.Sprintf("n%02d", i))
	}
	inLiveRun(t, 40, 8, targets, func(r *liveRun) {
		for i, host := range targets {
			r.events(begin(uint64(i+1), host, "x"))
		}
		r.desk.Offer(78, io.Discard, func(pty.Size) {})
		r.events(draws(78, "n77", "Password:"), ends(12, "n11", journal.Failed))
		time.Sleep(waitsAfter)
		for i, host := range targets {
			if i != 77 && i != 11 {
				r.events(draws(uint64(i+1), host, "."))
			}
		}
		time.Sleep(redrawEvery)
		synctest.Wait()
		for _, want := range []string{"  n11  failed", "  n77  waiting           1s  Password:", "100 hosts: 1 waiting, 1 failed, 98 run"} {
			if !strings.Contains(r.paper.text(), want) {
				t.Errorf("%q is not in\n%s", want, r.paper.text())
			}
		}
		if rows := strings.Count(r.paper.text(), " running "); rows != 1 { // of three, below which "98 run…" is cut
			t.Errorf("%d rows of hosts that run:\n%s", rows, r.paper.text())
		}
	})
}

func TestLiveChoice(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"a", "b"}, func(r *liveRun) {
		r.events(begin(1, "a", "x"), begin(2, "b", "x"))
		steps := []struct {
			by     int
			chosen string
		}{{1, "a"}, {1, "b"}, {1, "a"}, {-1, "b"}, {-1, "a"}, {0, ""}, {-1, "b"}}
		for _, step := range steps {
			r.choose(step.by)
			if got := r.chosen(); got != step.chosen {
				t.Errorf("after %d: %q is chosen, want %q", step.by, got, step.chosen)
			}
		}
		r.after(redrawEvery, "$ x",
			"  a  running           0s",
			"> b  running           0s",
			"2 hosts: 2 running  0s  Enter, a, x, ?")
	})
}

func TestSameQuestion(t *testing.T) {
	inLiveRun(t, 80, 24, nil, func(r *liveRun) {
		keyboards := map[string]*bytes.Buffer{}
		for i, ask := range []struct{ host, prompt string }{
			{"web1", "Go on with web1? "}, {"web2", "Go on with web2? "}, {"db1", "Password: "}, {"web3", "Go on with web3? "},
		} {
			id := uint64(i + 1)
			keyboards[ask.host] = &bytes.Buffer{}
			r.events(begin(id, ask.host, "x"), draws(id, ask.host, ask.prompt))
			r.desk.Offer(id, keyboards[ask.host], func(pty.Size) {})
		}
		if question, _ := r.sameQuestion(); question != "" {
			t.Errorf("at once %q is waited with", question)
		}
		time.Sleep(waitsAfter)
		question, hosts := r.sameQuestion()
		if question != "Go on with web1?" || fmt.Sprint(hosts) != "[web1 web2 web3]" {
			t.Errorf("%q of %v", question, hosts)
		}
		for _, keyboard := range r.keyboards(hosts) {
			fmt.Fprint(keyboard, "y\r")
		}
		for host, keyboard := range keyboards {
			want := "y\r"
			if host == "db1" {
				want = ""
			}
			if keyboard.String() != want {
				t.Errorf("%s was given %q", host, keyboard)
			}
		}
		if question, hosts := r.sameQuestion(); question != "Password:" || len(hosts) != 1 {
			t.Errorf("then %q of %v", question, hosts)
		}
	})
}

// A person who is on the terminal of a host sees it as it is, and the others when they are back.
func TestStepIn(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"a", "b"}, func(r *liveRun) {
		r.events(begin(1, "a", "x"), begin(2, "b", "x"), draws(1, "a", "one\r\nmore? "), draws(2, "b", "two\r\n"))
		var sizes []pty.Size
		withdraw := r.desk.Offer(1, io.Discard, func(size pty.Size) { sizes = append(sizes, size) })
		if r.stepIn() {
			t.Error("nobody waits yet, and none is chosen")
		}
		time.Sleep(waitsAfter)
		if !r.stepIn() || !r.inside() {
			t.Fatal("a waits")
		}
		r.resizeSeat(pty.Size{Rows: 24, Cols: 60})
		if fmt.Sprint(sizes) != "[{24 60}]" {
			t.Errorf("its sizes are %v", sizes)
		}
		shown := []string{"$ x", "a | one", "b | two", "-- a: Ctrl-] leads back to all hosts --", "one", "more? "}
		r.after(0, shown...)
		r.events(draws(2, "b", "three\r\n"), draws(1, "a", "\x1b[1my\x1b[m\r\nleft"))
		shown[5] = "more? y"
		r.after(time.Second, append(shown, "left")...)
		if r.tellQuestion(); !r.stepOut() {
			t.Error("a question was not told")
		}
		shown = append(shown, "left", "-- a question waits: Ctrl-] leads to it --", "-- all hosts --", "b | three")
		r.after(redrawEvery, append(shown,
			"  a  running           2s  left",
			"  b  running           2s  three",
			"2 hosts: 2 running  2s  Down: choose a host")...)
		withdraw()
		r.events(draws(1, "a", " over\r\n"), ends(1, "a", journal.Done))
		if r.inside() || r.keyboard() != nil {
			t.Error("the person is inside still")
		}
		r.after(redrawEvery, append(shown, "a |  over",
			"  a  done              2s  left over",
			"  b  running           2s  three",
			"2 hosts: 1 running, 1 done  2s  Down: choose a host")...)
	})
}

// What draws on its terminal does not on that of the person.
func TestLiveLinesAreText(t *testing.T) {
	inLiveRun(t, 60, 24, []string{"a"}, func(r *liveRun) {
		r.events(begin(1, "a", "x"),
			draws(1, "a", "10%\r20%\r100%\r\n\x1b]0;title\x07\x1b[2J\x1b[5;5Hhere\x1b[K\x1b[31mred\x1b[m\r\n"),
			draws(1, "a", "\x1b[?1049hall of the window"), draws(1, "a", "more\x1b[?1049l"), draws(1, "a", "\x9bdone\r\n"))
		r.after(redrawEvery, "$ x", "a | 100%", "a | herered", `a | \x9bdone`,
			`  a  running           0s  \x9bdone`,
			"1 host: 1 running  0s  Down: choose a host")
	})
}

// stuck is a terminal that takes nothing until it is told to.
type stuck struct {
	*paper
	free chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.free
	return s.paper.Write(p)
}

// A terminal that takes nothing holds nobody up; when it does again, it is told what it missed.
func TestStuckTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{newPaper(t, 60, 24), make(chan struct{})}
		o := s.paper.output()
		o.W = s
		screen := NewScreen(Options{Stdout: o, Stderr: o, Prefix: true, Live: &Live{Targets: []string{"a"}}})
		r := &liveRun{t: t, paper: s.paper, Screen: screen}
		r.events(begin(1, "a", "x"))
		for range 100_000 {
			r.events(output(1, "a", journal.Stdout, "a line of forty characters, or of so many\n"))
		}
		time.Sleep(time.Minute)
		if held := len(screen.held); held > maxHeld || held < maxHeld-100 {
			t.Errorf("%d bytes are held", held)
		}
		for screen.pace.behind() { // it takes what it was given, and is stuck again with all that is held
			s.free <- struct{}{}
			synctest.Wait()
		}
		time.Sleep(2 * redrawEvery)
		synctest.Wait() // the view draws at this moment, too
		if !screen.mu.TryLock() {
			t.Error("who prints waits for the terminal")
		} else {
			screen.mu.Unlock()
		}
		close(s.free)
		time.Sleep(time.Second)
		if err := screen.Close(); err != nil {
			t.Error(err)
		}
		text := s.paper.text()
		if !strings.Contains(text, "lines were left out here") {
			t.Errorf("it is not said that lines are left out:\n%s", text[max(0, len(text)-1000):])
		}
	})
}

// TestViewKeys tells of every key in lines that the window has room for.
func TestViewKeys(t *testing.T) {
	for _, columns := range []int{40, 60, 80, 200} {
		text := viewKeys(Layout{Columns: columns})
		for line := range strings.SplitSeq(text, "\n") {
			if Width(line) > columns {
				t.Errorf("in %d columns: %q", columns, line)
			}
		}
		for _, key := range []string{"Down, Up, Esc", "Enter", "a", "x", "Ctrl-Z", "Ctrl-C"} {
			if !strings.Contains(text, "\n  "+key+" ") {
				t.Errorf("in %d columns nothing is told of %s:\n%s", columns, key, text)
			}
		}
	}
}
