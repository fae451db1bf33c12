package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshserver"
	"deployer/pty"
	"deployer/pty/ptytest"
)

// reader follows a document: it has the home and the hosts of the document's examples.
type reader struct {
	t     *testing.T
	home  string            // that the document calls /home/deploy
	homes []string          // of the hosts
	at    map[string]string // which of them is that of a slug
	work  string            // a folder of it, where the commands run
	site  *django           // what the tutorial deploys
}

// shownHome is what documents call the home of their reader.
const shownHome = "/home/deploy"

// The hosts of the documents, by the names of ssh_config: SSH servers in this process, that log in the user deploy.
var docHosts = []string{"web1", "web2", "web3", "db1"}

// More hosts: new1, whose key is not in known_hosts; old1, whose key has changed; down1, where nobody listens.
const (
	newHost, oldHost, downHost = "new1", "old1", "down1"
	docUser                    = "deploy"
)

// newReader makes the home of a reader. There may be more hosts, like web1.
func newReader(t *testing.T, more ...string) *reader {
	t.Helper()
	r := &reader{t: t, home: t.TempDir(), at: map[string]string{}}
	r.work = filepath.Join(r.home, "site")
	for _, dir := range []string{r.work, filepath.Join(r.home, ".ssh")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	key, err := sshserver.NewKeyFile(filepath.Join(r.home, ".ssh", "id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	var config, known strings.Builder
	other := r.server(key) // whose key is taken for that of old1
	for _, slug := range slices.Concat(docHosts, []string{newHost, oldHost}, more) {
		s := r.server(key)
		r.at[slug] = r.homes[len(r.homes)-1]
		host(&config, slug, s.Port())
		switch slug {
		case newHost:
		case oldHost:
			fmt.Fprintf(&known, "[127.0.0.1]:%d %s\n", s.Port(), other.HostKey())
		default:
			fmt.Fprintln(&known, s.KnownHosts())
		}
	}
	host(&config, downHost, deadPort(t))
	r.file(".ssh/config", config.String())
	r.file(".ssh/known_hosts", known.String())
	return r
}

func host(config *strings.Builder, slug string, port int) {
	fmt.Fprintf(config, "Host %s\n  HostName 127.0.0.1\n  Port %d\n  User %s\n", slug, port, docUser)
}

func (r *reader) file(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.home, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) server(key sshserver.PublicKey) *sshserver.Server {
	r.t.Helper()
	home := r.t.TempDir()
	r.homes = append(r.homes, home)
	s, err := sshserver.Start(sshserver.Options{
		Home: home, User: docUser, AuthorizedKeys: []sshserver.PublicKey{key}, Env: []string{"LC_ALL=C"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return s
}

// follow runs the commands of a block, in one shell, and compares what they print, on both streams, with the lines
// after them. "…" stands for anything within a line, alone for any lines; times, ports and fingerprints are not
// compared. What the words of the block say:
//
//	unordered    the lines of each command may come in any order, as hosts work in parallel
//	typed X      the shell has a terminal, and X is typed at the question whose line ends with it
//	session      likewise, and the program is our shell: what is typed stands after its prompts
func (r *reader) follow(d *document, b *block) {
	r.t.Helper()
	commands := readCommands(b)
	if len(commands) == 0 {
		r.t.Errorf("%s:%d: there is no command in the block", d.path, b.at)
		return
	}
	outputs := strings.Split(r.run(b, commands), endOfOutput)
	var lines []string
	for i, c := range commands {
		got := ""
		if i < len(outputs) {
			got = r.shown(outputs[i])
		}
		lines = append(append(lines, c.lines...), splitLines(got)...)
		if same(c.want, got, slices.Contains(b.words, "unordered")) {
			lines = append(lines[:len(lines)-len(splitLines(got))], splitLines(c.want)...)
		} else if os.Getenv("DEPLOYER_UPDATE") == "" {
			r.t.Errorf("%s:%d: %s prints\n%swant\n%s", d.path, b.at, c.text(), got, c.want)
		}
	}
	if !slices.Equal(lines, b.lines) && os.Getenv("DEPLOYER_UPDATE") != "" {
		b.lines, d.changed = lines, true
	}
}

// command is a command of a document, with what it prints.
type command struct {
	lines []string // the first with "$ ", more with "> "
	want  string
}

func (c *command) text() string {
	var lines []string
	for _, line := range c.lines {
		lines = append(lines, line[2:])
	}
	return strings.Join(lines, "\n")
}

func readCommands(b *block) []*command {
	var all []*command
	for _, line := range b.lines {
		switch n := len(all); {
		case strings.HasPrefix(line, "$ "):
			all = append(all, &command{lines: []string{line}})
		case n > 0 && strings.HasPrefix(line, "> ") && all[n-1].want == "":
			all[n-1].lines = append(all[n-1].lines, line)
		case n > 0:
			all[n-1].want += line + "\n"
		}
	}
	return all
}

// endOfOutput is printed after every command.
const endOfOutput = "\001\n"

// run runs the commands in one shell and returns what they print.
func (r *reader) run(b *block, commands []*command) string {
	r.t.Helper()
	var text strings.Builder
	for _, c := range commands {
		text.WriteString(r.real(c.text()) + "\n{ status=$?; printf '\\001\\n'; (exit $status); }\n")
	}
	r.file("commands", text.String())
	cmd := exec.CommandContext(r.t.Context(), "/bin/sh", filepath.Join(r.home, "commands"))
	cmd.Dir = r.work
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "LC_ALL=C", "NO_COLOR=1", "TERM=dumb", "TZ=UTC0",
		"GORACE=atexit_sleep_ms=0", // else a program with the race detector sleeps for a second before it exits
	}
	cmd.Env = append(cmd.Env, goEnv()...)
	if at := slices.Index(b.words, "typed"); at >= 0 {
		return r.onTerminal(cmd, func(line string) (asked, answer string, asks bool) {
			answer = b.words[at+1]
			before, asks := strings.CutSuffix(line, "? [y/N] "+answer)
			return before[strings.LastIndex(before, "…")+1:], answer, asks
		}, commands)
	}
	if slices.Contains(b.words, "session") {
		return r.onTerminal(cmd, typedLine, commands)
	}
	out, _ := cmd.CombinedOutput() // the exit status is that of the last command, which may fail
	return string(out)
}

// prompted is a line of a session: what the shell asks with, and what is typed there.
var prompted = regexp.MustCompile(`\A(/\S*(?: \[sandbox\])? > |local:\S+ ~ \S+:\S+ > |.*\? \[abort\] )(.*)\z`)

func typedLine(line string) (asked, answer string, asks bool) {
	if parts := prompted.FindStringSubmatch(line); parts != nil {
		return parts[1], parts[2], true
	}
	return "", "", false
}

// onTerminal runs the commands on a terminal. typed says what is asked in a line, and what is answered.
func (r *reader) onTerminal(cmd *exec.Cmd, typed func(line string) (asked, answer string, asks bool), commands []*command) string {
	r.t.Helper()
	term := ptytest.Start(r.t, cmd, pty.Size{Rows: 24, Cols: 120})
	for _, c := range commands {
		for _, line := range splitLines(c.want) {
			if asked, answer, asks := typed(line); asks {
				term.Expect(asked)
				term.Send(answer + "\r")
			}
		}
	}
	term.Wait()
	return strings.NewReplacer("\r\n", "\n", "\r\x1b[K", "").Replace(term.Output())
}

// shown is an output as documents show it.
func (r *reader) shown(output string) string {
	if output != "" && !strings.HasSuffix(output, "\n") {
		output += "\n"
	}
	for _, home := range append(r.homes, r.home) {
		output = strings.ReplaceAll(output, home, shownHome)
	}
	if r.site != nil {
		output = strings.NewReplacer(r.site.bind, "127.0.0.1", r.site.dir, "/srv").Replace(output)
	}
	return output
}

// real is a text of a document with the address that its servers listen at.
func (r *reader) real(text string) string {
	if r.site == nil {
		return text
	}
	return strings.ReplaceAll(text, "127.0.0.1:", r.site.bind+":")
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// nothing is a text that occurs nowhere.
const nothing = "\x00"

// same reports whether a command printed what the document says.
func same(want, got string, unordered bool) bool {
	want, got = steady(want, nothing), steady(got, nothing)
	if !unordered {
		return pattern(want).MatchString(got)
	}
	left := splitLines(got)
	for _, line := range splitLines(want) {
		at := slices.IndexFunc(left, pattern(line).MatchString)
		if exact := slices.Index(left, line); exact >= 0 {
			at = exact
		}
		if at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return len(left) == 0
}

// pattern is what texts match that are as a document has it.
func pattern(text string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for line := range strings.Lines(text) {
		if line == "…\n" {
			b.WriteString(`(?:[^\n]*\n)*`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*`))
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// program writes a file of a program in Go, in a module of its own that uses the packages of this one.
func (r *reader) program(b *block) {
	r.t.Helper()
	name := "main.go"
	if len(b.words) > 1 {
		name = b.words[1]
	}
	if !strings.HasSuffix(name, ".go") {
		return
	}
	ours, err := os.ReadFile("go.mod")
	if err != nil {
		r.t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		r.t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(ours), "\n")
	module := "module example.com/tree\n" + requires + fmt.Sprintf("\nrequire deployer v0.0.0\n\nreplace deployer => %s\n", here)
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		r.t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": module, "go.sum": string(sums), name: b.text()} {
		r.file(filepath.Join("site", name), text)
	}
}

// goEnv is what the go command needs to find what is there already, and to look for nothing else.
var goEnv = sync.OnceValue(func() []string {
	env := []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local"}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		if out, err := exec.Command("go", "env", name).Output(); err == nil {
			env = append(env, name+"="+strings.TrimSpace(string(out)))
		}
	}
	return env
})
