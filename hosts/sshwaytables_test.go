package hosts

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func eachServer(n int) func(int) int { return func(servers int) int { return n * servers } }
func once(int) int                   { return 1 }

func waysByKey(key *rsa.PrivateKey) []way {
	return []way{
		{name: "agent", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.agentOf(ring(l, private))
			return authorized(public)
		}},
		{name: "default file", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("id_ed25519", private)
			return authorized(public)
		}},
		{name: "key_filename", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("other", private)
			o.KeyFilename = "~/.ssh/other"
			return authorized(public)
		}},
		{name: "key", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("other", private)
			o.Key = l.token(l.read("other"))
			return authorized(public)
		}},
		{name: "key_password", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("other", private)
			l.lock("other", "pass phrase")
			o.KeyFilename, o.KeyPassword = l.path("other"), l.token("pass phrase")
			return authorized(public)
		}},
		{name: "passphrase", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("id_ed25519", private)
			l.lock("id_ed25519", "pass phrase")
			return authorized(public)
		}, answers: map[string]string{"passphrase of ~/.ssh/id_ed25519": "pass phrase"}, asked: once},
		{name: "passphrase of a key that does not say which it is", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.write("id_rsa", string(pem.EncodeToMemory(&pem.Block{
				Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key),
			})))
			l.lock("id_rsa", "pass phrase", "-m", "PEM")
			return authorized(publicOf(l.T, key))
		}, answers: map[string]string{"passphrase of ~/.ssh/id_rsa": "pass phrase"}, asked: once},
		{name: "RSA with SHA-2 only", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.keyFile("id_rsa", key)
			o := authorized(publicOf(l.T, key))
			o.KeyAlgorithms = []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512}
			return o
		}},
		{name: "RSA in the agent with SHA-2 only", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.agentOf(ring(l, key))
			o := authorized(publicOf(l.T, key))
			o.KeyAlgorithms = []string{ssh.KeyAlgoRSASHA512}
			return o
		}},
		{name: "encrypted RSA with SHA-2 only", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.keyFile("id_rsa", key)
			l.lock("id_rsa", "pass phrase")
			o := authorized(publicOf(l.T, key))
			o.KeyAlgorithms = []string{ssh.KeyAlgoRSASHA256}
			return o
		}, answers: map[string]string{"passphrase of ~/.ssh/id_rsa": "pass phrase"}, asked: once},
		{name: "RSA with SHA-1 only, where that is allowed", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.keyFile("id_rsa", key)
			o := authorized(publicOf(l.T, key))
			o.KeyAlgorithms = []string{ssh.KeyAlgoRSA}
			return o
		}, config: "PubkeyAcceptedAlgorithms +ssh-rsa\n"},
		{name: "hardware key", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			device, public := newDevice(l)
			l.agentOf(device)
			return authorized(public)
		}},
		{name: "the one of 9 keys that a file names", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			publics := l.crowd(9)
			l.write("named.pub", string(ssh.MarshalAuthorizedKey(publics[8])))
			o.KeyFilename = "~/.ssh/named"
			server := authorized(publics[8])
			server.MaxAuthTries = 2
			return server
		}},
		{name: "the one of 9 keys that identities_only leaves", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			publics, yes := l.crowd(9), true
			l.write("id_ecdsa.pub", string(ssh.MarshalAuthorizedKey(publics[8])))
			o.IdentitiesOnly = &yes
			server := authorized(publics[8])
			server.MaxAuthTries = 2
			return server
		}},
		{name: "the last of 9 keys", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			return authorized(l.crowd(9)[8])
		}},
	}
}

// certificateLine is in the ssh_config of those that name a certificate.
const certificateLine = "CertificateFile ~/.ssh/mine.pub\n"

func (l *lab) certificateFile(cert *ssh.Certificate) {
	l.Helper()
	l.write("mine.pub", string(ssh.MarshalAuthorizedKey(cert)))
}

func waysByCertificate(key *rsa.PrivateKey) []way {
	// with has the server trust an authority, and know nothing of the key itself.
	type holding func(l *lab, o *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate)
	with := func(hold holding) func(*lab, *SSHOptions) sshserver.Options {
		return func(l *lab, o *SSHOptions) sshserver.Options {
			authority, trusted := newAuthority(l)
			private, public := newPair(l)
			hold(l, o, private, certify(l, authority, public, "deploy"))
			return sshserver.Options{UserAuthority: trusted}
		}
	}
	return []way{
		{name: "certificate beside the default key", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("id_ed25519", key)
				l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
			})},
		{name: "certificate beside key_filename", prepare: with(
			func(l *lab, o *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("other", key)
				l.write("other-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
				o.KeyFilename = "~/.ssh/other"
			})},
		{name: "certificate beside an encrypted key", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("id_ed25519", key)
				l.lock("id_ed25519", "pass phrase")
				l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
			}), answers: map[string]string{"passphrase of ~/.ssh/id_ed25519": "pass phrase"}, asked: once},
		{name: "certificate in the agent", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.agentOf(ring(l, agent.AddedKey{PrivateKey: key, Certificate: cert}))
			})},
		{name: "certificate of a key that the agent holds", prepare: with(
			func(l *lab, o *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.agentOf(ring(l, key))
				l.write("other.pub", string(ssh.MarshalAuthorizedKey(cert.Key)))
				l.write("other-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
				o.KeyFilename = "~/.ssh/other"
			})},
		{name: "CertificateFile of a key file", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("id_ed25519", key)
				l.certificateFile(cert)
			}), config: certificateLine},
		{name: "CertificateFile of an encrypted key", prepare: with(
			func(l *lab, o *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("other", key)
				l.lock("other", "pass phrase")
				l.certificateFile(cert)
				o.KeyFilename = "~/.ssh/other"
			}), config: certificateLine,
			answers: map[string]string{"passphrase of ~/.ssh/other": "pass phrase"}, asked: once},
		{name: "CertificateFile of a key as text", prepare: with(
			func(l *lab, o *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.keyFile("other", key)
				l.certificateFile(cert)
				o.Key = l.token(l.read("other"))
			}), config: certificateLine},
		{name: "CertificateFile of a key that the agent holds", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.crowd(3)
				l.agentOf(ring(l, key))
				l.certificateFile(cert)
			}), config: certificateLine},
		{name: "CertificateFile of a key that only the agent holds, with IdentitiesOnly", prepare: with(
			func(l *lab, _ *SSHOptions, key ed25519.PrivateKey, cert *ssh.Certificate) {
				l.agentOf(ring(l, key))
				l.certificateFile(cert)
			}), config: certificateLine + "IdentitiesOnly yes\n"},
		{name: "RSA certificate with SHA-2 only", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			authority, trusted := newAuthority(l)
			l.keyFile("id_rsa", key)
			cert := certify(l, authority, publicOf(l.T, key), "deploy")
			l.write("id_rsa-cert.pub", string(ssh.MarshalAuthorizedKey(cert)))
			return sshserver.Options{UserAuthority: trusted, KeyAlgorithms: []string{ssh.KeyAlgoRSASHA256}}
		}},
	}
}

// asking is a server that asks rounds of questions, and knows the answers.
func asking(rounds ...round) sshserver.Options {
	return sshserver.Options{KeyboardInteractive: func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		for _, r := range rounds {
			got, err := ask(r.name, r.instruction, r.prompts, r.echo)
			if err != nil || !slices.Equal(got, r.answers) {
				return false
			}
		}
		return true
	}}
}

type round struct {
	name, instruction string
	prompts           []string
	echo              []bool
	answers           []string
}

var (
	passwordRound = round{prompts: []string{"Password: "}, echo: []bool{false}, answers: []string{"right"}}
	codeRound     = round{prompts: []string{"Verification code: "}, echo: []bool{false}, answers: []string{"123456"}}
	silentRound   = round{name: "PAM", instruction: "welcome"}
)

func typing(o sshserver.Options) func(*lab, *SSHOptions) sshserver.Options {
	return func(l *lab, _ *SSHOptions) sshserver.Options { return o }
}

func havingPassword(o sshserver.Options) func(*lab, *SSHOptions) sshserver.Options {
	return func(_ *lab, so *SSHOptions) sshserver.Options {
		so.Password = "right"
		return o
	}
}

func waysByWord() []way {
	right := sshserver.Options{Password: sshserver.IsPassword("right")}
	typed := map[string]string{"password": "right", "Verification code:": "123456", "Password:": "right", "Name:": "me"}
	return []way{
		{name: "password as an option", prepare: havingPassword(right), here: true},
		{name: "password as an option, asked for", prepare: havingPassword(asking(passwordRound)), here: true},
		{name: "password as an option, asked for, and then silence", prepare: havingPassword(asking(passwordRound,
			round{}, silentRound)), here: true},
		{name: "password typed", prepare: typing(right), answers: typed, asked: eachServer(1)},
		{name: "password typed, asked for", prepare: typing(asking(passwordRound)), answers: typed, asked: eachServer(1)},
		{name: "password and code typed", prepare: typing(asking(passwordRound, codeRound)), answers: typed,
			asked: eachServer(2)},
		{name: "password as an option and code typed", prepare: havingPassword(asking(passwordRound, codeRound)),
			answers: typed, asked: once, here: true},
		{name: "code and password typed", prepare: typing(asking(codeRound, passwordRound)), answers: typed,
			asked: eachServer(2)},
		{name: "all in one round", prepare: typing(asking(round{
			prompts: []string{"Name: ", "Password: ", "Verification code: "}, echo: []bool{true, false, false},
			answers: []string{"me", "right", "123456"}})), answers: typed, asked: eachServer(3)},
		{name: "15 keys and then a password", prepare: func(l *lab, o *SSHOptions) sshserver.Options {
			l.crowd(15)
			o.Password = "right"
			return sshserver.Options{Password: sshserver.IsPassword("right"), AuthorizedKeys: otherKeys(l), MaxAuthTries: 3}
		}, here: true},
		{name: "15 keys and then a typed password", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.crowd(15)
			return sshserver.Options{Password: sshserver.IsPassword("right"), AuthorizedKeys: otherKeys(l), MaxAuthTries: 3}
		}, answers: typed, asked: eachServer(1)},
		{name: "15 keys and then a code", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			l.crowd(15)
			o := asking(codeRound)
			o.AuthorizedKeys, o.MaxAuthTries = otherKeys(l), 3
			return o
		}, answers: typed, asked: eachServer(1)},
	}
}

// otherKeys are keys that nobody has, so that a server takes keys.
func otherKeys(t testing.TB) []ssh.PublicKey {
	_, public := newPair(t)
	return []ssh.PublicKey{public}
}

func waysInSteps() []way {
	typed := map[string]string{"password": "right", "Verification code:": "123456"}
	steps := func(keys int, o sshserver.Options, steps ...string) func(*lab, *SSHOptions) sshserver.Options {
		return func(l *lab, _ *SSHOptions) sshserver.Options {
			o.AuthorizedKeys, o.Steps = nil, steps
			o.AuthorizedKeys = append(o.AuthorizedKeys, l.crowd(7)[7-keys:]...)
			return o
		}
	}
	right := sshserver.Options{Password: sshserver.IsPassword("right")}
	return []way{
		{name: "key, then password", prepare: steps(1, right, "publickey", "password"), answers: typed,
			asked: eachServer(1)},
		{name: "key, then questions", prepare: steps(1, asking(passwordRound, codeRound), "publickey",
			"keyboard-interactive"), answers: typed, asked: eachServer(2)},
		{name: "two keys", prepare: steps(2, right, "publickey", "publickey")},
		{name: "two keys, then a code", prepare: steps(2, asking(codeRound), "publickey", "publickey",
			"keyboard-interactive"), answers: typed, asked: eachServer(1)},
		{name: "password, then key", prepare: steps(1, right, "password", "publickey"), answers: typed,
			asked: eachServer(1)},
		{name: "password, then code", prepare: steps(1, sshserver.Options{Password: sshserver.IsPassword("right"),
			KeyboardInteractive: asking(codeRound).KeyboardInteractive}, "password", "keyboard-interactive"),
			answers: typed, asked: eachServer(2)},
		{name: "key, then the passphrase of another", prepare: func(l *lab, _ *SSHOptions) sshserver.Options {
			first, second := newPair(l)
			l.keyFile("id_ed25519", first)
			private, public := newPair(l)
			l.keyFile("id_ecdsa", private)
			l.lock("id_ecdsa", "pass phrase")
			return sshserver.Options{AuthorizedKeys: []ssh.PublicKey{second, public}, Steps: []string{"publickey", "publickey"}}
		}, answers: map[string]string{"passphrase of ~/.ssh/id_ecdsa": "pass phrase"}, asked: once},
	}
}
