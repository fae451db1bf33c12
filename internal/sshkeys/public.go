package sshkeys

import (
	"bytes"
	"crypto/rsa"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Shown is a key as people compare it.
func Shown(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

// Same reports whether both are the same key. No key is the same as none.
func Same(a, b ssh.PublicKey) bool {
	return a != nil && b != nil && bytes.Equal(a.Marshal(), b.Marshal())
}

// IsRSA reports whether a key is an RSA key, or a certificate of one.
func IsRSA(key ssh.PublicKey) bool {
	return key.Type() == ssh.KeyAlgoRSA || key.Type() == ssh.CertAlgoRSAv01
}

// RSABits is the length of an RSA key, also in a certificate, and 0 of others.
func RSABits(key ssh.PublicKey) int {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	holder, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return 0
	}
	if public, ok := holder.CryptoPublicKey().(*rsa.PublicKey); ok {
		return public.N.BitLen()
	}
	return 0
}

// IsHardware reports whether a key lives in a device that wants to be touched.
func IsHardware(key ssh.PublicKey) bool { return key != nil && strings.HasPrefix(key.Type(), "sk-") }
