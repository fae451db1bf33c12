package deployertest

import (
	"context"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/hosts"
)

// Host is a host that answers commands as a test says. It is a [hosts.Host] that may stand in a tree, and it can take
// the place of a host of the same name: see [Options].
//
// A command that it has no answer for fails the test.
type Host struct {
	hosts.Host // does what a function does, see call
	t          testing.TB
	shell      hosts.Host // runs what has no answer; nil: nothing does
	home       string

	mu      sync.Mutex // guards what follows
	answers []*answer
	calls   []Call
}

// Call is a command that a host got.
type Call struct {
	Command  string
	Dir      string            // as it was given to Cd; "" is where commands start
	Env      map[string]string // secrets are revealed, but for commands that a shell ran
	Prefixes []string
	Sudo     bool
	User     string // with Sudo; "" is root
	Input    string // what it was given to read; "" with a terminal, and for commands that a shell ran
}

// Reply is an answer to a command.
type Reply struct {
	Stdout, Stderr string
	Status         int         // exit status; 128+n is death by signal n
	Fault          hosts.Fault // not "": the command does not run, because of that
}

// answer is what is answered to some commands.
type answer struct {
	pattern *regexp.Regexp
	reply   func(context.Context, hosts.Call) (int, error)
}

// NewHost returns a host without answers.
func NewHost(t testing.TB, slug string) *Host {
	t.Helper()
	h := &Host{t: t}
	var err error
	if h.Host, err = hosts.NewFunc(hosts.FuncOptions{Slug: slug, Run: h.call}); err != nil {
		t.Fatal(err)
	}
	return h
}

// On answers commands that match a pattern, in which * stands for any text. Each reply is given once, in their order,
// and the last of them from then on; without a reply the command succeeds and prints nothing. Of several patterns that
// match, the one that was given last counts.
func (h *Host) On(pattern string, replies ...Reply) *Host {
	if len(replies) == 0 {
		replies = []Reply{{}}
	}
	var mu sync.Mutex
	next := 0
	return h.OnCall(pattern, func(_ context.Context, c hosts.Call) (int, error) {
		mu.Lock()
		reply := replies[next]
		next = min(next+1, len(replies)-1)
		mu.Unlock()
		return reply.give(c)
	})
}

// OnCall is On with a function that carries out the command: see [hosts.FuncOptions].
func (h *Host) OnCall(pattern string, do func(ctx context.Context, c hosts.Call) (status int, err error)) *Host {
	expression := `(?s)\A` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + `\z`
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = append(h.answers, &answer{regexp.MustCompile(expression), do})
	return h
}

// Shell lets the shell of this machine run the commands that have no other answer, as the user who runs the test, in
// [Host.Home]. Commands with sudo need an answer all the same.
func (h *Host) Shell() *Host {
	h.t.Helper()
	h.home = h.t.TempDir()
	wrapper := []string{"/bin/sh", "-c", `cd "$0" && HOME=$0 exec "$@"`, h.home}
	var err error
	if h.shell, err = hosts.NewWrapped(hosts.WrappedOptions{Slug: h.Slug(), Command: wrapper}); err != nil {
		h.t.Fatal(err)
	}
	return h
}

// Home is the folder where commands start that [Host.Shell] runs: a new one of the test.
func (h *Host) Home() string { return h.home }

// Calls are the commands that the host got, in order. What a sandbox does not run is not among them, nor are the
// commands by which files are read and written, facts found and the like.
func (h *Host) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// Commands are the texts of Calls.
func (h *Host) Commands() []string {
	var all []string
	for _, c := range h.Calls() {
		all = append(all, c.Command)
	}
	return all
}

// Start implements hosts.Host.
func (h *Host) Start(ctx context.Context, s *hosts.Session, c hosts.Command) (hosts.Process, error) {
	call := c.Call()
	if h.shell == nil || call.Sudo || h.answer(call.Command) != nil {
		return h.Host.Start(ctx, s, c)
	}
	if !c.Checks() {
		h.record(call, "")
	}
	return h.shell.Start(ctx, s, c)
}

// answer is the answer to a command, or nil.
func (h *Host) answer(command string) *answer {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range slices.Backward(h.answers) {
		if a.pattern.MatchString(command) {
			return a
		}
	}
	return nil
}

func (h *Host) record(c hosts.Call, input string) {
	if c.Own {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, Call{Command: c.Command, Dir: c.Dir, Env: maps.Clone(c.Env), Prefixes: c.Prefixes,
		Sudo: c.Sudo, User: c.User, Input: input})
}

// call carries out a command.
func (h *Host) call(ctx context.Context, c hosts.Call) (int, error) {
	input := ""
	if !c.Terminal {
		all, err := io.ReadAll(c.Stdin)
		if err != nil {
			return 0, err
		}
		input, c.Stdin = string(all), strings.NewReader(string(all))
	}
	h.record(c, input)
	if a := h.answer(c.Command); a != nil {
		return a.reply(ctx, c)
	}
	if c.Own {
		h.t.Errorf("the host %s has no files and no facts: give it some by Shell", h.Slug())
	} else {
		h.t.Errorf("the host %s has no answer to the command %q: give it one by On", h.Slug(), c.Command)
	}
	return Reply{Stderr: "no answer\n", Status: 127}.give(c)
}

// give prints the reply.
func (r Reply) give(c hosts.Call) (int, error) {
	if r.Fault != "" {
		return 0, &hosts.Error{Fault: r.Fault, Err: errors.New("as the test says")}
	}
	if _, err := io.WriteString(c.Stdout, r.Stdout); err != nil {
		return 0, err
	}
	errs := c.Stderr
	if c.Terminal {
		errs = c.Stdout
	}
	_, err := io.WriteString(errs, r.Stderr)
	return r.Status, err
}
