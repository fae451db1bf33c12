package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// keyOf returns the key of a line of known_hosts: its type and base64.
func keyOf(line string) string {
	fields := strings.Fields(line)
	return strings.Join(fields[len(fields)-2:], " ")
}

// TestKnownHostsAsOpenSSH has ssh itself say what is right.
func TestKnownHostsAsOpenSSH(t *testing.T) {
	kinds := []string{"ed25519", "ecdsa", "rsa"}
	servers := map[string]*sshdtest.Server{
		"plain":        sshdtest.Start(t, sshdtest.Options{HostKeys: kinds}),
		"certificates": sshdtest.Start(t, sshdtest.Options{HostKeys: kinds, HostCertificates: true}),
	}
	authority := ""
	for _, line := range strings.Split(servers["certificates"].AuthorityLine, "\n") {
		if line != "" {
			authority = keyOf(line)
		}
	}
	for name, s := range servers {
		for _, c := range knownCases(t, s, authority) {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				l := newLab(t, Options{})
				l.write("known_hosts", c.text)
				o := l.real(s)
				o.KnownHosts = []string{l.path("known_hosts")}
				want := opensshTrusts(t, s, l.path("known_hosts"))
				_, err := l.run(t.Context(), o, "true")
				if want != (err == nil) {
					t.Errorf("ssh trusts it: %v; we say: %v\n%s", want, err, c.text)
				}
				if err != nil {
					l.fault(err, HostKey, c.says)
				}
			})
		}
	}
}

// TestKnownHostsUnlikeOpenSSH has the cases in which we judge otherwise, and why.
func TestKnownHostsUnlikeOpenSSH(t *testing.T) {
	ed, rsa, wrong := newEd25519(t), publicOf(t, newRSA(t)), publicOf(t, newRSA(t))
	at := place{names: []string{"[web]:2222", "web"}, principal: "web"}
	line := func(name string, key ssh.PublicKey) string { return name + " " + string(ssh.MarshalAuthorizedKey(key)) }

	// It asks for the key types of entries with the port alone, so it may be shown one that it cannot judge.
	entries := parseKnown("file", []byte(line("web", rsa)))
	if first := entries.at(at).algorithms()[0]; first != ssh.KeyAlgoRSASHA512 {
		t.Errorf("asks for %s first", first)
	}
	// From a server with host certificates, it takes the entry without a port although the one with it says otherwise.
	entries = parseKnown("file", []byte(line("[web]:2222", wrong)+line("web", rsa)))
	if err := entries.at(at).judge(rsa); !errors.Is(err, errChangedKey) {
		t.Errorf("error %v, want %v", err, errChangedKey)
	}
	// It takes a key of another type for a new one, and accept-new accepts it.
	entries = parseKnown("file", []byte(line("[web]:2222", rsa)))
	if err := entries.at(at).judge(ed); !errors.Is(err, errChangedKey) {
		t.Errorf("error %v, want %v", err, errChangedKey)
	}
}

func newEd25519(t *testing.T) ssh.PublicKey {
	t.Helper()
	key, err := sshserver.NewKeyFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type knownCase struct{ name, text, says string }

func knownCases(t *testing.T, s *sshdtest.Server, authority string) []knownCase {
	t.Helper()
	var keys []string
	for _, line := range s.HostKeyLines {
		keys = append(keys, keyOf(line))
	}
	kind := func(prefix string) string {
		for _, k := range keys {
			if strings.HasPrefix(k, prefix) {
				return k
			}
		}
		t.Fatalf("no %s key in %v", prefix, keys)
		return ""
	}
	ed, ecdsa, rsa := kind("ssh-ed25519"), kind("ecdsa"), kind("ssh-rsa")
	wrong := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(publicOf(t, newRSA(t)))))
	host := fmt.Sprintf("[127.0.0.1]:%d", s.Port)
	line := func(parts ...string) string { return strings.Join(parts, " ") + "\n" }
	return []knownCase{
		{"all", strings.Join(s.HostKeyLines, "\n") + "\n", ""},
		{"empty", "", "is not known"},
		{"ed25519", line(host, ed), ""},
		{"ecdsa", line(host, ecdsa), ""},
		{"rsa", line(host, rsa), ""},
		{"hashed", line(knownhosts.HashHostname(host), rsa), ""},
		{"hashed, another host", line(knownhosts.HashHostname("[127.0.0.2]:22"), rsa), "is not known"},
		{"without a port", line("127.0.0.1", ed), ""},
		{"another port", line("[127.0.0.1]:1", ecdsa), "is not known"},
		{"several names", line("web,"+host+",10.0.0.1", ed), ""},
		{"a pattern", line("[127.0.0.?]:*", ed), ""},
		{"everything", line("*", ed), ""},
		{"but not this one", line("*,!"+host, ed), "is not known"},
		{"wrong", line(host, wrong), "has changed"},
		{"wrong, hashed", line(knownhosts.HashHostname(host), wrong), "has changed"},
		{"wrong and right", line(host, wrong) + line(host, rsa), ""},
		{"wrong, right of another type", line(host, wrong) + line(host, ed), ""},
		{"wrong without a port", line("127.0.0.1", wrong), "is not known"},
		{"revoked", line("@revoked", host, ed) + line(host, ed), "is revoked"},
		{"revoked everywhere", line("@revoked", "*", ed) + line(host, ed), "is revoked"},
		{"revoked on another host", line("@revoked", "elsewhere", ed) + line(host, ed), ""},
		{"authority", line("@cert-authority", "*", authority), "is not known"},
		{"authority of this host", line("@cert-authority", host, authority), "is not known"},
		{"authority without a port", line("@cert-authority", "127.0.0.1", authority), "is not known"},
		{"authority of another host", line("@cert-authority", "elsewhere", authority), "is not known"},
		{"another authority", line("@cert-authority", "*", wrong), "is not known"},
		{"another authority, right key", line("@cert-authority", "*", wrong) + line(host, ecdsa), ""},
		{"authority as a plain key", line(host, authority), "has changed"},
		{"unreadable lines", "garbage\n@unknown x y z\n" + line(host, "ssh-ed25519 AAAA") +
			line(host, "ssh-dss "+strings.Fields(ed)[1]) + "# comment\n\n" + line(host, ed, "comment"), ""},
		{"spaces and carriage returns", "\t " + host + " \t" + strings.ReplaceAll(ed, " ", "   ") + " comment\r\n", ""},
		{"upper case", line(strings.ToUpper("[LocalHost]:*")+","+host, ed), ""},
	}
}

func opensshTrusts(t *testing.T, s *sshdtest.Server, known string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ssh", "-F", "none", "-i", s.ClientKeyFile, "-p", fmt.Sprint(s.Port),
		"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "GlobalKnownHostsFile=none",
		"-o", "UpdateHostKeys=no",
		"-o", "UserKnownHostsFile="+known, s.User+"@127.0.0.1", "exit 7").CombinedOutput()
	if err == nil {
		t.Fatalf("ssh ends with 0: %s", out)
	}
	trusted := strings.HasSuffix(err.Error(), "status 7")
	if !trusted && !strings.Contains(string(out), "Host key verification failed") {
		t.Fatalf("ssh: %v: %s", err, out)
	}
	return trusted
}

func TestUnknownKey(t *testing.T) {
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	e := l.fails(at("web", s.Port()), HostKey,
		fmt.Sprintf("the host key of [127.0.0.1]:%d is not known: ssh-ed25519 SHA256:", s.Port()),
		fmt.Sprintf("ssh-keyscan -p %d 127.0.0.1 >> %s", s.Port(), l.path("known_hosts")), "--host-keys accept-new")
	if e.State() != journal.Refused {
		t.Errorf("state %q", e.State())
	}
	if got := l.read("known_hosts"); got != "" {
		t.Errorf("known_hosts now contains %q", got)
	}
	if ends := l.events.of(journal.ConnectEnd); len(ends) != 1 || ends[0].State != journal.Refused {
		t.Errorf("events %+v", ends)
	}
}

func TestChangedKey(t *testing.T) {
	for _, mode := range []string{"", "strict", "accept-new"} {
		l := newLab(t, Options{HostKeys: mode, Person: &sshPerson{trust: true}})
		s := l.server(sshserver.Options{})
		name := fmt.Sprintf("[127.0.0.1]:%d", s.Port())
		l.write("known_hosts", "# mine\n"+name+" "+string(ssh.MarshalAuthorizedKey(publicOf(t, newRSA(t)))))
		before := l.read("known_hosts")
		file := l.path("known_hosts")
		l.fails(at("web", s.Port()), HostKey, "the host key of "+name+" has changed", file+":2 says ssh-rsa SHA256:",
			fmt.Sprintf("ssh-keygen -R '%s' -f %s", name, file))
		if l.read("known_hosts") != before {
			t.Error("known_hosts has changed")
		}
	}
}

func TestPinnedKey(t *testing.T) {
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	o := at("web", s.Port())
	o.HostKey = s.HostKey() + " a comment"
	l.output(o, "true")
	o.HostKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(l.key)))
	o.HostKeys = "accept-new"
	l.fails(o, HostKey, "is not the one that host_key names")
}

// All new keys of a run come in one question.
func TestTrustAsked(t *testing.T) {
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	var all []SSHOptions
	for i := range 8 {
		all = append(all, at(fmt.Sprintf("web%d", i), l.server(sshserver.Options{}).Port()))
	}
	if err := os.RemoveAll(l.path("known_hosts")); err != nil {
		t.Fatal(err)
	}
	for _, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.tables) != 1 || len(person.tables[0]) != 8 {
		t.Fatalf("asked %d times: %+v", len(person.tables), person.tables)
	}
	key := person.tables[0][0]
	if !strings.HasPrefix(key.Fingerprint, "SHA256:") || key.Type != "ssh-ed25519" ||
		!strings.HasPrefix(key.Address, "[127.0.0.1]:") || !strings.HasPrefix(key.Host, "web") {
		t.Errorf("asked %+v", key)
	}
	if n := strings.Count(l.read("known_hosts"), "\n"); n != 8 {
		t.Errorf("%d lines in known_hosts, want 8", n)
	}
	if info, err := os.Stat(l.path("known_hosts")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	again := newLab(t, Options{Home: l.home})
	for _, err := range again.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTrustDeclined(t *testing.T) {
	l := newLab(t, Options{Person: &sshPerson{trust: false}})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	l.fails(at("web", s.Port()), HostKey, "was not trusted")
	if got := l.read("known_hosts"); got != "" {
		t.Errorf("known_hosts now contains %q", got)
	}
}

// A jump host comes first: nobody can see the hosts behind it before.
func TestTrustJump(t *testing.T) {
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	jump, first, second := l.server(sshserver.Options{}), l.server(sshserver.Options{}), l.server(sshserver.Options{})
	l.write("known_hosts", "")
	a, b := at("a", first.Port()), at("b", second.Port())
	a.Jump = fmt.Sprintf("127.0.0.1:%d", jump.Port())
	b.Jump = a.Jump
	for _, err := range l.runAll(t.Context(), []SSHOptions{a, b}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.tables) != 2 || len(person.tables[0]) != 1 || len(person.tables[1]) != 2 ||
		person.tables[0][0].Host != a.Jump {
		t.Errorf("asked %+v", person.tables)
	}
}

// Several sessions, in this process and as if in others, find the same new host.
func TestAcceptNew(t *testing.T) {
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := l.server(sshserver.Options{})
	if err := os.RemoveAll(l.path()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(l.path("more"), 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := sshserver.NewKeyFile(l.path("id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	others := []*sshserver.Server{s}
	for range 3 {
		other, err := sshserver.Start(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{key}})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		others = append(others, other)
	}
	others = others[1:]
	same := Options{HostKeys: "accept-new", Home: l.home}
	labs := []*lab{l, newLab(t, same), newLab(t, same)}
	var wait sync.WaitGroup
	for _, l := range labs {
		for i := range 9 {
			wait.Go(func() {
				if _, err := l.run(t.Context(), at(fmt.Sprintf("web%d", i), others[i%3].Port()), "true"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if n := strings.Count(l.read("known_hosts"), "\n"); n != 3 {
		t.Errorf("known_hosts has %d lines, want 3:\n%s", n, l.read("known_hosts"))
	}
	if len(l.events.of(journal.Message)) == 0 {
		t.Error("the journal does not tell which keys were accepted")
	}
	strict := newLab(t, Options{Home: l.home})
	strict.output(at("web", others[0].Port()), "true")
}

func TestRemember(t *testing.T) {
	key, other := publicOf(t, newRSA(t)), publicOf(t, newRSA(t))
	at := place{names: []string{"[web]:2222", "web"}, principal: "web"}
	file := filepath.Join(t.TempDir(), "new", "known_hosts")
	if err := remember(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, mode)
		}
	}
	line := "[web]:2222 " + string(ssh.MarshalAuthorizedKey(key))
	check := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%v, got %q, want %q", err, text, want)
		}
	}
	check(line)
	if err := remember(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check(line)
	if err := remember(file, at, false, other); err == nil {
		t.Error("a second key was added as if it were new")
	}
	check(line)
	if err := os.WriteFile(file, []byte("# no newline at its end"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := remember(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check("# no newline at its end\n" + line)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := remember(file, at, true, key); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "|1|") || parseKnown(file, text).at(at).judge(key) != nil {
		t.Errorf("hashed: %q, %v", text, err)
	}
}

// A known_hosts that cannot be written is no reason not to work.
func TestAcceptNewReadOnly(t *testing.T) {
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := l.server(sshserver.Options{})
	o := at("web", s.Port())
	o.KnownHosts = []string{"/dev/null/known_hosts"}
	l.fails(o, HostKey, "known_hosts cannot be read")
	o.KnownHosts = []string{"/proc/known_hosts"}
	l.output(o, "true")
	s.Cut()
	l.output(o, "true")
	l.warned("could not be remembered")
}

// The host keys of a thousand hosts are looked up in a known_hosts of a thousand hashed names within a second or two.
func BenchmarkKnownHosts(b *testing.B) {
	key, err := sshserver.NewKeyFile(filepath.Join(b.TempDir(), "key"))
	if err != nil {
		b.Fatal(err)
	}
	var text []byte
	for i := range 1000 {
		text = append(text, knownhosts.HashHostname(fmt.Sprintf("host%d", i))+" "...)
		text = append(text, ssh.MarshalAuthorizedKey(key)...)
	}
	at := place{names: []string{"host999"}, principal: "host999"}
	for b.Loop() {
		if err := parseKnown("file", text).at(at).judge(key); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzKnownLine(f *testing.F) {
	f.Add("web,db ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0ToBGxHhQb2X0x0hGdzRJpcQSsZ0OZ1nQ0yvzQYw7S", "web")
	f.Add("@revoked * x y", "web")
	f.Add("|1|a|b| x y", "web")
	f.Add("*?*!,!web,, x AAAA", "")
	f.Fuzz(func(t *testing.T, line, name string) {
		parseKnown("file", []byte(line)).about(name) // neither panics nor takes long
	})
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "", false}, {"*", "", true}, {"*", "a.b", true}, {"a*b", "ab", true},
		{"a*b", "axxb", true}, {"a*b", "axxc", false}, {"*a*a*", "aa", true}, {"*a*a*", "a", false},
		{"?", "a", true}, {"?", "", false}, {"a?c", "abc", true}, {"[a]:*", "[a]:22", true},
		{"*.example.com", "web.example.com", true},
		{"*.example.com", "example.com", false}, {strings.Repeat("*a", 40), strings.Repeat("a", 39) + "b", false},
	} {
		if got := wildcard(c.pattern, c.text); got != c.want {
			t.Errorf("wildcard(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}
