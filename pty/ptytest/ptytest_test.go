package ptytest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"deployer/pty"
	"deployer/pty/ptytest"
)

var size = pty.Size{Rows: 33, Cols: 101}

func shell(t *testing.T, script string) *ptytest.Terminal {
	t.Helper()
	return ptytest.Start(t, exec.Command("/bin/sh", "-c", script), size)
}

func TestCommand(t *testing.T) {
	term := shell(t, `stty size; read a; echo "got $a"; trap w=1 WINCH; echo waits
		until test "$w"; do sleep 0.01; done; stty size; exit 7`)
	term.Expect("33 101\r\n")
	term.Send("typed\r")
	if before := term.Expect("got typed\r\n"); before != "typed\r\n" {
		t.Errorf("%q comes first, want the echo", before)
	}
	term.Expect("waits")
	term.Resize(pty.Size{Rows: 20, Cols: 50})
	term.Expect("20 50")
	if status := term.Wait(); status != 7 {
		t.Errorf("status %d, want 7", status)
	}
	if all := term.Output(); !strings.HasPrefix(all, "33 101\r\n") || !strings.HasSuffix(all, "20 50\r\n") {
		t.Errorf("output %q", all)
	}
}

func TestCtrlC(t *testing.T) {
	term := shell(t, "echo ready; while :; do sleep 0.01; done")
	term.Expect("ready")
	term.Send("\x03")
	if status := term.Wait(); status != 130 {
		t.Errorf("status %d, want 130", status)
	}
}

func TestHangup(t *testing.T) {
	dir := t.TempDir()
	term := shell(t, "cd "+dir+"; trap 'echo > hup; exit 9' HUP; echo ready; while :; do sleep 0.01; done")
	term.Expect("ready")
	term.Hangup()
	if status := term.Wait(); status != 9 {
		t.Errorf("status %d, want 9", status)
	}
	if _, err := os.Stat(dir + "/hup"); err != nil {
		t.Error(err)
	}
}

func TestModesAreSeenAfterTheEnd(t *testing.T) {
	term := shell(t, "read a; stty raw -echo")
	term.ExpectCooked()
	term.Send("x\r")
	if status := term.Wait(); status != 0 {
		t.Errorf("status %d", status)
	}
	term.ExpectRaw()
	if term.Modes() == pty.Cooked {
		t.Error("a terminal left raw looks cooked")
	}
}

func TestFunc(t *testing.T) {
	term := ptytest.Func(t, size, func(tty *os.File) int {
		restore, err := pty.Raw(tty)
		if err != nil {
			return 1
		}
		b := make([]byte, 1)
		if _, err := tty.Read(b); err != nil || restore() != nil {
			return 2
		}
		line, err := bufio.NewReader(tty).ReadString('\n')
		fmt.Fprintf(tty, "%q %q %v %v\n", b, line, err, pty.SizeOf(tty))
		return 3
	})
	term.ExpectRaw()
	term.Send("\x03")
	term.ExpectCooked()
	term.Send("line\r")
	term.Expect(`"\x03" "line\n" <nil> {33 101}`)
	if status := term.Wait(); status != 3 {
		t.Errorf("status %d, want 3", status)
	}
}

func TestFuncEndsWithTheTest(t *testing.T) {
	ended := make(chan error, 1)
	t.Run("terminal", func(t *testing.T) {
		ptytest.Func(t, size, func(tty *os.File) int {
			_, err := tty.Read(make([]byte, 1))
			ended <- err
			return 0
		})
	})
	if err := <-ended; err == nil {
		t.Error("a Read of a terminal that is hung up succeeds")
	}
}

func TestCommandEndsWithTheTest(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	t.Run("terminal", func(t *testing.T) { ptytest.Start(t, cmd, size) })
	if status := cmd.ProcessState; status == nil || status.Sys().(syscall.WaitStatus).Signal() != syscall.SIGHUP {
		t.Errorf("the command has ended with %v, want SIGHUP", status)
	}
}

// A failing test is a goroutine that ends, as that of t.Fatal does.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestExpectFailsWithTheOutput(t *testing.T) {
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		ptytest.Start(f, exec.Command("/bin/sh", "-c", "echo something else"), size).Expect("this")
	}()
	<-done
	if !strings.Contains(f.message, "this") || !strings.Contains(f.message, "something else") {
		t.Errorf("message %q", f.message)
	}
}
