package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/pty"
	"deployer/pty/ptytest"
	"deployer/scpshell"
)

// scpBed is a home with a tree, two hosts that have homes of their own, and files on all sides.
type scpBed struct {
	place
	server *sshserver.Server // of web1
	there  string            // the home of web1
}

// newScpBed makes one. Its editors add a line. The hosts have more in their environment.
func newScpBed(t *testing.T, env ...string) *scpBed {
	t.Helper()
	b := &scpBed{place: place{dir: filepath.Join(t.TempDir(), "site")}}
	b.home = filepath.Dir(b.dir)
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := sshserver.NewKeyFile(filepath.Join(b.home, "key"))
	if err != nil {
		t.Fatal(err)
	}
	tree := ""
	for _, slug := range []string{"web2", "web1"} {
		b.there = t.TempDir()
		b.server, err = sshserver.Start(sshserver.Options{Home: b.there, User: "deploy", AuthorizedKeys: []sshserver.PublicKey{key},
			Env: append([]string{"LC_ALL=C", "EDITOR=" + filepath.Join(b.dir, "editor")}, env...)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.server.Close() })
		tree += fmt.Sprintf("%s = ssh_host(%q, address = \"127.0.0.1\", port = %d, username = \"deploy\", key_filename = %q, host_key = %q)\n",
			slug, slug, b.server.Port(), filepath.Join(b.home, "key"), b.server.HostKey())
	}
	b.write(t, "deploy", tree+"root = node(one = node(hosts = web1), both = node(hosts = [web1, web2]))\n")
	b.write(t, "editor", "#!/bin/sh\necho edited >> \"$1\"\n")
	b.file(t, b.there, "www/index.html", "<h1>It works</h1>\n")
	b.file(t, b.there, "www/it is.txt", "it is\n")
	b.file(t, b.there, "www/item", "")
	b.file(t, b.there, "www/\x1b[2Jred", "\x1b[2J\xffboo\x07\n")
	b.file(t, b.dir, "app/main.css", "h1 { color: red }\n")
	b.file(t, b.dir, "app/img/a.svg", "<svg/>\n")
	return b
}

// file writes a file of long ago.
func (b *scpBed) file(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	then := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(full, then, then); err != nil {
		t.Fatal(err)
	}
}

// shell is the secure-copy shell there.
func (b *scpBed) shell(args ...string) *exec.Cmd {
	cmd := b.command(append([]string{"scp"}, args...)...)
	cmd.Env = append(cmd.Env, "TZ=UTC0", "NO_COLOR=1", "VISUAL="+filepath.Join(b.dir, "editor"), "SHELL=/bin/sh", "PS1=$ ")
	return cmd
}

// scpScreens are what is typed in a window that is empty. What the window shows then is in testdata/scp-screens, a file for
// each: DEPLOYER_UPDATE=1 writes them.
var scpScreens = []struct{ name, typed string }{
	{name: "pwd", typed: "pwd"},
	{name: "cd", typed: "cd www"},
	{name: "ls", typed: "ls"},
	{name: "ls-l", typed: "ls -l 'it is.txt' ../www"},
	{name: "stat", typed: "stat *.html"},
	{name: "view", typed: "view it\\ is.txt"},
	{name: "view-hostile", typed: `view $'\x1b[2Jred'`},
	{name: "mkdir", typed: "mkdir -p a/b"},
	{name: "put", typed: "put -r app a"},
	{name: "get", typed: "get index.html app/index.htm"},
	{name: "mv", typed: "mv a/app $'\\x1b[2Jred' a/b"},
	{name: "chmod", typed: "chmod u=rw,go= index.html"},
	{name: "chown", typed: "chown nobody-of-that-name index.html"},
	{name: "ln", typed: "ln -s index.html latest"},
	{name: "rm", typed: "rm a"},
	{name: "rm-r", typed: "rm -r a"},
	{name: "edit", typed: "edit index.html"},
	{name: "connect", typed: "connect"},
	{name: "lcd", typed: "lcd app"},
	{name: "lls", typed: "lls"},
	{name: "lpwd", typed: "lpwd"},
	{name: "lstat", typed: "lstat img/*"},
	{name: "lview", typed: "lview main.css"},
	{name: "lmkdir", typed: "lmkdir new new"},
	{name: "lmv", typed: "lmv index.htm new"},
	{name: "lchmod", typed: "lchmod 9 new"},
	{name: "lchown", typed: "lchown :none-of-that-name new"},
	{name: "lln", typed: "lln new newer"},
	{name: "ledit", typed: "ledit main.css"},
	{name: "lrm", typed: "lrm -rf new nothing"},
	{name: "lconnect", typed: "lconnect"},
	{name: "bang", typed: "!echo $((40 + 2)); false"},
	{name: "help", typed: "help put"},
	{name: "set-option", typed: "set-option sandbox on"},
	{name: "sandbox", typed: "mkdir sandy"},
	{name: "show-options", typed: "show-options"},
	{name: "unset", typed: "set-option sandbox off"},
	{name: "history", typed: "history"},
	{name: "mistake", typed: "view idnex.html"},
	{name: "menu", typed: "get it"},
	{name: "clear", typed: "\x15clear"},
}

// TestScreensOfScp looks at the whole window after every command.
func TestScreensOfScp(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	s := ptytest.Start(t, b.shell("web1"), pty.Size{Rows: 42, Cols: 200})
	s.Expect(" > ")
	seen := map[string]bool{"exit": true} // at the end
	for _, screen := range scpScreens {
		s.Send("\x0c" + screen.typed)
		if screen.name != "menu" {
			s.Send("\r")
			seen[strings.Fields(strings.Trim(screen.typed, "\x15"))[0]] = true
		}
		if strings.HasSuffix(screen.name, "connect") {
			leave(s) // what a shell of the machine shows is its own
			continue
		}
		b.looksLike(t, s, screen.name)
	}
	s.Send("exit\r")
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d", status)
	}
	seen["!"] = seen["!echo"]
	for _, c := range scpshell.Commands() {
		if !seen[c.Name] {
			t.Errorf("no screen shows %s", c.Name)
		}
	}
}

// leave leaves a terminal on a machine.
func leave(s *ptytest.Terminal) {
	s.Expect("leaves it")
	s.ExpectRaw()
	s.Send("exit\r")
	s.Expect("left")
	s.Expect(" > ")
}

// runner is who runs the tests: the names, or numbers where there are none, and both.
func runner() (name, group, ids string) {
	uid, gid := strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getgid())
	name, group, ids = uid, gid, "user "+uid
	if found, err := user.LookupId(uid); err == nil {
		name, ids = found.Username, fmt.Sprintf("user %s (%s)", found.Username, uid)
	}
	if found, err := user.LookupGroupId(gid); err == nil {
		return name, found.Name, fmt.Sprintf("%s, group %s (%s)", ids, found.Name, gid)
	}
	return name, group, ids + ", group " + gid
}

// drawn is what the window shows, without what differs from run to run.
func (b *scpBed) drawn(s *ptytest.Terminal) string {
	name, group, ids := runner()
	text := strings.NewReplacer(b.there, "~", b.dir, "SITE", name+":"+group, "ME", ids, "ME").Replace(s.Drawn())
	return changing.ReplaceAllString(text, "0.00s") + "\n"
}

// looksLike compares the window with the file of that name.
func (b *scpBed) looksLike(t *testing.T, s *ptytest.Terminal, name string) {
	t.Helper()
	file := filepath.Join("testdata", "scp-screens", name)
	if os.Getenv("DEPLOYER_UPDATE") != "" {
		time.Sleep(time.Second)
		if err := os.WriteFile(file, []byte(b.drawn(s)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for deadline := time.Now().Add(patience); got != string(want) && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		got = b.drawn(s)
	}
	if got != string(want) {
		t.Fatalf("%s: the window shows\n%s\nwant\n%s", name, got, want)
	}
}
