package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

const eqScript = `
def eq(got, want):
    if got != want:
        fail("got %r, want %r" % (got, want))
`

// writeTree writes a tree and eq.star beside it, and returns the path of the tree.
func writeTree(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"deploy": text, "eq.star": eqScript} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "deploy")
}

// testRun is a tree in a run.
type testRun struct {
	root   *nodes.Env
	events *journal.Recorder
}

// said returns the messages of a kind.
func (r *testRun) said(kind journal.Kind) []string {
	var out []string
	for _, ev := range r.events.Events(kind) {
		out = append(out, ev.Stream+ev.Host+": "+ev.Message)
	}
	return out
}

func newRun(t testing.TB, text string, o nodes.Options) *testRun {
	t.Helper()
	secrets := journal.NewSecrets()
	loaded, err := Load(context.Background(), writeTree(t, text), Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	seen := &journal.Recorder{}
	session := hosts.NewSession(hosts.Options{Journal: journal.New("test", secrets, seen)})
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Session = session
	return &testRun{nodes.NewRun(o).Env(loaded.Tree.Root()), seen}
}

// eachChunk runs a test for every chunk of some files, with the line of its file that it begins at.
func eachChunk(t *testing.T, pattern string, test func(t *testing.T, file, chunk string, line int)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, chunk := range strings.Split(string(text), "\n---\n") {
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), line), func(t *testing.T) { test(t, file, chunk, line) })
			line += strings.Count(chunk, "\n") + 2
		}
	}
}

// TestActions runs the action test of every chunk of testdata/run.
func TestActions(t *testing.T) {
	eachChunk(t, "testdata/run/*.star", func(t *testing.T, file, chunk string, _ int) {
		runChunk(t, chunk, strings.Contains(file, "sandbox"))
	})
}

var expected = regexp.MustCompile(`(?m)^## expect: (.*)$`)

func runChunk(t *testing.T, chunk string, sandbox bool) {
	r := newRun(t, chunk, nodes.Options{Sandbox: sandbox})
	_, err := r.root.Call(context.Background(), "test", nodes.Args{})
	for _, ev := range r.events.Events() {
		if ev.Kind == journal.CommandStart && ev.Command == "echo never" {
			t.Error("a command was run after the end of the action")
		}
	}
	if m := expected.FindStringSubmatch(chunk); m != nil {
		if err == nil || strings.ReplaceAll(err.Error(), filepath.Dir(filePath(err))+"/", "") != m[1] {
			t.Errorf("got %v, want %s", err, m[1])
		}
		return
	}
	for i, line := range strings.Split(chunk, "\n") {
		if m := expectation.FindStringSubmatch(line); m != nil {
			checkError(t, err, i+1, strings.Trim(m[1], "`"))
			return
		}
	}
	if err != nil {
		t.Errorf("failed: %v", err)
	}
}

func filePath(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Pos.File
	}
	return ""
}

// checkError wants an error at a line, with a message.
func checkError(t *testing.T, err error, line int, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if e.Pos.Line != line || !regexp.MustCompile(want).MatchString(e.Msg) {
		t.Errorf("got line %d: %q, want line %d: %s", e.Pos.Line, e.Msg, line, want)
	}
	if n := len(e.Backtrace); n == 0 || e.Backtrace[n-1].Pos != e.Pos {
		t.Errorf("the backtrace does not end at the place: %v", e.Backtrace)
	}
	if !strings.Contains(e.Line, "###") {
		t.Errorf("the line is %q", e.Line)
	}
}
