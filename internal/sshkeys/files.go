package sshkeys

import (
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Files reads the files of keys. Logins to many hosts look for the same ones at once: what was read, or was not there, a
// moment ago is not read again, until it is told to forget that.
type Files struct {
	mu      sync.Mutex // guards what follows
	read    map[string]reading
	private map[string]func() (ssh.Signer, error) // keys, by their text
}

type reading struct {
	at   time.Time
	text []byte
	err  error
}

// moment is how long what was read counts.
const moment = 50 * time.Millisecond

// Read returns the text of a file, which must not be changed.
func (f *Files) Read(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, known := f.read[name]
	if known && time.Since(r.at) < moment {
		return r.text, r.err
	}
	if f.read == nil {
		f.read = map[string]reading{}
	}
	r.text, r.err = os.ReadFile(name)
	r.at = time.Now()
	f.read[name] = r
	return r.text, r.err
}

// Private reads the text of a private key, as [ssh.ParsePrivateKey] does, which takes milliseconds where it is RSA.
func (f *Files) Private(text []byte) (ssh.Signer, error) { return f.parser(string(text))() }

// parser returns what reads a key for whoever is first, and has it for all others.
func (f *Files) parser(text string) func() (ssh.Signer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	parse := f.private[text]
	if parse == nil {
		parse = sync.OnceValues(func() (ssh.Signer, error) { return ssh.ParsePrivateKey([]byte(text)) })
		if f.private == nil {
			f.private = map[string]func() (ssh.Signer, error){}
		}
		f.private[text] = parse
	}
	return parse
}

// Forget has everything read anew.
func (f *Files) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.read)
	clear(f.private)
}
