package lineedit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/pty"
)

// tmux is a window of the terminal emulator of that name: the reference for wide characters, and for what becomes of
// rows when the window changes its size.
type tmux struct {
	t      *testing.T
	socket string
}

func startTmux(t *testing.T, size pty.Size) tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("the tests need tmux: make tools installs it")
	}
	folder, err := os.MkdirTemp("", "tmux") // that of the test can be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	w := tmux{t, filepath.Join(folder, "s")}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", w.socket, "kill-server").Run() // fails if it has ended
		_ = os.RemoveAll(folder)
	})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.run("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(size.Cols), "-y", fmt.Sprint(size.Rows),
		"-e", typistName+"=1", program)
	w.wants("here >", 7, 0)
	return w
}

func (w tmux) run(args ...string) string {
	w.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", w.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=xterm", "SHELL=/bin/sh", "TMUX=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// types types text, and keys that have names.
func (w tmux) types(text string, keys ...string) {
	w.t.Helper()
	if text != "" {
		w.run("send-keys", "-l", text)
	}
	if len(keys) > 0 {
		w.run(append([]string{"send-keys"}, keys...)...)
	}
}

// wants waits until the window shows that, with the cursor there.
func (w tmux) wants(screen string, col, row int) {
	w.t.Helper()
	w.await(fmt.Sprintf("\n%s\n%d,%d", screen, col, row), "#{cursor_x},#{cursor_y}")
}

// wantsLine waits until the last lines are those, with the cursor in that column. How many lines above are still in the
// window is up to tmux.
func (w tmux) wantsLine(lines string, col int) {
	w.t.Helper()
	w.await(fmt.Sprintf("\n[one]\n%s\n%d", lines, col), "#{cursor_x}")
}

func (w tmux) await(want, cursor string) {
	w.t.Helper()
	got := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		at := w.run("display-message", "-p", cursor)
		got = "\n" + strings.TrimRight(w.run("capture-pane", "-p", "-S", "-"), " \n") + "\n" + strings.TrimSpace(at)
		if strings.HasSuffix(got, want) {
			return
		}
	}
	w.t.Fatalf("the window shows%s\nwant%s", got, want)
}

func (w tmux) resize(size pty.Size) {
	w.t.Helper()
	w.run("resize-window", "-x", fmt.Sprint(size.Cols), "-y", fmt.Sprint(size.Rows))
}

// TestWideCharacters moves over characters that take two columns, that are combined, and that stand at the edge.
func TestWideCharacters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, typed string
		keys        []string
		screen      string
		col, row    int
	}{
		{"east asian", "日本語", []string{"Left", "x"}, "here > 日本x語", 12, 0},
		{"removed", "日本語", []string{"Left", "BSpace"}, "here > 日語", 9, 0},
		{"emoji", "a😀b", []string{"Left", "Left", "x"}, "here > ax😀b", 9, 0},
		{"combined", "te\u0301s", []string{"Left", "BSpace"}, "here > ts", 8, 0},
		{"at the edge", "0123456789ab日本", nil, "here > 0123456789ab\n日本", 4, 1},
		{"before the edge", "0123456789ab日本", []string{"Left", "Left"}, "here > 0123456789ab\n日本", 0, 1},
		{"edge filled", "0123456789abc", nil, "here > 0123456789abc", 0, 1},
		{"name in the menu", "ca", []string{"Tab"}, "here > café", 11, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := startTmux(t, pty.Size{Rows: 6, Cols: 20})
			w.types(test.typed, test.keys...)
			w.wants(test.screen, test.col, test.row)
		})
	}
}

// TestResizedWindow changes the size of a window while a line is in it that takes more rows then, or fewer.
func TestResizedWindow(t *testing.T) {
	t.Parallel()
	w := startTmux(t, pty.Size{Rows: 10, Cols: 60})
	w.types("one", "Enter")
	w.types("a line of forty characters, more or less", "Left", "Left")
	w.wantsLine("here > a line of forty characters, more or less", 45)
	w.resize(pty.Size{Rows: 10, Cols: 30})
	w.wantsLine("here > a line of forty charact\ners, more or less", 15)
	w.resize(pty.Size{Rows: 10, Cols: 20})
	w.wantsLine("here > a line of for\nty characters, more\nor less", 5)
	w.resize(pty.Size{Rows: 10, Cols: 60})
	w.types("x")
	w.wantsLine("here > a line of forty characters, more or lexss", 46)
	for i := range 60 {
		w.resize(pty.Size{Rows: 4 + i%7, Cols: 20 + 7*(i%9)})
	}
	w.resize(pty.Size{Rows: 10, Cols: 60})
	w.types("", "C-e", "C-u", "x", "Enter")
	w.await("\n[x]\nhere >\n7", "#{cursor_x}")
}

// TestMenuAtTheBottom opens menus where there is no room left below the line.
func TestMenuAtTheBottom(t *testing.T) {
	t.Parallel()
	w := startTmux(t, pty.Size{Rows: 5, Cols: 30})
	for range 4 {
		w.types("", "Enter")
	}
	w.types("cd st")
	const menu = "\n staging   Where changes a...\n web       The web servers...\n database  The database.\n stop"
	w.wants("here > cd st"+menu, 12, 0)
	w.types("", "Tab", "Tab")
	w.wants("here > cd stable/web"+menu, 20, 0)
	w.types("", "Enter", "Enter")
	w.wants("here > cd stable/web\n[cd stable/web]\nhere >", 7, 2)
}
