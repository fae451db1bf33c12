package hosts

import (
	"crypto/rand"
	"crypto/rsa"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// What ssh_config asks of keys counts whatever known_hosts says, with the words for it.
func TestDemandsOfHostKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := sshdtest.Start(t, sshdtest.Options{HostKeys: []string{"rsa"}, HostCertificates: true})
	plain, authority := "HOST is "+s.HostKeyLines[0], "HOST is "+s.AuthorityLine
	l.write("host", strings.Join(strings.Fields(plain)[3:], " ")+" a comment\n\n# more\n")
	l.write("authority", strings.Join(strings.Fields(authority)[4:], " ")+"\n")
	l.write("others", sshserver.KeyLine(l.key)+"\n")
	for _, c := range []struct{ config, known, says string }{
		{"RequiredRSASize 2048\nRevokedHostKeys " + l.path("others"), s.HostKeyLines[0], ""},
		{"RequiredRSASize 9000", s.HostKeyLines[0], "bits, and RequiredRSASize asks for 9000"},
		{"RequiredRSASize 9000", s.AuthorityLine, "is too short: ssh-rsa SHA256:"},
		{"RevokedHostKeys none", s.HostKeyLines[0], ""},
		{"RevokedHostKeys " + l.path("host"), s.HostKeyLines[0], "is revoked by " + l.path("host") + ":1: ssh-rsa SHA256:"},
		{"RevokedHostKeys " + l.path("host"), s.AuthorityLine, "is revoked by " + l.path("host") + ":1: ssh-rsa SHA256:"},
		{"RevokedHostKeys " + l.path("authority"), s.AuthorityLine, "the authority that certified the host key"},
		{"CASignatureAlgorithms ssh-ed25519", s.AuthorityLine, ""},
		{"CASignatureAlgorithms -ssh-ed25519", s.AuthorityLine, "signed with ssh-ed25519, which CASignatureAlgorithms leaves out"},
	} {
		l.write("known", c.known+"\n")
		o := l.reading(l.real(s), c.config+"\n")
		o.KnownHosts = []string{l.path("known")}
		if c.says == "" {
			l.output(o, "true")
			continue
		}
		o.Slug += c.config + c.known[:1] // a connection of its own
		o.Slug = strings.Map(inSlug, o.Slug)
		l.fails(o, HostKey, c.says)
	}
}

// inSlug leaves out what no slug may contain.
func inSlug(r rune) rune {
	if r == ' ' || r == '\n' || r == '/' {
		return -1
	}
	return r
}

func TestDemandsNotRead(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.write("rubbish", "# keys\nssh-ed25519 AAAA\n")
	l.write("public", sshserver.KeyLine(l.key)+"\n")
	made := exec.Command("ssh-keygen", "-q", "-k", "-f", l.path("list"), l.path("public"))
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, says := range map[string]string{
		"rubbish": "rubbish:2: it is not a public key",
		"missing": "missing: no such file",
		"list":    "revocation lists of ssh-keygen -k are not supported",
	} {
		l.fails(l.reading(SSHOptions{Slug: name}, "RevokedHostKeys "+l.path(name)+"\n"), Unreachable, says, "RevokedHostKeys")
	}
}

func TestDemandsOfUserKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	short, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l.keyFile("short", short)
	o := l.sshd(sshdtest.Options{})
	o.KeyFilename = ""
	l.fails(l.reading(o, "IdentityFile "+l.path("short")+"\nRequiredRSASize 3072\n"), LoginFailed,
		"short (it has 2048 bits, and RequiredRSASize asks for 3072)")
}

// With BatchMode nobody is asked anything, although somebody is there.
func TestConfigBatchMode(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true, passwords: []string{"right"}}
	l := newLab(t, Options{Person: person})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	o := at("web", s.Port())
	l.fails(l.reading(o, "BatchMode yes\n"), LoginFailed, "there is nothing to log in with")
	o.Slug, o.KnownHosts = "new", []string{l.path("empty")}
	l.fails(l.reading(o, "BatchMode yes\n"), HostKey, "is not known")
	o = at("locked", l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{l.key}}).Port())
	l.lock("id_ed25519", "secret")
	o.KeyFilename = l.path("id_ed25519")
	l.fails(l.reading(o, "BatchMode yes\n"), LoginFailed, "BatchMode leaves nobody to ask")
	if len(person.asked) > 0 || len(person.tables) > 0 {
		t.Errorf("asked %+v, %v", person.asked, person.tables)
	}
}

func TestConfigPasswordPrompts(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"1", "2", "3"}}
	l := newLab(t, Options{Person: person})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	l.fails(l.reading(at("web", s.Port()), "NumberOfPasswordPrompts 2\n"), LoginFailed, "tried: password")
	if len(person.asked) != 2 {
		t.Errorf("asked %d times, want 2", len(person.asked))
	}
}

// Keys are exchanged anew while much is sent, as often as RekeyLimit says.
func TestConfigRekeyLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.reading(l.sshd(sshdtest.Options{}), "RekeyLimit 64K\n")
	if got := l.resolve(o).crypto.RekeyThreshold; got != 64<<10 {
		t.Errorf("keys are exchanged after %d bytes, want %d", got, 64<<10)
	}
	if got := l.output(o, "head -c 1000000 /dev/zero | tr '\\0' x"); len(got) != 1000000 {
		t.Errorf("%d bytes came", len(got))
	}
}

func TestConfigTCPKeepAlive(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]bool{"TCPKeepAlive yes\n": true, "": true, "TCPKeepAlive no\n": false} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			l.output(l.reading(l.sshd(sshdtest.Options{}), config), "true")
			raw, err := l.onlyConn().wire.Conn.(*net.TCPConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			got, failed := 0, error(nil)
			err = raw.Control(func(fd uintptr) {
				got, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
			})
			if err != nil || failed != nil || (got != 0) != want {
				t.Errorf("SO_KEEPALIVE is %d, %v, %v", got, err, failed)
			}
		})
	}
}
