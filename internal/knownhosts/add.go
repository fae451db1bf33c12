package knownhosts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Add appends a key to known_hosts, with the name of the host hashed or not. The file is locked meanwhile and looked at
// again: another process may have just added the same key, or another one, which is an *Error. Either the whole line is
// added, or nothing.
func Add(file string, at Place, hash bool, key ssh.PublicKey) (err error) {
	if file == "" {
		return errors.New("there is no known_hosts file to put it into: UserKnownHostsFile is none")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := openLocked(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which unlocks it
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	known := Known{parse(file, text)}
	if err := known.At(at, nil).Judge(key); !errors.Is(err, ErrUnknown) {
		return err
	}
	name := at.Names[0]
	if hash {
		name = knownhosts.HashHostname(name)
	}
	line := name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + "\n"
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		line = "\n" + line
	}
	if _, err = f.WriteString(line); err != nil { // a disk that is full takes a part
		err = errors.Join(err, f.Truncate(int64(len(text))))
	}
	return err
}

// openLocked opens a file and waits for its lock. Who removes entries, as ssh-keygen does, puts a new file in its
// place: then that one is opened.
func openLocked(file string) (*os.File, error) {
	for {
		f, err := os.OpenFile(file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f, lockLimit); err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", file, err), f.Close())
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if now, err := os.Stat(file); err == nil && os.SameFile(mine, now) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// lockLimit is how long another process may have the lock.
const lockLimit = 10 * time.Second

// lock waits for the lock of a file. Where the file system has no locks, O_APPEND keeps lines whole.
func lock(f *os.File, limit time.Duration) error {
	pause := time.Millisecond
	for deadline := time.Now().Add(limit); ; time.Sleep(pause) {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case syscall.EINTR:
		case syscall.ENOTSUP, syscall.ENOLCK, syscall.ENOSYS:
			return nil
		case syscall.EWOULDBLOCK:
			if time.Now().After(deadline) {
				return fmt.Errorf("another process has had it for %v", limit)
			}
			pause = min(2*pause, 50*time.Millisecond)
		default:
			return err
		}
	}
}
