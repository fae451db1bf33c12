package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

func TestRemember(t *testing.T) {
	t.Parallel()
	key, other := publicOf(t, newRSA(t)), publicOf(t, newRSA(t))
	at := place{names: []string{"[web]:2222", "web"}, principal: "web"}
	file := filepath.Join(t.TempDir(), "new", "known_hosts")
	if err := remember(file, at, false, key); err != nil {
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
	if err := remember(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check(line)
	if err := remember(file, at, false, other); err == nil {
		t.Error("a second key was added as if it were new")
	}
	check(line)
	if err := os.WriteFile(file, []byte("# no newline at its end"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := remember(file, at, false, key); err != nil {
		t.Fatal(err)
	}
	check("# no newline at its end\n" + line)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := remember(file, at, true, key); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "|1|") || parseKnown(file, text).at(at).judge(key) != nil {
		t.Errorf("hashed: %q, %v", text, err)
	}
}

// A known_hosts that cannot be written is no reason not to work: the key is good for the session.
func TestRememberCannot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, warning string }{
		{"no folder", "/proc/known_hosts", "could not be remembered"},
		{"not a folder", "/dev/null/known_hosts", ""},
		{"not to be written", "/proc/self/limits", "could not be remembered"},
		{"nowhere", "/dev/null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{HostKeys: "accept-new"})
			s := l.server(sshserver.Options{})
			o := at("web", s.Port())
			o.KnownHosts = []string{c.file}
			if c.name == "not a folder" {
				l.fails(o, HostKey, "known_hosts cannot be read: open /dev/null/known_hosts: not a directory",
					"name another file with known_hosts")
				return
			}
			l.output(o, "true")
			s.Cut()
			l.output(o, "true")
			if c.warning != "" {
				l.warned(c.warning)
			}
		})
	}
}

// fullVariable has the test below be the process that may not write more.
const fullVariable = "DEPLOYER_TEST_FULL"

// On a disk that is full, either the whole line is added or nothing.
func TestRememberFull(t *testing.T) {
	t.Parallel()
	_, key := newPair(t)
	name := place{names: []string{"web"}, principal: "web"}
	if file := os.Getenv(fullVariable); file != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 30, Max: 30}); err != nil {
			t.Fatal(err)
		}
		if err := remember(file, name, false, key); !errors.Is(err, syscall.EFBIG) {
			t.Fatalf("error %v, want %v", err, syscall.EFBIG)
		}
		return
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("# all that was there"), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRememberFull$")
	child.Env = append(os.Environ(), fullVariable+"="+file)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "# all that was there" {
		t.Errorf("%v, the file has %q", err, text)
	}
}

// Who removes entries puts a new file in the place of the old one, which is no place to add something to.
func TestRememberReplaced(t *testing.T) {
	t.Parallel()
	_, key := newPair(t)
	name := place{names: []string{"web"}, principal: "web"}
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
	go func() { added <- remember(file, name, false, key) }()
	eventually(t, "the old file is open twice", func() bool { return openTimes(file) == 2 })
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

func TestRememberLocked(t *testing.T) {
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
func TestRememberLink(t *testing.T) {
	t.Parallel()
	_, key := newPair(t)
	name := place{names: []string{"web"}, principal: "web"}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "known_hosts")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := remember(link, name, false, key); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(text, []byte("web ")) {
		t.Errorf("%v, the file has %q", err, text)
	}
	if to, err := os.Readlink(link); err != nil || to != "file" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

// HashKnownHosts hides names. ssh itself reads what we wrote.
func TestRememberHashed(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := sshdtest.Start(t, sshdtest.Options{})
	l.write("config", "HashKnownHosts yes\n")
	o := l.real(s)
	o.ConfigFilename, o.KnownHosts = l.path("config"), []string{l.path("known_hosts")}
	l.output(o, "true")
	before := l.read("known_hosts")
	if !strings.HasPrefix(before, "|1|") {
		t.Errorf("known_hosts has %q", before)
	}
	k := knownCases{name: "ours"}
	if v := askOpenSSH(t, s, k.files(t, l.path(), before), l.path("known_hosts")); !v.trusted || v.after != before {
		t.Errorf("ssh trusts it: %v, and makes %q of %q", v.trusted, v.after, before)
	}
	strict := newLab(t, Options{Home: l.home, HostKeys: "strict"})
	strict.output(o, "true")
}

// A key that was accepted for one file is not known to who reads another, and asked for once for both.
func TestRememberedInOneFile(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	taking, strict := at("taking", s.Port()), at("strict", s.Port())
	taking.KnownHosts, strict.KnownHosts = []string{l.path("one")}, []string{l.path("other")}
	taking.HostKeys = "accept-new"
	l.output(taking, "true")
	l.fails(strict, HostKey, "is not known")

	person := &sshPerson{trust: true}
	asked := newLab(t, Options{Home: l.home, Person: person})
	taking.KnownHosts, taking.HostKeys = []string{l.path("third")}, ""
	for _, err := range asked.runAll(t.Context(), []SSHOptions{taking, strict}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.tables) != 1 || l.read("other") == "" || l.read("other") != l.read("third") {
		t.Errorf("asked %+v, and wrote %q and %q", person.tables, l.read("other"), l.read("third"))
	}
}

// A host shows its key again whenever keys are exchanged anew. It is judged by what was known when it was first shown.
func TestRememberedAtRekey(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"accept-new", "strict"} {
		l := newLab(t, Options{Person: &sshPerson{trust: true}, HostKeys: mode})
		o := l.sshd(sshdtest.Options{Config: []string{"RekeyLimit 64K"}})
		o.KnownHosts = []string{l.path("known_hosts")}
		if got := l.output(o, "head -c 1000000 /dev/zero"); len(got) != 1_000_000 {
			t.Errorf("%s: %d bytes", mode, len(got))
		}
		if n := strings.Count(l.read("known_hosts"), "\n"); n != 1 {
			t.Errorf("%s: known_hosts has %d lines", mode, n)
		}
	}
}

// What is said where counts: of the host, for all hosts of the run, in ssh_config.
func TestTrustModes(t *testing.T) {
	t.Parallel()
	const asked, accepted, refused = "asked", "accepted", "refused"
	for _, c := range []struct{ all, host, config, want string }{
		{"", "", "", asked},
		{"", "strict", "", asked},
		{"strict", "", "", asked},
		{"", "", "ask", asked},
		{"", "", "yes", refused},
		{"", "", "accept-new", accepted},
		{"", "", "no", accepted},
		{"", "", "off", accepted},
		{"", "accept-new", "", accepted},
		{"", "accept-new", "yes", accepted},
		{"", "strict", "no", asked},
		{"accept-new", "", "", accepted},
		{"accept-new", "", "yes", accepted},
		{"strict", "", "no", asked},
		{"accept-new", "strict", "no", asked},
		{"strict", "accept-new", "yes", accepted},
	} {
		for _, present := range []bool{true, false} {
			t.Run(fmt.Sprintf("%+v %v", c, present), func(t *testing.T) {
				t.Parallel()
				person := &sshPerson{trust: true}
				options := Options{HostKeys: c.all}
				want := c.want
				if present {
					options.Person = person
				} else if want == asked {
					want = refused
				}
				l := newLab(t, options)
				o := at("web", l.server(sshserver.Options{}).Port())
				l.write("known_hosts", "")
				if o.HostKeys, o.ConfigFilename = c.host, l.path("config"); c.config != "" {
					l.write("config", "StrictHostKeyChecking "+c.config+"\n")
				} else {
					l.write("config", "")
				}
				_, err := l.run(t.Context(), o, "true")
				got := accepted
				switch {
				case err != nil:
					got = refused
					l.fault(err, HostKey, "is not known")
				case len(person.tables) > 0:
					got = asked
				}
				if got != want {
					t.Errorf("the key was %s, want it %s", got, want)
				}
				if added := l.read("known_hosts") != ""; added != (err == nil) {
					t.Errorf("known_hosts has %q", l.read("known_hosts"))
				}
			})
		}
	}
}
