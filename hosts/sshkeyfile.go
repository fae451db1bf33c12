package hosts

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// lockedKey is an encrypted private key.
type lockedKey struct {
	id   [sha256.Size]byte // of its text: two hosts may give the same key
	name string            // for people: ~/.ssh/id_ed25519
	text []byte
}

func idOf(text []byte) [sha256.Size]byte { return sha256.Sum256(bytes.TrimSpace(text)) }

// unlock returns the signer, or an error if the passphrase is wrong.
func (k *lockedKey) unlock(passphrase string) (ssh.Signer, error) {
	return ssh.ParsePrivateKeyWithPassphrase(k.text, []byte(passphrase))
}

// keyring holds the keys that a session has unlocked.
type keyring struct {
	opening  sync.Mutex // since it is meant to take long, it is done once
	mu       sync.Mutex
	unlocked map[[sha256.Size]byte]ssh.Signer
	added    map[[sha256.Size]byte]bool // to an agent
}

func (r *keyring) get(k *lockedKey) ssh.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unlocked[k.id]
}

// adds reports whether a key is to be added to an agent now, and not for the second time.
func (r *keyring) adds(k *lockedKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.added[k.id] {
		return false
	}
	if r.added == nil {
		r.added = map[[sha256.Size]byte]bool{}
	}
	r.added[k.id] = true
	return true
}

// open unlocks a key, unless that was done before.
func (r *keyring) open(k *lockedKey, passphrase string) (ssh.Signer, error) {
	r.opening.Lock()
	defer r.opening.Unlock()
	if signer := r.get(k); signer != nil {
		return signer, nil
	}
	signer, err := k.unlock(passphrase)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unlocked == nil {
		r.unlocked = map[[sha256.Size]byte]ssh.Signer{}
	}
	r.unlocked[k.id] = signer
	return signer, nil
}

// publicHalf returns the public key that the text of a private one tells, as OpenSSH's format does also where it is
// encrypted or lives in a device. It returns nil for other formats. The text may also be that of a public key.
func publicHalf(text []byte) ssh.PublicKey {
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

// exposed returns the mode of a file of ours if others can do something with it, else 0.
func exposed(file string) (fs.FileMode, error) {
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

// foreign says how to convert a key of a format that only others read.
func foreign(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("PuTTY-User-Key-File-")):
		return errors.New("it is PuTTY's: convert it with puttygen -O private-openssh")
	case bytes.Contains(text, []byte("BEGIN ENCRYPTED PRIVATE KEY")):
		return errors.New("it is encrypted as PKCS#8: convert it with ssh-keygen -p -f")
	}
	return nil
}

// isPublic reports whether a text is a public key: IdentityFile may name the .pub file of a key that the agent holds.
func isPublic(text []byte) bool {
	_, _, _, _, err := ssh.ParseAuthorizedKey(text)
	return err == nil
}

// readPublic reads a public key, or returns nil where there is none that can be read: its private one is then offered
// when its passphrase is known.
func readPublic(file string) ssh.PublicKey {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

func sameKey(a, b ssh.PublicKey) bool {
	return a != nil && b != nil && bytes.Equal(a.Marshal(), b.Marshal())
}
