package deployer_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

const certain = `web1(slug = "certain", port = PORT, key_filename = KEYFILE, known_hosts = KNOWN)`

// faultsOfTrust are faults of who says who they are.
var faultsOfTrust = []seenFault{
	{name: "a certificate that has expired", host: certain, action: echo, status: 4, state: journal.Refused,
		made: certified(func(c *ssh.Certificate) { c.ValidBefore = uint64(time.Now().Add(-time.Hour).Unix()) }),
		says: "does not count: it ended at "},
	{name: "a certificate of another host", host: certain, action: echo, status: 4, state: journal.Refused,
		made: certified(func(c *ssh.Certificate) { c.ValidPrincipals = []string{"elsewhere"} }),
		says: "does not count: it is for other hosts: elsewhere"},
	{name: "a certificate that is right", host: certain, action: echo, status: 0, state: journal.Done,
		made: certified(func(*ssh.Certificate) {})},
	{name: "a second factor, and nobody to ask", action: echo, status: 3, state: journal.Unreachable, made: asking,
		host: `web1(slug = "asking", port = PORT, host_key = HOSTKEY)`,
		says: "there is nothing to log in with; the server takes keyboard-interactive"},
}

// certified is a host of which only the authority that has signed its key is known.
func certified(change func(*ssh.Certificate)) func(*testing.T, *fleet) site {
	return func(t *testing.T, _ *fleet) site {
		s := sshdtest.Start(t, sshdtest.Options{
			HostCertificates: true, Certify: func(_ string, c *ssh.Certificate) bool { change(c); return true },
		})
		known := filepath.Join(t.TempDir(), "known")
		must(t, os.WriteFile(known, []byte(s.AuthorityLine+"\n"), 0o600))
		return site{port: s.Port, server: s, known: known}
	}
}

// asking is a server that asks for a code.
func asking(t *testing.T, f *fleet) site {
	return inProcess(t, f, sshserver.Options{KeyboardInteractive: func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		answers, err := ask("", "", []string{"Verification code:"}, []bool{false})
		return err == nil && len(answers) == 1 && answers[0] == "123456"
	}})
}
