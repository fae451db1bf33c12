package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// warm returns a handle of a real sshd on whose connection some commands have run, and that connection.
func warm(t *testing.T, l *lab, o SSHOptions) (*Handle, *sshConn) {
	t.Helper()
	h := l.session.Handle(l.host(o))
	for range 5 {
		if _, err := run(t, h, "true", RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return h, l.onlyConn()
}

// guardOf returns a handle whose commands a guard supervises.
func guardOf(t *testing.T, l *lab, o SSHOptions) (*Handle, *sshConn) {
	t.Helper()
	h, c := warm(t, l, o)
	l.eventually("the guard runs", func() bool {
		if _, err := run(t, h, "sleep 0.01", RunOptions{}); err != nil {
			t.Fatal(err)
		}
		return c.guard.runs()
	})
	return h, c
}

func TestGuardComposition(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	h, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	for _, test := range append(compositions(t),
		composition{"is not a child", nil, `wait; jobs; wait -n; echo "$? [$!]"; all=$(ps -o args= --ppid $$); sed '/^ps/d' <<<"$all"`, "", "127 []\n"},
		composition{"leaves no names", nil, `echo "$# ${s-unset} $-"`, "", "0 unset hBc\n"},
		composition{"PID of its own", nil, `[ "$$" = "$(cut -d' ' -f6 /proc/$$/stat)" ] && exec sh -c 'echo yes'`, "", "yes\n"},
		composition{"level of shells", nil, `echo $SHLVL`, "", "2\n"},
	) {
		if test.name == "home of a user" {
			test.want = homeThere(t, h)
		}
		test.check(t, h)
	}
	out, err := h.Run(t.Context(), "no_such_command; kill -TERM $$", RunOptions{})
	if err == nil || out.Exit.Signal != "TERM" || !strings.Contains(string(out.Stderr.Kept()), "no_such_command: command not found") {
		t.Errorf("%+v, %v: %q", out.Exit, err, out.Stderr.Kept())
	}
	var failed *Error
	if _, err := run(t, h.Cd("/no/such"), "echo ran", RunOptions{}); !errors.As(err, &failed) || failed.Fault != Directory {
		t.Errorf("a missing directory: %v", err)
	}
	if _, err := run(t, h.Prefix("(exit 7)"), "echo ran", RunOptions{}); !errors.As(err, &failed) || failed.Exit.Status != 7 {
		t.Errorf("a failing prefix: %v", err)
	}
	if !c.guard.runs() {
		t.Error("the guard has ended")
	}
}

// homeThere is the folder above root's home, as the host has it: that of sshdtest is its own.
func homeThere(t *testing.T, h *Handle) string {
	t.Helper()
	got, err := run(t, h, "cd ~root/.. && pwd", RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGuardCancel(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	h, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	t.Run("at once", func(t *testing.T) { // and all are gone when it returns
		for name, command := range endings {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cancelled(t, h, command)
			})
		}
	})
	word := mark()
	if _, err := run(t, h, "sleep "+word, RunOptions{Timeout: 50 * time.Millisecond}); err == nil {
		t.Error("no time limit")
	}
	if left := running(t, "sleep\x00"+word); len(left) > 0 {
		t.Errorf("it returned before the end of %v", left)
	}
	if !c.guard.runs() {
		t.Error("the guard has ended")
	}
}

// A command that is cancelled before the server has said that it runs is ended too.
func TestGuardCancelsUnanswered(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"SetEnv HOME=" + l.home}})
	far := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{s.ClientKey.PublicKey()},
		Faults: sshserver.Faults{Latency: 100 * time.Millisecond}})
	o := l.real(s)
	o.Jump, o.KnownHosts = fmt.Sprintf("deploy@127.0.0.1:%d", far.Port()), append(o.KnownHosts, l.path("known_hosts"))
	h, _ := guardOf(t, l, o)
	err := stopped(t, h, endings["plain"], func(_ *Session, cancel context.CancelFunc) { cancel() })
	l.fault(err, Interrupted)
}

// The guard knows every command, also one that runs as soon as there is a guard, and there is one guard only: what it
// does not know nobody ends.
func TestGuardKnowsTheFirst(t *testing.T) {
	t.Parallel()
	rounds := 20
	if soak() {
		rounds = 500
	}
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"SetEnv HOME=" + t.TempDir()}})
	for i := range rounds {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			h, c := warm(t, l, l.real(s))
			for !c.guard.runs() {
				if _, err := run(t, h, "true", RunOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := run(t, h, "sleep "+mark(), RunOptions{Timeout: 100 * time.Millisecond})
			l.fault(err, TimedOut)
			if all := Errors(err); len(all) > 1 {
				t.Error(err)
			}
		})
	}
}

// What a command left behind on purpose outlives the connection; what still ran when it was cut does not.
func TestGuardCut(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"SetEnv HOME=" + l.home}})
	h, _ := guardOf(t, l, l.real(s))
	daemon, command := mark(), mark()
	for _, start := range []string{"nohup sleep %s >/dev/null 2>&1 &", "setsid sleep %s >/dev/null 2>&1 &"} {
		if _, err := run(t, h, fmt.Sprintf(start, daemon), RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		if _, err := run(t, h, "pkill -f 'slee[p] "+daemon+"'", RunOptions{}); err != nil {
			t.Error(err)
		}
	}()
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(t.Context(), "sleep "+command+" & sleep "+command, RunOptions{})
		ended <- err
	}()
	eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+command)) == 2 })
	s.KillConnections(t)
	var failed *Error
	if err := <-ended; !errors.As(err, &failed) || failed.Fault != Lost {
		t.Errorf("got %v; want the fault %q", err, Lost)
	}
	eventually(t, "nothing is left of the command", func() bool { return len(running(t, command)) == 0 })
	if left := running(t, "sleep\x00"+daemon); len(left) != 2 {
		t.Errorf("of two daemons there are %v", left)
	}
}

// A start file that leaves something behind, or another login shell, keeps the supervisor.
func TestGuardNotWanted(t *testing.T) {
	t.Parallel()
	for name, rc := range map[string]string{
		"function": "f() { echo mine; }", "option": "set -o noglob", "shopt": "shopt -s nullglob", "variable": "mine=1",
		"alias": "alias ls=mine", "trap": "trap 'echo bye' EXIT", "BASH_ENV": "export BASH_ENV=/dev/null",
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Options{})
			o := l.sshd(sshdtest.Options{})
			if err := os.WriteFile(filepath.Join(l.home, ".bashrc"), []byte(rc+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			h, c := warm(t, l, o)
			l.eventually("the guard was tried", func() bool {
				if _, err := run(t, h, "sleep 0.01", RunOptions{}); err != nil {
					t.Fatal(err)
				}
				c.guard.mu.Lock()
				defer c.guard.mu.Unlock()
				return c.guard.begun
			})
			if got, err := run(t, h, `echo "$(type -t f)[$mine]"`, RunOptions{}); err != nil || !strings.HasSuffix(got, "[]\n") && name != "trap" {
				t.Errorf("%q, %v", got, err)
			}
			if c.guard.runs() {
				t.Error("there is a guard")
			}
		})
	}
}

// Whoever ends the guard ends neither the connection nor the commands that come after.
func TestGuardKilled(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	h, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	c.guard.mu.Lock()
	pid, err := strconv.Atoi(filepath.Base(strings.TrimSuffix(c.guard.file, "/fd/4")))
	c.guard.mu.Unlock()
	if err == nil { // while no command runs, which what is left of the guard would end, as if the connection had ended
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		got, err := run(t, h, "echo on", RunOptions{})
		if err != nil || got != "on\n" {
			t.Errorf("%q, %v", got, err)
		}
	}
	l.eventually("there is no guard", func() bool { return !c.guard.runs() })
}

func TestGuardNeedsRoom(t *testing.T) {
	t.Parallel()
	for _, sessions := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(sessions), func(t *testing.T) {
			l := newLab(t, Options{})
			o := l.sshd(sshdtest.Options{Config: []string{fmt.Sprint("MaxSessions ", sessions)}})
			h, _ := warm(t, l, o)
			for range 20 {
				if _, err := run(t, h, "true", RunOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			for _, err := range l.runAll(t.Context(), []SSHOptions{o, o, o, o, o, o, o, o}, "sleep 0.01") {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A forced command runs as often as commands are run, and not once more for a guard.
func TestGuardForcedCommand(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	count := filepath.Join(t.TempDir(), "count")
	o := l.sshd(sshdtest.Options{Config: []string{"ForceCommand echo once >> " + count}})
	for range 5 {
		_, err := l.run(t.Context(), o, "true")
		if err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(count); err != nil || string(text) != strings.Repeat("once\n", 5) {
		t.Errorf("%q, %v", text, err)
	}
}
