package hosts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/journal"
)

func TestExpandPath(t *testing.T) {
	home, start := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Chdir(start)
	s, _ := newSession(t, Options{})
	h := localHandle(t, s, "")
	for _, tt := range []struct{ cd, path, want string }{
		{"", "/etc/x", "/etc/x"}, {"", "~", home}, {"", "~/a/../b", home + "/b"}, {"", "x y", start + "/x y"}, {"", "", start},
		{"/srv", "x", "/srv/x"}, {"/srv", "../y", "/y"}, {"~/app", "logs", home + "/app/logs"}, {"sub", "x", start + "/sub/x"},
		{"", "./~", start + "/~"}, {"/srv", "~/x", home + "/x"}, {"", "~root/x", rootHome(t) + "/x"}, {"", "a~", start + "/a~"},
	} {
		got, err := h.Cd(tt.cd).ExpandPath(t.Context(), tt.path)
		if err != nil || got != tt.want {
			t.Errorf("%q in %q: got %q, %v, want %q", tt.path, tt.cd, got, err, tt.want)
		}
	}
	if got, err := h.Cd("/usr").StartPath(t.Context()); got != start || err != nil {
		t.Errorf("it starts in %q, %v", got, err)
	}
	if got, err := h.ExpandPath(t.Context(), "~nobody-of-this-name/x"); err == nil {
		t.Errorf("the home of nobody is %q", got)
	}
}

func rootHome(t *testing.T) string {
	t.Helper()
	users, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(users)) {
		if fields := strings.Split(line, ":"); fields[0] == "root" {
			return filepath.Clean(fields[5])
		}
	}
	t.Fatal("there is no root")
	return ""
}

func TestShell(t *testing.T) {
	t.Setenv("SHELL", "/bin/sh")
	k := &keyboard{keys: "exit 7\r"}
	s, _ := newSession(t, Options{Terminal: k})
	if exit, err := localHandle(t, s, "").Shell(t.Context(), "", ""); err != nil || exit.Status != 7 || !k.balanced() {
		t.Errorf("the shell ended with %v, %v", exit, err)
	}
	if exit, err := localHandle(t, s, "").Shell(t.Context(), "test -t 0 && exit 5", ""); err != nil || exit.Status != 5 {
		t.Errorf("the command ended with %v, %v", exit, err)
	}
}

// TestShellWithoutTerminal wants a shell that nobody can type into to be refused, unless it is given what to do.
func TestShellWithoutTerminal(t *testing.T) {
	t.Setenv("SHELL", "/bin/sh")
	s, seen := newSession(t, Options{})
	h := localHandle(t, s, "").Cd("/")
	var refused *Error
	if _, err := h.Shell(t.Context(), "", ""); !errors.As(err, &refused) || refused.Fault != Refused {
		t.Errorf("got %v", err)
	}
	if exit, err := h.Shell(t.Context(), "", "pwd\nexit 3\n"); err != nil || exit.Status != 3 || !strings.Contains(textOf(t, seen), `"text":"/\n"`) {
		t.Errorf("the shell ended with %v, %v: %s", exit, err, textOf(t, seen))
	}
	ctx := WithScope(t.Context(), Scope{Sandbox: true})
	if exit, err := h.Shell(ctx, "touch /nothing/here", "x"); err != nil || !exit.OK() {
		t.Errorf("in a sandbox: %v, %v", exit, err)
	}
	last := seen.Events()[len(seen.Events())-1]
	if last.Kind != journal.Message || !strings.Contains(last.Message, "not opened in a sandbox") {
		t.Errorf("the last event is %+v", last)
	}
}
