package sshkeys

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// PublicHalf returns the public key that the text of a private one tells, as OpenSSH's format does also where it is
// encrypted or lives in a device. It returns nil for other formats. The text may also be that of a public key.
func PublicHalf(text []byte) ssh.PublicKey {
	if key, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		return key
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "OPENSSH PRIVATE KEY" {
		return nil
	}
	body, ok := bytes.CutPrefix(block.Bytes, []byte("openssh-key-v1\x00"))
	var head struct {
		Cipher, KDF, Options string
		Count                uint32
		Public               []byte
		Rest                 []byte `ssh:"rest"`
	}
	if !ok || ssh.Unmarshal(body, &head) != nil {
		return nil
	}
	key, err := ssh.ParsePublicKey(head.Public)
	if err != nil {
		return nil
	}
	return key
}

// IsPublic reports whether a text is a public key: IdentityFile may name the .pub file of a key that the agent holds.
func IsPublic(text []byte) bool {
	_, _, _, _, err := ssh.ParseAuthorizedKey(text)
	return err == nil
}

// Public returns the public key in a file, or nil where there is none that can be read: its private one is then offered
// when its passphrase is known.
func (f *Files) Public(file string) ssh.PublicKey {
	text, err := f.Read(file)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

// Exposed returns the mode of a file of ours if others can do something with it, else 0.
func Exposed(file string) (fs.FileMode, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if mode := info.Mode().Perm(); ok && int(owner.Uid) == os.Getuid() && mode&0o077 != 0 {
		return mode, nil
	}
	return 0, nil
}

// Foreign says how to convert a key of a format that only others read. It returns nil for other texts.
func Foreign(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("PuTTY-User-Key-File-")):
		return errors.New("it is PuTTY's: convert it with puttygen -O private-openssh")
	case bytes.Contains(text, []byte("BEGIN ENCRYPTED PRIVATE KEY")):
		return errors.New("it is encrypted as PKCS#8: convert it with ssh-keygen -p -f")
	}
	return nil
}
