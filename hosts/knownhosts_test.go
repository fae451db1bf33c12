package hosts

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// TestKnownHostsUnlikeOpenSSH has the cases in which we judge otherwise, and why.
func TestKnownHostsUnlikeOpenSSH(t *testing.T) {
	t.Parallel()
	rsa, wrong := publicOf(t, newRSA(t)), publicOf(t, newRSA(t))
	at := place{names: []string{"[web]:2222", "web"}, principal: "web"}
	line := func(name string, key ssh.PublicKey) string { return name + " " + string(ssh.MarshalAuthorizedKey(key)) }

	// It asks for the key types of entries with the port alone, so it may be shown one that it cannot judge.
	entries := parseKnown("file", []byte(line("web", rsa)))
	if first := (keyKinds{}).order(entries.at(at))[0]; first != ssh.CertAlgoRSASHA512v01 {
		t.Errorf("asks for %s first", first)
	}
	// From a server with host certificates, it takes the entry without a port although the one with it says otherwise.
	entries = parseKnown("file", []byte(line("[web]:2222", wrong)+line("web", rsa)))
	if err := entries.at(at).judge(rsa); !errors.Is(err, errChangedKey) {
		t.Errorf("error %v, want %v", err, errChangedKey)
	}
}

func TestUnknownKey(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// An entry for several hosts is not one that ssh-keygen removes.
func TestChangedKeyOfPattern(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	wrong := string(ssh.MarshalAuthorizedKey(publicOf(t, newRSA(t))))
	l.write("known_hosts", "# mine\n[127.*]:* "+wrong)
	l.fails(at("web", s.Port()), HostKey, "has changed", l.path("known_hosts")+":2 says ssh-rsa SHA256:",
		"remove line 2 of "+l.path("known_hosts")+", which is about other hosts too")
}

// What is wrong with a jump host is said of the jump host.
func TestChangedKeyOfJump(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"strict", "accept-new"} {
		for bad := range 2 {
			l := newLab(t, Options{HostKeys: mode, Person: &sshPerson{trust: true}})
			o := l.chain(SSHOptions{}, 2, sshserver.Options{}, sshserver.Options{})
			jump := strings.Split(o.Jump, ",")[bad]
			name := strings.Replace(strings.TrimPrefix(jump, "deploy@"), "127.0.0.1", "[127.0.0.1]", 1)
			lines := strings.Split(l.read("known_hosts"), "\n")
			lines[bad] = name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(publicOf(t, newRSA(t)))))
			l.write("known_hosts", strings.Join(lines, "\n"))
			e := l.fails(o, HostKey, "through jump host ", "the host key of "+name+" has changed",
				fmt.Sprintf("%s:%d says ssh-rsa SHA256:", l.path("known_hosts"), bad+1),
				fmt.Sprintf("ssh-keygen -R '%s' -f %s", name, l.path("known_hosts")))
			if e.Host != "web" || e.State() != journal.Refused {
				t.Errorf("host %s, state %s", e.Host, e.State())
			}
		}
	}
}

// A revoked key, or one of a revoked authority, is refused whatever else is known, on the way too.
func TestRevokedKeyOfJump(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "accept-new"})
	o := l.chain(SSHOptions{}, 1, sshserver.Options{}, sshserver.Options{})
	first := strings.Split(l.read("known_hosts"), "\n")[0]
	l.know("@revoked * " + keyOf(first) + "\n")
	l.fails(o, HostKey, "through jump host ", "is revoked by "+l.path("known_hosts")+":3")
}

func TestRevokedAuthority(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := sshdtest.Start(t, sshdtest.Options{HostCertificates: true})
	o := l.real(s)
	authority := keyOf(s.AuthorityLine)
	l.write("known_hosts", "@cert-authority * "+authority+"\n@revoked * "+authority+"\n")
	o.KnownHosts = []string{l.path("known_hosts")}
	l.fails(o, HostKey, "the authority that certified the host key of", "is revoked by "+l.path("known_hosts")+":2",
		"have another authority certify the key of the host")
}

// The key of an unknown host behind others cannot be fetched by ssh-keyscan.
func TestUnknownKeyBehindJump(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.chain(SSHOptions{}, 1, sshserver.Options{}, sshserver.Options{})
	l.write("known_hosts", strings.Split(l.read("known_hosts"), "\n")[0]+"\n")
	e := l.fails(o, HostKey, "is not known", "connect once with a terminal to be asked", "--host-keys accept-new")
	if strings.Contains(e.Hint, "ssh-keyscan") {
		t.Errorf("hint %q", e.Hint)
	}
}

// A certificate that is signed with SHA-1 does not count.
func TestCertificateWithSHA1(t *testing.T) {
	t.Parallel()
	signer, err := ssh.NewSignerFromKey(newRSA(t))
	if err != nil {
		t.Fatal(err)
	}
	weak, err := ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	_, key := newPair(t)
	cert := &ssh.Certificate{Key: key, CertType: ssh.HostCert, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, weak); err != nil {
		t.Fatal(err)
	}
	if err := checkCertificate(cert, "web"); err == nil || err.Error() != "it is signed with SHA-1" {
		t.Errorf("error %v", err)
	}
}

func TestPinnedKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	o := at("web", s.Port())
	o.HostKey = s.HostKey() + " a comment"
	l.output(o, "true")
	o.HostKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(l.key)))
	o.HostKeys = "accept-new"
	l.fails(o, HostKey, "is not the one that host_key names: it is ssh-ed25519 SHA256:", ", not ssh-ed25519 SHA256:")
}

// A server with several keys and certificates shows the key that is pinned, whatever ssh_config would like to see.
func TestPinnedKeyOfSeveral(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := sshdtest.Start(t, sshdtest.Options{HostKeys: []string{"ed25519", "ecdsa", "rsa"}, HostCertificates: true})
	l.write("known_hosts", "")
	for n, algorithms := range []string{"+ssh-rsa", "^ecdsa-sha2-nistp256", "-rsa-*", "ssh-ed25519-cert-v01@openssh.com"} {
		config := fmt.Sprintf("config%d", n)
		l.write(config, "HostKeyAlgorithms "+algorithms+"\n")
		for i, known := range s.HostKeyLines {
			o := l.real(s)
			o.Slug, o.KnownHosts, o.HostKey = fmt.Sprintf("web%d-%d", n, i), []string{l.path("known_hosts")}, keyOf(known)
			o.ConfigFilename = l.path(config)
			l.output(o, "true")
		}
	}
}

// All new keys of a run come in one question.
func TestTrustAsked(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{trust: false}})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	l.fails(at("web", s.Port()), HostKey, "was not trusted")
	if got := l.read("known_hosts"); got != "" {
		t.Errorf("known_hosts now contains %q", got)
	}
}

// A jump host that nobody trusts is asked for once for all hosts behind it.
func TestTrustOfJumpDeclined(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: false}
	l := newLab(t, Options{Person: person})
	o := l.chain(SSHOptions{}, 1, sshserver.Options{}, sshserver.Options{})
	l.write("known_hosts", strings.Split(l.read("known_hosts"), "\n")[1]+"\n") // the host is known
	var all []SSHOptions
	for i := range 4 {
		o.Slug = fmt.Sprintf("web%d", i)
		all = append(all, o)
	}
	for i, err := range l.runAll(t.Context(), all, "true") {
		if e := l.fault(err, HostKey, "through jump host "+o.Jump, "was not trusted: ssh-ed25519 SHA256:"); e.Host != all[i].Slug {
			t.Errorf("the error is of %s", e.Host)
		}
	}
	if len(person.tables) != 1 || len(person.tables[0]) != 1 || person.tables[0][0].Host != o.Jump {
		t.Errorf("asked %+v", person.tables)
	}
}

// Jump hosts come first, one after the other: nobody can see the hosts behind them before.
func TestTrustJump(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	a := l.chain(SSHOptions{}, 2, sshserver.Options{}, sshserver.Options{})
	b := at("b", l.server(sshserver.Options{}).Port())
	b.Jump = a.Jump
	l.write("known_hosts", "")
	for _, err := range l.runAll(t.Context(), []SSHOptions{a, b}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	var tables [][]string
	for _, table := range person.tables {
		var hosts []string
		for _, key := range table {
			hosts = append(hosts, key.Host)
		}
		tables = append(tables, hosts)
	}
	jumps := strings.Split(a.Jump, ",")
	if want := [][]string{{jumps[0]}, {jumps[1]}, {"b", "web"}}; !reflect.DeepEqual(tables, want) {
		t.Errorf("asked for %v, want %v", tables, want)
	}
}

// Several sessions, in this process and as if in others, find the same new host.
func TestAcceptNew(t *testing.T) {
	t.Parallel()
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
