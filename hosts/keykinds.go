package hosts

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyKinds are the algorithms of host keys that may be asked for. The zero value is all that are safe.
type keyKinds struct {
	allowed []string // the best first; nil: hostKeyAlgorithms
	fixed   bool     // in this order, whatever is known of the host
}

// hostKeyAlgorithms are all that we accept, the best first.
var hostKeyAlgorithms = []string{
	ssh.CertAlgoED25519v01,
	ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
	ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	ssh.KeyAlgoED25519,
	ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// userKeyAlgorithms are all that we log in with: devices sign too.
var userKeyAlgorithms = append(slices.Clone(hostKeyAlgorithms), ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
	ssh.CertAlgoSKED25519v01, ssh.CertAlgoSKECDSA256v01)

func (k keyKinds) all() []string {
	if k.allowed == nil {
		return hostKeyAlgorithms
	}
	return k.allowed
}

// order returns the algorithms with those first whose keys are known: a server has several keys and shows one, and it
// is no good to be shown one that cannot be judged.
func (k keyKinds) order(h *hostEntries) []string {
	if k.fixed {
		return k.all()
	}
	var order []string
	add := func(wanted func(algorithm string) bool) {
		for _, a := range k.all() {
			if wanted(a) && !slices.Contains(order, a) {
				order = append(order, a)
			}
		}
	}
	for _, about := range h.by {
		add(func(a string) bool { return slices.ContainsFunc(about, func(l knownLine) bool { return l.judges(a) }) })
	}
	add(func(string) bool { return true })
	return order
}

// of returns the algorithms that a key can sign with, without a certificate: what is allowed, else what is safe, since
// the key itself was asked for.
func (k keyKinds) of(key ssh.PublicKey) []string {
	its := func(a string) bool { return !isCertificate(a) && keyType(a) == key.Type() }
	all := k.all()
	if !slices.ContainsFunc(all, its) {
		all = hostKeyAlgorithms
	}
	return slices.DeleteFunc(slices.Clone(all), func(a string) bool { return !its(a) })
}

const certificateSuffix = "-cert-v01@openssh.com"

func isCertificate(algorithm string) bool { return strings.HasSuffix(algorithm, certificateSuffix) }

// keyType is the type of the keys that sign with an algorithm, with or without a certificate.
func keyType(algorithm string) string {
	switch plain := strings.TrimSuffix(algorithm, certificateSuffix); plain {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	default:
		return plain
	}
}

// signs returns how a key may sign to log in, as algorithms of the key without its certificate. It may return none.
func (st *settings) signs(key ssh.PublicKey) []string {
	allowed := st.signatures
	if allowed == nil {
		allowed = userKeyAlgorithms
	}
	cert, isCert := key.(*ssh.Certificate)
	if isCert {
		key = cert.Key
	}
	kind := strings.TrimSuffix(key.Type(), "@openssh.com")
	var found []string
	for _, a := range allowed {
		if isCertificate(a) == isCert && strings.TrimSuffix(keyType(a), "@openssh.com") == kind {
			found = append(found, strings.TrimSuffix(a, certificateSuffix))
		}
	}
	return found
}

// judges reports whether the entry can judge what signs with an algorithm. That of a key can judge certificates too:
// their authority may be revoked, although the key is known.
func (l *knownLine) judges(algorithm string) bool {
	switch l.marker {
	case certAuthority:
		return isCertificate(algorithm)
	case "":
		return keyType(algorithm) == l.key.Type()
	}
	return false
}
