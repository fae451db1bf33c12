package hosts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	loginShells = []string{"sh", "bash", "dash", "fish", "csh", "tcsh"}
	hostShells  = []string{"", "bash", "dash"}
)

// everyShell runs a test with every login shell and every shell of the host.
func everyShell(t *testing.T, test func(t *testing.T, h *Handle)) {
	for _, login := range loginShells {
		for _, shell := range hostShells {
			t.Run(login+"/"+shell, func(t *testing.T) {
				t.Parallel()
				s, _ := newSession(t, Options{})
				test(t, loginShell(t, s, login, shell))
			})
		}
	}
}

// composition is a command in an environment, and what it prints.
type composition struct {
	name    string
	handle  func(*Handle) *Handle
	command string
	input   string
	want    string
}

func compositions(t *testing.T) []composition {
	t.Helper()
	dir := t.TempDir()
	odd := filepath.Join(dir, `a 'b" $c!*\`)
	if err := os.Mkdir(odd, 0o755); err != nil {
		t.Fatal(err)
	}
	must := func(h *Handle, err error) *Handle {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	return []composition{
		{"plain", nil, "echo hi", "", "hi\n"},
		{"quotes", nil, `printf '%s|' 'a b' "c'd" e\ f`, "", "a b|c'd|e f|"},
		{"history and line ends", nil, "echo 'a!b'\necho \"!!\"\n", "", "a!b\n!!\n"},
		{"unicode", nil, "echo 'grüße 日本 🐧'", "", "grüße 日本 🐧\n"},
		{"bytes", nil, "printf '\\377\\000x' | od -An -tx1 | tr -d ' '", "", "ff0078\n"},
		{"here-document", nil, "cat <<'X'\na 'quoted' $line\nX\n", "", "a 'quoted' $line\n"},
		{"comment at the end", nil, "echo hi # not a comment's 'quote", "", "hi\n"},
		{"no arguments leak", nil, `echo "[$#]"`, "", "[0]\n"},
		{"background", nil, "sleep 0 & echo hi", "", "hi\n"},
		{"odd directory", func(h *Handle) *Handle { return h.Cd(odd) }, `basename "$PWD"`, "", filepath.Base(odd) + "\n"},
		{"relative directories join", func(h *Handle) *Handle { return h.Cd(dir).Cd("x/..").Cd(filepath.Base(odd)) }, `basename "$PWD"`, "", filepath.Base(odd) + "\n"},
		{"directory like an option", func(h *Handle) *Handle { return h.Cd(dir).Cd("-n/..") }, "pwd", "", dir + "\n"},
		{"home", func(h *Handle) *Handle { return must(h.Cd("~").Env("X", "~", false)) }, `[ "$PWD" = "$(cd ~ && pwd)" ] && echo "$X"`, "", "~\n"},
		{"home of a user", func(h *Handle) *Handle { return h.Cd("~root/..") }, "pwd", "", filepath.Dir(homeOf(t, "root")) + "\n"},
		{"variable is literal", func(h *Handle) *Handle { return must(h.Env("A", "$HOME `id` 'x'\n\\", false)) }, `printf %s "$A"`, "", "$HOME `id` 'x'\n\\"},
		{"raw variable", func(h *Handle) *Handle {
			return must(must(h.Env("A", "1", false)).Env("B", `"$A"2`, true))
		}, `echo "$B"`, "", "12\n"},
		{"later variable wins", func(h *Handle) *Handle { return must(must(h.Env("A", "1", false)).Env("A", "2", false)) }, `echo "$A"`, "", "2\n"},
		{"prefix sees variables and sets its own", func(h *Handle) *Handle {
			return must(h.Env("A", "1", false)).Prefix("B=$A$A; export B")
		}, `sh -c 'echo $B'`, "", "11\n"},
		{"prefix with a comment", func(h *Handle) *Handle { return h.Prefix("true # on") }, "echo hi", "", "hi\n"},
		{"prefix in the background", func(h *Handle) *Handle { return h.Prefix("sleep 0 &") }, "echo hi", "", "hi\n"},
		{"failing alternative stays inside", func(h *Handle) *Handle { return h.Prefix("true || echo never") }, "false || echo hi", "", "hi\n"},
		{"input", nil, "cat", "a 'b'\n\\0101 %s\x00\xff!", "a 'b'\n\\0101 %s\x00\xff!"},
		{"no input is the end of input", nil, "cat; echo done", "", "done\n"},
		{"input that nobody reads", nil, "echo hi", strings.Repeat("x", 70_000), "hi\n"},
	}
}

func (c composition) check(t *testing.T, h *Handle) {
	t.Helper()
	if c.handle != nil {
		h = c.handle(h)
	}
	got, err := run(t, h, c.command, RunOptions{Input: c.input})
	if err != nil || got != c.want {
		t.Errorf("%s: %q: got %q, %v; want %q", c.name, c.command, got, err, c.want)
	}
}

func TestComposition(t *testing.T) {
	t.Parallel()
	tests := compositions(t)
	everyShell(t, func(t *testing.T, h *Handle) {
		for _, c := range tests {
			c.check(t, h)
		}
	})
}

func homeOf(t *testing.T, user string) string {
	t.Helper()
	out, err := exec.Command("/bin/sh", "-c", "echo ~"+user).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestCompositionStops(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		handle func(*Handle) *Handle
		fault  Fault
		status int
		says   string
	}{
		{"missing directory", func(h *Handle) *Handle { return h.Cd("/no/such dir") }, Directory, 0,
			"cannot change to the directory /no/such dir: no such file or directory (create it first"},
		{"file", func(h *Handle) *Handle { return h.Cd("/etc/passwd") }, Directory, 0,
			"cannot change to the directory /etc/passwd: not a directory (correct the path)"},
		{"home of nobody", func(h *Handle) *Handle { return h.Cd("~no.such.user/x") }, Directory, 0,
			"~no.such.user/x: no such file or directory"},
		{"command in place of a user", func(h *Handle) *Handle { return h.Cd("~$(echo${IFS}ran>&2)") }, Directory, 0,
			"~$(echo${IFS}ran>&2): no such file or directory"},
		{"failing prefix", func(h *Handle) *Handle { return h.Prefix("exit_me() { return 7; }; exit_me") }, Failed, 7, ""},
		{"prefix with a syntax error", func(h *Handle) *Handle { return h.Prefix("if") }, Failed, -1, ""},
		{"prefix that opens a quote", func(h *Handle) *Handle { return h.Prefix("echo '") }, Failed, -1, ""},
	}
	everyShell(t, func(t *testing.T, h *Handle) {
		for _, test := range tests {
			out, err := run(t, test.handle(h), "echo ran", RunOptions{})
			var failed *Error
			if !errors.As(err, &failed) || failed.Fault != test.fault {
				t.Errorf("%s: got %v; want the fault %q", test.name, err, test.fault)
				continue
			}
			if strings.Contains(out, "ran") || failed.Stderr == "ran" {
				t.Errorf("%s: the command ran", test.name)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: error %q does not say %q", test.name, err, test.says)
			}
			if test.status > 0 && failed.Exit.Status != test.status {
				t.Errorf("%s: status %d, want %d", test.name, failed.Exit.Status, test.status)
			}
		}
	})
}

func TestStandardStreamsStayApart(t *testing.T) {
	t.Parallel()
	everyShell(t, func(t *testing.T, h *Handle) {
		out, err := h.Run(t.Context(), "echo out; echo err >&2; exit 3", RunOptions{IgnoreStatus: true})
		if err != nil {
			t.Fatal(err)
		}
		if o, e := string(out.Stdout.Kept()), string(out.Stderr.Kept()); o != "out\n" || e != "err\n" || out.Exit.Status != 3 {
			t.Errorf("got %q, %q, %v", o, e, out.Exit)
		}
	})
}
