package deployer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// sit opens the secure-copy shell of web1 at a terminal.
func (b *scpBed) sit(t *testing.T) *session {
	t.Helper()
	s := b.sitAt(t, b.shell("web1"))
	s.Expect(reading)
	return s
}

// The editor of lines begins to read with reading, and has read with entered.
const (
	reading = "\x1b[?2004h"
	entered = "\x1b[?2004l"
)

// does types a line, waits until it is done, and returns what was printed.
func (s *session) does(line string) string {
	s.t.Helper()
	s.Send(line + "\r")
	s.Expect(entered)
	return s.Expect(reading)
}

// doesTelling is does, and looks for what must be printed.
func (s *session) doesTelling(line string, want ...string) {
	s.t.Helper()
	got := s.does(line)
	for _, text := range want {
		if !strings.Contains(got, text) {
			s.t.Errorf("%s prints %q, without %q", line, got, text)
		}
	}
}

// TestScpAfterCut loses the connection at the prompt: the next command makes it anew, and says so.
func TestScpAfterCut(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	s := b.sit(t)
	s.does("cd www")
	b.server.Cut()
	got := s.does("ls")
	if strings.Contains(got, "web1: the connection was lost: ") { // it was not known yet
		got = s.does("ls")
	}
	if !strings.Contains(got, "web1: the connection had ended, and is made anew\r\n") || !strings.Contains(got, "index.html") {
		t.Errorf("after the cut it prints %q", got)
	}
	if err := b.server.Close(); err != nil {
		t.Error(err)
	}
	if got := s.does("ls") + s.does("ls"); !strings.Contains(got, "web1: connect to 127.0.0.1") || !strings.Contains(got, "refused") {
		t.Errorf("without the server it prints %q", got)
	}
	s.doesTelling("lls", "editor")
	s.Send("exit\r")
	s.ends(0)
}

// TestScpInterrupted types Ctrl-C in a transfer, which ends: nothing half is left on the host, and the shell goes on.
func TestScpInterrupted(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.server.SetFaults(sshserver.Faults{Latency: 50 * time.Millisecond})
	b.file(t, b.there, "www/large", "as it was")
	large := filepath.Join(b.dir, "large")
	b.write(t, "large", "")
	if err := os.Truncate(large, 4<<30); err != nil {
		t.Fatal(err)
	}
	s := b.sit(t)
	s.Send("put large www\r")
	s.Expect(" left")
	s.Send("\x03")
	s.Expect("interrupted by Ctrl-C")
	s.Expect(reading)
	s.doesTelling("ls www", "large")
	s.Send("exit\r")
	s.ends(0)
	left, err := os.ReadDir(filepath.Join(b.there, "www"))
	if err != nil || len(left) != 5 {
		t.Errorf("the host has %v, %v", left, err)
	}
	if text, err := os.ReadFile(filepath.Join(b.there, "www", "large")); string(text) != "as it was" {
		t.Errorf("the file is of %d bytes, %v", len(text), err)
	}
}

// TestScpFrozenHost types on while a host answers nothing: completion gives up, and what needs no host is done.
func TestScpFrozenHost(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	s := b.sit(t)
	s.doesTelling("ls www", "item")
	b.server.Freeze()
	defer b.server.Thaw()
	s.Send("ls www/i\t\x15")
	s.doesTelling("lpwd", b.dir)
	s.Send("ls\r")
	s.Expect(entered)
	s.ExpectCooked()
	s.Send("\x03")
	s.Expect(reading)
	b.server.Thaw()
	s.Send("ls www/ite\t")
	s.Expect("www/item")
	s.doesTelling("", "www/item")
	s.Send("\x04")
	s.ends(0)
}

// TestScpCompletesAfterChange completes what has just been put there, and nothing that was just removed.
func TestScpCompletesAfterChange(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	s := b.sit(t)
	s.Send("view e\x15")
	s.doesTelling("put editor", "1 copied")
	s.Send("mv edi\t")
	s.Expect("mv editor")
	s.does(" 'new name'")
	s.Send("rm n\t")
	s.Expect("'new name'")
	s.does("")
	s.Send("exit\r")
	s.ends(0)
	if left, err := os.ReadDir(b.there); err != nil || len(left) != 1 {
		t.Errorf("the host has %v, %v", left, err)
	}
}

// TestScpEdit edits a file that somebody else changes meanwhile: what that one wrote stays, and what was edited is kept.
func TestScpEdit(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	file := filepath.Join(b.there, "www", "index.html")
	b.write(t, "editor", "#!/bin/sh\necho mine >> \"$1\"\necho theirs >> '"+file+"'\n")
	s := b.sit(t)
	_, kept, told := strings.Cut(s.does("edit www/index.html"), "meanwhile, and is left as it is: what you have edited is in web1:")
	if !told {
		t.Fatal("it does not tell of the change")
	}
	kept, _, _ = strings.Cut(kept, "\r\n")
	if text, err := os.ReadFile(kept); string(text) != "<h1>It works</h1>\nmine\n" {
		t.Errorf("kept in %s: %q, %v", kept, text, err)
	}
	if text, err := os.ReadFile(file); string(text) != "<h1>It works</h1>\ntheirs\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	s.does("edit new.txt")
	if text, err := os.ReadFile(filepath.Join(b.there, "new.txt")); string(text) != "mine\n" {
		t.Errorf("the new file has %q, %v", text, err)
	}
	s.Send("exit\r")
	s.ends(0)
	_ = os.RemoveAll(filepath.Dir(kept))
}

// TestScpEditsHere edits a file of a host that has no editor: here.
func TestScpEditsHere(t *testing.T) {
	t.Parallel()
	b := newScpBed(t, "EDITOR=", "PATH="+binWithout(t, "editor", "nano", "vim", "vi"))
	file := filepath.Join(b.there, "www", "index.html")
	s := b.sit(t)
	if got := s.does("edit www/index.html"); strings.Contains(got, "editor") {
		t.Errorf("it prints %q", got)
	}
	if text, err := os.ReadFile(file); string(text) != "<h1>It works</h1>\nedited\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	s.Send("exit\r")
	s.ends(0)
}

// TestScpFullDisk puts and gets a file that has no place: that is told, and what was there is whole.
func TestScpFullDisk(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	disk := filepath.Join(b.there, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k,mode=755"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	b.file(t, disk, "file", "old")
	b.file(t, b.there, "large", strings.Repeat("large ", 100_000))
	b.write(t, "file", strings.Repeat("large ", 100_000))
	for _, args := range [][]string{{"put", "file", "disk/file"}, {"get", "large", disk + "/file"}} {
		cmd := b.shell(append([]string{"web1", "--"}, args...)...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 1 || !bytes.Contains(out, []byte("no space left on device")) {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		if text, err := os.ReadFile(filepath.Join(disk, "file")); string(text) != "old" {
			t.Errorf("%v: the file has %d bytes, %v", args, len(text), err)
		}
	}
}

// TestScpAsks asks which of several hosts is meant; Ctrl-D there opens nothing.
func TestScpAsks(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	for _, test := range []struct {
		typed, shown, put string
		status            int
	}{{"2\r", "web2:~ > ", "1 copied", 0}, {"web1\r", "local:site ~ web1:~ > ", "1 unchanged", 0}, {"\x04", "", "", 1}} {
		s := b.sitAt(t, b.shell("--path", "both"))
		s.Expect("number or name: ")
		s.Send(test.typed)
		if test.shown != "" {
			s.Expect(test.shown)
			s.doesTelling("put editor", test.put) // that put --all has copied before
			s.doesTelling("put --all editor", "web1  done", "web2  done")
			s.Send("exit\r")
		}
		if status := s.Wait(); status != test.status {
			t.Errorf("%q: status %d, want %d", test.typed, status, test.status)
		}
	}
}
