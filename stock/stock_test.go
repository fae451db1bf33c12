package stock_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/nodes"
	"deployer/stock"
)

// run is a tree in a run, and what it records.
type run struct {
	t      *testing.T
	ctx    context.Context
	events journal.Recorder
}

func newRun(t *testing.T, root nodes.Embedder, o nodes.Options) *run {
	t.Helper()
	r := &run{t: t}
	o.Session = hosts.NewSession(hosts.Options{Journal: journal.New("test", nil, &r.events)})
	t.Cleanup(func() {
		if err := o.Session.Close(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if r.ctx, err = nodes.NewContext(t.Context(), root, o); err != nil {
		t.Fatal(err)
	}
	return r
}

// call runs an action and returns its result as text, or its error, and what was recorded of it.
func (r *run) call(of nodes.Embedder, action string, args ...any) (string, error) {
	r.t.Helper()
	r.events.Forget()
	value, err := nodes.Call(r.ctx, of, action, args...)
	text, formatErr := nodes.FormatResult(value)
	if formatErr != nil {
		r.t.Errorf("%s: %v", action, formatErr)
	}
	return strings.TrimSuffix(text, "\n"), err
}

// must is call of an action that must succeed.
func (r *run) must(of nodes.Embedder, action string, args ...any) string {
	r.t.Helper()
	text, err := r.call(of, action, args...)
	if err != nil {
		r.t.Fatalf("%s%v: %v", action, args, err)
	}
	return text
}

// commands are what the last action ran for everybody to see, with "?" before what a sandbox only checked.
func (r *run) commands() []string {
	would := map[uint64]bool{}
	for _, e := range r.events.Events() {
		if e.Kind == journal.CommandEnd && e.State == journal.WouldRun {
			would[e.ID] = true
		}
	}
	var all []string
	for _, e := range r.events.Events() {
		switch {
		case e.Kind != journal.CommandStart:
		case would[e.ID]:
			all = append(all, "? "+e.Command)
		case e.Quiet:
		default:
			all = append(all, e.Command)
		}
	}
	return all
}

// wantCommands wants the last action to have run commands that begin like this.
func (r *run) wantCommands(want ...string) {
	r.t.Helper()
	got := r.commands()
	if len(got) != len(want) {
		r.t.Errorf("ran %q, want %q", got, want)
		return
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			r.t.Errorf("command %d was %q, want %s …", i, got[i], want[i])
		}
	}
}

// sh runs a command of the test in a folder.
func sh(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// here is this machine as a host, for the role host.
func here(slug string) nodes.Roles {
	return nodes.Roles{nodes.Role("host", nodes.LocalHost(hosts.LocalOptions{Slug: slug}))}
}

// server is an account of a real sshd as a host, for the role host. home is a folder for what the test makes there, and
// tilde is what commands call it. Where the only account would be that of a person, whose files and settings are not
// the test's, it is this machine instead.
func server(t *testing.T, slug string) (roles nodes.Roles, home, tilde string) {
	t.Helper()
	if os.Geteuid() != 0 {
		home = t.TempDir()
		return here(slug), home, home
	}
	s := sshdtest.Start(t, sshdtest.Options{})
	return nodes.Roles{nodes.Role("host", nodes.SSHHost(hosts.SSHOptions{
		Slug: slug, Address: "127.0.0.1", Port: s.Port, Username: s.User, KeyFilename: s.ClientKeyFile,
		KnownHosts: []string{s.KnownHostsFile}, ConfigFilename: "none",
	}))}, s.Home, "~"
}

// snapshot is all files below a folder with their times and contents, but for the folders of git.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".git" {
			return cmpSkip(entry, err)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime())
		if entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			fmt.Fprintf(&b, "%x\n", text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func cmpSkip(entry fs.DirEntry, err error) error {
	if err == nil && entry.IsDir() {
		return fs.SkipDir
	}
	return err
}

// TestDocumentation wants every stock node to be found by its file, and to be documented with all that it has: from the
// text that programs carry with them.
func TestDocumentation(t *testing.T) {
	for _, f := range stock.Files() {
		for _, n := range f.Nodes {
			made, err := nodes.TemplateOf(n)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			if made.Documentation() == "" {
				t.Errorf("%s has no documentation", made.Name)
			}
			for _, m := range made.Members() {
				doc := m.Doc
				switch {
				case m.Action != nil:
					doc = m.Action.Documentation()
				case m.Property != nil:
					doc = m.Property.Documentation()
				}
				if doc == "" {
					t.Errorf("%s.%s has no documentation", made.Name, m.Name)
				}
			}
			checkSource(t, n)
		}
	}
}

// checkSource wants the text of the package to have all its files.
func checkSource(t *testing.T, n nodes.Embedder) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	embedded, err := fs.Glob(n.(nodes.WithSource).GoSource(), "*")
	if err != nil || !slices.Equal(files, embedded) {
		t.Errorf("%T carries %q with it, error %v, want %q", n, embedded, err, files)
	}
}

// output is what the last action printed on standard output.
func (r *run) output() string {
	var b strings.Builder
	for _, e := range r.events.Events() {
		if e.Kind == journal.CommandOutput && e.Stream == journal.Stdout {
			b.Write(e.Data)
		}
	}
	return b.String()
}

// hasSudo reports whether sudo asks for no password here.
func hasSudo(t *testing.T) bool {
	t.Helper()
	return exec.Command("sudo", "-n", "true").Run() == nil
}
