package deployer_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/console"
	"deployer/internal/sshdtest"
)

const mattersTree = `load("hosts.star", "dead", "web1", "web2", "changed")
def good(env):
    env.host.run("echo to stdout; echo to stderr >&2; printf 'half a line'")
    print("printed")
    env.log("logged")
    return env.host.slug
def bad(env):
    env.host.run("echo to stdout; exit 3")
def wrong(env):
    fail("no good")
def ask(env):
    return env.console.confirm("go on?")
def wait(env):
    env.host.run("echo begun; sleep %[1]s")
def none(env):
    env.hosts.filter("nobody").run("true")
Cells = parallel_node(actions = [good, bad, wrong, ask, wait, none])
root = node(some = Cells.array(hosts = [web1, web2]), one = Cells.just_one(hosts = web1),
    dead = Cells.array(hosts = [web1, dead]), changed = Cells.array(hosts = [changed, dead, web2]))
`

// matter is a run of which standard output is looked at.
type matter struct {
	path, action string
	status       int
	out          []string // what is on standard output without --json, sorted, but for what views add
	options      []string
}

var matters = []matter{
	{"some", "good", 0, []string{"half a line", "printed", "to stdout"}, nil},
	{"one", "bad", 1, []string{"to stdout"}, nil},
	{"some", "bad", 1, []string{"to stdout"}, nil},
	{"some", "wrong", 1, nil, nil},
	{"some", "ask", 1, nil, nil}, // nobody is there
	{"dead", "bad", 3, []string{"to stdout"}, nil},
	{"changed", "bad", 4, []string{"to stdout"}, nil},
	{"some", "none", 2, nil, nil},
	{"some", "none", 0, nil, []string{"--allow-empty"}},
	{"some", "good", 0, []string{"printed"}, []string{"--sandbox"}},
	{"nowhere", "good", 2, nil, nil},
	{"some", "nothing", 2, nil, nil},
	{"some", "good", 2, nil, []string{"--view", "none"}},
}

// TestStandardOutput checks that nothing of ours is on standard output but what was asked for: with --json whole runs of
// events, and without it what hosts and scripts printed, in all views.
func TestStandardOutput(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, fmt.Sprintf(mattersTree, "1"))
	for _, m := range matters {
		for _, view := range console.Views() {
			args := slices.Concat([]string{"run", "--no-journal", "--path", m.path, "--view", view}, m.options)
			t.Run(fmt.Sprint(m.path, m.action, m.options, view), func(t *testing.T) {
				t.Parallel()
				r := p.start(t, append(args, m.action)...).wants(m.status)
				m.checkText(t, r.out.String())
				r = p.start(t, append(args, "--json", m.action)...).wants(m.status)
				checkEvents(t, r.out.String(), m.status)
			})
		}
	}
}

// added is what views and results add to what hosts printed: rules, heads of groups and of differences, values of cells.
var added = regexp.MustCompile(`^(-{16}|\S+ \(\d\).*|(---|\+\+\+|@@) .*|\S+\t\S+)$`)

// checkText finds every line that hosts printed, and no other but for what is added.
func (m matter) checkText(t *testing.T, out string) {
	t.Helper()
	var printed []string
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if added.MatchString(line) {
			continue
		}
		if _, text, prefixed := strings.Cut(line, " | "); prefixed {
			line = text
		}
		line = strings.TrimLeft(line, "│ +-") // the lines of a tree, the marks of a difference
		if line != "" && !slices.Contains(printed, line) {
			printed = append(printed, line)
		}
	}
	slices.Sort(printed)
	if !slices.Equal(printed, m.out) {
		t.Errorf("standard output has %q, want %q:\n%s", printed, m.out, out)
	}
}

// checkEvents checks that an output is the events of a whole run, or nothing where none began.
func checkEvents(t *testing.T, out string, status int) {
	t.Helper()
	if status == 2 && out == "" {
		return
	}
	all, err := readEvents(out)
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	} else if exit := *all[len(all)-1].Exit; exit != status {
		t.Errorf("the events say that the exit status is %d, not %d", exit, status)
	}
}

// TestEventsAlone asks at a terminal, and is interrupted there, while standard output is events.
func TestEventsAlone(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	m := mark()
	t.Cleanup(func() { sshdtest.WaitGone(t, m, patience) })
	p := f.newPlace(t, fmt.Sprintf(mattersTree, m))
	for _, view := range []string{"lines", "merged", "hosts"} {
		for name, tt := range map[string]struct {
			action, path string
			live         func(*session, *buffer)
			status       int
		}{
			"question":  {"ask", "one", func(s *session, _ *buffer) { s.Expect("go on?"); s.Send("y\r") }, 0},
			"failure":   {"bad", "one", func(s *session, _ *buffer) { s.Expect("abort? "); s.Send("a\r") }, 1},
			"interrupt": {"wait", "some", func(s *session, out *buffer) { s.awaits(out, "begun"); s.Send("\x03") }, 130},
		} {
			t.Run(view+" "+name, func(t *testing.T) {
				t.Parallel()
				cmd := p.command("run", "--json", "--no-journal", "--view", view, "--path", tt.path, tt.action)
				var out buffer
				cmd.Stdout = &out
				s := p.sitAt(t, cmd)
				tt.live(s, &out)
				s.ends(tt.status)
				checkEvents(t, out.String(), tt.status)
			})
		}
	}
}

// awaits waits until a text was written somewhere else than to the terminal.
func (s *session) awaits(out *buffer, text string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(out.String(), text); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%q was not written within %s", text, patience)
		}
	}
}

// TestReportsOfWhatWasCutOff checks that the files are there, and whole, whatever ended the run.
func TestReportsOfWhatWasCutOff(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	m := mark()
	t.Cleanup(func() { sshdtest.WaitGone(t, m, patience) })
	p := f.newPlace(t, fmt.Sprintf(mattersTree, m))
	for signal, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			junit, summary := fmt.Sprint(status, ".xml"), fmt.Sprint(status, ".json")
			r := p.start(t, "run", "--junit", junit, "--summary", summary, "--path", "some", "wait")
			r.expectCount("begun", 2)
			r.signal(signal)
			r.wants(status)
			p.checkReports(t, junit, summary, status)
		})
	}
	for _, view := range console.Views() {
		t.Run("closed output "+view, func(t *testing.T) {
			t.Parallel()
			p.closesOutput(t, view)
		})
	}
}

// closesOutput runs an action whose output nobody reads. Views that show what has ended
// notice that at the end.
func (p place) closesOutput(t *testing.T, view string) {
	t.Helper()
	junit, summary, action := view+".xml", view+".json", "wait"
	late := console.View(view).Merges() || view == string(console.ViewTree) || view == string(console.ViewHosts)
	if late {
		action = "good"
	}
	r := p.unread(t, "run", "--no-journal", "--view", view, "--junit", junit, "--summary", summary, "--path", "some", action)
	r.wants(141)
	if !late {
		p.checkReports(t, junit, summary, 141)
	}
	if strings.Contains(r.err.String(), "hosts failed") || strings.Contains(r.err.String(), "deployer:") {
		t.Errorf("it does not end quietly: %s", r.err.String())
	}
}

// checkReports checks that both files say how a run of two hosts was cut off.
func (p place) checkReports(t *testing.T, junit, summary string, status int) {
	t.Helper()
	var got struct {
		Exit   int
		State  string
		Counts map[string]int
		Hosts  []struct{ Host, State string }
	}
	text, err := os.ReadFile(filepath.Join(p.dir, summary))
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil || got.Exit != status || got.State != "interrupted" || len(got.Hosts) != 2 || got.Counts["interrupted"] != 2 {
		t.Errorf("%v: the summary is %s", err, text)
	}
	var suites struct {
		Tests  int `xml:"tests,attr"`
		Errors int `xml:"errors,attr"`
	}
	text, err = os.ReadFile(filepath.Join(p.dir, junit))
	if err == nil {
		err = xml.Unmarshal(text, &suites)
	}
	if err != nil || suites.Tests != 2 || suites.Errors != 2 {
		t.Errorf("%v: the JUnit file is %s", err, text)
	}
}

// TestMergedAtATerminal shows groups at the end, below what the live view has shown, and does not show it twice.
func TestMergedAtATerminal(t *testing.T) {
	needTerminals(t, "ssh")
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, fmt.Sprintf(mattersTree, "1"))
	s := p.sit(t, "run", "--color", "never", "--no-journal", "--path", "some", "--view", "merged", "bad")
	s.Expect("web[1-2] (2) FAILED exit status 3")
	merged := s.Expect("2 of 2 hosts failed:")
	s.ends(1)
	if strings.Count(merged, "to stdout") != 1 {
		t.Errorf("what was printed is not shown once:\n%s", merged)
	}
}

// TestNobodyReadsAndEndingTakesLong closes the output of a run whose command takes its time to end: nobody is told of it,
// for nobody is there to press Ctrl-C.
func TestNobodyReadsAndEndingTakesLong(t *testing.T) {
	t.Parallel()
	p := alone(t, fmt.Sprintf(`
def wait(env):
    env.host.run("trap 'sleep 1.5; exit 1' INT; echo begun; sleep %s")
root = node(hosts = local_host("a"), actions = [wait])
`, mark()))
	r := p.unread(t, "run", "wait")
	r.wants(141)
	if said := r.err.String(); strings.Contains(said, "Ctrl-C") || !strings.Contains(said, "echo begun") {
		t.Errorf("it says %s", said)
	}
}
