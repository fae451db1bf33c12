package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
)

// claims are the files of claims in a home.
const claims = ".local/state/deployer/runs/*.claim"

// TestTwoResumeTheSameRun resumes a run that another process resumes: at its question, at work without a journal, and
// when that process was killed.
func TestTwoResumeTheSameRun(t *testing.T) {
	t.Parallel()
	m := mark()
	p := alone(t, fmt.Sprintf(`
def step(env):
    env.host.run("echo at work; test -e ok || { test ! -e long || sleep %s; exit 1; }")
root = node(hosts = local_host("a"), actions = [step])
`, m))
	p.says(t, 1, []string{"run", "step"}, "at work")
	p.write(t, "long", "")

	first := p.sit(t, "resume")
	first.Expect("go on? [y/N] ")
	here := fmt.Sprintf("process %d (resume ", first.pid)
	for _, verb := range []string{"resume", "retry"} {
		p.says(t, 2, []string{verb}, here, "is at it already: wait until that has ended", "!at work", "!goes on:")
	}
	first.Send("n\r")
	first.ends(1)

	second := p.start(t, "retry", "--no-journal")
	second.expect("at work")
	here = fmt.Sprintf("process %d (retry ", second.cmd.Process.Pid)
	p.says(t, 2, []string{"resume"}, here, "is at it already", "!at work")
	second.signal(syscall.SIGKILL)
	second.wants(-int(syscall.SIGKILL))
	sshdtest.WaitGone(t, m, patience)

	p.write(t, "ok", "")
	p.says(t, 0, []string{"resume"}, "at work", "!already")
	if left, err := filepath.Glob(filepath.Join(p.home, claims)); err != nil || len(left) > 0 {
		t.Errorf("left are %q, error %v", left, err)
	}
}

// TestResumedAtOnce starts several processes at once, as cron jobs do that were late: what is left is done once.
func TestResumedAtOnce(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def step(env):
    env.host.run("test -e ok || exit 1; echo done >> done")
root = node(hosts = local_host("a"), actions = [step])
`)
	p.says(t, 1, []string{"run", "step"}, "FAILED")
	p.write(t, "ok", "")
	var all []*process
	for range 5 {
		all = append(all, p.start(t, "resume"))
	}
	for _, r := range all {
		switch status, said := r.status(), r.err.String(); {
		case status == 0 && (strings.Contains(said, "nothing to resume") || strings.Contains(said, "resume 20")):
		case status == 2 && strings.Contains(said, "is at it already"):
		default:
			t.Errorf("exit status %d", status)
		}
	}
	if got, err := os.ReadFile(filepath.Join(p.dir, "done")); err != nil || string(got) != "done\n" {
		t.Errorf("it was done so often: %q, error %v", got, err)
	}
}

// TestShellResumesTwice has a shell and a command line resume the same run.
func TestShellResumesTwice(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def step(env):
    env.host.run("echo at work; false")
root = node(hosts = local_host("a"), actions = [step])
`)
	p.says(t, 1, []string{"run", "step"}, "at work")
	first := p.sit(t, "resume")
	first.Expect("go on? [y/N] ")
	s := p.sit(t, "run")
	s.Expect("> ")
	s.Send("resume\r")
	s.Expect(fmt.Sprintf("process %d (resume ", first.pid))
	s.Expect("is at it already")
	s.Expect("> ")
	first.Send("n\r")
	first.ends(1)
	s.Send("resume\r")
	s.Expect("go on? [y/N] ")
	s.Send("n\r")
	s.Expect("> ")
	s.Send("exit\r")
	s.ends(0)
}
