package sshdtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An Account is a throwaway account.
type Account struct {
	// Name is the login name; it must not exist on this machine.
	Name string
	// Password logs in, and answers sudo; empty means that no password does.
	Password string
	// Shell is the login shell; empty means /bin/sh.
	Shell string
	// Locked is an account that nobody may log in to, and Expired one whose time is over.
	Locked, Expired bool
	// PasswordExpired is an account that must change its password first.
	PasswordExpired bool
	// Sudo is whether it may use sudo.
	Sudo Sudo
}

// Sudo is the right of an account to use sudo.
type Sudo int

const (
	// SudoNone is an account that may not use sudo: it asks for a password and then refuses.
	SudoNone Sudo = iota
	// SudoPassword is an account that may do everything, after it has given its password.
	SudoPassword
	// SudoNoPassword is an account that may do everything.
	SudoNoPassword
	// SudoTerminal is an account that may do everything, if it has a terminal.
	SudoTerminal
)

// firstID is the number of the first account and its group, beyond those that Debian gives to people and services,
// and below those of containers.
const firstID = 61200

// NeedAccounts skips the test where there cannot be throwaway accounts.
func NeedAccounts(t testing.TB) {
	t.Helper()
	if why := whyNoNamespace(); why != "" {
		t.Skip("throwaway accounts need a mount namespace: " + why)
	}
	need(t, "sudo", "sudo")
}

// NeedWaits skips the test where the kernel does not say in what a process sleeps, as hosts are asked for.
func NeedWaits(t testing.TB) {
	t.Helper()
	cmd := exec.Command("sleep", "3600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		in, err := os.ReadFile(fmt.Sprintf("/proc/%d/wchan", cmd.Process.Pid))
		if err == nil && strings.Contains(string(in), "sleep") {
			return
		}
	}
	t.Skip("the kernel does not say in what a process sleeps")
}

// whyNoNamespace returns why no mount namespace can be made, or nothing.
func whyNoNamespace() string {
	if os.Geteuid() != 0 {
		return "only root can make one"
	}
	try := exec.Command("unshare", "-m", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs tmpfs /run")
	if out, err := try.CombinedOutput(); err != nil {
		return fmt.Sprintf("this system does not allow it: %v: %s", err, bytes.TrimSpace(out))
	}
	return ""
}

func homeOf(dir string, a Account) string { return filepath.Join(dir, "home", a.Name) }

// writeAccounts writes the account files of the machine, and accounts added, to the directory etc in dir, and makes
// homes below home: also a new one for root.
func writeAccounts(t testing.TB, dir, root string, accounts []Account) {
	t.Helper()
	for _, parent := range []string{"etc", "home", "home/" + root} {
		if err := os.Mkdir(filepath.Join(dir, parent), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	added := make(map[string]string)
	for i, a := range accounts {
		a.addTo(t, added, firstID+i, dir)
	}
	keep := func(text string) string { return text }
	for _, name := range []string{"shadow", "group", "gshadow", "sudoers"} {
		copyAdding(t, name, dir, keep, added[name])
	}
	move := func(text string) string { return moveHome(text, root, homeOf(dir, Account{Name: root})) }
	copyAdding(t, "passwd", dir, move, added["passwd"])
}

// addTo adds the account's lines to those of the account files, and makes its home.
func (a Account) addTo(t testing.TB, added map[string]string, id int, dir string) {
	t.Helper()
	home, shell, hash := homeOf(dir, a), a.Shell, "*"
	if shell == "" {
		shell = "/bin/sh"
	}
	if a.Password != "" {
		hash = hashPassword(t, a.Password)
	}
	added["passwd"] += fmt.Sprintf("%s:x:%d:%d::%s:%s\n", a.Name, id, id, home, shell)
	added["shadow"] += a.shadow(hash)
	added["group"] += fmt.Sprintf("%s:x:%d:\n", a.Name, id)
	added["gshadow"] += fmt.Sprintf("%s:!::\n", a.Name)
	switch a.Sudo {
	case SudoPassword:
		added["sudoers"] += a.Name + " ALL=(ALL:ALL) ALL\n"
	case SudoNoPassword:
		added["sudoers"] += a.Name + " ALL=(ALL:ALL) NOPASSWD: ALL\n"
	case SudoTerminal:
		added["sudoers"] += a.Name + " ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults:" + a.Name + " requiretty\n"
	}
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, id, id); err != nil {
		t.Fatal(err)
	}
}

// shadow is the account's line in the file shadow: its password was changed on day 19000 (or must be, on day 0), and
// it expires on day 1 or never.
func (a Account) shadow(hash string) string {
	changed, expires := "19000", ""
	if a.Locked {
		hash = "!" + hash
	}
	if a.PasswordExpired {
		changed = "0"
	}
	if a.Expired {
		expires = "1"
	}
	return fmt.Sprintf("%s:%s:%s:0:99999:7::%s:\n", a.Name, hash, changed, expires)
}

// copyAdding copies a file of /etc, edited, with its owner and mode, and adds lines. Where the machine has none, none
// is made.
func copyAdding(t testing.TB, name, dir string, edit func(string) string, lines string) {
	t.Helper()
	from, to := filepath.Join("/etc", name), filepath.Join(dir, "etc", name)
	text, err := os.ReadFile(from)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		lines = "\n" + lines
	}
	write(t, to, edit(string(text))+lines, info.Mode().Perm())
	if err := os.Chown(to, 0, groupOf(info)); err != nil {
		t.Fatal(err)
	}
}

// moveHome gives a user of the file passwd another home.
func moveHome(passwd, user, home string) string {
	lines := strings.Split(passwd, "\n")
	for i, line := range lines {
		if fields := strings.Split(line, ":"); len(fields) == 7 && fields[0] == user {
			fields[5] = home
			lines[i] = strings.Join(fields, ":")
		}
	}
	return strings.Join(lines, "\n")
}

// hashPassword returns a password as the file shadow has it.
func hashPassword(t testing.TB, password string) string {
	t.Helper()
	cmd := exec.Command("openssl", "passwd", "-6", "-stdin")
	if _, err := exec.LookPath("openssl"); err != nil {
		cmd = exec.Command(need(t, "mkpasswd", "openssl"), "--method=sha-512", "--stdin")
	}
	cmd.Stdin = strings.NewReader(password + "\n")
	hash, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd.Path, err)
	}
	return strings.TrimSpace(string(hash))
}
