package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
	"deployer/prompt"
)

// git is a checkout.
type git struct {
	nodes.Node
	Location string
}

func (*git) Actions() nodes.Actions {
	return nodes.Actions{
		"Checkout": {Doc: "Checks out one commit.", Params: []string{"commit", "force=false"}, Alias: []string{"co"}},
	}
}

func (*git) Checkout(context.Context, string, bool) error { return nil }
func (*git) Stop(context.Context) error                   { return nil }

// site is a web site.
type site struct {
	nodes.Node
	Domain  string
	Address nodes.Query
	Git     nodes.Array[git] `roles:"host=web"`
	Odd     git              `deploy:"name=an odd/name"`
	Hidden  git              `deploy:"private"`
}

func (*site) Actions() nodes.Actions {
	return nodes.Actions{"Deploy": {Params: []string{"version"}, Default: true}, "Start": {Doc: "Starts all."}}
}

func (*site) Deploy(context.Context, string) error { return nil }
func (*site) Start(context.Context) error          { return nil }
func (s *site) URL() string                        { return "http://" + s.Domain }

// system is the root.
type system struct {
	nodes.Node `doc:"All of it."`
	Staging    site `group:"staging"`
	Production site `group:"production"`
}

func newTree(t testing.TB) *nodes.Tree {
	t.Helper()
	web := nodes.Role("web", nodes.LocalHost(hosts.LocalOptions{Slug: "web1"}), nodes.LocalHost(hosts.LocalOptions{Slug: "web2"}))
	one := func() site {
		return site{Node: nodes.Node{Roles: nodes.Roles{web}}, Domain: "example.com", Address: nodes.Q("url")}
	}
	tree, err := nodes.Bind(&system{Staging: one(), Production: one()})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// testShell is a shell whose tasks run nothing.
type testShell struct {
	*Shell
	out, err bytes.Buffer
	tasks    []Task
	outcome  Outcome // of the next task
}

func newShell(t testing.TB, input string, interactive bool) *testShell {
	tree := newTree(t)
	s := &testShell{}
	s.Shell = New(Options{
		Tree: tree, Start: tree.Root(), Reader: prompt.NewPlainReader(strings.NewReader(input), nil, false),
		Out: &s.out, Err: &s.err, Interactive: interactive, Name: "deployer", Version: "1.0",
		Settings: Settings{View: "lines"},
		Run: func(_ context.Context, task Task) Outcome {
			s.tasks = append(s.tasks, task)
			defer func() { s.outcome = Outcome{} }()
			return s.outcome
		},
	})
	return s
}

// do does a line and returns its status.
func (s *testShell) do(ctx context.Context, line string) int { return s.loop.Line(ctx, line) }

// TestSubShell goes to the nodes that an action returns, and back.
func TestSubShell(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", true)
	staging, err := s.resolve("staging")
	if err != nil {
		t.Fatal(err)
	}
	production, err := s.resolve("production")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		line   string
		result any
		at     string
	}{
		{"production start", staging, "/staging > "},
		{"cd git", nil, "/staging/git > "},
		{"stop", []any{production, staging}, "/staging > "},
		{"return", nil, "/production > "},
		{"exit", nil, "/staging/git > "},
		{"return", nil, "/ > "},
	} {
		s.outcome = Outcome{Value: step.result}
		if status := s.do(t.Context(), step.line); status != 0 {
			t.Fatalf("%s: status %d: %s", step.line, status, &s.err)
		}
		if got := s.prompt().String(); got != step.at {
			t.Fatalf("after %q the prompt is %q, want %q", step.line, got, step.at)
		}
		if told := strings.Contains(s.err.String(), "a sub-shell at "); told != (step.result != nil) {
			t.Errorf("%q tells %q", step.line, &s.err)
		}
		s.err.Reset()
	}
	if status := s.do(t.Context(), "return"); status != prompt.StatusUsage || !strings.Contains(s.err.String(), "no sub-shell") {
		t.Errorf("return at the bottom: status %d: %s", status, &s.err)
	}
}

// TestSandboxSettings runs actions in a sandbox: one, or all until that is switched off.
func TestSandboxSettings(t *testing.T) {
	t.Parallel()
	lines := "staging start\nsandbox staging start\nset-option sandbox on\nstaging start\nset-option sandbox off\nstaging start\n"
	s := newShell(t, lines, false)
	if status, err := s.Run(t.Context()); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s", status, err, &s.err)
	}
	var got []bool
	for _, task := range s.tasks {
		got = append(got, task.Sandbox)
	}
	if want := []bool{false, true, true, false}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sandboxes %v, want %v", got, want)
	}
}

// TestStatus ends with the status of the line that failed.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines string
		keep  bool
		want  int
	}{
		{"pwd\n", false, 0},
		{"pwd\nnowhere\npwd\n", false, 2},
		{"nowhere\nstaging start\n", true, 3},
	} {
		s := newShell(t, test.lines, false)
		s.loop.KeepGoing = test.keep
		s.outcome = Outcome{Status: 3}
		if got, err := s.Run(t.Context()); got != test.want || err != nil {
			t.Errorf("%q: status %d, %v; want %d", test.lines, got, err, test.want)
		}
	}
}

// interruptedReader is a person who types Ctrl-C before every line.
type interruptedReader struct {
	lines   []string
	typed   bool
	history []string
}

func (r *interruptedReader) Read(context.Context, prompt.Prompt) (string, error) {
	if len(r.lines) == 0 {
		return "", io.EOF
	}
	if r.typed = !r.typed; r.typed {
		return "", prompt.ErrInterrupted
	}
	line := r.lines[0]
	r.lines = r.lines[1:]
	return line, nil
}

func (r *interruptedReader) History() []string { return r.history }

// TestInterruptedLine goes on after Ctrl-C at a prompt, and drops a line that was to be continued.
func TestInterruptedLine(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", true)
	s.loop.Reader = &interruptedReader{lines: []string{"pwd 'a", "history", "exit"}, history: []string{"ls", "cd\nx"}}
	if status, err := s.Run(t.Context()); status != 0 || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
	if want := "    1  ls\n    2  cd\n       x\n"; s.out.String() != want {
		t.Errorf("printed %q, want %q", &s.out, want)
	}
}

// TestCancelled ends with the cause of its context.
func TestCancelled(t *testing.T) {
	t.Parallel()
	why := errors.New("hung up")
	ctx, stop := context.WithCancelCause(t.Context())
	s := newShell(t, "staging start\npwd\n", true)
	s.o.Run = func(context.Context, Task) Outcome { stop(why); return Outcome{Status: 129} }
	if _, err := s.Run(ctx); !errors.Is(err, why) || s.out.Len() > 0 {
		t.Errorf("error %v, printed %q", err, &s.out)
	}
}

// TestLateInterrupt types Ctrl-C while a line is read that comes nevertheless: it does what it says.
func TestLateInterrupt(t *testing.T) {
	t.Parallel()
	s := newShell(t, "staging start\n", true)
	stop := func() {}
	s.o.Interrupt = func(ctx context.Context) (context.Context, func()) {
		ctx, stop = context.WithCancel(ctx)
		return ctx, stop
	}
	reader := s.o.Reader
	s.loop.Reader = lateReader{reader, func() { stop() }}
	s.o.Run = func(ctx context.Context, _ Task) Outcome {
		if ctx.Err() != nil {
			t.Error("it was interrupted before it began")
		}
		s.tasks = append(s.tasks, Task{})
		return Outcome{}
	}
	if status, err := s.Run(t.Context()); status != 0 || err != nil || len(s.tasks) != 1 {
		t.Errorf("status %d, %v, after %d tasks", status, err, len(s.tasks))
	}
}

// lateReader is interrupted when it has read a line.
type lateReader struct {
	prompt.LineReader
	interrupt func()
}

func (r lateReader) Read(ctx context.Context, p prompt.Prompt) (string, error) {
	line, err := r.LineReader.Read(ctx, p)
	if err == nil {
		r.interrupt()
	}
	return line, err
}

// TestGreeting tells a person how to begin, unless that person has begun before.
func TestGreeting(t *testing.T) {
	t.Parallel()
	for _, history := range [][]string{nil, {"ls"}} {
		s := newShell(t, "", true)
		s.loop.Reader = &interruptedReader{history: history}
		_, err := s.Run(t.Context())
		if greeted := strings.Contains(s.err.String(), "help lists the commands"); err != nil || greeted != (history == nil) {
			t.Errorf("after %q: %v, told %q", history, err, &s.err)
		}
	}
}

// TestListOptions types what the ls of sh takes.
func TestListOptions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"ls -la": "ls has no option '-la': it has -l", "ls --all staging": "ls has no option '--all'",
		"ls -l staging": "", "ls staging": "",
	} {
		s := newShell(t, "", true)
		status := s.do(t.Context(), line)
		if (status == 0) != (want == "") || !strings.Contains(s.err.String(), want) {
			t.Errorf("%s: status %d, %s", line, status, &s.err)
		}
	}
}
