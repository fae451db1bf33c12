package sshkeys

import (
	"os"
	"sync"
	"time"
)

// Files reads the files of keys. Logins to many hosts look for the same ones at once: what was read, or was not there, a
// moment ago is not read again, until it is told to forget that.
type Files struct {
	mu   sync.Mutex
	read map[string]reading
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

// Forget has every file read anew.
func (f *Files) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.read)
}
