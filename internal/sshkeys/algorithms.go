package sshkeys

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// HostAlgorithms are all that we accept of host keys, the best first.
func HostAlgorithms() []string {
	return []string{
		ssh.CertAlgoED25519v01,
		ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
}

// UserAlgorithms are all that we log in with: devices sign too.
func UserAlgorithms() []string {
	return append(HostAlgorithms(), ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256, ssh.CertAlgoSKED25519v01,
		ssh.CertAlgoSKECDSA256v01)
}

const certificateSuffix = "-cert-v01@openssh.com"

// IsCertificate reports whether an algorithm is one of keys with a certificate.
func IsCertificate(algorithm string) bool { return strings.HasSuffix(algorithm, certificateSuffix) }

// TypeOf is the type of the keys that sign with an algorithm, with or without a certificate.
func TypeOf(algorithm string) string {
	switch plain := strings.TrimSuffix(algorithm, certificateSuffix); plain {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	default:
		return plain
	}
}

// Plain are those of some algorithms that a key signs with where it has no certificate.
func Plain(key ssh.PublicKey, algorithms []string) []string {
	return slices.DeleteFunc(slices.Clone(algorithms), func(a string) bool {
		return IsCertificate(a) || TypeOf(a) != key.Type()
	})
}

// Signatures returns how a key may sign to log in, as algorithms of the key without its certificate. It may return
// none.
func Signatures(key ssh.PublicKey, allowed []string) []string {
	cert, isCert := key.(*ssh.Certificate)
	if isCert {
		key = cert.Key
	}
	kind := strings.TrimSuffix(key.Type(), "@openssh.com")
	var found []string
	for _, a := range allowed {
		if IsCertificate(a) == isCert && strings.TrimSuffix(TypeOf(a), "@openssh.com") == kind {
			found = append(found, strings.TrimSuffix(a, certificateSuffix))
		}
	}
	return found
}

// Restricted has RSA keys sign with some algorithms only: those of SHA-2, unless ssh_config says otherwise. Where a
// server takes nothing but SHA-1, OpenSSH does not log in either.
func Restricted(signer ssh.Signer, algorithms []string) (ssh.Signer, error) {
	able, ok := signer.(ssh.AlgorithmSigner)
	if !ok || !IsRSA(signer.PublicKey()) {
		return signer, nil
	}
	return ssh.NewSignerWithAlgorithms(able, algorithms)
}
