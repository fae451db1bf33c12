package deployer_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"deployer"
)

// TestMain makes this test binary the program too: as "deployer" it is in the PATH of everything that tests start.
func TestMain(m *testing.M) {
	testscript.Main(elsewhere{m}, map[string]func(){"deployer": deployer.MainScript})
}

// elsewhere runs tests of which none keeps anything in the home of who runs them.
type elsewhere struct{ *testing.M }

// Run implements testscript.TestingM.
func (m elsewhere) Run() int {
	dir, err := os.MkdirTemp("", "deployer-state-")
	if err == nil {
		err = os.Setenv("XDG_STATE_HOME", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := m.M.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}

// TestScripts runs the transcripts in testdata/script. With DEPLOYER_UPDATE=1 it writes what the program says now into
// those that cmp finds different.
//
// Beside the commands of testscript there are exits, sort and events, see below. Every script starts with the tree's
// hosts in hosts.star (see [fleet.star]) and with a home of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      os.Getenv("DEPLOYER_UPDATE") != "",
		RequireUniqueNames: true,
		Setup:              f.setup,
		Condition:          f.condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "sort": sortLines, "events": events,
		},
	})
}

// setup gives a script its hosts and its home.
func (f *fleet) setup(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("PORT", strconv.Itoa(f.plain.Port))
	env.Setenv("KNOWN_HOSTS", f.plain.KnownHostsFile)
	env.Setenv("LC_ALL", "C")
	env.Vars = append(env.Vars, quickExit)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else a program with the race detector sleeps for a second before it exits
	trees, err := filepath.Abs("testdata/trees")
	if err != nil {
		return err
	}
	env.Setenv("TREES", trees)
	return f.install(env.WorkDir, home)
}

// condition says whether a script may use accounts of its own.
func (f *fleet) condition(name string) (bool, error) {
	if name == "accounts" {
		return f.accounts != nil, nil
	}
	return false, fmt.Errorf("there is no condition %s", name)
}

// exits STATUS COMMAND [ARG...] runs a command, which must end with that exit status. What it printed is in the files
// out and err then, without what differs from run to run, and for stdout and stderr as it was.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	for name, stream := range map[string]string{"out": "stdout", "err": "stderr"} {
		text := steady(ts.ReadFile(stream), ts.Getenv("WORK"))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// unsteady is what differs from run to run, and what stands for it.
var unsteady = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`(?m)^.* connecting to .* …\n`), ""}, // shown only where it takes long
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+(\.\d\d)?s\b`), "TIME"},
	{regexp.MustCompile(`(127\.0\.0\.1\]?:|-p |port )\d+`), "${1}PORT"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:FINGERPRINT"},
	{regexp.MustCompile(`(sha256|build):[0-9a-f]{64}`), "$1:DIGEST"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "MOMENT"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b`), "MOMENT"},
	{regexp.MustCompile(`\b\d{8}-\d{6}-[0-9a-f]{6}\b`), "RUN"},
	{regexp.MustCompile(`\bAAAA[A-Za-z0-9+/=]+`), "KEY"},
}

func steady(text, work string) string {
	text = strings.ReplaceAll(text, work, "$WORK")
	text = regexp.MustCompile(`( as |~)`+regexp.QuoteMeta(me())+`\b`).ReplaceAllString(text, "${1}ME")
	for _, u := range unsteady {
		text = u.is.ReplaceAllString(text, u.as)
	}
	return text
}

// sort FILE... sorts the lines of files.
func sortLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sort FILE...")
	}
	for _, name := range args {
		lines := strings.SplitAfter(ts.ReadFile(name), "\n")
		slices.Sort(lines)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.Join(lines, "")), 0o600))
	}
}

// events FILE checks that a file is the complete record of one run, and writes a short form of it to the file events.
func events(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: events FILE")
	}
	text, err := summary(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("events"), []byte(steady(text, ts.Getenv("WORK"))), 0o600))
}

// event is an event as other programs see it: this is no type of the program.
type event struct {
	V      int            `json:"v"`
	Time   string         `json:"time"`
	Run    string         `json:"run"`
	Seq    int            `json:"seq"`
	Event  string         `json:"event"`
	Node   string         `json:"node"`
	Host   string         `json:"host"`
	State  string         `json:"state"`
	Action string         `json:"action"`
	Cmd    string         `json:"command"`
	Stream string         `json:"stream"`
	Text   string         `json:"text"`
	Base64 []byte         `json:"base64"`
	Msg    string         `json:"message"`
	Value  any            `json:"value"`
	Exit   *int           `json:"exit"`
	Counts map[string]int `json:"counts"`
	Status *int           `json:"status"`
	Signal string         `json:"signal"`
	Error  *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"error"`
}

// readEvents reads the record of one run and checks what holds for every record.
func readEvents(text string) ([]event, error) {
	var all []event
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%w: %s", err, lines.Text())
		}
		all = append(all, e)
		if e.V != 1 || e.Seq != len(all) || e.Run == "" || e.Run != all[0].Run || e.Event == "" || !utcTime.MatchString(e.Time) {
			return nil, fmt.Errorf("line %d: v, time, run, seq or event is wrong: %s", len(all), lines.Text())
		}
	}
	if len(all) < 2 || all[0].Event != "run.start" || all[len(all)-1].Event != "run.end" {
		return all, errors.New("a run starts with run.start and ends with run.end")
	}
	return all, checkCounts(all)
}

var utcTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$`)

// checkCounts compares the counts of run.end with the ends of hosts.
func checkCounts(all []event) error {
	counts := map[string]int{}
	seen := map[string]bool{}
	for _, e := range all {
		if e.Event == "host.end" {
			if seen[e.Host] {
				return fmt.Errorf("%s ends twice", e.Host)
			}
			seen[e.Host] = true
			counts[e.State]++
		}
	}
	end := all[len(all)-1]
	if fmt.Sprint(counts) != fmt.Sprint(end.Counts) && len(counts)+len(end.Counts) > 0 {
		return fmt.Errorf("run.end counts %v, and the hosts ended %v", end.Counts, counts)
	}
	if end.Exit == nil {
		return errors.New("run.end has no exit")
	}
	return nil
}

// summary is a line for each event, with what matters to a test.
func summary(text string) (string, error) {
	all, err := readEvents(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	for _, e := range all {
		b.WriteString(e.Event)
		for name, value := range map[string]any{"exit": e.Exit, "status": e.Status} {
			if n := value.(*int); n != nil {
				fmt.Fprintf(&b, " %s=%d", name, *n)
			}
		}
		for _, field := range []string{e.Node, e.Host, e.Action, e.Cmd, e.Stream, e.State, e.Signal} {
			if field != "" {
				b.WriteString(" " + field)
			}
		}
		if e.Text != "" {
			fmt.Fprintf(&b, " %q", e.Text)
		}
		if e.Base64 != nil {
			fmt.Fprintf(&b, " %x", e.Base64)
		}
		if e.Msg != "" {
			fmt.Fprintf(&b, " %q", e.Msg)
		}
		if e.Value != nil {
			fmt.Fprintf(&b, " %v", e.Value)
		}
		if e.Counts != nil {
			fmt.Fprintf(&b, " %v", e.Counts)
		}
		if e.Error != nil {
			fmt.Fprintf(&b, " %s: %s", e.Error.Kind, e.Error.Message)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
