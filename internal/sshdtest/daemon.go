package sshdtest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWithin and stopWithin are how long sshd may take; a machine under load takes its time.
const (
	startWithin = 60 * time.Second
	stopWithin  = 60 * time.Second
	// ports is how many free ports to try: another program may take one before sshd has it.
	ports = 20
)

// namespace.sh makes the mount namespace, and becomes sshd.
//
//go:embed namespace.sh
var namespace string

// A daemon is a process of sshd that listens.
type daemon struct {
	cmd     *exec.Cmd
	port    int
	private bool // in a mount namespace of its own
	output  output
	ended   chan struct{}
}

// listen starts sshd on a free port, and returns when it listens.
func (s *Server) listen(t testing.TB) *daemon {
	t.Helper()
	sshd := need(t, "sshd", "openssh-server")
	for range ports {
		s.Port = freePort(t)
		s.Addr = fmt.Sprintf("127.0.0.1:%d", s.Port)
		write(t, s.path("sshd_config"), s.config(s.Port), 0o644)
		d := &daemon{port: s.Port, private: s.private, ended: make(chan struct{})}
		line := []string{sshd, "-D", "-e", "-f", s.path("sshd_config")}
		if s.private {
			line = append([]string{"unshare", "-m", "sh", "-c", namespace, "namespace.sh", s.dir}, line...)
		}
		if d.start(t, line) {
			return d
		}
	}
	t.Fatalf("sshd found none of %d ports free", ports)
	return nil
}

// makePrivate says whether sshd shall have its own mount namespace. Root's needs one for accounts, and has one
// wherever it can, because without one it leaves traces: /run/sshd, and lines in the system's log of logins.
func makePrivate(t testing.TB, o Options) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		return false
	}
	if len(o.Accounts) > 0 || whyNoNamespace() == "" {
		return true
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	return false
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts sshd and waits until it listens. It returns false if the port is taken.
func (d *daemon) start(t testing.TB, line []string) bool {
	t.Helper()
	d.cmd = exec.Command(line[0], line[1:]...)
	d.cmd.Stdout, d.cmd.Stderr = &d.output, &d.output
	d.cmd.SysProcAttr = attributes()
	d.cmd.WaitDelay = time.Second // commands that outlive sshd hold its standard error
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // it ends by a signal, or its log says why not
	}()
	listening := fmt.Sprintf("Server listening on 127.0.0.1 port %d", d.port)
	for deadline := time.Now().Add(startWithin); ; time.Sleep(2 * time.Millisecond) {
		select {
		case <-d.ended:
			if strings.Contains(d.log(), "Address already in use") {
				return false
			}
			t.Fatalf("sshd ends at once:\n%s", d.log())
		default:
		}
		if strings.Contains(d.log(), listening) {
			return true
		}
		if time.Now().After(deadline) {
			d.stop(t)
			t.Fatalf("sshd does not listen after %s:\n%s", startWithin, d.log())
		}
	}
}

// stop ends sshd and everything that runs in its sessions.
func (d *daemon) stop(t testing.TB) {
	t.Helper()
	// Stopped, it accepts nobody, and is still there to be recognised as the parent.
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Errorf("sshd: %v", err)
	}
	seen := family{sshd: d.cmd.Process.Pid, port: d.port, private: d.private}
	for deadline := time.Now().Add(stopWithin); ; time.Sleep(2 * time.Millisecond) {
		if seen.kill(t) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("processes of sshd do not end %s after they were killed", stopWithin)
			break
		}
	}
	if err := d.cmd.Process.Kill(); err != nil {
		t.Errorf("sshd: %v", err)
	}
	<-d.ended
}

func (d *daemon) log() string { return d.output.String() }

// KillConnections kills the processes of sshd that serve connections: clients lose them. What they have started
// goes on.
func (s *Server) KillConnections(t testing.TB) {
	t.Helper()
	for _, p := range s.connections(t) {
		end(t, p)
	}
}

// StopConnections stops the processes of sshd that serve connections, as a host does that has begun to swap: they stay
// open, and nothing answers. What they have started goes on. The function it returns lets them go on too.
func (s *Server) StopConnections(t testing.TB) (resume func()) {
	t.Helper()
	all := s.connections(t)
	signal(t, all, syscall.SIGSTOP)
	return func() { signal(t, all, syscall.SIGCONT) }
}

// Stop stops sshd itself: the system still accepts connections for it, and nothing greets. The function it returns lets
// it go on.
func (s *Server) Stop(t testing.TB) (resume func()) {
	t.Helper()
	self := []proc{{pid: s.sshd.cmd.Process.Pid, name: "sshd"}}
	signal(t, self, syscall.SIGSTOP)
	return func() { signal(t, self, syscall.SIGCONT) }
}

func (s *Server) connections(t testing.TB) (all []proc) {
	serving := map[int]bool{s.sshd.cmd.Process.Pid: true}
	for _, p := range sorted(processes(t)) {
		if serving[p.parent] && p.name == "sshd" {
			serving[p.pid] = true
			all = append(all, p)
		}
	}
	return all
}

// signal sends a signal to processes of sshd. One that has ended meanwhile needs none.
func signal(t testing.TB, all []proc, number syscall.Signal) {
	t.Helper()
	for _, p := range all {
		if err := syscall.Kill(p.pid, number); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d (%s): signal %v: %v", p.pid, p.name, number, err)
		}
	}
}

// An output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Log returns what sshd has said so far, about everybody who came.
func (s *Server) Log() string { return s.sshd.log() }

// Accepted returns how many logins sshd has accepted so far, as its log says.
func (s *Server) Accepted() int { return strings.Count(s.Log(), "Accepted publickey for ") }
