package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// keyOf returns the key of a line of known_hosts: its type and base64.
func keyOf(line string) string {
	fields := strings.Fields(line)
	return strings.Join(fields[len(fields)-2:], " ")
}

// knownCase is a known_hosts, and what our error says where the key is not trusted.
type knownCase struct{ name, text, says string }

// knownCases are such files beside others.
type knownCases struct {
	name           string
	config, global string // of ssh_config, and of known_hosts of the machine
	all            []knownCase
}

// files writes the files of a case, and returns the name of that of ssh_config.
func (k *knownCases) files(t *testing.T, dir, known string) (config string) {
	t.Helper()
	for name, text := range map[string]string{
		"known_hosts": known, "global": k.global,
		"config": k.config + "UserKnownHostsFile " + dir + "/known_hosts\nGlobalKnownHostsFile " + dir + "/global\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config")
}

// line is a line of known_hosts.
func line(parts ...string) string { return strings.Join(parts, " ") + "\n" }

// TestKnownHostsAsOpenSSH has ssh itself say what is right, and what it adds to the file.
func TestKnownHostsAsOpenSSH(t *testing.T) {
	t.Parallel()
	kinds := []string{"ed25519", "ecdsa", "rsa"}
	plain := sshdtest.Start(t, sshdtest.Options{HostKeys: kinds})
	certified := sshdtest.Start(t, sshdtest.Options{HostKeys: kinds, HostCertificates: true})
	for name, s := range map[string]*sshdtest.Server{"plain": plain, "certificates": certified} {
		compareWithOpenSSH(t, s, knownCases{name: name, all: manyCases(t, s, keyOf(certified.AuthorityLine))})
	}
	for _, k := range casesOfFiles(t, plain) {
		compareWithOpenSSH(t, plain, k)
	}
	for _, k := range casesOfAlias(t, certified) {
		compareWithOpenSSH(t, certified, k)
	}
}

// Certificates that do not count leave the keys inside them, and a server may have some of both.
func TestCertificatesAsOpenSSH(t *testing.T) {
	t.Parallel()
	hour := uint64(time.Hour / time.Second)
	now := uint64(time.Now().Unix())
	for _, c := range []struct {
		name, says string
		certify    func(kind string, c *ssh.Certificate) bool
	}{
		{"expired", "does not count: it ended at ", func(_ string, c *ssh.Certificate) bool {
			c.ValidBefore = now - hour
			return true
		}},
		{"not yet valid", "does not count: it begins at ", func(_ string, c *ssh.Certificate) bool {
			c.ValidAfter = now + hour
			return true
		}},
		{"of another host", "does not count: it is for other hosts: elsewhere, 10.0.0.1", func(_ string, c *ssh.Certificate) bool {
			c.ValidPrincipals = []string{"elsewhere", "10.0.0.1"}
			return true
		}},
		{"of all hosts", "", func(_ string, c *ssh.Certificate) bool {
			c.ValidPrincipals = nil
			return true
		}},
		{"of a pattern", "does not count: it is for other hosts: elsewhere, 127.*", func(_ string, c *ssh.Certificate) bool {
			c.ValidPrincipals = []string{"elsewhere", "127.*"}
			return true
		}},
		{"of a user", "does not count: it is not for hosts", func(_ string, c *ssh.Certificate) bool {
			c.CertType = ssh.UserCert
			return true
		}},
		{"with a condition", `does not count: it has a condition that is not known: "condition"`, func(_ string, c *ssh.Certificate) bool {
			c.CriticalOptions = map[string]string{"condition": ""}
			return true
		}},
		{"of one key", "", func(kind string, _ *ssh.Certificate) bool { return kind == "rsa" }},
	} {
		s := sshdtest.Start(t, sshdtest.Options{HostKeys: []string{"ed25519", "rsa"}, HostCertificates: true, Certify: c.certify})
		compareWithOpenSSH(t, s, knownCases{name: c.name, all: fewCases(t, s, c.says)})
	}
}

// compareWithOpenSSH judges a server by several files, and has ssh do the same. Neither logs in, which takes longer.
func compareWithOpenSSH(t *testing.T, s *sshdtest.Server, k knownCases) {
	t.Helper()
	for _, c := range k.all {
		t.Run(k.name+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			theirs := askOpenSSH(t, s, k.files(t, dir, c.text), dir+"/known_hosts")
			l := newLab(t, Options{})
			l.remove("id_ed25519")
			o := at("known", s.Port)
			o.ConfigFilename = k.files(t, l.path(), c.text)
			known := theirs.trusted && theirs.after == c.text
			if trusts, err := l.trusts(o); known != trusts {
				t.Errorf("ssh knows the key: %v; we say: %v\n%.2000s", known, err, c.text)
			} else if !trusts {
				l.fault(err, HostKey, c.says)
			}
			if known {
				return
			}
			o.Slug, o.HostKeys = "new", "accept-new"
			if trusts, err := l.trusts(o); theirs.trusted != trusts {
				t.Errorf("ssh accepts the key: %v; we say: %v\n%.2000s", theirs.trusted, err, c.text)
			}
			if got := l.read("known_hosts"); got != theirs.after {
				t.Errorf("known_hosts becomes\n%.2000s\nwith ssh it is\n%.2000s", got, theirs.after)
			}
		})
	}
}

// trusts reports whether the host key of a server is trusted that cannot be logged in to.
func (l *lab) trusts(o SSHOptions) (bool, error) {
	_, err := l.run(l.Context(), o, "true")
	var failure *Error
	return errors.As(err, &failure) && failure.Fault == LoginFailed, err
}

// verdict is what ssh says about a key when it accepts new ones, and what it makes of known_hosts.
type verdict struct {
	trusted bool
	after   string
}

func askOpenSSH(t *testing.T, s *sshdtest.Server, config, known string) (v verdict) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ssh", "-F", config, "-p", fmt.Sprint(s.Port), "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=accept-new", "-o", "UpdateHostKeys=no", "-o", "PreferredAuthentications=none",
		"-o", "KexAlgorithms=curve25519-sha256", s.User+"@127.0.0.1", "true").CombinedOutput()
	v.trusted = strings.Contains(string(out), "Permission denied")
	if !v.trusted && !strings.Contains(string(out), "Host key verification failed") {
		t.Errorf("ssh: %v: %s", err, out)
	}
	after, err := os.ReadFile(known)
	if err != nil {
		t.Error(err)
	}
	v.after = string(after)
	return v
}

// keys of a server, by the beginnings of their types.
func keysOf(t *testing.T, s *sshdtest.Server, kinds ...string) (keys []string) {
	t.Helper()
	for _, kind := range kinds {
		i := slices.IndexFunc(s.HostKeyLines, func(l string) bool { return strings.HasPrefix(keyOf(l), kind) })
		if i < 0 {
			t.Fatalf("no %s key in %v", kind, s.HostKeyLines)
		}
		keys = append(keys, keyOf(s.HostKeyLines[i]))
	}
	return keys
}

func wrongKey(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(publicOf(t, newRSA(t)))))
}

// fewCases are those in which certificates matter. says is why one does not count.
func fewCases(t *testing.T, s *sshdtest.Server, says string) []knownCase {
	t.Helper()
	keys := keysOf(t, s, "ssh-ed25519", "ssh-rsa")
	host, authority, wrong := fmt.Sprintf("[127.0.0.1]:%d", s.Port), keyOf(s.AuthorityLine), wrongKey(t)
	return []knownCase{
		{"authority", line("@cert-authority", host, authority), says},
		{"authority, hashed", line("@cert-authority", knownhosts.HashHostname(host), authority), says},
		{"authority without a port", line("@cert-authority", "127.0.0.1", authority), says},
		{"authority and key", line("@cert-authority", host, authority) + line(host, keys[0]), ""},
		{"authority and another key", line("@cert-authority", host, authority) + line(host, keys[1]), ""},
		{"authority and wrong key", line("@cert-authority", host, authority) + line(host, wrong), says},
		{"authority and revoked keys", line("@cert-authority", host, authority) + line("@revoked", host, keys[0]) +
			line("@revoked", host, keys[1]), "is revoked"},
		{"revoked authority", line("@cert-authority", host, authority) + line("@revoked", "*", authority), ""},
		{"nothing", "", ""},
	}
}

func manyCases(t *testing.T, s *sshdtest.Server, authority string) []knownCase {
	t.Helper()
	keys, wrong := keysOf(t, s, "ssh-ed25519", "ecdsa", "ssh-rsa"), wrongKey(t)
	ed, ecdsa, rsa := keys[0], keys[1], keys[2]
	host := fmt.Sprintf("[127.0.0.1]:%d", s.Port)
	return slices.Concat(caseOfNames(host, ed, ecdsa, rsa), caseOfKeys(host, ed, ecdsa, rsa, wrong),
		caseOfAuthorities(host, ed, ecdsa, rsa, wrong, authority), []knownCase{
			{"all", strings.Join(s.HostKeyLines, "\n") + "\n", ""},
			{"unreadable lines", "garbage\n@unknown x y z\n" + line(host, "ssh-ed25519 AAAA") +
				line(host, "ssh-dss "+strings.Fields(ed)[1]) + "# comment\n\n" + line(host, ed, "comment"), ""},
			{"spaces and carriage returns",
				"\t " + host + " \t" + strings.ReplaceAll(ed, " ", "   ") + " comment\r\n", ""},
			{"no newline at the end", "# mine\n" + host + " " + rsa, ""},
			{"a long line", line(strings.Repeat("other,", 10_000)+host, ed) + line("elsewhere", rsa), ""},
		})
}

func caseOfNames(host, ed, ecdsa, rsa string) []knownCase {
	return []knownCase{
		{"hashed", line(knownhosts.HashHostname(host), rsa), ""},
		{"hashed without a port", line(knownhosts.HashHostname("127.0.0.1"), ed), ""},
		{"hashed, another host", line(knownhosts.HashHostname("[127.0.0.2]:22"), rsa), "is not known"},
		{"hashed, and another name", line(knownhosts.HashHostname(host)+",web", rsa), "is not known"},
		{"without a port", line("127.0.0.1", ed), ""},
		{"another port", line("[127.0.0.1]:1", ecdsa), "is not known"},
		{"several names", line("web,"+host+",10.0.0.1", ed), ""},
		{"a pattern", line("[127.0.0.?]:*", ed), ""},
		{"a pattern without a port", line("127.0.0.*", ed), ""},
		{"a pattern that does not match", line("[127.0.0.??]:*", ed), "is not known"},
		{"everything", line("*", ed), ""},
		{"but not this one", line("*,!"+host, ed), "is not known"},
		{"but not this one, first", line("!"+host+",*", ed), "is not known"},
		{"but not these", line("*,![127.*]:*", ed), "is not known"},
		{"but not another", line("*,!elsewhere", ed), ""},
		{"nothing but a negation", line("!elsewhere", ed), "is not known"},
		{"without this one, but for its port", line("*,!127.0.0.1", ed), ""},
		{"upper case", line(strings.ToUpper("[LocalHost]:*")+","+host, ed), ""},
		{"empty names", line(",,"+host+",", ed), ""},
	}
}

func caseOfKeys(host, ed, ecdsa, rsa, wrong string) []knownCase {
	return []knownCase{
		{"empty", "", "is not known"},
		{"ed25519", line(host, ed), ""},
		{"ecdsa", line(host, ecdsa), ""},
		{"rsa", line(host, rsa), ""},
		{"rsa and ecdsa", line(host, rsa) + line(host, ecdsa), ""},
		{"wrong", line(host, wrong), "has changed"},
		{"wrong, hashed", line(knownhosts.HashHostname(host), wrong), "has changed"},
		{"wrong and right", line(host, wrong) + line(host, rsa), ""},
		{"wrong, right of another type", line(host, wrong) + line(host, ed), ""},
		{"wrong, right without a port", line(host, wrong) + line("127.0.0.1", ed), "has changed"},
		{"wrong without a port", line("127.0.0.1", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0ToBGxHhQb2X0x0hGdzRJpcQSsZ0OZ1nQ0yvzQYw7S"),
			"is not known"},
		{"wrong for everybody", line("*", wrong), "has changed"},
		{"revoked", line("@revoked", host, ed) + line(host, ed), "is revoked"},
		{"revoked afterwards", line(host, ed) + line("@revoked", host, ed), "is revoked"},
		{"revoked everywhere", line("@revoked", "*", ed) + line(host, ed), "is revoked"},
		{"revoked, hashed", line("@revoked", knownhosts.HashHostname(host), ed) + line(host, ed), "is revoked"},
		{"revoked on another host", line("@revoked", "elsewhere", ed) + line(host, ed), ""},
		{"another revoked", line("@revoked", "*", wrong) + line(host, ed), ""},
		{"revoked and nothing else", line("@revoked", host, ed), "is revoked"},
	}
}

func caseOfAuthorities(host, ed, ecdsa, rsa, wrong, authority string) []knownCase {
	return []knownCase{
		{"authority", line("@cert-authority", "*", authority), "is not known"},
		{"authority of this host", line("@cert-authority", host, authority), "is not known"},
		{"authority, hashed", line("@cert-authority", knownhosts.HashHostname(host), authority), "is not known"},
		{"authority without a port", line("@cert-authority", "127.0.0.1", authority), "is not known"},
		{"authority of another host", line("@cert-authority", "elsewhere", authority), "is not known"},
		{"authority of others", line("@cert-authority", "*,!"+host, authority), "is not known"},
		{"authority of another host, right key", line("@cert-authority", "elsewhere", authority) + line(host, rsa), ""},
		{"authority and right key", line("@cert-authority", "*", authority) + line(host, rsa), ""},
		{"another authority", line("@cert-authority", "*", wrong), "is not known"},
		{"another authority, right key", line("@cert-authority", "*", wrong) + line(host, ecdsa), ""},
		{"two authorities", line("@cert-authority", "*", wrong) + line("@cert-authority", "*", authority), "is not known"},
		{"authority as a plain key", line(host, authority), "has changed"},
		{"plain key as an authority", line("@cert-authority", host, ed), "is not known"},
		{"authority, revoked key", line("@cert-authority", "*", authority) + line("@revoked", "*", ed), "is revoked"},
		{"authority of another host, revoked", line("@cert-authority", "*", authority) +
			line("@revoked", "elsewhere", authority), "is not known"},
		{"revoked authority, right key", line("@revoked", "*", authority) + line(host, rsa), "is revoked"},
	}
}

// casesOfFiles has entries in several files, and hosts that are asked for some kinds of keys only.
func casesOfFiles(t *testing.T, s *sshdtest.Server) []knownCases {
	t.Helper()
	keys, wrong := keysOf(t, s, "ssh-ed25519", "ecdsa", "ssh-rsa"), wrongKey(t)
	ed, ecdsa, rsa := keys[0], keys[1], keys[2]
	host := fmt.Sprintf("[127.0.0.1]:%d", s.Port)
	return []knownCases{
		{"known to the machine", "", line(host, rsa), []knownCase{
			{"alone", "", ""},
			{"and to the user", line(host, ed), ""},
			{"wrong to the user", line(host, wrong), ""},
			{"revoked by the user", line("@revoked", host, rsa), "is revoked"},
			{"another is revoked by the user", line("@revoked", host, ed), ""},
		}},
		{"wrong to the machine", "", line(host, wrong), []knownCase{
			{"alone", "", "has changed"},
			{"right to the user", line(host, rsa), ""},
			{"right without a port to the user", line("127.0.0.1", rsa), "has changed"},
		}},
		{"revoked by the machine", "", line("@revoked", "*", ed), []knownCase{
			{"alone", "", "is revoked"},
			{"known to the user", line(host, ed), "is revoked"},
			{"another is known to the user", line(host, ecdsa), ""},
		}},
		{"kinds are taken away", "HostKeyAlgorithms -ssh-ed25519*\n", "", []knownCase{
			{"the best is left", line(host, ecdsa), ""},
			{"another is left", line(host, rsa), ""},
			{"known of another kind", line(host, ed), "has changed"},
		}},
		{"kinds are added", "HostKeyAlgorithms +ssh-rsa\n", "", []knownCase{
			{"the best is known", line(host, ed), ""},
			{"another is known", line(host, rsa), ""},
			{"wrong", line(host, wrong), "has changed"},
		}},
		{"kinds are put in front", "HostKeyAlgorithms ^rsa-sha2-256\n", "", []knownCase{
			{"known", line(host, rsa), ""},
			{"known of another kind", line(host, ed), "has changed"},
			{"wrong", line(host, wrong), "has changed"},
		}},
		{"kinds are named", "HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519\n", "", []knownCase{
			{"known", line(host, ecdsa), ""},
			{"known of another kind", line(host, rsa), "has changed"},
			{"wrong of another kind", line(host, wrong), "has changed"},
		}},
	}
}

// casesOfAlias has a host that goes by another name.
func casesOfAlias(t *testing.T, s *sshdtest.Server) []knownCases {
	t.Helper()
	ed, wrong := keysOf(t, s, "ssh-ed25519")[0], wrongKey(t)
	host := fmt.Sprintf("[127.0.0.1]:%d", s.Port)
	return []knownCases{
		{"alias", "HostKeyAlias Web\n", "", []knownCase{
			{"known", line("web", ed), ""},
			{"known by its address", line(host, ed), "is not known"},
			{"wrong by its address", line("web", ed) + line(host, wrong), ""},
			{"known by the alias with its port", line(fmt.Sprintf("[web]:%d", s.Port), ed), "is not known"},
			{"wrong", line("web", wrong), "has changed"},
			{"an authority that names the address", line("@cert-authority", "web", keyOf(s.AuthorityLine)),
				"it is for other hosts"},
			{"unknown", "", "is not known"},
		}},
		{"alias that is the address", "HostKeyAlias 127.0.0.1\n", "", []knownCase{
			{"authority", line("@cert-authority", "127.0.0.1", keyOf(s.AuthorityLine)), ""},
			{"authority with a port", line("@cert-authority", host, keyOf(s.AuthorityLine)), "is not known"},
		}},
	}
}
