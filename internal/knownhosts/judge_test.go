package knownhosts

import (
	"crypto/rand"
	"errors"
	"testing"

	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// TestKnownHostsUnlikeOpenSSH has the cases in which we judge otherwise, and why.
func TestKnownHostsUnlikeOpenSSH(t *testing.T) {
	t.Parallel()
	rsa, wrong := newKey(t), newKey(t)
	at := Place{Names: []string{"[web]:2222", "web"}, Principal: "web"}
	line := func(name string, key ssh.PublicKey) string { return name + " " + string(ssh.MarshalAuthorizedKey(key)) }

	// It asks for the key types of entries with the port alone, so it may be shown one that it cannot judge.
	entries := known(line("web", rsa))
	if first := entries.At(at, nil).Order(sshkeys.HostAlgorithms())[0]; first != ssh.CertAlgoRSASHA512v01 {
		t.Errorf("asks for %s first", first)
	}
	// From a server with host certificates, it takes the entry without a port although the one with it says otherwise.
	entries = known(line("[web]:2222", wrong) + line("web", rsa))
	if err := entries.At(at, nil).Judge(rsa); !errors.Is(err, ErrChanged) {
		t.Errorf("error %v, want %v", err, ErrChanged)
	}
}

// A certificate that is signed with SHA-1 does not count.
func TestCertificateWithSHA1(t *testing.T) {
	t.Parallel()
	weak, err := ssh.NewSignerWithAlgorithms(newSigner(t).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{Key: newKey(t), CertType: ssh.HostCert, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, weak); err != nil {
		t.Fatal(err)
	}
	if err := checkCertificate(cert, "web"); err == nil || err.Error() != "it is signed with SHA-1" {
		t.Errorf("error %v", err)
	}
}
