package sshdtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"deployer/internal/sshdtest"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func dial(s *sshdtest.Server, user string, auth ssh.AuthMethod) (*ssh.Client, error) {
	known, err := knownhosts.New(s.KnownHostsFile)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(strings.SplitN(s.HostKeyLines[0], " ", 2)[1]))
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", s.Addr, &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{auth}, HostKeyCallback: known, HostKeyAlgorithms: []string{key.Type()},
	})
}

func login(t *testing.T, s *sshdtest.Server, user string, auth ssh.AuthMethod) *ssh.Client {
	t.Helper()
	c, err := dial(s, user, auth)
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func output(t *testing.T, c *ssh.Client, line, input string) string {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var stderr bytes.Buffer
	session.Stdin, session.Stderr = strings.NewReader(input), &stderr
	out, err := session.Output(line)
	if err != nil {
		t.Errorf("%s: %v\n%s", line, err, &stderr)
	}
	return string(out)
}

func key(s *sshdtest.Server) ssh.AuthMethod { return ssh.PublicKeys(s.ClientKey) }

func TestLoginByKey(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{})
	c := login(t, s, s.User, key(s))
	if got := output(t, c, "echo $USER $HOME", ""); got != s.User+" "+s.Home+"\n" {
		t.Errorf("got %q, want %s and %s", got, s.User, s.Home)
	}
	text, err := os.ReadFile(s.ClientKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ssh.ParsePrivateKey(text)
	if err != nil || !bytes.Equal(read.PublicKey().Marshal(), s.ClientKey.PublicKey().Marshal()) {
		t.Errorf("%s does not have the client's key (error %v)", s.ClientKeyFile, err)
	}
}

func TestForceCommandAndConfig(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{
		ForceCommand: "echo forced $SSH_ORIGINAL_COMMAND", Config: []string{"MaxSessions 1"},
	})
	c := login(t, s, s.User, key(s))
	first, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := c.NewSession(); err == nil {
		second.Close()
		t.Error("a second session opens, though the configuration allows one")
	}
	if got, err := first.Output("asked"); err != nil || string(got) != "forced asked\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestHostKeysAndCertificates(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{HostKeys: []string{"ed25519", "ecdsa", "rsa"}, HostCertificates: true})
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(s.AuthorityLine+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	authority, err := knownhosts.New(file)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := knownhosts.New(s.KnownHostsFile)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, check := range map[string]ssh.HostKeyCallback{
		ssh.KeyAlgoED25519: plain, ssh.KeyAlgoECDSA256: plain, ssh.KeyAlgoRSASHA512: plain,
		ssh.CertAlgoED25519v01: authority, ssh.CertAlgoECDSA256v01: authority, ssh.CertAlgoRSASHA512v01: authority,
	} {
		c, err := ssh.Dial("tcp", s.Addr, &ssh.ClientConfig{
			User: s.User, Auth: []ssh.AuthMethod{key(s)}, HostKeyCallback: check, HostKeyAlgorithms: []string{algorithm},
		})
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		c.Close()
	}
}

func TestEverythingEndsWithTheTest(t *testing.T) {
	const left, stays = "sleep 100000.0078125", "sleep 100000.015625"
	t.Run("server", func(t *testing.T) {
		s := sshdtest.Start(t, sshdtest.Options{})
		c := login(t, s, s.User, key(s))
		output(t, c, "setsid "+left+" </dev/null >/dev/null 2>&1 &", "")
		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start(stays); err != nil {
			t.Fatal(err)
		}
		sshdtest.WaitRunning(t, left, patience)
		sshdtest.WaitRunning(t, stays, patience)
	})
	for _, line := range []string{left, stays} {
		if got := sshdtest.Processes(t, line); len(got) > 0 {
			t.Errorf("still running: %q", got)
		}
	}
}

func TestKillConnections(t *testing.T) {
	for _, o := range []sshdtest.Options{{}, {Accounts: accounts()}} {
		t.Run(fmt.Sprintf("%d accounts", len(o.Accounts)), func(t *testing.T) {
			killConnections(t, sshdtest.Start(t, o))
		})
	}
}

func killConnections(t *testing.T, s *sshdtest.Server) {
	const goesOn = "sleep 100000.03125"
	c := login(t, s, s.User, key(s))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(goesOn); err != nil {
		t.Fatal(err)
	}
	sshdtest.WaitRunning(t, goesOn, patience)
	s.KillConnections(t)
	if err := c.Wait(); err == nil {
		t.Error("the connection ends in good order")
	}
	if got := sshdtest.Processes(t, goesOn); len(got) == 0 {
		t.Error("what was started has ended")
	}
	login(t, s, s.User, key(s))
}

func accounts() []sshdtest.Account {
	return []sshdtest.Account{
		{Name: "dpl-fish", Password: "pass word 1", Shell: "/usr/bin/fish", Sudo: sshdtest.SudoPassword},
		{Name: "dpl-csh", Password: "'2\"", Shell: "/bin/csh", Sudo: sshdtest.SudoNoPassword},
		{Name: "dpl-dash", Password: "3", Shell: "/bin/dash"},
		{Name: "dpl-bash", Shell: "/bin/bash", Sudo: sshdtest.SudoPassword},
	}
}

func TestAccounts(t *testing.T) {
	before := accountFiles(t)
	s := sshdtest.Start(t, sshdtest.Options{Accounts: accounts()})
	for _, a := range accounts() {
		c := login(t, s, a.Name, key(s))
		want := a.Name + " " + a.Shell + "\n" + s.HomeOf(a) + "\n"
		if got := output(t, c, "touch $HOME/file; echo $USER $SHELL; pwd", ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := os.Stat(filepath.Join(s.HomeOf(a), "file")); err != nil {
			t.Error(err)
		}
		if _, err := dial(s, a.Name, ssh.Password("wrong")); err == nil {
			t.Errorf("%s gets in with a wrong password", a.Name)
		}
		if a.Password == "" {
			continue
		}
		if got := loginName(t, s, a); got != a.Name+"\n" {
			t.Errorf("%s logs in by password and is %q", a.Name, got)
		}
	}
	if after := accountFiles(t); after != before {
		t.Error("the account files of the machine have changed")
	}
}

// loginName logs in by password, and returns whom the host thinks that is.
func loginName(t *testing.T, s *sshdtest.Server, a sshdtest.Account) string {
	t.Helper()
	return output(t, login(t, s, a.Name, ssh.Password(a.Password)), "id -un", "")
}

// accountFiles returns all that the accounts must not change.
func accountFiles(t *testing.T) (text string) {
	t.Helper()
	for _, name := range []string{"passwd", "shadow", "group", "gshadow", "sudoers"} {
		file, err := os.ReadFile("/etc/" + name)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			t.Fatal(err)
		}
		text += string(file)
	}
	for _, dir := range []string{"/run", "/run/sudo/ts", "/var/lib/sudo/lectured", "/var/log"} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			t.Fatal(err)
		}
		for _, entry := range entries {
			text += dir + "/" + entry.Name() + "\n"
		}
	}
	return text
}

func TestSudo(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Accounts: accounts()})
	c := login(t, s, "dpl-fish", key(s))
	if got := output(t, c, "sudo -S -p 'Password, please: ' id -u", "pass word 1\n"); got != "0\n" {
		t.Errorf("the right password gives %q", got)
	}
	if got := output(t, login(t, s, "dpl-csh", key(s)), "sudo -n id -u", ""); got != "0\n" {
		t.Errorf("NOPASSWD gives %q", got)
	}
	refusals := map[string]struct{ input, line, message string }{
		"dpl-dash": {"3\n", "sudo -S -p 'Password: ' id -u 2>&1; true", "is not in the sudoers file"},
		"dpl-bash": {"wrong\n", "sudo -S -p 'Password: ' id -u 2>&1; true", "Password: Sorry, try again."},
	}
	for name, r := range refusals {
		if got := output(t, login(t, s, name, key(s)), r.line, r.input); !strings.Contains(got, r.message) {
			t.Errorf("%s: got %q, want %q in it", name, got, r.message)
		}
	}
}

func TestSudoOnTerminal(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Accounts: accounts()})
	session, err := login(t, s, "dpl-fish", key(s)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	session.Stdin = strings.NewReader("pass word 1\n")
	out, err := session.Output("sudo -S -p 'Password, please: ' id -u")
	if err != nil || !strings.HasSuffix(string(out), "\r\n0\r\n") || !strings.Contains(string(out), "Password, please: ") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestPAM(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Accounts: accounts(), UsePAM: true})
	asked := ""
	answer := ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		asked += strings.Join(questions, "|")
		return []string{"pass word 1"}[:len(questions)], nil
	})
	if got := output(t, login(t, s, "dpl-fish", answer), "id -un", ""); got != "dpl-fish\n" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(asked, "Password: ") {
		t.Errorf("PAM asks %q", asked)
	}
}
