package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// noting is a host of this machine that keeps a history, and the home where it does. setup is run by sh first.
func noting(t *testing.T, s *Session, setup string) (h *Handle, home string) {
	t.Helper()
	home = t.TempDir()
	wrapper := []string{"/bin/sh", "-c", `cd "$0" && HOME=$0 && export HOME && ` + setup + ` exec "$@"`, home}
	host, err := NewWrapped(WrappedOptions{Slug: "web1", Command: wrapper, Common: Common{History: true}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(host), home
}

// history is what is in the history of a home, by line and field.
func history(t *testing.T, home string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, ".deployer", "history"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " | ", 7)
		if _, err := time.Parse(time.RFC3339, fields[0]); len(fields) != 7 || err != nil || line[len(line)-1] != '\n' {
			t.Fatalf("a line is %q", line)
		}
		all = append(all, fields)
	}
	return all
}

func TestHistory(t *testing.T) {
	s, seen := newSession(t, Options{})
	h, home := noting(t, s, "")
	ctx := WithScope(t.Context(), Scope{Node: "/shop/web[web1]"})
	s.Secrets().Add("hunter2")
	command := "printf '%s | %s' a\tb 'ä\x7f\xff' hunter2\ntrue"
	out, err := h.Cd("~").Prefix("true").Run(ctx, command, RunOptions{})
	if err != nil || string(out.Stdout.Kept()) != "a | bä\x7f\xff | hunter2" || len(out.Stderr.Kept()) > 0 {
		t.Errorf("the command gave %q, %q, %v", out.Stdout.Kept(), out.Stderr.Kept(), err)
	}
	if _, err := h.Run(ctx, "exit 3", RunOptions{Input: "x"}); err == nil {
		t.Error("a command that fails succeeded")
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	who := ownUser() + "@" + machine
	want := [][]string{
		{who, "test", "/shop/web[web1]", "-", "~", `printf '%s | %s' a\u0009b 'ä\u007f\xff' ********\ntrue`},
		{who, "test", "/shop/web[web1]", "-", "-", "exit 3"},
	}
	got := history(t, home)
	if len(got) != len(want) {
		t.Fatalf("the history is %q", got)
	}
	for i, line := range got {
		if fmt.Sprint(line[1:]) != fmt.Sprint(want[i]) {
			t.Errorf("line %d is %q, want %q", i, line[1:], want[i])
		}
	}
	for path, mode := range map[string]os.FileMode{".deployer": 0o700 | os.ModeDir, ".deployer/history": 0o600} {
		if info, err := os.Stat(filepath.Join(home, path)); err != nil || info.Mode() != mode {
			t.Errorf("%s has the mode %v, %v", path, info.Mode(), err)
		}
	}
	if log := textOf(t, seen); strings.Contains(log, "warning") {
		t.Errorf("the journal has\n%s", log)
	}
}

func TestHistoryNamesTheAccount(t *testing.T) {
	s, _ := newSession(t, Options{})
	h, _ := noting(t, s, "")
	for want, o := range map[string]RunOptions{
		" | - | - | x": {}, " | sudo root | - | x": {Sudo: true}, " | sudo www | - | x": {Sudo: true, User: "www"},
	} {
		x, err := h.prepare(t.Context(), "x", o)
		if err != nil || !strings.HasSuffix(x.note(), want) {
			t.Errorf("the line is %q, %v, want %q at its end", x.note(), err, want)
		}
	}
}

// TestHistoryLineIsBounded: bash writes 4096 bytes at once.
func TestHistoryLineIsBounded(t *testing.T) {
	s, _ := newSession(t, Options{})
	h, _ := noting(t, s, "")
	for _, long := range []string{strings.Repeat("x", 9000), strings.Repeat("\x01ü", 4000)} {
		x, err := h.Cd(long).prepare(WithScope(t.Context(), Scope{Node: long}), long, RunOptions{Sudo: true, User: long})
		if line := x.note(); err != nil || len(line) > 4095 || !strings.HasSuffix(line, "…") {
			t.Errorf("%v: %d bytes end with %q", err, len(line), line[max(0, len(line)-20):])
		}
	}
}

// TestNotInHistory is about what must not be noted, though the host keeps a history.
func TestNotInHistory(t *testing.T) {
	s, _ := newSession(t, Options{})
	h, home := noting(t, s, "")
	dry := WithScope(t.Context(), Scope{Sandbox: true})
	for _, run := range []func() error{
		func() error { _, err := h.Run(dry, "true", RunOptions{}); return err },
		func() error { _, err := h.Run(dry, "true", RunOptions{Reads: true}); return err },
		func() error { _, err := h.Run(t.Context(), "true", RunOptions{Silent: true}); return err },
		func() error { _, err := h.Run(t.Context(), "true", RunOptions{Sandbox: true}); return err },
		func() error { _, err := h.Facts(t.Context()); return err },
		func() error { _, err := h.Exists(t.Context(), "/", FileOptions{}); return err },
	} {
		if err := run(); err != nil {
			t.Error(err)
		}
	}
	if got := history(t, home); got != nil {
		t.Errorf("the history is %q", got)
	}
	other, err := NewWrapped(WrappedOptions{Slug: "web2", Command: h.Host().(*Wrapped).Options().Command})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Handle(other).Run(t.Context(), "true", RunOptions{}); err != nil || history(t, home) != nil {
		t.Errorf("without the option the history is %q, %v", history(t, home), err)
	}
}

// TestHistoryOfParallelRuns writes long lines from several sessions at once: none is cut by another.
func TestHistoryOfParallelRuns(t *testing.T) {
	var wait sync.WaitGroup
	first, _ := newSession(t, Options{})
	h, home := noting(t, first, "")
	const sessions, commands = 4, 15
	long := strings.Repeat("ü", 4000)
	for n := range sessions {
		s, _ := newSession(t, Options{})
		wait.Go(func() {
			h := s.Handle(h.Host())
			for i := range commands {
				if _, err := h.Run(t.Context(), fmt.Sprintf("true %d.%d %s", n, i, long), RunOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	lines := map[string]bool{}
	for _, line := range history(t, home) {
		size := len(strings.Join(line, " | "))
		if !strings.HasSuffix(line[6], "ü…") || size > maxNote+10 || size < maxNote-20 {
			t.Errorf("a line of %d bytes ends with %q", size, line[6][max(0, len(line[6])-20):])
		}
		lines[line[6]] = true
	}
	if len(lines) != sessions*commands {
		t.Errorf("there are %d different lines, want %d", len(lines), sessions*commands)
	}
}

// TestHistoryThatCannotBeWritten keeps no command from running, and is told once.
func TestHistoryThatCannotBeWritten(t *testing.T) {
	file := func(name string) func(home string) error {
		return func(home string) error { return os.WriteFile(filepath.Join(home, name), nil, 0o600) }
	}
	for name, tt := range map[string]struct {
		spoil func(home string) error
		setup string
		want  string // one of these, with |
	}{
		"no folder": {file(".deployer"), "", "File exists|Not a directory"},
		"a folder": {func(home string) error { return os.MkdirAll(filepath.Join(home, ".deployer", "history"), 0o700) },
			"", "it is not a file"},
		"a pipe": {func(home string) error {
			if err := os.Mkdir(filepath.Join(home, ".deployer"), 0o700); err != nil {
				return err
			}
			return syscall.Mkfifo(filepath.Join(home, ".deployer", "history"), 0o600)
		}, "", "it is not a file"},
		"no home": {func(string) error { return nil }, "unset HOME;", "HOME is not set"},
		"no space": {func(string) error { return nil }, "ulimit -f 0;",
			"the shell cannot write it|File too large|File size limit exceeded"},
	} {
		for _, terminal := range []Terminal{nil, keys("")} {
			s, seen := newSession(t, Options{Terminal: terminal})
			h, home := noting(t, s, tt.setup)
			if err := tt.spoil(home); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if out, err := run(t, h, "echo runs", RunOptions{}); err != nil || out != "runs\n" {
					t.Errorf("%s: the command gave %q, %v", name, out, err)
				}
			}
			var warnings []string
			for _, e := range seen.Events() {
				if e.Kind == journal.Warning {
					warnings = append(warnings, e.Host+": "+e.Message)
				}
			}
			const start = "web1: commands are not noted in ~/.deployer/history there: "
			if len(warnings) != 1 || !strings.HasPrefix(warnings[0], start) ||
				!strings.Contains("|"+tt.want+"|", "|"+strings.TrimPrefix(warnings[0], start)+"|") {
				t.Errorf("%s: the warnings are %q, want one of %s", name, warnings, tt.want)
			}
		}
	}
}

// TestHistoryOverSSH: a guard lets every command note itself.
func TestHistoryOverSSH(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.sshd(sshdtest.Options{})
	plain, _ := guardOf(t, l, o)
	const command = "echo $# [$1$why]; no-such-command"
	_, wrong := run(t, plain, command, RunOptions{})
	o.History = true
	h, c := guardOf(t, l, o)
	before := len(history(t, l.home))
	for range 6 {
		got, err := run(t, h, command, RunOptions{})
		if got != "0 []\n" || Errors(err)[0].Stderr != Errors(wrong)[0].Stderr {
			t.Errorf("the command gave %q, %v, %q, want %q", got, err, Errors(err)[0].Stderr, Errors(wrong)[0].Stderr)
		}
	}
	if got := history(t, l.home); before == 0 || len(got) != before+6 || !c.guard.runs() {
		t.Errorf("the history is %q", got)
	}
	if err := os.RemoveAll(filepath.Join(l.home, ".deployer")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.home, ".deployer"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := run(t, h, "echo runs", RunOptions{}); got != "runs\n" || err != nil {
			t.Errorf("the command gave %q, %v", got, err)
		}
	}
	told := l.events.Events(journal.Warning)
	if len(told) != 1 || !strings.Contains(told[0].Message, "commands are not noted") {
		t.Errorf("the warnings are %+v", told)
	}
}
