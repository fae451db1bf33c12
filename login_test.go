package deployer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// gate is a folder with a tree over hosts that are not easy to get into.
type gate struct {
	place
	t     *testing.T
	key   ssh.PublicKey // of ~/.ssh/id_ed25519
	hosts []string      // of the tree
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{t: t, place: place{dir: t.TempDir()}}
	g.home = filepath.Join(g.dir, "home")
	if err := os.MkdirAll(g.ssh(), 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := sshserver.NewKeyFile(g.ssh("id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	g.key = key
	return g
}

// ssh is a file in ~/.ssh.
func (g *gate) ssh(names ...string) string {
	return filepath.Join(append([]string{g.home, ".ssh"}, names...)...)
}

// server starts a server, which known_hosts knows.
func (g *gate) server(o sshserver.Options) *sshserver.Server {
	g.t.Helper()
	o.Home = g.dir
	s, err := sshserver.Start(o)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { s.Close() })
	g.know(s.KnownHosts())
	return s
}

func (g *gate) know(lines string) {
	g.t.Helper()
	f, err := os.OpenFile(g.ssh("known_hosts"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(lines); err != nil {
		g.t.Fatal(err)
	}
}

// host adds a host to the tree.
func (g *gate) host(slug string, port int, options ...string) {
	g.add(append([]string{fmt.Sprintf("%q", slug), `address = "127.0.0.1"`, fmt.Sprintf("port = %d", port),
		`username = "deploy"`, `config_filename = "none"`}, options...)...)
}

// add adds a host with options to the tree.
func (g *gate) add(options ...string) {
	g.hosts = append(g.hosts, "ssh_host("+strings.Join(options, ", ")+")")
	tree := "def hello(env):\n    env.hosts.run(\"echo hello\", interactive = False)\n" +
		"root = node(actions = [hello], hosts = [" + strings.Join(g.hosts, ", ") + "])\n"
	g.write(g.t, "deploy", tree)
}

func (g *gate) lockKey(passphrase string) {
	g.t.Helper()
	keygen := exec.Command("ssh-keygen", "-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", g.ssh("id_ed25519"))
	if out, err := keygen.CombinedOutput(); err != nil {
		g.t.Fatalf("%v: %s", err, out)
	}
}

func (g *gate) read(file string) string {
	g.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

// Secrets of these tests, which nothing else contains.
const (
	rightPassword = "Zq7x-right-password"
	wrongPassword = "Zq7x-wrong-password"
	passphrase    = "Zq7x pass phrase"
	rightCode     = "Zq7x-314159"
	wrongCode     = "Zq7x-271828"
)

// quiz asks for password and code in turn, and tells what was answered, as no server should.
func quiz(rounds ...[2]string) sshserver.Options {
	return sshserver.Options{KeyboardInteractive: func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		said := "two steps \x1b]0;owned\a"
		for _, r := range rounds {
			got, err := ask("", said, []string{r[0]}, []bool{false})
			if err != nil || got[0] != r[1] {
				_, _ = ask("", "wrong: "+strings.Join(got, ""), nil, nil)
				return false
			}
			said = "you said " + got[0]
		}
		return true
	}}
}

var (
	bothRounds = [][2]string{{"Password: ", rightPassword}, {"Verification code: ", rightCode}}
	onlyCode   = [][2]string{{"Verification code: ", rightCode}}
)

// locked is a gate that cannot be passed without an answer.
type locked struct {
	name   string
	make   func(t *testing.T) (*gate, *sshserver.Server)
	prompt string // that a person sees
	status int    // without an answer
	alone  string // what is said where nobody is there
	next   string // and what to do about it
}

func lockedGates() []locked {
	with := func(prepare func(g *gate) sshserver.Options, options ...string) func(*testing.T) (*gate, *sshserver.Server) {
		return func(t *testing.T) (*gate, *sshserver.Server) {
			g := newGate(t)
			s := g.server(prepare(g))
			g.host("web1", s.Port(), options...)
			return g, s
		}
	}
	password := func(*gate) sshserver.Options {
		return sshserver.Options{Password: sshserver.IsPassword(rightPassword)}
	}
	return []locked{
		{"password", with(password), "password of deploy on web1: ", 3, "there is nothing to log in with",
			"set password, or run it where somebody can type it"},
		{"another password", with(password, fmt.Sprintf("password = %q", wrongPassword)), "password of deploy on web1: ", 3,
			"login refused, tried: password", "check username and password"},
		{"passphrase", with(func(g *gate) sshserver.Options {
			g.lockKey(passphrase)
			return sshserver.Options{AuthorizedKeys: []ssh.PublicKey{g.key}}
		}), "passphrase of ~/.ssh/id_ed25519 on web1: ", 3,
			"~/.ssh/id_ed25519 (the server takes it, but it is encrypted, and nobody is here to ask)",
			"give key_password, or load the key with ssh-add"},
		{"code", with(func(*gate) sshserver.Options { return quiz(onlyCode...) },
			fmt.Sprintf("password = %q", rightPassword)), "web1 asks deploy: Verification code: ", 3,
			`the server asks "Verification code:", and nobody is here to answer`, ""},
		{"host key", func(t *testing.T) (*gate, *sshserver.Server) {
			g := newGate(t)
			s := g.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{g.key}})
			g.host("web1", s.Port())
			if err := os.WriteFile(g.ssh("known_hosts"), []byte("# mine\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return g, s
		}, "trust this key, now and in future? [y/N] ", 4, "is not known: ssh-ed25519 SHA256:", "--host-keys accept-new"},
	}
}

// Without a person every login that needs one fails at once, and says what was missing.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	for _, c := range lockedGates() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, _ := c.make(t)
			before := g.read(g.ssh("known_hosts"))
			r := g.start(t, "run", "--json", "hello").wants(c.status)
			if said := r.err.String(); !strings.Contains(said, c.alone) || !strings.Contains(said, c.next) {
				t.Errorf("it says %s", said)
			}
			if end := lastEvent(t, r.out.String()); end.Exit != c.status {
				t.Errorf("run.end has %+v", end)
			}
			expectNoSecrets(t, g, r.out.String()+r.err.String())
			if after := g.read(g.ssh("known_hosts")); after != before {
				t.Errorf("known_hosts has become %q", after)
			}
		})
	}
}

type runEnd struct {
	Event string
	Exit  int
}

func lastEvent(t *testing.T, lines string) (end runEnd) {
	t.Helper()
	all := strings.Split(strings.TrimSpace(lines), "\n")
	if err := json.Unmarshal([]byte(all[len(all)-1]), &end); err != nil || end.Event != "run.end" {
		t.Errorf("the last line is %q: %v", all[len(all)-1], err)
	}
	return end
}

// Ctrl-C at any question ends the run, Ctrl-D is no answer, and neither leaves anything.
func TestQuestionsLeaveNothing(t *testing.T) {
	t.Parallel()
	for _, c := range lockedGates() {
		for _, key := range []string{"\x03", "\x04", "x\x03"} {
			t.Run(fmt.Sprintf("%s %q", c.name, key), func(t *testing.T) {
				t.Parallel()
				g, s := c.make(t)
				before := g.read(g.ssh("known_hosts"))
				p := g.sit(t, "run", "hello")
				p.Expect(c.prompt)
				p.Send(key)
				status := 130
				if key == "\x04" {
					p.Expect("abort? ")
					p.Send("a\r")
					status = c.status
				}
				p.ends(status)
				eventually(t, "all connections have ended", func() bool { return s.Connections() == 0 })
				if after := g.read(g.ssh("known_hosts")); after != before {
					t.Errorf("known_hosts has become %q", after)
				}
				if strings.Contains(p.Output(), "\x1b]0;owned") {
					t.Error("the server spoke to the terminal")
				}
				sshdtest.WaitGone(t, g.dir, patience)
			})
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// What is typed to log in is neither shown nor kept, right or wrong, also where the server says it again.
func TestTypedSecretsStayHidden(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.lockKey(passphrase)
	web := g.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{g.key}})
	g.host("web1", web.Port())
	two := quiz(bothRounds...)
	g.host("web2", g.server(two).Port(), fmt.Sprintf("password = %q", wrongPassword))
	p := g.sit(t, "run", "-s", "--log", filepath.Join(g.dir, "log"), "hello")
	for _, q := range [][2]string{
		{"passphrase of ~/.ssh/id_ed25519 on web1: ", wrongPassword},
		{"that is not its passphrase\r\npassphrase of ~/.ssh/id_ed25519 on web1: ", passphrase},
		{"the password was refused\r\npassword of deploy on web2: ", rightPassword},
		{"web2 asks deploy: Verification code: ", wrongCode},
		{"the server refused the answers\r\n", ""},
		{"web2 asks deploy: Password: ", rightPassword},
		{"web2 says: you said ********\r\nweb2 asks deploy: Verification code: ", rightCode},
	} {
		p.Expect(q[0])
		if q[1] != "" {
			p.Send(q[1] + "\r")
		}
	}
	p.ends(0)
	if n := strings.Count(p.Output(), "hello\r\n"); n < 2 {
		t.Errorf("%d hosts said hello:\n%s", n, p.Output())
	}
	expectNoSecrets(t, g, p.Output()+g.read(filepath.Join(g.dir, "log"))+g.read(g.ssh("known_hosts")))
}

// expectNoSecrets looks for the secrets of these tests in what was printed and written.
func expectNoSecrets(t *testing.T, g *gate, text string) {
	t.Helper()
	for _, secret := range []string{rightPassword, wrongPassword, passphrase, rightCode, wrongCode} {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is in the output: %q", secret, text[max(0, at-100):at+len(secret)])
		}
	}
	for _, line := range sshdtest.Processes(t, "Zq7x") {
		if strings.HasPrefix(line, "ssh-keygen ") {
			continue // of a test, beside this one, which makes the key
		}
		t.Errorf("a process has a secret in its command line: %q", line)
	}
}

// Every run of several that start at once, and find the same new hosts, remembers each of them once.
func TestManyRunsRemember(t *testing.T) {
	t.Parallel()
	const runs, many = 8, 5
	for name, prepare := range map[string]func(g *gate){
		"no folder": func(g *gate) {
			must(t, os.RemoveAll(g.ssh()))
		},
		"no newline at the end": func(g *gate) {
			must(t, os.WriteFile(g.ssh("known_hosts"), []byte("# mine"), 0o600))
		},
		"a link": func(g *gate) {
			must(t, os.RemoveAll(g.ssh("known_hosts")))
			must(t, os.Symlink("../elsewhere", g.ssh("known_hosts")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			var want []string
			for i := range many {
				s := g.server(sshserver.Options{Password: sshserver.IsPassword(rightPassword)})
				g.host(fmt.Sprintf("web%d", i), s.Port(), fmt.Sprintf("password = %q", rightPassword))
				want = append(want, strings.TrimSpace(s.KnownHosts()))
			}
			prepare(g)
			var all []*process
			for range runs {
				all = append(all, g.start(t, "run", "--host-keys", "accept-new", "hello"))
			}
			for _, r := range all {
				r.wants(0)
			}
			lines := strings.Split(strings.TrimSuffix(g.read(g.ssh("known_hosts")), "\n"), "\n")
			if name == "no newline at the end" {
				want = append(want, "# mine")
			}
			if !sameLines(lines, want) {
				t.Errorf("known_hosts has %q, want %q", lines, want)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sameLines(a, b []string) bool {
	count := map[string]int{}
	for _, line := range a {
		count[line]++
	}
	for _, line := range b {
		count[line]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
