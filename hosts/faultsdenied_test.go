package hosts

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"deployer/internal/sshdtest"
)

// The throwaway accounts of these faults.
var deniedAccounts = []sshdtest.Account{
	{Name: "dpl-plain", Password: "secret"},
	{Name: "dpl-nologin", Shell: "/usr/sbin/nologin"},
	{Name: "dpl-false", Shell: "/bin/false"},
	{Name: "dpl-noshell", Shell: "/no/such/shell"},
	{Name: "dpl-locked", Locked: true},
	{Name: "dpl-expired", Expired: true},
	{Name: "dpl-stale", Password: "secret", PasswordExpired: true},
	{Name: "dpl-sudo", Password: "secret", Sudo: sshdtest.SudoPassword},
	{Name: "dpl-power", Sudo: sshdtest.SudoNoPassword},
	{Name: "dpl-tty", Sudo: sshdtest.SudoTerminal},
}

// "Permission denied" in all its forms, each told from the others.
var denied = []fault{
	{name: "no key that it knows", made: strayKey(), want: LoginFailed,
		says: []string{"login refused, tried: ", "stray; the server takes publickey, password",
			"add the public key to ~dpl-plain/.ssh/authorized_keys"}},
	{name: "no account of that name", made: onAccount("dpl-nobody"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "a wrong password", made: onAccount("dpl-plain", givenPassword("wrong")), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "a locked account", made: withoutPAM("dpl-locked"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "an account that may not log in", made: judging("DenyUsers dpl-plain"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "an account of a group that may not", made: judging("AllowGroups nogroup"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "keys not taken", made: judging("PubkeyAuthentication no"), want: LoginFailed,
		says: []string{"the server takes password"}},
	{name: "a key that is not enough", made: judging("AuthenticationMethods publickey,password"), want: LoginFailed,
		says: []string{"login refused, tried: ", "the server takes password", "set password"}},
	{name: "an expired account", made: onAccount("dpl-expired"), want: LoginFailed,
		says: []string{`while logging in: the host`, `the server says "Your account has expired; please contact`}},
	{name: "an expired account, by sshd itself", made: withoutPAM("dpl-expired"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "an expired password", made: onAccount("dpl-stale"), want: Unreachable, says: []string{"expired"}},
	{name: "an account without a shell", made: onAccount("dpl-nologin"), want: Unreachable,
		says: []string{`the host ran something else in place of the command: exit status 1`,
			`it said "This account is currently not available."`}},
	{name: "an account whose shell is false", made: onAccount("dpl-false"), want: Unreachable,
		says: []string{"the host ran something else in place of the command: exit status 1 ("}},

	{name: "an account whose shell is missing", made: onAccount("dpl-noshell"), want: LoginFailed,
		says: []string{"login refused, tried: "}},
	{name: "a shell that talks", made: onAccount("dpl-talks"), run: "echo out", out: "out\n"},
	{name: "a shell that hangs", made: limitedTo(onAccount("dpl-hangs")), want: Unreachable,
		says: []string{"the host did not begin the command within", `it said "Loading"`}},

	{name: "a command that may not be executed", made: onAccount("dpl-plain"), run: "/etc/passwd", want: Failed,
		exit: Exit{Status: 126},
		says: []string{"exit status 126"}, errs: "Permission denied"},
	{name: "a file that may not be read", made: onAccount("dpl-plain"), run: "cat /etc/shadow", want: Failed,
		exit: Exit{Status: 1},
		says: []string{"exit status 1"}, errs: "/etc/shadow: Permission denied"},
	{name: "a command that says so and succeeds", made: onAccount("dpl-plain"), run: "echo Permission denied >&2"},
	{name: "a command that says so as ssh would", made: onAccount("dpl-plain"),
		run:  "echo 'Permission denied (publickey).' >&2; exit 255",
		want: Failed, exit: Exit{Status: 255}, says: []string{"exit status 255"},
		errs: "Permission denied (publickey)."},

	{name: "a directory that may not be entered", made: onAccount("dpl-plain"), cd: "/root", want: Directory,
		says: []string{"cannot change to the directory /root: permission denied (use sudo, or"}},
	{name: "a directory below it", made: onAccount("dpl-plain"), cd: "/root/below", want: Directory,
		says: []string{"cannot change to the directory /root/below: permission denied"}},
	{name: "the same with sudo", made: onAccount("dpl-power"), cd: "/root", how: RunOptions{Sudo: true}, run: "pwd",
		out: "/root\n"},

	{name: "sudo: not in the sudoers file", made: onAccount("dpl-plain", givenPassword("secret")),
		how: RunOptions{Sudo: true}, want: Sudo,
		says: []string{"sudo refused: dpl-plain is not in the sudoers file"}},
	{name: "sudo: a wrong password", made: onAccount("dpl-sudo", givenSudoPassword("wrong")),
		how: RunOptions{Sudo: true}, want: Sudo,
		says: []string{"the sudo password was refused"}},
	{name: "sudo: no password", made: onAccount("dpl-sudo"), how: RunOptions{Sudo: true}, want: Sudo,
		says: []string{"sudo wants a password and nobody is there to type it"}},
	{name: "sudo: no terminal", made: onAccount("dpl-tty"), how: RunOptions{Sudo: true}, want: Sudo,
		says: []string{"sudo refused: sorry, you must have a tty to run sudo"}},
	{name: "sudo: not as that user", made: onAccount("dpl-power"), how: RunOptions{Sudo: true, User: "dpl-nobody"},
		want: Sudo,
		says: []string{"sudo refused: unknown user"}},

	{name: "a key that cannot be read",
		made: onAccount("dpl-plain", func(b *bed, o *SSHOptions) { o.KeyFilename = b.home }), want: LoginFailed,
		says: []string{"is a directory"}},
	{name: "a known_hosts that cannot be read",
		made: onAccount("dpl-plain", func(b *bed, o *SSHOptions) { o.KnownHosts = []string{b.home} }),
		want: HostKey,
		says: []string{"is a directory"}},
}

func TestFaultsOfPermission(t *testing.T) {
	sshdtest.NeedAccounts(t)
	accounts := append(slices.Clone(deniedAccounts),
		sshdtest.Account{Name: "dpl-talks", Shell: shellThat(t, `echo Welcome; echo Beware >&2; exec sh "$@"`)},
		sshdtest.Account{Name: "dpl-hangs", Shell: shellThat(t, "echo Loading; cat >/dev/null")})
	runFaults(t, sshdtest.Options{Accounts: accounts, UsePAM: true}, denied)
}

// shellThat returns a login shell, for any account.
func shellThat(t *testing.T, does string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "shell-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	shell := filepath.Join(dir, "shell")
	if err := os.WriteFile(shell, []byte("#!/bin/sh\n"+does+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return shell
}

// onAccount returns a host on which that account logs in.
func onAccount(name string, changes ...func(*bed, *SSHOptions)) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := b.real(b.sshd)
		o.Slug, o.Username = "web", name
		for _, change := range changes {
			change(b, &o)
		}
		return o
	}
}

func givenPassword(text string) func(*bed, *SSHOptions) {
	return func(_ *bed, o *SSHOptions) { o.Password, o.KeyFilename = text, "" }
}

// withoutPAM returns a host that judges accounts itself.
func withoutPAM(name string, lines ...string) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		b.sshd = sshdtest.Start(b.T, sshdtest.Options{Accounts: deniedAccounts, Config: lines})
		return onAccount(name)(b)
	}
}

// judging returns a host whose sshd has a rule about who may log in.
func judging(line string) func(b *bed) SSHOptions { return withoutPAM("dpl-plain", line) }

func givenSudoPassword(text string) func(*bed, *SSHOptions) {
	return func(_ *bed, o *SSHOptions) { o.SudoPassword = text }
}

// strayKey returns a host that is logged in to with a key that nobody knows.
func strayKey() func(b *bed) SSHOptions {
	return onAccount("dpl-plain", func(b *bed, o *SSHOptions) {
		b.write("stray", b.read("id_ed25519"))
		o.KeyFilename = b.path("stray")
	})
}
