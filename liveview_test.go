package deployer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// liveTree has an action that asks on the terminals of its hosts.
const liveTree = `load("hosts.star", "web1", "web2", "web3", "db1")
def upgrade(env):
    """Upgrade, and ask before."""
    env.host.run("echo looking; read -p 'replace the file? [y/N] ' x; echo answer $x; until [ -e ~/go ]; do sleep 0.05; done; tput cols")
def look(env):
    """Look at a file."""
    env.hosts.run("cat ~/file")
def wait(env):
    """Wait for a file."""
    env.host.run("until [ -e ~/go ]; do sleep 0.05; done; echo gone")
Web = parallel_node(actions = [upgrade, look, wait])
root = node(web = Web.array(hosts = [web1, web2, web3, db1]), all = node(hosts = [web1, web2, web3, db1], actions = [look]))
`

// clocks are the times that a view shows, which differ from run to run.
var clocks = regexp.MustCompile(` +\d+s\b`)

// drawn waits until the window shows lines, whatever the times in them, as its last ones.
func (s *session) drawn(t *testing.T, lines ...string) {
	t.Helper()
	want := strings.Join(lines, "\n")
	deadline := time.Now().Add(time.Minute)
	for {
		got := clocks.ReplaceAllString(s.Drawn(), " T")
		if strings.HasSuffix(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("drawn is\n%s\n--- want at the end\n%s", got, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// picturesOf are the windows that a document shows, in blocks that say nothing of what they are.
func picturesOf(t *testing.T, document string) (pictures [][]string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(clocks.ReplaceAllString(string(text), " T"), "```\n") {
		if i%2 == 1 {
			pictures = append(pictures, strings.Split(strings.TrimSuffix(block, "\n"), "\n"))
		}
	}
	return pictures
}

func newLivePlace(t *testing.T) (*rack, place) {
	t.Helper()
	r := startRack(t, "web1", "web2", "web3", "db1")
	p := r.client()
	for name, text := range map[string]string{"deploy": liveTree, "hosts.star": r.star()} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r, p
}

func TestLiveView(t *testing.T) {
	needTerminals(t, "ssh")
	t.Parallel()
	r, p := newLivePlace(t)
	columns := strconv.Itoa(window.Cols)
	pictures := picturesOf(t, "doc/live.md")
	readme, err := os.ReadFile("README.md")
	picture := "```\n" + strings.Join(pictures[0], "\n") + "\n```\n"
	if err != nil || !strings.Contains(clocks.ReplaceAllString(string(readme), " T"), picture) {
		t.Errorf("README.md does not show what doc/live.md does, error %v:\n%s", err, picture)
	}
	s := p.sit(t, "run", "--path", "web", "upgrade")
	s.drawn(t, pictures[0]...)
	s.Send("\x1b[B\x1b[B\r") // Down twice, and into web2
	s.Expect("-- web2: Ctrl-] leads back to all hosts --")
	s.Send("n\r")
	s.drawn(t, "replace the file? [y/N] n", "answer n")
	s.Send("\x1d")
	s.drawn(t, pictures[1]...)
	s.Send("\r") // into web2 once more
	s.Expect("answer n")
	r.sh("web2", "touch go")
	s.Expect(columns) // as of this window
	s.drawn(t,
		"-- all hosts --",
		"  web1  waiting T  replace the file? [y/N]",
		"  web2  done T  "+columns,
		"  web3  waiting T  replace the file? [y/N]",
		"  db1   waiting T  replace the file? [y/N]",
		"4 hosts: 3 waiting, 1 done T  Enter: answer web1, a: answer all, Down: choose")
	s.Send("a")
	s.drawn(t, "web[1,3],db1 asked: replace the file? [y/N]", "answer of all:")
	s.Send("y\r")
	for _, slug := range []string{"web1", "web3", "db1"} {
		r.sh(slug, "touch go")
	}
	s.ends(0)
	for _, slug := range []string{"web1", "web3", "db1"} {
		if !strings.Contains(s.Drawn(), slug+" | answer y") {
			t.Errorf("%s was not answered:\n%s", slug, s.Drawn())
		}
	}
}

// One host is left, the others go on.
func TestLiveViewLeaves(t *testing.T) {
	needTerminals(t, "ssh")
	t.Parallel()
	r, p := newLivePlace(t)
	s := p.sit(t, "run", "--path", "web", "wait")
	s.Expect("4 running")
	s.Send("\x1b[A") // Up: the last
	s.Expect("step into db1")
	s.Send("x")
	s.Expect("leave db1, and end what runs there? [y/N] ")
	s.Send("y\r")
	s.Expect("1 parked, 3 running")
	for _, slug := range []string{"web1", "web2", "web3"} {
		r.sh(slug, "touch go")
	}
	s.ends(1)
	if out := s.Output(); !strings.Contains(out, "4 hosts: 1 parked, 3 done") || strings.Count(out, "| gone") != 3 {
		t.Errorf("the others did not go on:\n%s", out)
	}
}

// What is typed meanwhile, and is no key of the view, is for the next line of the shell.
func TestTypedAheadOfTheView(t *testing.T) {
	needTerminals(t, "ssh")
	t.Parallel()
	r, p := newLivePlace(t)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("web wait\r")
	s.Expect("4 running")
	s.Send("cd all\rpwd\rax?é")
	for _, slug := range r.slugs {
		r.sh(slug, "touch go")
	}
	s.drawn(t, "/ > cd all", "/all > pwd", "/all", "/all > ax?é")
	s.Send("\x15exit\r") // Ctrl-U before
	s.ends(0)
}
