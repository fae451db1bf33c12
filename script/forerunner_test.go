package script

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

var updateRows = flag.Bool("update-rows", false, "write what the rows of testdata/forerunner give into them")

// TestForerunner goes through the tables of testdata/forerunner. They say, row by row, how the forerunner's nodes behave
// where that is good, and what we do instead where it is not. A file is named after the part of the manual that it is
// about; a row begins with "=== ", and what follows the script says what comes of it:
//
//	--- answers   of the person who is asked: retry, skip, connect, abort, the number of a cell, or silence
//	--- sandbox   the run is one
//	--- refused   the mistakes, if the tree does not load
//	--- check     what deployer check says of a tree that loads
//	--- prints    what is printed, asked, warned of, and returned by the action test
//	--- fails     the errors of the action test
func TestForerunner(t *testing.T) {
	files, err := filepath.Glob("testdata/forerunner/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows := strings.Split(string(text), "\n=== ")
		for i, row := range rows[1:] {
			title, rest, _ := strings.Cut(row, "\n")
			t.Run(filepath.Base(file)+"/"+title, func(t *testing.T) { rows[i+1] = title + "\n" + checkRow(t, rest) })
		}
		if *updateRows {
			if err := os.WriteFile(file, []byte(strings.Join(rows, "\n=== ")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var sectionLine = regexp.MustCompile(`(?m)^--- (\w+)\n`)

// checkRow compares a row with what comes of it, and returns it as it should be.
func checkRow(t *testing.T, row string) string {
	parts := map[string]string{}
	at := sectionLine.FindAllStringSubmatchIndex(row, -1)
	script := row
	for i, m := range at {
		if i == 0 {
			script = row[:m[0]]
		}
		end := len(row)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		parts[row[m[2]:m[3]]] = strings.TrimRight(row[m[1]:end], "\n")
	}
	r := &rowRun{answers: strings.Fields(parts["answers"]), secrets: journal.NewSecrets()}
	_, r.sandbox = parts["sandbox"]
	r.run(t, script)
	got := map[string]string{
		"refused": r.problems(r.refused), "check": r.problems(r.found), "prints": r.said(), "fails": r.failures(),
	}
	out := script
	for _, name := range []string{"answers", "sandbox"} {
		if given, ok := parts[name]; ok {
			out += strings.TrimRight("--- "+name+"\n"+given, "\n") + "\n"
		}
	}
	for _, name := range []string{"refused", "check", "prints", "fails"} {
		if got[name] != parts[name] && !*updateRows {
			t.Errorf("%s\n%s, want\n%s", name, got[name], parts[name])
		}
		if got[name] != "" {
			out += "--- " + name + "\n" + got[name] + "\n"
		}
	}
	if out == script {
		t.Error("nothing comes of it")
	}
	return out
}

// prelude is the first line of every row's script.
const prelude = "load(\"prelude.star\", \"by_role\", \"h1\", \"h2\", \"h3\", \"h4\", \"h5\", \"scratch\", \"slugs\")\n"

const preludeFile = `
h1, h2, h3, h4, h5 = [local_host("h%d" % n) for n in range(1, 6)]
def slugs(hosts): return [h.slug for h in hosts]
def by_role(env): return {r: slugs(s) for r, s in env.hosts.by_role().items()}
`

// rowRun is a row while it runs, and its person.
type rowRun struct {
	answers []string
	sandbox bool
	dir     string
	refused []Problem
	found   []Problem // by check
	err     error

	mu    sync.Mutex
	lines []string

	secrets *journal.Secrets
}

// run loads the tree, and runs the action test of its root if it has one.
func (r *rowRun) run(t *testing.T, script string) {
	path := writeTree(t, prelude+script)
	r.dir = filepath.Dir(path)
	text := preludeFile + fmt.Sprintf("scratch = %q\n", r.dir)
	if err := os.WriteFile(filepath.Join(r.dir, "prelude.star"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(t.Context(), path, Options{Secrets: r.secrets})
	var refused *Problems
	if errors.As(err, &refused) {
		r.refused = refused.List
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	r.found = problemsOf(t, path)
	if loaded.Tree.Root().Member("test") == nil {
		return
	}
	session := hosts.NewSession(hosts.Options{Journal: journal.New("test", r.secrets, r)})
	defer session.Close()
	o := nodes.Options{Session: session, Sandbox: r.sandbox}
	if len(r.answers) > 0 {
		o.Person = r
	}
	v, err := nodes.NewRun(o).Env(loaded.Tree.Root()).Call(t.Context(), "test", nodes.Args{})
	text, formatErr := nodes.FormatResult(v)
	r.say("%s", text)
	r.err = errors.Join(err, formatErr)
	if len(r.answers) > 0 {
		t.Errorf("nobody asked for the answers %q", r.answers)
	}
}

// Write implements journal.Sink.
func (r *rowRun) Write(e journal.Event) error {
	switch {
	case e.Kind == journal.Message && e.Stream == journal.Stdout && e.Host != "":
		r.say("%s | %s", e.Host, e.Message)
	case e.Kind == journal.Message && e.Stream == journal.Stdout:
		r.say("%s", e.Message)
	case e.Kind == journal.Message:
		r.say("log: %s", e.Message)
	case e.Kind == journal.Warning:
		r.say("warning: %s", e.Message)
	case e.Kind == journal.ActionEnd && e.State == journal.Skipped:
		r.say("skipped: %s %s", e.Node, e.Action)
	}
	return nil
}

func (r *rowRun) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text := strings.TrimRight(fmt.Sprintf(format, args...), "\n"); text != "" {
		r.lines = append(r.lines, text)
	}
}

// AfterFailure implements nodes.Person.
func (r *rowRun) AfterFailure(_ context.Context, failed *nodes.ActionError) (nodes.Decision, error) {
	r.say("asked: %s %s", failed.Node, failed.Action)
	decisions := map[string]nodes.Decision{
		"abort": nodes.Abort, "retry": nodes.Retry, "skip": nodes.Skip, "connect": nodes.Connect,
	}
	return decisions[r.answer()], nil
}

// ChooseCell implements nodes.Person.
func (r *rowRun) ChooseCell(_ context.Context, cells []*nodes.Place) (int, error) {
	var names []string
	for _, c := range cells {
		names = append(names, c.Path())
	}
	r.say("asked: which of %s", strings.Join(names, " "))
	answer := r.answer()
	if answer == "silence" {
		return 0, console.ErrNoAnswer
	}
	return strconv.Atoi(answer)
}

func (r *rowRun) answer() string {
	if len(r.answers) == 0 {
		return "abort"
	}
	next := r.answers[0]
	r.answers = r.answers[1:]
	return next
}

func (r *rowRun) said() string { return r.steady(strings.Join(r.lines, "\n")) }

// places are those in the row's file.
var places = regexp.MustCompile(`deploy:(\d+)`)

// steady counts lines from the row's own first one, leaves out where its file is, and masks what the program would.
func (r *rowRun) steady(text string) string {
	text = strings.ReplaceAll(r.secrets.Mask(text), r.dir+"/", "")
	return places.ReplaceAllStringFunc(text, func(at string) string {
		line, _ := strconv.Atoi(strings.TrimPrefix(at, "deploy:")) // it matched
		return fmt.Sprintf("deploy:%d", line-1)
	})
}

func (r *rowRun) problems(found []Problem) string {
	var lines []string
	for _, p := range found {
		lines = append(lines, r.steady(p.String()))
	}
	return strings.Join(lines, "\n")
}

// failures are the innermost errors.
func (r *rowRun) failures() string {
	var lines []string
	for _, err := range nodes.Failures(r.err) {
		lines = append(lines, r.steady(err.Error()))
	}
	return strings.Join(lines, "\n")
}
