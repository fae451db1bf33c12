package hosts

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"deployer/internal/ratio"
	"deployer/internal/sshdtest"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// bench is a real sshd, and the ways to reach it.
type bench struct {
	*testing.B
	sshd   *sshdtest.Server
	handle *Handle
}

func newBench(b *testing.B) *bench {
	b.Helper()
	b.Setenv("SSH_AUTH_SOCK", "")
	home := b.TempDir()
	sshd := sshdtest.Start(b, sshdtest.Options{Config: []string{"SetEnv HOME=" + home}})
	h, err := NewSSH(SSHOptions{
		Slug: "real", Address: "127.0.0.1", Port: sshd.Port, Username: sshd.User, KeyFilename: sshd.ClientKeyFile,
		KnownHosts: []string{sshd.KnownHostsFile}, ConfigFilename: "none",
	})
	if err != nil {
		b.Fatal(err)
	}
	s := newBenchSession(b, home)
	return &bench{B: b, sshd: sshd, handle: s.Handle(h)}
}

func newBenchSession(b *testing.B, home string) *Session {
	b.Helper()
	s := NewSession(Options{Home: home, Journal: journal.New("bench", journal.NewSecrets(), discard{})})
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// discard is a reader of the journal that wants nothing.
type discard struct{}

func (discard) Write(journal.Event) error { return nil }

// ours is a command through a handle.
func ours(b *testing.B, h *Handle, command string) ratio.Way {
	return ratio.Way{Name: "deployer", Do: func() error {
		_, err := h.Run(b.Context(), command, RunOptions{})
		return err
	}}
}

// crypto is a command through golang.org/x/crypto/ssh and nothing else, over a connection that is open.
func (b *bench) crypto(command string) ratio.Way {
	client, err := ssh.Dial("tcp", b.sshd.Addr, &ssh.ClientConfig{
		User: b.sshd.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(b.sshd.ClientKey)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // it is our own sshd
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close() })
	return ratio.Way{Name: "x/crypto", Do: func() error {
		s, err := client.NewSession()
		if err != nil {
			return err
		}
		s.Stdout = io.Discard
		if err := s.Run(command); err != nil {
			return err
		}
		if err := s.Close(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("close the session: %w", err)
		}
		return nil
	}}
}

// openSSH is a command through the client of OpenSSH, over a connection that it keeps open (ControlMaster).
func (b *bench) openSSH(command string) ratio.Way {
	control := filepath.Join(b.TempDir(), "control")
	line := func(more ...string) *exec.Cmd {
		return exec.Command("ssh", append([]string{
			"-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=" + b.sshd.KnownHostsFile,
			"-i", b.sshd.ClientKeyFile, "-p", strconv.Itoa(b.sshd.Port), "-o", "ControlPath=" + control,
		}, append(more, b.sshd.User+"@127.0.0.1")...)...)
	}
	if out, err := line("-fNM").CombinedOutput(); err != nil {
		b.Fatalf("ssh: %v: %s", err, out)
	}
	b.Cleanup(func() {
		if out, err := line("-O", "exit").CombinedOutput(); err != nil {
			b.Errorf("ssh: %v: %s", err, out)
		}
	})
	return ratio.Way{Name: "openssh", Do: func() error {
		cmd := line()
		cmd.Args = append(cmd.Args, command)
		return cmd.Run() // without Stdout: /dev/null
	}}
}

// BenchmarkCommand runs a command that does nothing over a connection that is open.
func BenchmarkCommand(b *testing.B) {
	b.Run("crypto", func(b *testing.B) {
		lab := newBench(b)
		ratio.Compare(b, 50, ours(b, lab.handle, "hostname"), lab.crypto("hostname"))
	})
	b.Run("openssh", func(b *testing.B) {
		lab := newBench(b)
		ratio.Compare(b, 30, ours(b, lab.handle, "true"), lab.openSSH("true"))
	})
	b.Run("local", func(b *testing.B) {
		ratio.Compare(b, 50, ours(b, newLocalBench(b), "true"),
			ratio.Way{Name: "sh", Do: func() error { return exec.Command("/bin/sh", "-c", "true").Run() }})
	})
}

func newLocalBench(b *testing.B) *Handle {
	b.Helper()
	h, err := NewLocal(LocalOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return newBenchSession(b, b.TempDir()).Handle(h)
}

// BenchmarkOutput reads 200 MB of output. The limit of what is possible is the way through a pipe.
func BenchmarkOutput(b *testing.B) {
	const size = 200 << 20
	command := fmt.Sprintf("head -c %d /dev/zero", size)
	b.Run("openssh", func(b *testing.B) {
		lab := newBench(b)
		b.SetBytes(size)
		ratio.Compare(b, 1, ours(b, lab.handle, command), lab.openSSH(command))
	})
	b.Run("crypto", func(b *testing.B) {
		lab := newBench(b)
		ratio.Compare(b, 1, ours(b, lab.handle, command), lab.crypto(command))
	})
	b.Run("local", func(b *testing.B) {
		ratio.Compare(b, 1, ours(b, newLocalBench(b), command), ratio.Way{Name: "pipe", Do: func() error {
			cmd := exec.Command("/bin/sh", "-c", command)
			cmd.Stdout = struct{ io.Writer }{io.Discard} // not /dev/null, but a pipe that is read
			return cmd.Run()
		}})
	})
}

// BenchmarkFacts asks a host for its facts: in one round trip, and by a command for each of the first six.
func BenchmarkFacts(b *testing.B) {
	lab := newBench(b)
	ratio.Compare(b, 10,
		ratio.Way{Name: "facts", Do: func() error {
			_, err := lab.handle.Facts(b.Context())
			return err
		}},
		ratio.Way{Name: "six-commands", Do: func() error {
			for _, command := range []string{"uname -n", "uname -s", "uname -r", "uname -m", "id -un", "id -u"} {
				if _, err := lab.handle.Run(b.Context(), command, RunOptions{Silent: true}); err != nil {
					return err
				}
			}
			return nil
		}})
}
