package knownhosts

import (
	"testing"

	"deployer/internal/sshdtest"

	"golang.org/x/crypto/ssh"
)

// newSigner makes an RSA key.
func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(sshdtest.NewKey(t, "rsa"))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func newKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	return newSigner(t).PublicKey()
}

// known is what a file says.
func known(text string) Known { return Known{parse("file", []byte(text))} }
