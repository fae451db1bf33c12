package sshkeys

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestFilesForgetSoon reads a file that comes, changes and goes.
func TestFilesForgetSoon(t *testing.T) {
	t.Parallel()
	var files Files
	name := filepath.Join(t.TempDir(), "key")
	until := func(what string, so func(text []byte, err error) bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(moment / 5) {
			text, err := files.Read(name)
			if so(text, err) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s, and it reads %q, %v", what, text, err)
			}
		}
	}
	if _, err := files.Read(name); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("there is no file: %v", err)
	}
	for _, text := range []string{"one", "another"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		until("it was written", func(read []byte, err error) bool { return err == nil && string(read) == text })
	}
	if err := os.WriteFile(name, []byte("one more"), 0o600); err != nil {
		t.Fatal(err)
	}
	files.Forget()
	if text, err := files.Read(name); err != nil || string(text) != "one more" {
		t.Errorf("it was told to forget, and reads %q, %v", text, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	until("it was removed", func(_ []byte, err error) bool { return errors.Is(err, fs.ErrNotExist) })
}

// TestPrivateIsReadOnce reads a key for many logins at once.
func TestPrivateIsReadOnce(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	var files Files
	read := func() ssh.Signer {
		signer, err := files.Private(pem.EncodeToMemory(block))
		if err != nil {
			t.Error(err)
		}
		return signer
	}
	first := read()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if read() != first {
				t.Error("it was read again")
			}
		})
	}
	all.Wait()
	files.Forget()
	if again := read(); again == first || !Same(again.PublicKey(), first.PublicKey()) {
		t.Error("it was not read again after it was forgotten")
	}
	if _, err := files.Private([]byte("nonsense")); err == nil {
		t.Error("nonsense is a key")
	}
}
