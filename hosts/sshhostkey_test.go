package hosts

import (
	"fmt"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

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
	if ends := l.events.Events(journal.ConnectEnd); len(ends) != 1 || ends[0].State != journal.Refused {
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
