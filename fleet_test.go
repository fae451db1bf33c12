package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
)

// fleet is the hosts that tests of the program share: real sshds, and what is not there.
type fleet struct {
	plain    *sshdtest.Server // the user who runs the tests logs in
	noSudo   *sshdtest.Server // the same, where no sudo is installed
	accounts *sshdtest.Server // sudoer and its kin; nil where there cannot be any
	strayKey []byte           // a key that nobody lets in
	deadPort int              // where nothing listens
}

// The throwaway accounts.
const (
	sudoPassword = "correct horse ' \" $battery"
	sudoer       = "dpl-sudoer"  // sudo asks for a password
	powerful     = "dpl-power"   // sudo asks for nothing
	powerless    = "dpl-nothing" // sudo refuses
)

func startFleet(t *testing.T) *fleet {
	t.Helper()
	return startFleetWith(t, sudoPassword)
}

// startFleetWith gives the accounts another password.
func startFleetWith(t *testing.T, password string) *fleet {
	t.Helper()
	f := &fleet{plain: sshdtest.Start(t, sshdtest.Options{}), strayKey: strayKey(t), deadPort: deadPort(t)}
	f.noSudo = sshdtest.Start(t, sshdtest.Options{Config: []string{"SetEnv PATH=" + binWithout(t, "sudo")}})
	if os.Geteuid() == 0 {
		f.accounts = sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{
			{Name: sudoer, Password: password, Sudo: sshdtest.SudoPassword},
			{Name: powerful, Sudo: sshdtest.SudoNoPassword},
			{Name: powerless, Password: password},
		}})
	}
	return f
}

func me() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return u.Username
}

// strayKey makes a key that no host knows.
func strayKey(t *testing.T) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stray")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// deadPort returns a port that is taken, and where nothing listens.
func deadPort(t *testing.T) int {
	t.Helper()
	_, port := boundSocket(t)
	return port
}

// boundSocket returns a socket that has a port, and does not listen.
func boundSocket(t *testing.T) (fd, port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, name.(*syscall.SockaddrInet4).Port
}

// binWithout returns a directory with everything that /bin and /usr/bin have, but for some programs.
func binWithout(t *testing.T, missing ...string) string {
	t.Helper()
	bin := t.TempDir()
	for _, dir := range []string{"/bin", "/usr/bin"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := entry.Name(); !slices.Contains(missing, name) {
				_ = os.Symlink(filepath.Join(dir, name), filepath.Join(bin, name)) // it may be in both
			}
		}
	}
	return bin
}

// install writes hosts.star to a directory, and a home with the keys of the hosts in known_hosts.
func (f *fleet) install(dir, home string) error {
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		return err
	}
	known := f.plain.HostKeyLines[0] + "\n" + f.noSudo.HostKeyLines[0] + "\n"
	if f.accounts != nil {
		known += f.accounts.HostKeyLines[0] + "\n"
	}
	changed := strings.Replace(f.noSudo.HostKeyLines[0], fmt.Sprint(f.noSudo.Port), fmt.Sprint(f.plain.Port), 1) + "\n"
	for name, text := range map[string]string{
		filepath.Join(home, ".ssh", "known_hosts"): known,
		filepath.Join(dir, "changed_hosts"):        "# keys of another time\n" + changed,
		filepath.Join(dir, "no_hosts"):             "",
		filepath.Join(dir, "stray"):                string(f.strayKey),
		filepath.Join(dir, "hosts.star"):           f.star(dir),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// star is the file of hosts that trees load.
func (f *fleet) star(dir string) string {
	var b strings.Builder
	host := func(name string, s *sshdtest.Server, user string, options ...string) {
		fmt.Fprintf(&b, "%s = ssh_host(%q, address = \"127.0.0.1\", port = %d, username = %q, key_filename = %q, identities_only = True",
			name, name, s.Port, user, s.ClientKeyFile)
		for _, o := range options {
			b.WriteString(", " + o)
		}
		b.WriteString(")\n")
	}
	fmt.Fprintf(&b, "work = %q\n", dir)
	b.WriteString("here = local_host()\n")
	for _, slug := range []string{"web1", "web2", "web3", "db1"} {
		host(slug, f.plain, me())
	}
	host("nosudo", f.noSudo, me())
	host("unknown", f.plain, me(), fmt.Sprintf("known_hosts = %q", filepath.Join(dir, "no_hosts")))
	host("changed", f.plain, me(), fmt.Sprintf("known_hosts = %q", filepath.Join(dir, "changed_hosts")))
	fmt.Fprintf(&b, "locked = web1(slug = \"locked\", key_filename = %q)\n", filepath.Join(dir, "stray"))
	fmt.Fprintf(&b, "dead = web1(slug = \"dead\", port = %d)\n", f.deadPort)
	for slug, user := range map[string]string{"sudoer": sudoer, "powerful": powerful, "powerless": powerless} {
		if f.accounts != nil {
			host(slug, f.accounts, user)
		} else {
			fmt.Fprintf(&b, "%s = dead(slug = %q)\n", slug, slug) // so that trees load
		}
	}
	return b.String()
}
