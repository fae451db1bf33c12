package sshdtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Processes returns the command lines, words joined by spaces, of the running processes of this machine that contain
// needle, without that of the test itself.
func Processes(t testing.TB, needle string) []string {
	t.Helper()
	var found []string
	for _, p := range processes(t) {
		if line := p.commandLine(); strings.Contains(line, needle) && p.pid != os.Getpid() {
			found = append(found, line)
		}
	}
	return found
}

// WaitGone waits until no process has needle in its command line; the test fails if that takes longer than timeout.
func WaitGone(t testing.TB, needle string, timeout time.Duration) {
	t.Helper()
	waitFor(t, needle, timeout, "still running", func(lines []string) bool { return len(lines) == 0 })
}

// WaitRunning waits until a process has needle in its command line; the test ends if that takes longer than timeout.
func WaitRunning(t testing.TB, needle string, timeout time.Duration) {
	t.Helper()
	waitFor(t, needle, timeout, "not running", func(lines []string) bool { return len(lines) > 0 })
}

func waitFor(t testing.TB, needle string, timeout time.Duration, failed string, ok func([]string) bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(2 * time.Millisecond) {
		lines := Processes(t, needle)
		if ok(lines) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s after %s: %q %q", failed, timeout, needle, lines)
		}
	}
}

// A proc is a process of this machine that has not ended.
type proc struct {
	pid, parent, session int
	name                 string // of its program
	started              string // with pid, it tells one process from all others
}

// processes returns all processes but zombies.
func processes(t testing.TB) []proc {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*") // with /stat every one of them would be listed
	if err != nil || len(dirs) == 0 {
		t.Fatalf("/proc shows no processes (error %v): it must be mounted", err)
	}
	var all []proc
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		if p, alive := parseStat(stat); alive {
			all = append(all, p)
		}
	}
	return all
}

// parseStat reads a line of proc(5): the name of the program, in parentheses, can contain anything.
func parseStat(stat []byte) (p proc, alive bool) {
	before, _, ok := bytes.Cut(stat, []byte(" ("))
	after := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if !ok || len(after) < 20 {
		return p, false
	}
	_, err := fmt.Sscan(string(before)+" "+after[1]+" "+after[3], &p.pid, &p.parent, &p.session)
	p.name, p.started = name(stat), after[19]
	return p, err == nil && after[0] != "Z" && after[0] != "X"
}

// name returns the name of the program.
func name(stat []byte) string {
	first, last := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	return string(stat[first+1 : last])
}

func (p proc) file(name string) string { return filepath.Join("/proc", strconv.Itoa(p.pid), name) }

// commandLine returns the words of the command line, or nothing if the process has ended.
func (p proc) commandLine() string {
	words, err := os.ReadFile(p.file("cmdline"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(words, []byte{0}, []byte{' '})))
}

// A family is the processes of an sshd: of its mount namespace if it has one of its own; of its port by their
// environment; its descendants, and theirs, though parents end.
type family struct {
	sshd, port int
	private    bool
	known      map[proc]bool
}

// kill kills the family without sshd itself, and returns how many there were.
func (f *family) kill(t testing.TB) (left int) {
	t.Helper()
	if f.known == nil {
		f.known = make(map[proc]bool)
	}
	namespace := f.namespace(t)
	parents := map[int]bool{f.sshd: true}
	for _, p := range sorted(processes(t)) {
		key := proc{pid: p.pid, started: p.started}
		if p.pid == f.sshd || !(f.known[key] || parents[p.parent] || f.has(p, namespace)) {
			continue
		}
		f.known[key], parents[p.pid] = true, true
		end(t, p)
		left++
	}
	return left
}

func (f *family) has(p proc, namespace string) bool {
	if f.private {
		of, err := os.Readlink(p.file("ns/mnt"))
		return err == nil && of == namespace
	}
	environment, err := os.ReadFile(p.file("environ"))
	connection := []byte(fmt.Sprintf(" 127.0.0.1 %d\x00", f.port))
	return err == nil && bytes.Contains(environment, []byte("SSH_CONNECTION=")) && bytes.Contains(environment, connection)
}

// namespace names the mount namespace of sshd, where it has its own.
func (f *family) namespace(t testing.TB) string {
	t.Helper()
	if !f.private {
		return ""
	}
	name, err := os.Readlink(proc{pid: f.sshd}.file("ns/mnt"))
	if err != nil {
		t.Errorf("mount namespace of sshd: %v", err)
	}
	return name
}

// sorted returns parents before their children.
func sorted(all []proc) []proc {
	children := make(map[int][]proc)
	present := make(map[int]bool)
	for _, p := range all {
		present[p.pid] = true
	}
	var order []proc
	for _, p := range all {
		if present[p.parent] && p.parent != p.pid {
			children[p.parent] = append(children[p.parent], p)
		} else {
			order = append(order, p)
		}
	}
	for i := 0; i < len(order); i++ {
		order = append(order, children[order[i].pid]...)
	}
	return order
}

// end kills a process of sshd. As an ordinary user one may not kill what sudo has started: that ends with its sudo.
func end(t testing.TB, p proc) {
	t.Helper()
	err := syscall.Kill(p.pid, syscall.SIGKILL)
	if err != nil && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, syscall.EPERM) {
		t.Errorf("process %d (%s): kill: %v", p.pid, p.commandLine(), err)
	}
}
