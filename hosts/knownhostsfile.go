package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// remember appends a key to known_hosts. The file is locked meanwhile and looked at again: another process may have
// just added the same key, or another one, which is a *keyError.
func remember(file string, at place, hash bool, key ssh.PublicKey) (err error) {
	if file == "" {
		return errors.New("there is no known_hosts file to put it into: UserKnownHostsFile is none")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which unlocks it
	if err := lock(f); err != nil {
		return fmt.Errorf("lock %s: %w", file, err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if err := parseKnown(file, text).at(at).judge(key); !errors.Is(err, errUnknownKey) {
		return err
	}
	name := at.names[0]
	if hash {
		name = knownhosts.HashHostname(name)
	}
	line := name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + "\n"
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		line = "\n" + line
	}
	_, err = f.WriteString(line)
	return err
}

// lock waits for the lock of a file. Where the file system has no locks, O_APPEND keeps lines whole.
func lock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err {
		case syscall.EINTR:
		case syscall.ENOTSUP, syscall.ENOLCK, syscall.ENOSYS:
			return nil
		default:
			return err
		}
	}
}

// trusted are the keys that this session accepted, also where known_hosts cannot be written.
type trusted struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (t *trusted) has(at place, key ssh.PublicKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys[at.names[0]+" "+string(key.Marshal())]
}

func (t *trusted) add(at place, key ssh.PublicKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys == nil {
		t.keys = map[string]bool{}
	}
	t.keys[at.names[0]+" "+string(key.Marshal())] = true
}
