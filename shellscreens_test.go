package deployer_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"deployer/pty"
	"deployer/pty/ptytest"
	"deployer/shell"
)

// screensTree has something to show for each command.
const screensTree = `load("hosts.star", "here")
def hello(env, name = "world"):
    """Greet somebody."""
    env.host.run("echo hello " + quote(name))
def other(env):
    """Go to the other one."""
    return env.parent.other
Web = node(doc = "A web server.", actions = [hello, other])
root = node(
    web = Web(hosts = here, group = groups.staging, url = Q("https://%s/") % Q.domain, domain = "example.com"),
    other = node(doc = "The other one."),
)
`

// screens are what is typed at the prompt of a window that is empty, and what the window shows then.
var screens = []struct{ typed, drawn string }{
	{"ls", `/ > ls
/

nodes:
  web     A web server.
  other   The other one.
/ >`},
	{"ls -l web", `/ > ls -l web
/web
A web server.

actions:
  hello [NAME=world]   Greet somebody.
  other                Go to the other one.

hosts:
  .   host: localhost
/ >`},
	{"tree", `/ > tree
/
├── web
└── other
/ >`},
	{"find action=hello", `/ > find action=hello
/web hello
/ >`},
	{"help cd", `/ > help cd
cd [PATH]

Go to a node.
Without PATH it goes to the root. - is the node before, .. the one above, /
the root; git[web1] and git:web1 are a cell. Steps of a path are separated by
/, . or space.
/ >`},
	{"show-options", `/ > show-options
  sandbox off   check everything, change nothing
  view live     how a run is shown
  hosts *       the only hosts that are worked on
  batch -       how many cells at a time; it stops when one has failed
  canary -      how many cells come first; if one fails no other begins
  max-fail -    how many cells may fail before it stops
  pause -       how long to wait after each batch
  check -       the action that runs in each batch after it
/ >`},
	{"cd web", `/ > cd web
/web >`},
	{"pwd", `/web > pwd
/web
/web >`},
	{"exit --help", `/web > exit --help
exit

Leave the shell, or the sub-shell.
Ctrl-D does the same.
/web >`},
	{"lss", `/web > lss
there is no command, node or action "lss" in /web: did you mean ls?
/web >`},
	{"hello you", `/web > hello you
/web hello you
localhost $ echo hello 'you'
hello you
localhost ok 0.00s
/web >`},
	{"sandbox hello", `/web > sandbox hello
/web hello (sandbox)
localhost $ echo hello 'world'
localhost would run 0.00s
/web >`},
	{"set-option sandbox on", `/web > set-option sandbox on
/web [sandbox] >`},
	{"hello", `/web [sandbox] > hello
/web hello (sandbox)
localhost $ echo hello 'world'
localhost would run 0.00s
/web [sandbox] >`},
	{"set-option sandbox off", `/web [sandbox] > set-option sandbox off
/web >`},
	{"--inspect", `/web > --inspect
/web
A web server.

defined    deploy:10:11
template   web, derived from Web
kind       a node
group      staging

hosts:
  host   localhost

actions:
  hello [NAME=world]   Greet somebody.
  other                Go to the other one.

queries:
  url   "https://example.com/"

constants:
  domain   "example.com"
/web >`},
	{"--inspect url", `/web > --inspect url
/web url
query      Q("https://%s/") % Q.domain
defined    deploy:10:59

how it comes to its value:
  Q.domain                      "example.com"
  Q("https://%s/") % Q.domain   "https://example.com/"
  url                           "https://example.com/"
/web >`},
	{"--source-code hello", `/web > --source-code hello
deploy:2:1
    2  def hello(env, name = "world"):
    3      """Greet somebody."""
    4      env.host.run("echo hello " + quote(name))
/web >`},
	{"--run -- echo $((40 + 2))", `/web > --run -- echo $((40 + 2))
localhost $ echo $((40 + 2))
42
localhost ok 0.00s
/web >`},
	{"--run-with-sudo ../other -- id", `/web > --run-with-sudo ../other -- id
warning: /other has no hosts: nothing was run
/web >`},
	{"--connect ../other", `/web > --connect ../other
warning: /other has no hosts: nothing was run
/web >`},
	{"--scp ../other", `/web > --scp ../other
/other has no hosts to copy from or to: name another node, or a host
/web >`},
	{"other", `/web > other
/web other
a sub-shell at /other; return, or Ctrl-D, leaves it
/other >`},
	{"return", `/other > return
/web >`},
	{"history", `/web > history
    1  ls
    2  ls -l web
    3  tree
    4  find action=hello
    5  help cd
    6  show-options
    7  cd web
    8  pwd
    9  exit --help
   10  lss
   11  hello you
   12  sandbox hello
   13  set-option sandbox on
   14  hello
   15  set-option sandbox off
   16  --inspect
   17  --inspect url
   18  --source-code hello
   19  --run -- echo $((40 + 2))
   20  --run-with-sudo ../other -- id
   21  --connect ../other
   22  --scp ../other
   23  other
   24  return
   25  history
/web >`},
	{"--version", `/web > --version
deployer (devel)
/web >`},
	{"runs now", `/web > runs now
runs takes no arguments, got "now"
/web >`},
	{"show x1 web1", `/web > show x1 web1
there is no journal of a run "x1": runs lists those there are
/web >`},
	{"resume last now", `/web > resume last now
resume takes one RUN, and got "last now"
/web >`},
	{"retry failed", `/web > retry failed
deployer: nothing to retry: /web other has succeeded on all of its hosts
/web >`},
	{"clear", `/web >`},
}

// changing matches what is another at every run.
var changing = regexp.MustCompile(`\d+\.\d\ds`)

// TestScreensOfShell looks at the whole window after every command.
func TestScreensOfShell(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, screensTree)
	s := ptytest.Start(t, p.command(), pty.Size{Rows: 30, Cols: 78})
	s.Expect("/ > ")
	seen := map[string]bool{"exit": true} // at the end
	for _, screen := range screens {
		s.Send("\x0c" + screen.typed + "\r")
		got := drawnLike(s, screen.drawn)
		if got != screen.drawn {
			t.Fatalf("%s: the window shows\n%s\nwant\n%s", screen.typed, got, screen.drawn)
		}
		seen[strings.Fields(screen.typed)[0]] = true
	}
	s.Send("exit\r")
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, c := range shell.Commands() {
		if !seen[c.Name] {
			t.Errorf("no screen shows %s", c.Name)
		}
	}
}

// drawnLike waits until the window shows that, but for durations, and returns what it shows.
func drawnLike(s *ptytest.Terminal, want string) (got string) {
	for deadline := time.Now().Add(patience); got != want && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		got = changing.ReplaceAllString(s.Drawn(), "0.00s")
	}
	return got
}
