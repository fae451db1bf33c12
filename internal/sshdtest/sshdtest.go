package sshdtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Options say what kind of sshd to start. The zero value is one that the user who runs the test can log in to.
type Options struct {
	// Accounts are the throwaway accounts; see [NeedAccounts]. Without any, the user who runs the test is the only one.
	Accounts []Account
	// HostKeys are the types of the host keys: ed25519, ecdsa, rsa; none means ed25519.
	HostKeys []string
	// HostCertificates has an authority sign the host keys; see [Server.AuthorityLine].
	HostCertificates bool
	// Certify changes the certificate of the host key of a type before it is signed, or returns false where there
	// shall be none; nil changes nothing.
	Certify func(kind string, c *ssh.Certificate) bool
	// ForceCommand runs instead of what a client asks for.
	ForceCommand string
	// UsePAM has PAM judge passwords, by questions (keyboard-interactive) and without; only as root.
	UsePAM bool
	// PAM is what its file /etc/pam.d/sshd has, where it shall not be that of this machine; it needs [NeedAccounts].
	PAM string
	// Addresses is how many addresses it listens on, 127.0.0.1 and those after it: at most 16; 0 means one.
	Addresses int
	// NoSFTP leaves out the sftp subsystem.
	NoSFTP bool
	// Config are more lines of sshd_config. They come first, so they count more than those made here.
	Config []string
}

// A Server is a running sshd.
type Server struct {
	// Addr is where it listens, as host:port, and Port is the port alone.
	Addr string
	Port int
	// User may log in: the first account, or the user who runs the test. Home is its home directory: a new one, except
	// when an ordinary user runs the test.
	User, Home string
	// ClientKeyFile holds the ed25519 private key that may log in to every account, and ClientKey is that key.
	ClientKeyFile string
	ClientKey     ssh.Signer
	// HostKeyLines are the lines of a known_hosts file for its host keys, and KnownHostsFile is a file of them.
	HostKeyLines   []string
	KnownHostsFile string
	// AuthorityLine is the line of a known_hosts file for the authority that signed its host keys, if one did.
	AuthorityLine string

	options   Options
	dir       string
	private   bool // in a mount namespace of its own
	notBash   bool // the login shell is another than the one that most tests are about
	hostKeys  []hostKey
	authority ssh.Signer
	sshd      *daemon
}

// Start starts an sshd that ends, with everything that runs in its sessions, when the test ends. Its log is shown if
// the test fails.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if len(o.Accounts) > 0 {
		NeedAccounts(t)
	}
	if len(o.HostKeys) == 0 {
		o.HostKeys = []string{"ed25519"}
	}
	s := &Server{options: o, dir: directory(t), private: makePrivate(t, o)}
	s.makeUser(t)
	s.makeKeys(t)
	s.sshd = s.listen(t)
	t.Cleanup(func() {
		s.sshd.stop(t)
		if t.Failed() {
			t.Logf("log of sshd on port %d:\n%s", s.Port, s.sshd.log())
		}
	})
	s.writeKnownHosts(t)
	return s
}

// directory returns a new directory that other accounts can look into, which t.TempDir does not promise.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sshdtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// makeUser says who may log in, and makes the accounts. Root has another home there than here, so that neither do its
// dot files play a part, nor do tests change anything in it.
func (s *Server) makeUser(t testing.TB) {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.User, s.Home = me.Username, me.HomeDir
	if !s.private {
		s.notBash = loginShell(t, s.User) != "bash"
		return
	}
	s.Home = homeOf(s.dir, Account{Name: s.User})
	writeAccounts(t, s.dir, s.User, s.options.Accounts)
	if pam := s.options.PAM; pam != "" {
		if err := os.Mkdir(s.path("etc/pam.d"), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, s.path("etc/pam.d/sshd"), pam, 0o644)
	}
	if accounts := s.options.Accounts; len(accounts) > 0 {
		s.User, s.Home = accounts[0].Name, homeOf(s.dir, accounts[0])
	}
}

// HomeOf returns the home directory of an account.
func (s *Server) HomeOf(a Account) string { return homeOf(s.dir, a) }

// config returns the text of sshd_config. Of what is given more than once, the first counts.
func (s *Server) config(port int) string {
	lines := append([]string{}, s.options.Config...)
	if s.options.ForceCommand != "" {
		lines = append(lines, "ForceCommand "+s.options.ForceCommand)
	}
	for _, key := range s.hostKeys {
		lines = append(lines, "HostKey "+key.file)
		if key.certificate != "" {
			lines = append(lines, "HostCertificate "+key.certificate)
		}
	}
	for _, address := range s.addresses() {
		lines = append(lines, "ListenAddress "+net.JoinHostPort(address, strconv.Itoa(port)))
	}
	lines = append(lines,
		"PidFile none",
		"LogLevel VERBOSE",
		"AuthorizedKeysFile "+s.path("authorized_keys"),
		"StrictModes no", // everything lies below /tmp
		"PermitRootLogin yes",
		"PasswordAuthentication yes",
		"KbdInteractiveAuthentication "+yesNo(s.options.UsePAM),
		"UsePAM "+yesNo(s.options.UsePAM),
		"PrintMotd no",
	)
	// The default refuses connections at random. Unlike all else, the last counts where it is given twice.
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "MaxStartups ") }) {
		lines = append(lines, "MaxStartups 1000")
	}
	sftp := "internal-sftp"
	if s.notBash {
		lines = append(lines, asBash)
		sftp = "/usr/lib/openssh/sftp-server" // internal-sftp is none that a shell could run
	}
	if !s.options.NoSFTP {
		lines = append(lines, "Subsystem sftp "+sftp)
	}
	var text string
	for _, line := range lines {
		text += line + "\n"
	}
	return text
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// addresses returns what it listens on.
func (s *Server) addresses() []string {
	all := []string{"127.0.0.1"}
	for i := 1; i < s.options.Addresses; i++ {
		all = append(all, fmt.Sprintf("127.0.0.%d", 1+i))
	}
	return all
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) writeKnownHosts(t testing.TB) {
	t.Helper()
	var names []string
	for _, address := range s.addresses() {
		names = append(names, fmt.Sprintf("[%s]:%d", address, s.Port))
	}
	host := strings.Join(names, ",") + " "
	var text string
	for _, key := range s.hostKeys {
		s.HostKeyLines = append(s.HostKeyLines, host+key.line)
		text += host + key.line + "\n"
	}
	if s.authority != nil {
		s.AuthorityLine = "@cert-authority " + host + keyLine(s.authority.PublicKey())
	}
	s.KnownHostsFile = s.path("known_hosts")
	write(t, s.KnownHostsFile, text, 0o644)
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask may have taken from it
		t.Fatal(err)
	}
}

// need returns the path of a program that tests cannot do without.
func need(t testing.TB, name, debianPackage string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed; make test installs it: apt-get install %s", name, debianPackage)
	return ""
}
