package sshserver_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// patience is how long a test waits for what must happen; what must not happen it does not wait for.
const patience = 30 * time.Second

func start(t *testing.T, o sshserver.Options) *sshserver.Server {
	t.Helper()
	if o.Password == nil && o.KeyboardInteractive == nil && o.AuthorizedKeys == nil {
		o.Password = sshserver.IsPassword("secret")
	}
	if o.Home == "" {
		o.Home = t.TempDir()
	}
	s, err := sshserver.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if n := s.Connections(); n != 0 {
			t.Errorf("%d connections after Close", n)
		}
	})
	return s
}

func config(s *sshserver.Server, auth ...ssh.AuthMethod) *ssh.ClientConfig {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.HostKey()))
	if err != nil {
		panic(err)
	}
	if auth == nil {
		auth = []ssh.AuthMethod{ssh.Password("secret")}
	}
	return &ssh.ClientConfig{User: "alice", Auth: auth, HostKeyCallback: ssh.FixedHostKey(key)}
}

func dial(t *testing.T, s *sshserver.Server, auth ...ssh.AuthMethod) *ssh.Client {
	t.Helper()
	c, err := ssh.Dial("tcp", s.Addr(), config(s, auth...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func open(t *testing.T, c *ssh.Client) *ssh.Session {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// run runs a command and returns its streams.
func run(t *testing.T, c *ssh.Client, line, input string) (stdout, stderr string, err error) {
	t.Helper()
	session := open(t, c)
	defer session.Close()
	var out, errs bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(input), &out, &errs
	err = session.Run(line)
	return out.String(), errs.String(), err
}

func output(t *testing.T, c *ssh.Client, line string) string {
	t.Helper()
	out, errs, err := run(t, c, line, "")
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, errs)
	}
	return out
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// alive reports whether the process whose number is in the file lives; until the file is complete, it does.
func alive(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil || !bytes.HasSuffix(text, []byte("\n")) {
		return true
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && syscall.Kill(pid, 0) == nil
}

func written(path string) func() bool {
	return func() bool {
		text, err := os.ReadFile(path)
		return err == nil && bytes.HasSuffix(text, []byte("\n"))
	}
}

func TestStreamsAndStatus(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	stdout, stderr, err := run(t, c, "cat; echo err >&2; exit 7", "in\x00 \xff")
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.ExitStatus() != 7 || exit.Signal() != "" {
		t.Errorf("error %v, want exit status 7", err)
	}
	if stdout != "in\x00 \xff" || stderr != "err\n" {
		t.Errorf("streams %q and %q", stdout, stderr)
	}
}

func TestMuchOutput(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	if out := output(t, c, "head -c 20000000 /dev/zero"); len(out) != 20000000 {
		t.Errorf("%d bytes arrived of 20000000", len(out))
	}
}

func TestInputNobodyReads(t *testing.T) {
	home := t.TempDir()
	session := open(t, dial(t, start(t, sshserver.Options{Home: home})))
	input, _ := pipes(t, session)
	if err := session.Start("exec <&-; until test -e sent; do sleep 0.01; done"); err != nil {
		t.Fatal(err)
	}
	send(t, input, strings.Repeat("x", 8<<20)) // more than the window of the channel
	if err := os.WriteFile(filepath.Join(home, "sent"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); err != nil {
		t.Error(err)
	}
}

func TestDeathBySignal(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	_, _, err := run(t, c, "kill -TERM $$", "")
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.Signal() != "TERM" {
		t.Errorf("error %v, want signal TERM", err)
	}
}

func TestSignalRequest(t *testing.T) {
	home := t.TempDir()
	c := dial(t, start(t, sshserver.Options{Home: home}))
	session := open(t, c)
	_, out := pipes(t, session)
	// The signal must reach the whole process group, not the shell alone.
	if err := session.Start("sleep 1000 & echo $! > pid; echo ready; wait"); err != nil {
		t.Fatal(err)
	}
	expect(t, session, out, "ready\n")
	if err := session.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.Signal() != "TERM" {
		t.Errorf("error %v, want signal TERM", err)
	}
	eventually(t, "the child ends too", func() bool { return !alive(filepath.Join(home, "pid")) })
}

func TestEnvironment(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home, Env: []string{"GIVEN=1"}})
	c := dial(t, s)
	session := open(t, c)
	if err := session.Setenv("LC_TEST", "yes"); err != nil {
		t.Errorf("LC_TEST is refused: %v", err)
	}
	if err := session.Setenv("EVIL", "yes"); err == nil {
		t.Error("EVIL is accepted")
	}
	got, err := session.Output(`echo "$HOME|$USER|$GIVEN|$LC_TEST|$EVIL|$SHELL|$0|${SSH_CONNECTION##* }"; pwd -P`)
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(home)
	if err != nil {
		t.Fatal(err)
	}
	want := home + "|alice|1|yes||/bin/sh|sh|" + strconv.Itoa(s.Port()) + "\n" + real + "\n"
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLoginShell(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	session := open(t, c)
	var out bytes.Buffer
	session.Stdin, session.Stdout = strings.NewReader("echo $0\nexit 3\n"), &out
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 3 || out.String() != "-sh\n" {
		t.Errorf("output %q, error %v; want -sh and status 3", &out, err)
	}
}

func TestOtherShell(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{Shell: "/bin/bash"}))
	if got := output(t, c, "echo ${BASH_VERSION:+bash}"); got != "bash\n" {
		t.Errorf("got %q", got)
	}
}

func TestForceCommand(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{ForceCommand: `echo "forced, not $SSH_ORIGINAL_COMMAND"`}))
	if got := output(t, c, "true; echo x"); got != "forced, not true; echo x\n" {
		t.Errorf("got %q", got)
	}
}

func TestOnCommand(t *testing.T) {
	lines := make(chan string, 2)
	c := dial(t, start(t, sshserver.Options{OnCommand: func(user, line string) { lines <- user + ": " + line }}))
	output(t, c, "true")
	if got := <-lines; got != "alice: true" {
		t.Errorf("told %q", got)
	}
}

func TestDisconnectEndsInputOnly(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home})
	c := dial(t, s)
	session := open(t, c)
	if _, err := session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	line := `echo $$ > pid; cat; echo end > eof; trap '' PIPE; until ! echo x
		do sleep 0.01; done 2>/dev/null; echo $? > broken
		while :; do sleep 1; done`
	if err := session.Start(line); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command runs", written(filepath.Join(home, "pid")))
	c.Close()
	eventually(t, "its input ends", written(filepath.Join(home, "eof")))
	eventually(t, "its output is closed", written(filepath.Join(home, "broken")))
	if !alive(filepath.Join(home, "pid")) {
		t.Error("the command was killed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if alive(filepath.Join(home, "pid")) {
		t.Error("the command lives after Close")
	}
}

func TestBackgroundProcessHoldsChannel(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home})
	c := dial(t, s)
	line := "(until test -e go; do sleep 0.01; done; echo late) & echo early; touch go"
	if got := output(t, c, line); got != "early\nlate\n" {
		t.Errorf("got %q", got)
	}
}

func TestCloseEndsSessionsAndDescendants(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home, Shell: "/bin/bash"})
	c := dial(t, s)
	// One in a process group of its own, whose shell has ended; one in a session of its own, whose shell has not.
	output(t, c, "set -m; sh -c 'echo $$ > left; exec sleep 1000' </dev/null >/dev/null 2>&1 &")
	kept := "sh -c 'echo $$ > kept; setsid sh -c \"echo \\$\\$ > away; exec sleep 1000\"'"
	if err := open(t, c).Start(kept); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"left", "kept", "away"} {
		eventually(t, name+" runs", written(filepath.Join(home, name)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"left", "kept", "away"} {
		// Close has seen it dead; the number lives on until init or the shell's reaper has collected it.
		eventually(t, name+" is gone", func() bool { return !alive(filepath.Join(home, name)) })
	}
}
