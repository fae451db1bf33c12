package sshkeys_test

import (
	"crypto"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

func signerOf(t *testing.T, key crypto.Signer) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func certificate(t *testing.T, authority ssh.Signer, cert *ssh.Certificate) *ssh.Certificate {
	t.Helper()
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	signer := signerOf(t, sshdtest.NewKey(t, "rsa"))
	key := signer.PublicKey()
	cert := certificate(t, signer, &ssh.Certificate{Key: key, CertType: ssh.UserCert})
	both := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	for _, c := range []struct {
		key     ssh.PublicKey
		allowed []string
		want    []string
	}{
		{key, sshkeys.UserAlgorithms(), both},
		{cert, sshkeys.UserAlgorithms(), both},
		{key, []string{ssh.CertAlgoRSASHA512v01, ssh.KeyAlgoRSA}, []string{ssh.KeyAlgoRSA}},
		{cert, []string{ssh.CertAlgoRSASHA256v01, ssh.KeyAlgoRSA}, []string{ssh.KeyAlgoRSASHA256}},
		{key, []string{ssh.KeyAlgoED25519}, nil},
	} {
		if got := sshkeys.Signatures(c.key, c.allowed); !slices.Equal(got, c.want) {
			t.Errorf("%s, of %v: %v, want %v", c.key.Type(), c.allowed, got, c.want)
		}
	}
	if got := sshkeys.Plain(key, sshkeys.HostAlgorithms()); !slices.Equal(got, both) {
		t.Errorf("without a certificate: %v, want %v", got, both)
	}
}

func TestBits(t *testing.T) {
	t.Parallel()
	signer := signerOf(t, sshdtest.NewKey(t, "rsa"))
	cert := certificate(t, signer, &ssh.Certificate{Key: signer.PublicKey(), CertType: ssh.UserCert})
	other := signerOf(t, sshdtest.NewKey(t, "ed25519"))
	for _, c := range []struct {
		key  ssh.PublicKey
		want int
	}{{signer.PublicKey(), 2048}, {cert, 2048}, {other.PublicKey(), 0}} {
		if got := sshkeys.RSABits(c.key); got != c.want {
			t.Errorf("%s: %d bits, want %d", c.key.Type(), got, c.want)
		}
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	cert := &ssh.Certificate{ValidAfter: 1000, ValidBefore: 2000}
	for at, want := range map[int64]string{
		999: "begins at 1970-01-01T00:16:40Z", 1000: "", 1999: "", 2000: "ended at 1970-01-01T00:33:20Z",
	} {
		if got := sshkeys.Outside(cert, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
	cert.ValidBefore = ssh.CertTimeInfinity
	if got := sshkeys.Outside(cert, time.Unix(1<<40, 0)); got != "" {
		t.Errorf("for ever: %q", got)
	}
}

// Of an encrypted key the public half can be read, and the rest only with the passphrase. It is unlocked once.
func TestLocked(t *testing.T) {
	t.Parallel()
	private := sshdtest.NewKey(t, "ed25519")
	key := signerOf(t, private).PublicKey()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(block)
	if got := sshkeys.PublicHalf(text); !sshkeys.Same(got, key) {
		t.Errorf("the public half is %v", got)
	}
	locked, again := sshkeys.NewLocked("key", text), sshkeys.NewLocked("the same", append(text, '\n'))
	var ring sshkeys.Ring
	if _, err := ring.Open(locked, "wrong"); err == nil || ring.Get(locked) != nil {
		t.Errorf("opened with a wrong passphrase: %v", err)
	}
	signer, err := ring.Open(locked, "secret")
	if err != nil || !sshkeys.Same(signer.PublicKey(), key) {
		t.Fatalf("%v, %v", signer, err)
	}
	if ring.Get(again) != signer {
		t.Error("the same key from elsewhere is not unlocked")
	}
	if !ring.Adds(locked) || ring.Adds(again) {
		t.Error("a key is added to the agent once")
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	key := signerOf(t, sshdtest.NewKey(t, "ed25519")).PublicKey()
	public, private := filepath.Join(t.TempDir(), "key.pub"), filepath.Join(t.TempDir(), "key")
	for file, text := range map[string][]byte{public: ssh.MarshalAuthorizedKey(key), private: []byte("not public")} {
		if err := os.WriteFile(file, text, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(private, 0o640); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	if got := new(sshkeys.Files).Public(public); !sshkeys.Same(got, key) {
		t.Errorf("read %v", got)
	}
	if got := new(sshkeys.Files).Public(private); got != nil {
		t.Errorf("a private key was read as %v", got)
	}
	if mode, err := sshkeys.Exposed(private); mode != 0o640 || err != nil {
		t.Errorf("exposed: %v, %v", mode, err)
	}
	if err := os.Chmod(private, 0o600); err != nil {
		t.Fatal(err)
	}
	if mode, err := sshkeys.Exposed(private); mode != 0 || err != nil {
		t.Errorf("exposed: %v, %v", mode, err)
	}
	if _, err := new(sshkeys.Files).Certificate(public); err == nil || err.Error() != "it is no certificate of a user" {
		t.Errorf("a key is a certificate: %v", err)
	}
}
