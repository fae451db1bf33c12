package sshdtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A hostKey is a host key in its file.
type hostKey struct {
	file, certificate string // the latter empty where nobody signed it
	line              string // of the public key, as in authorized_keys
}

func (s *Server) makeKeys(t testing.TB) {
	t.Helper()
	s.ClientKeyFile = s.path("client_key")
	s.ClientKey = writeKey(t, s.ClientKeyFile, NewKey(t, "ed25519"))
	write(t, s.path("authorized_keys"), keyLine(s.ClientKey.PublicKey())+"\n", 0o644)
	if s.options.HostCertificates {
		s.authority = writeKey(t, s.path("authority"), NewKey(t, "ed25519"))
	}
	for _, kind := range s.options.HostKeys {
		key := hostKey{file: s.path("host_" + kind)}
		signer := writeKey(t, key.file, NewKey(t, kind))
		key.line = keyLine(signer.PublicKey())
		if s.authority != nil {
			key.certificate = s.certify(t, kind, signer.PublicKey())
		}
		s.hostKeys = append(s.hostKeys, key)
	}
}

// NewKey makes a private key of a kind: ed25519, ecdsa or rsa.
func NewKey(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("a key of type %q: the types are ed25519, ecdsa and rsa", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// writeKey writes a private key as ssh-keygen would.
func writeKey(t testing.TB, path string, key crypto.Signer) ssh.Signer {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "sshdtest")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(pem.EncodeToMemory(block)), 0o600)
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// certify writes a certificate that is good for the loopback interface, for ever, unless the options say otherwise. It
// returns the name of the file, or nothing if there shall be none.
func (s *Server) certify(t testing.TB, kind string, key ssh.PublicKey) (file string) {
	t.Helper()
	certificate := &ssh.Certificate{
		Key: key, CertType: ssh.HostCert, KeyId: "sshdtest", ValidBefore: ssh.CertTimeInfinity,
		ValidPrincipals: []string{"127.0.0.1", "localhost"},
	}
	if s.options.Certify != nil && !s.options.Certify(kind, certificate) {
		return ""
	}
	if err := certificate.SignCert(rand.Reader, s.authority); err != nil {
		t.Fatal(err)
	}
	file = s.path("host_" + kind + "-cert.pub")
	write(t, file, keyLine(certificate)+"\n", 0o644)
	return file
}

func keyLine(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
