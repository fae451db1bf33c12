package knownhosts

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Entries count in the order of their lines, whichever way they tell their names.
func TestEntriesOfAName(t *testing.T) {
	t.Parallel()
	key := string(ssh.MarshalAuthorizedKey(newKey(t)))
	text := ""
	for _, names := range []string{
		"web*", "db,WEB1,web1", "other", knownhosts.HashHostname("web1"), "web1", "*,!web1", "|1|no", "@revoked web1",
		"web10",
	} {
		text += names + " " + key
	}
	file := parse("file", []byte(text))
	var all sync.WaitGroup
	for range 3 { // once or again
		for name, want := range map[string]string{
			"web1": "[1 2 4 5 8]", "WEB1": "[1 2 4 5 8]", "web10": "[1 6 9]", "none": "[6]",
		} {
			all.Go(func() {
				var lines []int
				for _, l := range file.about(name) {
					lines = append(lines, l.Number)
				}
				if got := fmt.Sprint(lines); got != want {
					t.Errorf("%s: lines %s, want %s", name, got, want)
				}
			})
		}
	}
	all.Wait()
}

func TestReader(t *testing.T) {
	t.Parallel()
	first, second := newKey(t), newKey(t)
	name := filepath.Join(t.TempDir(), "known_hosts")
	files := []string{filepath.Join(t.TempDir(), "none"), name}
	at := PlaceOf("web", 22, "")
	var r Reader
	for _, key := range []ssh.PublicKey{first, first, second} { // the second time it says the same
		if err := os.WriteFile(name, []byte("web "+string(ssh.MarshalAuthorizedKey(key))), 0o600); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				known, err := r.Read(files)
				if err == nil {
					err = known.At(at, nil).Judge(key)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if _, err := r.Read([]string{t.TempDir()}); err == nil {
		t.Error("a directory could be read")
	}
}

// BenchmarkKnownHosts looks up a thousand hosts in a known_hosts of as many.
func BenchmarkKnownHosts(b *testing.B) {
	key, err := sshserver.NewKeyFile(filepath.Join(b.TempDir(), "key"))
	if err != nil {
		b.Fatal(err)
	}
	const hosts = 1000
	host := func(i int) string { return fmt.Sprintf("host%d", i) }
	for _, c := range []struct {
		name   string
		listed func(host string) string
	}{{"plain", func(host string) string { return host }}, {"hashed", knownhosts.HashHostname}} {
		var text []byte
		for i := range hosts {
			text = append(text, c.listed(host(i))+" "...)
			text = append(text, ssh.MarshalAuthorizedKey(key)...)
		}
		file := filepath.Join(b.TempDir(), c.name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				var r Reader
				for i := range hosts {
					known, err := r.Read([]string{file})
					if err == nil {
						err = known.At(PlaceOf(host(i), 22, ""), nil).Judge(key)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
