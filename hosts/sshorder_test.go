package hosts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// offers has hosts that refuse every key, so that the error tells which were offered, in their order.
func (l *lab) offers(o SSHOptions) string {
	l.Helper()
	e := l.fails(o, LoginFailed)
	_, tried, _ := strings.Cut(e.Err.Error(), "tried: ")
	tried, _, _ = strings.Cut(tried, ";")
	return tried
}

// What is named comes before what is lying about, so that the server does not lose patience before the right key.
func TestOrderOfKeys(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		name   string
		config string
		change func(l *lab, o *SSHOptions)
		want   string
	}{
		{"the usual files, then the agent, then what is locked", "", nil,
			"~/.ssh/id_ecdsa, agent (3 keys), ~/.ssh/id_ed25519"},
		{"key_filename first", "", func(_ *lab, o *SSHOptions) { o.KeyFilename = "~/.ssh/other" },
			"~/.ssh/other, ~/.ssh/id_ecdsa, agent (3 keys), ~/.ssh/id_ed25519"},
		{"key_filename, although it is locked", "", func(_ *lab, o *SSHOptions) { o.KeyFilename = "~/.ssh/id_ed25519" },
			"~/.ssh/id_ed25519, ~/.ssh/id_ecdsa, agent (3 keys)"},
		{"a key as text first", "", func(l *lab, o *SSHOptions) { o.Key = l.token(l.read("other")) },
			"the key of web, ~/.ssh/id_ecdsa, agent (3 keys), ~/.ssh/id_ed25519"},
		{"IdentityFile in place of the usual files", "IdentityFile ~/.ssh/other\nIdentityFile ~/.ssh/id_ecdsa\n", nil,
			"~/.ssh/other, ~/.ssh/id_ecdsa, agent (3 keys)"},
		{"IdentityFile that is locked", "IdentityFile ~/.ssh/id_ed25519\nIdentityFile ~/.ssh/other\n", nil,
			"~/.ssh/other, agent (3 keys), ~/.ssh/id_ed25519"},
		{"IdentityFile that the agent holds", "IdentityFile ~/.ssh/held\nIdentityFile ~/.ssh/other\n", nil,
			"agent (3 keys), ~/.ssh/other"},
		{"IdentityFile that is missing", "IdentityFile ~/.ssh/missing\nIdentityFile ~/.ssh/other\n", nil,
			"~/.ssh/other, agent (3 keys)"},
		{"CertificateFile before its key", "CertificateFile ~/.ssh/certificate\nIdentityFile ~/.ssh/other\n", nil,
			"~/.ssh/certificate, ~/.ssh/other, agent (3 keys)"},
		{"IdentitiesOnly", "IdentitiesOnly yes\n", nil, "~/.ssh/id_ecdsa, ~/.ssh/id_ed25519"},
		{"IdentitiesOnly with one that the agent holds", "IdentityFile ~/.ssh/held\nIdentitiesOnly yes\n", nil,
			"agent (1 key)"},
		{"identities_only", "", func(_ *lab, o *SSHOptions) { o.IdentitiesOnly = &yes },
			"~/.ssh/id_ecdsa, ~/.ssh/id_ed25519"},
		{"identities_only goes before IdentitiesOnly", "IdentityFile ~/.ssh/other\nIdentitiesOnly yes\n",
			func(_ *lab, o *SSHOptions) { o.IdentitiesOnly = &no }, "~/.ssh/other, agent (3 keys)"},
		{"PubkeyAcceptedAlgorithms leaves keys out", "PubkeyAcceptedAlgorithms -ssh-ed25519\n" +
			"CertificateFile ~/.ssh/certificate\nIdentityFile ~/.ssh/other\n", nil, "~/.ssh/certificate"},
		{"PubkeyAcceptedAlgorithms leaves certificates out", "PubkeyAcceptedAlgorithms -*-cert-*\n" +
			"CertificateFile ~/.ssh/certificate\nIdentityFile ~/.ssh/other\n", nil, "~/.ssh/other, agent (3 keys)"},
		{"IdentityAgent none", "IdentityAgent none\n", nil, "~/.ssh/id_ecdsa, ~/.ssh/id_ed25519"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			l.lock("id_ed25519", "pass phrase")
			private := pairs(t, 4)
			l.keyFile("id_ecdsa", private[0])
			l.keyFile("other", private[1])
			l.write("held.pub", string(ssh.MarshalAuthorizedKey(publicOf(t, private[2]))))
			authority, _ := newAuthority(t)
			l.write("certificate", string(ssh.MarshalAuthorizedKey(certify(t, authority, publicOf(t, private[1]), "deploy"))))
			held := append(pairs(t, 2), private[2])
			o := at("web", l.server(authorized(publicOf(t, private[3]))).Port())
			if c.change != nil {
				c.change(l, &o)
			}
			if !strings.Contains(c.config, "IdentityAgent") {
				l.agentOf(ring(t, held...))
			}
			o = l.reading(o, c.config)
			if got := l.offers(o); got != c.want {
				t.Errorf("offered %s\nwant    %s", got, c.want)
			}
			if got := l.told(o); got != c.want {
				t.Errorf("Info tells of %s\nwant          %s", got, c.want)
			}
		})
	}
}

// The ways come in the order of PreferredAuthentications, and without those that ssh_config takes away.
func TestOrderOfWays(t *testing.T) {
	t.Parallel()
	const key, questions, password = "~/.ssh/id_ed25519", "password (keyboard-interactive)", "password"
	for _, c := range []struct {
		config string
		want   []string
	}{
		{"", []string{key, questions}}, // the same password is not tried twice
		{"PreferredAuthentications password,publickey", []string{password, key}},
		{"PreferredAuthentications password,keyboard-interactive", []string{password}},
		{"PreferredAuthentications hostbased,gssapi-with-mic,publickey", []string{key}},
		{"PubkeyAuthentication no", []string{questions}},
		{"KbdInteractiveAuthentication no", []string{key, password}},
		{"PasswordAuthentication no", []string{key, questions}},
		{"PasswordAuthentication no\nKbdInteractiveAuthentication no", []string{key}},
	} {
		t.Run(c.config, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			server := asking(passwordRound)
			server.Password, server.AuthorizedKeys = sshserver.IsPassword("right"), otherKeys(t)
			o := l.reading(at("web", l.server(server).Port()), c.config+"\n")
			o.Password = "wrong"
			if got := l.offers(o); got != strings.Join(c.want, ", ") {
				t.Errorf("tried %s, want %q", got, c.want)
			}
		})
	}
}

// However many keys an agent holds, sshd never sees more than it bears, and none too many where one is named.
func TestRealCrowd(t *testing.T) {
	t.Parallel()
	const many = 20
	for _, c := range []struct {
		name, config string
		refused      int // keys
		connections  int
	}{
		{"the last one", "", many, 1 + many/keysAtOnce}, // of the others, and of ~/.ssh/id_ed25519
		{"named", "IdentityFile ~/.ssh/named\n", 0, 1},
		{"named alone", "IdentityFile ~/.ssh/named\nIdentitiesOnly yes\n", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			keys := l.crowd(many)
			l.write("named.pub", string(ssh.MarshalAuthorizedKey(keys[many-1])))
			s := sshdtest.Start(t, sshdtest.Options{
				Config: []string{"MaxAuthTries 6", trusting(t, "AuthorizedKeysFile", keys[many-1])},
			})
			o := l.reading(l.real(s), c.config)
			o.KeyFilename = ""
			l.output(o, "true")
			for said, want := range map[string]int{
				"Failed publickey": c.refused, "Connection from": c.connections, "maximum authentication attempts": 0,
			} {
				if n := strings.Count(s.Log(), said); n != want {
					t.Errorf("sshd says %q %d times, want %d", said, n, want)
				}
			}
		})
	}
}

// Where there are even more, the login ends before the server is bothered for long, and says what to do.
func TestCrowdTooLarge(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	keys := l.crowd(30)
	s := l.server(authorized(keys[29]))
	most := (1+maxConnections)*keysAtOnce - 1 // besides ~/.ssh/id_ed25519
	l.fails(l.reading(at("web", s.Port()), ""), LoginFailed, fmt.Sprintf("agent (%d keys)", most),
		"name the right key with key_filename and set identities_only")
	if n := s.Accepted(); n != 1+maxConnections {
		t.Errorf("%d connections, want %d", n, 1+maxConnections)
	}
}

// Many hosts behind one jump host ask for what it wants once.
func TestJumpIsAskedForOnce(t *testing.T) {
	t.Parallel()
	person := &knowing{answers: map[string]string{"password": "right", "Verification code:": "123456"}}
	l := newLab(t, Options{Person: person})
	jump := l.server(asking(passwordRound, codeRound))
	var all []SSHOptions
	for i := range 6 {
		o := at(fmt.Sprintf("web%d", i), l.server(sshserver.Options{}).Port())
		o.Jump = fmt.Sprintf("deploy@127.0.0.1:%d", jump.Port())
		all = append(all, o)
	}
	for _, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	for i, want := range []PasswordQuestion{
		{What: "password", User: "deploy", Hosts: []string{strings.TrimSpace(all[0].Jump)}},
		{What: `answer to "Verification code:"`, User: "deploy", Hosts: []string{all[0].Jump}, Prompt: "Verification code:"},
	} {
		if i >= len(person.asked) || !slices.Equal(person.asked[i].Hosts, want.Hosts) || person.asked[i].What != want.What {
			t.Errorf("asked %+v", person.asked)
		}
	}
	if len(person.asked) != 2 {
		t.Errorf("asked %d times, want twice", len(person.asked))
	}
}
