package knownhosts

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	at := Place{Names: []string{"[web]:2222", "web"}, Principal: "web"}
	file := filepath.Join(t.TempDir(), "new", "known_hosts")
	if err := Add(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, mode)
		}
	}
	line := "[web]:2222 " + string(ssh.MarshalAuthorizedKey(key))
	check := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%v, got %q, want %q", err, text, want)
		}
	}
	check(line)
	if err := Add(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check(line)
	if err := Add(file, at, false, other); err == nil {
		t.Error("a second key was added as if it were new")
	}
	check(line)
	if err := os.WriteFile(file, []byte("# no newline at its end"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Add(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check("# no newline at its end\n" + line)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Add(file, at, true, key); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "|1|") || known(string(text)).At(at, nil).Judge(key) != nil {
		t.Errorf("hashed: %q, %v", text, err)
	}
}

// fullVariable has the test below be the process that may not write more.
const fullVariable = "DEPLOYER_TEST_FULL"

// On a disk that is full, either the whole line is added or nothing.
func TestAddFull(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	name := Place{Names: []string{"web"}, Principal: "web"}
	if file := os.Getenv(fullVariable); file != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 30, Max: 30}); err != nil {
			t.Fatal(err)
		}
		if err := Add(file, name, false, key); !errors.Is(err, syscall.EFBIG) {
			t.Fatalf("error %v, want %v", err, syscall.EFBIG)
		}
		return
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("# all that was there"), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAddFull$")
	child.Env = append(os.Environ(), fullVariable+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "# all that was there" {
		t.Errorf("%v, the file has %q", err, text)
	}
}

// Who removes entries puts a new file in the place of the old one, which is no place to add something to.
func TestAddReplaced(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	name := Place{Names: []string{"web"}, Principal: "web"}
	file := filepath.Join(t.TempDir(), "known_hosts")
	old, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := lock(old, 0); err != nil {
		t.Fatal(err)
	}
	added := make(chan error)
	go func() { added <- Add(file, name, false, key) }()
	for deadline := time.Now().Add(time.Minute); openTimes(file) != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody else has opened the old file")
		}
	}
	if err := os.WriteFile(file+".new", []byte("# new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "# new\nweb "+string(ssh.MarshalAuthorizedKey(key)) {
		t.Errorf("%v, the file has %q", err, text)
	}
}

// openTimes is how many descriptors of this process are of a file.
func openTimes(file string) (n int) {
	all, _ := filepath.Glob("/proc/self/fd/*") // the pattern is right
	for _, fd := range all {
		if to, err := os.Readlink(fd); err == nil && to == file {
			n++
		}
	}
	return n
}

func TestAddLocked(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "known_hosts")
	var both [2]*os.File
	for i := range both {
		f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		both[i] = f
	}
	if err := lock(both[0], 0); err != nil {
		t.Fatal(err)
	}
	if err := lock(both[1], 20*time.Millisecond); err == nil || !strings.Contains(err.Error(), "another process has had it") {
		t.Errorf("error %v", err)
	}
}

// The file may be a link, and what it leads to need not be there.
func TestAddLink(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	name := Place{Names: []string{"web"}, Principal: "web"}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "known_hosts")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := Add(link, name, false, key); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(text, []byte("web ")) {
		t.Errorf("%v, the file has %q", err, text)
	}
	if to, err := os.Readlink(link); err != nil || to != "file" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}
