package deployer_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// TestScpMistakes types what cannot be done: the answer says what is wrong with which path of which side, and what to do.
func TestScpMistakes(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	there := "web1:" + b.there + "/"
	for _, name := range []string{"app/main.css/x", "moved/y", "file"} {
		b.file(t, b.there, name, "text")
	}
	b.file(t, b.there, "app/img", "a file")
	if err := os.Symlink("nowhere", filepath.Join(b.there, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		status int
		line   string
		says   []string
	}{
		{1, "put -r app", []string{there + "app/main.css: is a directory\n", there + "app/img: not a directory\n"}},
		{1, "put editor none/x", []string{there + "none/x: there is no directory " + b.there + "/none", "!local:"}},
		{1, "get dangling", []string{there + "dangling: no such file or directory: it is a symbolic link that leads nowhere\n"}},
		{1, "mkdir none/x", []string{there + "none/x: no such file or directory: -p makes those above it too\n"}},
		{1, "mv moved moved/z", []string{there + "moved to " + there + "moved/z: a directory cannot be moved into itself\n"}},
		{1, "mv moved file", []string{there + "moved to " + there + "file: not a directory\n"}},
		{1, "mv file none/x", []string{there + "none/x: there is no directory " + b.there + "/none\n", "!did you mean"}},
		{2, "quit", []string{"there is no command quit: here it is exit\n"}},
	} {
		b.says(t, tt.status, append([]string{"scp", "web1", "--"}, strings.Fields(tt.line)...), tt.says...)
	}
	b.says(t, 2, []string{"scp", "--path", "both", "--", "ls"}, "which of the hosts is not said: name one of web[1-2]")
}

// TestScpAsOpenSSH is called as the scp of OpenSSH is, and answers how that is written.
func TestScpAsOpenSSH(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	for line, says := range map[string]string{
		"editor web1:/tmp":        "OpenSSH: scp web1 -- put editor /tmp\n",
		"app editor web1:":        "OpenSSH: scp web1 -- put app editor .\n",
		"web1:www/index.html":     "OpenSSH: scp web1 -- get www/index.html\n",
		"me@web1:~/x y .":         "OpenSSH: scp me@web1 -- get '~/x' y .\n",
		"web1 put editor":         "a command comes after --: scp web1 -- put",
		"ssh://web1:22/x -- ls":   "!OpenSSH",
		"web9 -- put a web1:/tmp": "did you mean web1 or web2?",
	} {
		b.says(t, 2, append([]string{"scp"}, strings.Fields(line)...), says)
	}
}

// TestScpAllMistaken tells what is wrong here once, not for every host.
func TestScpAllMistaken(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	out := b.seen(t, "scp", "--path", "both", "--", "put", "--all", "nothing")
	told := "deployer: local:" + b.dir + "/nothing: no such file or directory\n"
	if strings.Count(out, told) != 1 || !strings.Contains(out, "web1  FAILED\nweb2  FAILED\n") {
		t.Errorf("it prints\n%s", out)
	}
}

// TestScpCountsHosts counts those that were meant: this machine, where the files are from, is none of them.
func TestScpCountsHosts(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.says(t, 0, []string{"scp", "--json", "web1", "--", "put", "editor"}, `"host":"web1","state":"done"}`,
		`"counts":{"done":1}`, "!localhost")
}

// TestScpEditGivenUp leaves the editor in anger: nothing is changed, and no copy lies about.
func TestScpEditGivenUp(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	file := filepath.Join(b.there, "www", "index.html")
	copied := filepath.Join(b.dir, "copied")
	s := b.sit(t)
	for _, tt := range []struct{ editor, says string }{
		{"exit 1", "ended with status 1: nothing was changed"},
		{`rm "$1"`, "the editor has removed its copy: nothing was changed"},
	} {
		b.write(t, "editor", "#!/bin/sh\nprintf %s \"$1\" > '"+copied+"'\n"+tt.editor+"\n")
		s.doesTelling("edit www/index.html", "www/index.html: ", tt.says)
		name, err := os.ReadFile(copied)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(string(name))); !os.IsNotExist(err) {
			t.Errorf("%s: the copy in %s is there still: %v", tt.editor, name, err)
		}
		if text, err := os.ReadFile(file); string(text) != "<h1>It works</h1>\n" {
			t.Errorf("%s: the file has %q, %v", tt.editor, text, err)
		}
	}
	s.Send("exit\r")
	s.ends(0)
}

// TestScpOddProcess runs without what a process usually has: an output that takes anything, and a directory it is in.
func TestScpOddProcess(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	const gone, told = `mkdir gone && cd gone && rmdir ../gone && exec "$@"`,
		"the directory this was started in is not there any more: start it in another one\n"
	for _, tt := range []struct {
		script string
		args   []string
		status int
		says   string
	}{
		{`"$@" > /dev/full`, []string{"web1", "--", "ls"}, 1, "deployer: write standard output: no space left on device\n"},
		{gone, []string{"web1", "--", "ls"}, 2, told},
		{gone, []string{"--file", filepath.Join(b.dir, "deploy"), "web1", "--", "ls"}, 2, told},
	} {
		cmd := b.shell(tt.args...)
		cmd.Args = append([]string{"sh", "-c", tt.script, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		out, _ := cmd.CombinedOutput() // the status is what counts
		if cmd.ProcessState.ExitCode() != tt.status || !strings.Contains(string(out), tt.says) {
			t.Errorf("%s of %q: status %d: %s", tt.script, tt.args, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// TestScpAllInterrupted ends a transfer to several hosts: which of them have it all is told.
func TestScpAllInterrupted(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.server.Freeze()
	defer b.server.Thaw()
	r := b.start(t, "scp", "--json", "--path", "both", "--", "put", "--all", "editor")
	r.expect(`"host":"web2","path":"/`)
	r.signal(syscall.SIGINT)
	r.wants(130)
	for _, line := range []string{`"message":"web1  INTERRUPTED"`, `"message":"web2  `, "  1 copied: "} {
		if !strings.Contains(r.out.String(), line) {
			t.Errorf("it does not tell %s", line)
		}
	}
}

// TestScpAllShown copies to several hosts: every line of what goes on says of which host it is.
func TestScpAllShown(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.server.SetFaults(sshserver.Faults{Latency: 50 * time.Millisecond})
	b.write(t, "large", "")
	if err := os.Truncate(filepath.Join(b.dir, "large"), 64<<20); err != nil {
		t.Fatal(err)
	}
	s := b.sitAt(t, b.shell("--path", "both"))
	s.Expect("number or name: ")
	s.Send("web2\r")
	s.Expect(reading)
	s.Send("put --all large\r")
	s.Expect("web1: put  large  ")
	s.Send("\x03")
	s.Expect("web1  INTERRUPTED")
	s.Expect("interrupted by Ctrl-C")
	s.Expect(reading)
	s.Send("exit\r")
	s.ends(0)
}

// TestScpAllAtHome copies to the home directory of each of several hosts, where the shell is in that of one.
func TestScpAllAtHome(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	s := b.sitAt(t, b.shell("--path", "both"))
	s.Expect("number or name: ")
	s.Send("web2\r")
	s.Expect(reading)
	s.doesTelling("put --all editor", "web1  done", "web2  done")
	s.does("mkdir www")
	s.does("cd www")
	s.doesTelling("put --all deploy", "web1  done", "web2  done")
	s.Send("exit\r")
	s.ends(0)
	for _, name := range []string{"editor", "www/deploy"} { // of web1
		if _, err := os.Stat(filepath.Join(b.there, name)); err != nil {
			t.Error(err)
		}
	}
}
