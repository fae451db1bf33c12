package hosts

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

// restricted has RSA keys sign with some algorithms only: those of SHA-2, unless ssh_config says otherwise. Where a
// server takes nothing but SHA-1, OpenSSH does not log in either.
func restricted(signer ssh.Signer, algorithms []string) (ssh.Signer, error) {
	able, ok := signer.(ssh.AlgorithmSigner)
	if !ok || !isRSA(signer.PublicKey()) {
		return signer, nil
	}
	return ssh.NewSignerWithAlgorithms(able, algorithms)
}

func isRSA(key ssh.PublicKey) bool {
	return key.Type() == ssh.KeyAlgoRSA || key.Type() == ssh.CertAlgoRSAv01
}

// readCertificate returns the certificate in a file, or nil if it holds none for users.
func readCertificate(file string) (*ssh.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, err
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok || cert.CertType != ssh.UserCert {
		return nil, fmt.Errorf("it is no certificate of a user")
	}
	return cert, nil
}

// certified returns the way to log in with a key and its certificate.
func (c *credential) certified(name string, cert *ssh.Certificate) (*credential, error) {
	if !bytes.Equal(cert.Key.Marshal(), c.public.Marshal()) {
		return nil, fmt.Errorf("it is for another key")
	}
	with := &credential{name: name + validity(cert, time.Now()), public: cert, locked: c.locked, held: c.held, file: c.file}
	if c.signer == nil {
		return with, nil
	}
	signer, err := ssh.NewCertSigner(cert, c.signer)
	with.signer = signer
	return with, err
}

// validity says of a certificate that is not valid now when it is. It is offered all the same: what counts is the
// clock of the server.
func validity(cert *ssh.Certificate, now time.Time) string {
	switch {
	case cert.ValidBefore != ssh.CertTimeInfinity && now.Unix() >= int64(cert.ValidBefore):
		return " (its certificate ended at " + certTime(cert.ValidBefore) + ")"
	case now.Unix() < int64(cert.ValidAfter):
		return " (its certificate begins at " + certTime(cert.ValidAfter) + ")"
	}
	return ""
}
