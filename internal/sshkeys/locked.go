package sshkeys

import (
	"bytes"
	"crypto/sha256"
	"sync"

	"golang.org/x/crypto/ssh"
)

// ID tells encrypted private keys apart.
type ID [sha256.Size]byte

// Locked is an encrypted private key.
type Locked struct {
	ID   ID     // of its text: two hosts may give the same key
	Name string // for people: ~/.ssh/id_ed25519
	text []byte
}

// NewLocked returns the key of a text, with its name for people.
func NewLocked(name string, text []byte) *Locked {
	return &Locked{ID: sha256.Sum256(bytes.TrimSpace(text)), Name: name, text: text}
}

// Private returns the private key itself, as the packages of crypto have it, or an error if the passphrase is wrong.
func (k *Locked) Private(passphrase string) (any, error) {
	return ssh.ParseRawPrivateKeyWithPassphrase(k.text, []byte(passphrase))
}

// Ring holds the keys that a session has unlocked. The zero value holds none.
type Ring struct {
	opening  sync.Mutex // since it is meant to take long, it is done once
	mu       sync.Mutex
	unlocked map[ID]ssh.Signer
	added    map[ID]bool // to an agent
}

// Get returns the signer of a key, or nil if it was not unlocked yet.
func (r *Ring) Get(k *Locked) ssh.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unlocked[k.ID]
}

// Open unlocks a key, unless that was done before. Its error is that of a wrong passphrase.
func (r *Ring) Open(k *Locked, passphrase string) (ssh.Signer, error) {
	r.opening.Lock()
	defer r.opening.Unlock()
	if signer := r.Get(k); signer != nil {
		return signer, nil
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(k.text, []byte(passphrase))
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unlocked == nil {
		r.unlocked = map[ID]ssh.Signer{}
	}
	r.unlocked[k.ID] = signer
	return signer, nil
}

// Adds reports whether a key is to be added to an agent now, and not for the second time.
func (r *Ring) Adds(k *Locked) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.added[k.ID] {
		return false
	}
	if r.added == nil {
		r.added = map[ID]bool{}
	}
	r.added[k.ID] = true
	return true
}
