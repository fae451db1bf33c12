package deployer_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
)

// Every secret of a run contains a word of its own that nothing else contains, in whatever way it is quoted.
const secretWords = "Zq7xSECRET"

func secretOf(what string) string { return secretWords + what + "'\"$x\\ é!" }

const secretTree = `load("hosts.star", "sudoer", "work")
load("given.star", "account", "command", "locked_key", "passphrase", "sleeping", "text", "typist")
literal = secret(text)
lines = secret("first line\n" + literal + "\nthird line\n")
environment = from_env("GIVEN")
commanded = from_command(command)
password = secret(account)

def use(env):
    """Use every secret in every way."""
    h = env.host.env("A", literal).env("B", "<" + environment + ">").env("C", "%s" % commanded)
    h.run("echo $A; echo $B >&2; printf %s \"$C\"; cat", initial_input = lines, interactive = False)
    h.run("printf '%s|%s' \"$A\" \"$(cat)\"; for i in 1 2 3; do printf '%s' \"$A\"; done", initial_input = literal, interactive = False)
    h.sudo("echo as $(id -un): $A; cat", initial_input = environment, interactive = False)
    h.run("IFS= read -r x; printf 'typed %s\\n' \"$x\"", initial_input = literal + "\n")
    h.sudo("echo $B", user = env.host.username)
    h.output("echo $C")
    r = h.result("echo $A; echo $B >&2; exit 3")
    print(r.stdout, r.stderr, r.status)
    print(literal, [environment], {"k": commanded})
    env.log("using", literal, password)
    return {"value": literal, "list": [environment, r.stdout], commanded: 1}

def sleep(env):
    """Be there for a while, with secrets in the environment and on the standard input."""
    env.host.env("A", literal).sudo("cat >/dev/null; echo started; sleep " + sleeping, initial_input = environment)

def broken(env):
    """Fail with a secret in the error output."""
    env.host.env("A", literal).run("echo no: $A >&2; echo $A; exit 3")

def misuse(env):
    """Put a secret where others would see it."""
    env.host.run("echo " + literal)

def mistake(env):
    return 1 + literal

def stop(env):
    fail("stopped with " + literal + environment)

def argument(env, text = ""):
    env.inner(text = literal)

def inner(env, text = ""):
    env.host.env("X", text).run("echo $X")

Use = node(actions = [use, sleep, broken, misuse, mistake, stop, argument, inner])
root = node(
    password = Use(hosts = sudoer(slug = "pw", key_filename = work + "/stray", password = password)),
    option = Use(hosts = sudoer(slug = "opt", sudo_password = password)),
    command = Use(hosts = sudoer(slug = "cmd", sudo_password_command = typist)),
    key = Use(hosts = sudoer(slug = "key", key_filename = locked_key, key_password = secret(passphrase), sudo_password = password)),
    asked = Use(hosts = sudoer(slug = "asked")),
)
`

// TestNoSecretAnywhere uses secrets in every way there is, and looks for them in everything that the program shows,
// writes and starts.
func TestNoSecretAnywhere(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	account := secretOf("account")
	f := startFleetWith(t, account)
	given := t.TempDir() // what the user wrote himself
	p := f.newPlace(t, secretTree)
	m := secretInputs(t, f, p, given, account)
	nobody := filepath.Join(t.TempDir(), "no-such-agent")
	env := []string{"GIVEN=" + secretOf("environment"), "SSH_AUTH_SOCK=" + nobody}

	begin := func(args ...string) *process {
		r := &process{t: t, cmd: p.command(args...), ended: make(chan struct{})}
		r.cmd.Env = append(r.cmd.Env, env...)
		r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
		return r.run()
	}
	check := func(what, text string) {
		t.Helper()
		if at := strings.Index(text, secretWords); at >= 0 {
			t.Errorf("%s contains a secret: %q", what, text[max(0, at-200):min(len(text), at+60)])
		}
	}
	for i, how := range [][]string{{"--color", "always"}, {"--json"}, {"-s"}} {
		for _, where := range []string{"password", "option", "command", "key"} {
			log := fmt.Sprintf("log.%d.%s", i, where)
			for action, status := range map[string]int{"use": 0, "broken": 1, "misuse": 1, "mistake": 1, "stop": 1, "argument": 0} {
				if where != "option" && (action != "use" || i > 0) {
					continue
				}
				args := append([]string{"run", "--log", log, "--path", where}, how...)
				r := begin(append(args, action)...).wants(status)
				check(action+" on standard output", r.out.String())
				check(action+" on standard error", r.err.String())
				if !strings.Contains(r.out.String()+r.err.String(), "********") && action != "misuse" && action != "mistake" {
					t.Errorf("%s %s masks nothing", where, action)
				}
			}
		}
	}
	check("the list of a tree", begin("run", "--path", "option").wants(0).out.String())

	for _, where := range []string{"password", "option", "command", "key"} {
		r := begin("run", "--path", where, "sleep")
		r.expect("started")
		check("a list of processes", strings.Join(sshdtest.Processes(t, ""), "\n"))
		_ = r.cmd.Process.Kill()
	}
	sshdtest.WaitGone(t, m, patience)
	onTerminal(t, p, env, account, check)
	checkFiles(t, p.dir, check)
}

// secretInputs writes the files with secrets that a user gives, and returns for how long the action sleep sleeps.
func secretInputs(t *testing.T, f *fleet, p place, given, account string) string {
	t.Helper()
	inGiven := func(name, text string) string {
		file := filepath.Join(given, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	key, err := os.ReadFile(f.accounts.ClientKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	locked := inGiven("locked_key", string(key))
	passphrase := secretOf("passphrase")
	if out, err := exec.Command("ssh-keygen", "-q", "-a", "1", "-p", "-P", "", "-N", passphrase, "-f", locked).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	m := mark()
	star := fmt.Sprintf("account = %q\ntext = %q\npassphrase = %q\nlocked_key = %q\nsleeping = %q\n", account, secretOf("literal"),
		passphrase, locked, m)
	star += fmt.Sprintf("command = [\"cat\", %q]\ntypist = [\"cat\", %q]\n", inGiven("commanded", secretOf("commanded")+"\n"),
		inGiven("typed", account+"\n"))
	p.write(t, "deploy", strings.Replace(secretTree, `"given.star"`, fmt.Sprintf("%q", inGiven("given.star", star)), 1))
	return m
}

// onTerminal uses secrets with a person at a terminal, who types one.
func onTerminal(t *testing.T, p place, env []string, account string, check func(what, text string)) {
	t.Helper()
	cmd := p.command("run", "--log", "log.tty", "--color", "always", "--path", "asked", "use")
	cmd.Env = append(cmd.Env, env...)
	s := p.sitAt(t, cmd)
	s.Expect("sudo password of ")
	s.Send(account + "\r")
	s.ends(0)
	check("the terminal", s.Output())
	cmd = p.command("run", "--log", "log.tty", "--path", "option", "broken")
	cmd.Env = append(cmd.Env, env...)
	s = p.sitAt(t, cmd)
	s.Expect("abort? ")
	s.Send("a\r")
	s.ends(1)
	check("the terminal", s.Output())
}

// checkFiles looks at every file below a folder, which was the place for temporary files too.
func checkFiles(t *testing.T, dir string, check func(what, text string)) {
	t.Helper()
	logs := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		check(path, string(text))
		if strings.Contains(filepath.Base(path), "log.") && strings.Contains(string(text), "********") {
			logs++
		}
		return err
	})
	if err != nil || logs == 0 {
		t.Errorf("%d logs with masked secrets were looked at, error %v", logs, err)
	}
}
