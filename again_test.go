package deployer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer"
	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/nodes"
)

const killedTree = `load("hosts.star", "web1", "web2", "web3", "work")
def start(env, word):
    """Start it."""
    env.host.run("echo begun %%s on %%s; test %%s != web2 || test -e %%s/ok || sleep %s" %% (word, env.host.slug, env.host.slug, work))
Web = parallel_node(actions = [start])
def each(env):
    """Start it, in one piece."""
    for host in env.hosts:
        host.run("echo begun on %%s; test %%s != web2 || test -e %%s/ok || sleep %s" %% (host.slug, host.slug, work))
root = node(hosts = {"web": [web1, web2, web3]}, web = Web.array(hosts = map_roles("web")), actions = [each])
`

// killed is a place where a run was killed while it worked on web2: on web1 it was done, web3 was still to come.
func (f *fleet) killed(t *testing.T, args ...string) place {
	t.Helper()
	m := mark()
	p := f.newPlace(t, fmt.Sprintf(killedTree, m, m))
	r := p.start(t, append([]string{"run", "-s"}, args...)...)
	r.expectAnywhere("on web2\n")
	p.recorded(t, `on web2\n"`)
	r.signal(syscall.SIGKILL)
	r.wants(-int(syscall.SIGKILL))
	sshdtest.WaitGone(t, m, patience)
	return p
}

// recorded waits until a journal has a text.
func (p place) recorded(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		journals, err := filepath.Glob(filepath.Join(p.home, journals))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range journals {
			if got, err := os.ReadFile(file); err == nil && strings.Contains(string(got), text) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no journal has %q within %s", text, patience)
		}
	}
}

// journals are the files of journals in a home.
const journals = ".local/state/deployer/runs/*.jsonl"

// says runs the program, which must end with a status, and wants texts in what it prints; one that begins with ! must
// not be there.
func (p place) says(t *testing.T, status int, args []string, texts ...string) {
	t.Helper()
	r := p.start(t, args...).wants(status)
	printed := r.out.String() + r.err.String()
	for _, text := range texts {
		unwanted, not := strings.CutPrefix(text, "!")
		if strings.Contains(printed, unwanted) == not {
			t.Errorf("%q: wanted %q in\n%s", args, text, printed)
		}
	}
}

// TestKilledRun kills the program in the middle of a run on real hosts. It is shown as what it was, and goes on where it
// did not succeed, but where nobody knows how far it came only if that is wanted.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	p := startFleet(t).killed(t, "--path", "web", "start", "now")
	p.says(t, 0, []string{"runs"}, "killed", "/web start now", "1 done, 1 unknown: web2, 1 not begun: web3")
	p.says(t, 0, []string{"show", "last"}, " killed\n", "web1  done", "web2  unknown", "web3  not begun", "begun now on web2")
	p.says(t, 0, []string{"show", "last", "web2"}, "begun now on web2")
	p.says(t, 0, []string{"retry"}, "failed on no host; it has not succeeded on web[2-3]", "!echo")
	p.says(t, 2, []string{"resume"}, "nobody is here to say whether it is to run again on web2", "--unknown", "!echo")

	p.write(t, "ok", "")
	p.says(t, 0, []string{"resume", "--unknown"}, "/web start now, on web[2-3]", "unknown: web2", "begun now on web2", "begun now on web3",
		"!on web1")
	p.says(t, 0, []string{"resume"}, "nothing to resume")
	p.says(t, 0, []string{"runs"}, "2 done", "1 unknown: web2") // what was is still told
}

// TestKilledPiece kills a run of an action that is one piece: also of a host where all commands ended nobody knows
// whether the action had more to do there.
func TestKilledPiece(t *testing.T) {
	t.Parallel()
	p := startFleet(t).killed(t, "each")
	p.says(t, 0, []string{"runs"}, "killed", "2 unknown: web[1-2], 1 not begun: web3", "!done")
	p.says(t, 2, []string{"resume", "--json"}, "run again on web[1-2]", "!echo")
	p.write(t, "ok", "")
	p.says(t, 0, []string{"resume", "--unknown"}, "begun on web1", "begun on web2", "begun on web3")
}

// TestChainOfRuns resumes again and again: what was done in any of the runs is not done again.
func TestChainOfRuns(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "web1", "web2", "web3", "db1", "work")
def step(env):
    env.host.run("echo at %s; test -e %s/%s" % (env.host.slug, work, env.host.slug))
Web = parallel_node(actions = [step])
root = node(web = Web.array(hosts = [web1, web2, web3, db1]))
`)
	p.write(t, "web1", "")
	p.says(t, 1, []string{"run", "--path", "web", "--hosts", "web*", "step"}, "at web1", "at web2", "at web3", "!db1")
	first, _ := filepath.Glob(filepath.Join(p.home, journals))
	if len(first) != 1 {
		t.Fatalf("the journals are %q", first)
	}
	name := strings.TrimSuffix(filepath.Base(first[0]), ".jsonl")
	p.write(t, "web3", "")
	p.says(t, 2, []string{"resume", "--hosts", "db1", name}, `there is no host "db1"`, "!echo")
	p.says(t, 0, []string{"resume", "--hosts", "web1"}, "nothing to resume on those hosts", "!echo")
	p.says(t, 1, []string{"resume", "--hosts", "web2", name}, "on web2", "at web2", "!at web1", "!at web3")
	p.says(t, 1, []string{"resume", name}, "on web[2-3]", "at web2", "at web3", "!at web1")
	p.write(t, "web2", "")
	p.says(t, 0, []string{"resume", name}, "on web2", "at web2", "!at web1", "!at web3", "!db1")
	p.says(t, 0, []string{"resume", name}, "nothing to resume")
	if err := os.Remove(first[0]); err != nil { // as the oldest are
		t.Fatal(err)
	}
	p.says(t, 0, []string{"resume"}, "nothing to resume")
}

// TestRunThatGoesOnIsNotResumed looks at a run while it goes on.
func TestRunThatGoesOnIsNotResumed(t *testing.T) {
	t.Parallel()
	m := mark()
	p := startFleet(t).newPlace(t, fmt.Sprintf(killedTree, m, m))
	r := p.start(t, "run", "--path", "web", "start", "now")
	r.expectCount("begun now", 3)
	for _, slug := range []string{"web1", "web3"} {
		p.recorded(t, fmt.Sprintf(`"host":%q,"action":"start","parallel":true,"state":"done"`, slug))
	}
	p.says(t, 0, []string{"runs"}, "running", "running: web", "!killed")
	p.says(t, 2, []string{"resume"}, "goes on: resume it when it has ended", "!echo")
	r.signal(syscall.SIGINT)
	r.wants(130)
	p.write(t, "ok", "")
	p.says(t, 0, []string{"resume"}, "interrupted: web2", "begun now on web2", "!on web1")
}

// TestPersonIsAskedBeforeAnotherRun sits at the shell: its last run is meant, and what is run again is asked.
func TestPersonIsAskedBeforeAnotherRun(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def step(env):
    env.host.run("echo at work; test %s != b || test -e ok" % env.host.slug)
Cells = parallel_node(actions = [step])
root = node(web = Cells.array(hosts = [local_host("a"), local_host("b"), local_host("c")]))
`)
	s := p.sit(t, "run", "--view", "lines")
	s.Expect("> ")
	s.Send("web step\r")
	s.Expect("FAILED")
	s.Expect("> ")
	s.Send("show b\r")
	s.Expect("at work")
	s.Expect("> ")
	s.Send("retry failed\r")
	s.Expect("on b")
	s.Expect("go on? [y/N] ")
	s.Send("n\r")
	s.Expect("> ")
	p.write(t, "ok", "")
	s.Send("resume\r")
	s.Expect("go on? [y/N] ")
	s.Send("y\r")
	s.Expect("at work\r\n")
	s.Expect("> ")
	s.Send("resume\r")
	s.Expect("nothing to resume")
	s.Expect("> ")
	s.Send("exit\r")
	s.ends(0)
}

// TestOptionsAreRepeated runs again with what changes a run, in a dry run again, and not with what only shows it.
func TestOptionsAreRepeated(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def step(env):
    env.host.run("exit 1", reads = True)
root = node(web = parallel_node(actions = [step]).array(hosts = [local_host("a"), local_host("b")]))
`)
	p.says(t, 1, []string{"run", "-s", "--json", "--view", "tree", "--sandbox", "--path", "web", "step"}, `"sandbox":true`)
	p.says(t, 1, []string{"retry", "--json"}, `"options":["--single-threaded=true"]`, `"sandbox":true`, `"continues":"`,
		`"targets":["a","b"]`)
	p.says(t, 0, []string{"show", "last"}, "--single-threaded=true", "sandbox /web step", "continues")
}

// TestShellCommandIsNotResumed tries again what was no action.
func TestShellCommandIsNotResumed(t *testing.T) {
	t.Parallel()
	p := alone(t, `root = node(hosts = local_host("a"))`)
	r := &process{t: t, cmd: p.command("run", "-k"), ended: make(chan struct{})}
	r.cmd.Stdin = strings.NewReader("--run -- exit  3\nshow a\nresume\n")
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	r.run().wants(1)
	if got := r.err.String(); !strings.Contains(got, "was --run, which is no action of the tree: type it again") {
		t.Errorf("it says\n%s", got)
	}
	p.says(t, 0, []string{"runs", "-n", "1"}, "/ --run 'exit  3'") // it is seen what was run
}

// TestGoTreeRunsAgain runs an action of a tree in Go again: the program must be the same.
func TestGoTreeRunsAgain(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	env := func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
	ready := false
	say := func(status int, line string, texts ...string) {
		t.Helper()
		root := &Again{Ready: &ready}
		root.Cells.Cell.Ready = &ready
		root.Roles = nodes.Roles{nodes.Role("host", nodes.LocalHost(hosts.LocalOptions{Slug: "a"}),
			nodes.LocalHost(hosts.LocalOptions{Slug: "b"}))}
		var out bytes.Buffer
		got := deployer.Program{Root: root, Name: "shop"}.Run(t.Context(), strings.Fields(line),
			deployer.Stdio{Out: &out, Err: &out, Getenv: env})
		for _, text := range texts {
			if got != status || !strings.Contains(out.String(), text) {
				t.Errorf("%s: exit status %d, want %d and %q:\n%s", line, got, status, text, &out)
			}
		}
	}
	say(1, "run --path cells start", "b FAILED")
	say(0, "runs", "/cells start", "1 done, 1 failed: b")
	ready = true
	say(0, "resume", "on b\n", "b ok")
	say(0, "retry failed", "nothing to retry")

	journals, err := filepath.Glob(filepath.Join(state, "deployer/runs/*.jsonl"))
	if err != nil || len(journals) != 2 {
		t.Fatalf("the journals are %q, error %v", journals, err)
	}
	text, err := os.ReadFile(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	other := regexp.MustCompile(`"(build|sha256):[0-9a-f]{64}"`).ReplaceAll(text, []byte(`"build:0"`))
	if err := errors.Join(os.WriteFile(journals[0], other, 0o600), os.Remove(journals[1])); err != nil {
		t.Fatal(err)
	}
	say(2, "resume", "the tree has changed since", "is not what it was")
}

// Again is a tree whose action fails in the cell of b unless it is ready.
type Again struct {
	nodes.Node
	Ready *bool `deploy:"-"`
	Cells nodes.Array[AgainCell]
}

// AgainCell is a cell of it.
type AgainCell struct {
	nodes.Node
	Ready *bool `deploy:"-"`
}

// Start starts it.
func (c *AgainCell) Start(ctx context.Context) error {
	host := c.Host(ctx)
	command := "true"
	if host.Slug() == "b" && !*c.Ready {
		command = "false"
	}
	return host.Run(command)
}

// TestPersonDeclines asks on a command line: without a clear yes nothing runs, and that is no success.
func TestPersonDeclines(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def step(env):
    env.host.run("echo at work; false")
root = node(hosts = local_host("a"), actions = [step])
`)
	p.says(t, 1, []string{"run", "step"}, "at work")
	for _, typed := range []string{"n\r", "\r", "\x04", "\x03"} {
		s := p.sit(t, "resume")
		s.Expect("on a\r\n")
		s.Expect("go on? [y/N] ")
		s.Send(typed)
		s.ends(1)
	}
	s := p.sit(t, "retry")
	s.Expect("go on? [y/N] ")
	s.Send("yes\r")
	s.Expect("at work")
	s.Expect("abort? [abort] ")
	s.Send("\r")
	s.ends(1)
	p.says(t, 1, []string{"retry", "--non-interactive"}, "at work")
}
