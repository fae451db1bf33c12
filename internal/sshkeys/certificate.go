package sshkeys

import (
	"errors"
	"time"

	"golang.org/x/crypto/ssh"
)

// Certificate returns the certificate of a user in a file. What else the file holds is an error.
func (f *Files) Certificate(file string) (*ssh.Certificate, error) {
	text, err := f.Read(file)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, err
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok || cert.CertType != ssh.UserCert {
		return nil, errors.New("it is no certificate of a user")
	}
	return cert, nil
}

// Outside says of a certificate that is not valid now when it is: "ended at" or "begins at" some time. It is "" for one
// that is valid.
func Outside(cert *ssh.Certificate, now time.Time) string {
	switch {
	case cert.ValidBefore != ssh.CertTimeInfinity && now.Unix() >= int64(cert.ValidBefore):
		return "ended at " + shownTime(cert.ValidBefore)
	case now.Unix() < int64(cert.ValidAfter):
		return "begins at " + shownTime(cert.ValidAfter)
	}
	return ""
}

// shownTime is a time as certificates have it.
func shownTime(t uint64) string { return time.Unix(int64(t), 0).UTC().Format(time.RFC3339) }
