package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"deployer/journal"
	"deployer/nodes"
)

// Options are what a shell is made with.
type Options struct {
	Tree        *nodes.Tree
	Start       *nodes.Place // where it begins
	Reader      LineReader
	Out, Err    io.Writer
	Colour      bool   // of Out
	Interactive bool   // a person reads; else the first line that fails ends the shell
	Pager       bool   // Run can show a person more lines than the terminal has, page by page
	KeepGoing   bool   // a line that fails does not end the shell
	Name        string // of the program, in messages that no person waits for
	Version     string // what --version prints
	Secrets     *journal.Secrets
	Settings    Settings // at the start
	// Columns returns the width of the window; nil where there is none.
	Columns func() int
	// Run runs a task and shows all that comes of it, but a result that is a node.
	Run func(context.Context, Task) Outcome
	// Interrupt returns a context that ends at the next Ctrl-C, in place of the program, until release is called.
	Interrupt func(context.Context) (inner context.Context, release func())
}

// Settings are what set-option changes.
type Settings struct {
	Sandbox bool   // tasks check everything and change nothing
	View    string // how a run is shown: "lines" or "tree"
}

// Task is something to run on the hosts of a node.
type Task struct {
	Node   *nodes.Place
	Name   string // of the action, as it was called; "" is the default action
	Action *nodes.Action
	Args   nodes.Args
	Settings
	// Looks says that it only shows something of the tree: it belongs in no log.
	Looks bool
	// Alone says that nobody is asked what to do about a failure.
	Alone bool
}

// Outcome is what came of a task.
type Outcome struct {
	Value  any
	Status int // an exit status; 0 is success
}

// Shell is a deployment shell. It is for one goroutine.
type Shell struct {
	o        Options
	commands []*Command
	here     place
	below    []place // of the shells that this one is a sub-shell of
	settings Settings
	line     int // number of the line
	left     bool
}

// place is where a shell is, and where it was before.
type place struct {
	at, previous *nodes.Place
}

// New returns a shell.
func New(o Options) *Shell {
	if o.Interrupt == nil {
		o.Interrupt = func(ctx context.Context) (context.Context, func()) { return ctx, func() {} }
	}
	if o.Columns == nil {
		o.Columns = func() int { return math.MaxInt }
	}
	return &Shell{o: o, commands: Commands(), here: place{at: o.Start}, settings: o.Settings}
}

// The exit statuses of lines that fail before anything runs.
const (
	statusUsage       = 2
	statusInterrupted = 130
)

// Run reads and does line after line, until the input ends or a line ends the shell. It returns the exit status: for a
// person 0, else that of the first line that failed, or with KeepGoing the gravest. Its error is the cause of ctx, or
// what is wrong with the input.
func (s *Shell) Run(ctx context.Context) (status int, err error) {
	s.greet()
	for !s.left {
		one, err := s.next(ctx)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case errors.Is(err, io.EOF):
			s.leave()
			continue
		case err != nil:
			return 0, err
		}
		if s.o.Interactive || one == 0 {
			continue
		}
		status = worst(status, one)
		if !s.o.KeepGoing {
			break
		}
	}
	return status, nil
}

// greet tells a person who has typed no line yet, in this session or an earlier one, how to begin.
func (s *Shell) greet() {
	if s.o.Interactive && len(s.o.Reader.History()) == 0 {
		fmt.Fprintln(s.o.Err, "help lists the commands, Tab completes, Ctrl-D leaves")
	}
}

// worst is the gravest of two exit statuses.
func worst(a, b int) int {
	for _, status := range []int{statusInterrupted, 4, 3, 1} {
		if a == status || b == status {
			return status
		}
	}
	return max(a, b)
}

// next reads a line and does it.
func (s *Shell) next(ctx context.Context) (status int, err error) {
	line, interrupted, err := s.interruptibleRead(ctx)
	switch {
	case interrupted:
		if s.o.Interactive && !errors.Is(err, ErrInterrupted) {
			fmt.Fprintln(s.o.Err) // a reader that knows of Ctrl-C has ended the line
		}
		return statusInterrupted, nil
	case err != nil:
		return 0, err
	}
	// A Ctrl-C that came while the line was read is not for what the line does.
	inner, release := s.o.Interrupt(ctx)
	defer release()
	return s.do(inner, line), nil
}

// interruptibleRead reads a line, and reports whether Ctrl-C came instead.
func (s *Shell) interruptibleRead(ctx context.Context) (line string, interrupted bool, err error) {
	inner, release := s.o.Interrupt(ctx)
	defer release()
	line, err = s.read(inner)
	interrupted = err != nil && (errors.Is(err, ErrInterrupted) || inner.Err() != nil && ctx.Err() == nil)
	return line, interrupted, err
}

// read reads a line with all that continues it.
func (s *Shell) read(ctx context.Context) (string, error) {
	line, err := s.o.Reader.Read(ctx, s.prompt())
	s.line++
	for at := s.line; err == nil; s.line++ {
		_, open := splitWords(line)
		if open == 0 {
			return line, nil
		}
		var more string
		more, err = s.o.Reader.Read(ctx, Prompt{{Text: "> "}})
		if errors.Is(err, io.EOF) {
			s.line = at
			return "", fmt.Errorf("%sthe input ends where %s is open", s.position(), openThing(open))
		}
		line += "\n" + more
	}
	return "", err
}

func openThing(open byte) string {
	if open == '\\' {
		return "a line that a backslash continues"
	}
	return fmt.Sprintf("a quote %c", open)
}

// position names the line in messages that no person at a prompt reads.
func (s *Shell) position() string {
	if s.o.Interactive {
		return ""
	}
	return fmt.Sprintf("line %d: ", s.line)
}

// do does a line, shows what is wrong with it, and returns its exit status.
func (s *Shell) do(ctx context.Context, line string) int {
	err := s.try(ctx, line)
	var failed *failedError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.status
	}
	text := s.mask(err.Error())
	if !s.o.Interactive {
		text = s.o.Name + ": " + s.position() + text
	}
	fmt.Fprintln(s.o.Err, text)
	return statusUsage
}

// failedError is of a line whose failure was shown already.
type failedError struct{ status int }

func (e *failedError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// try does a line.
func (s *Shell) try(ctx context.Context, line string) error {
	words, _ := splitWords(line)
	if len(words) == 0 {
		return nil
	}
	if cmd := s.command(words[0]); cmd != nil {
		if len(words) == 2 && words[1].raw == "--help" {
			return s.write(cmd.Help(s.o.Columns()))
		}
		return cmd.run(s, ctx, arguments{words[1:], line[words[0].end():], words[0].end()})
	}
	return s.call(ctx, words, s.settings)
}

// mask hides secrets.
func (s *Shell) mask(text string) string {
	if s.o.Secrets == nil {
		return text
	}
	return s.o.Secrets.Mask(text)
}

// prompt is the path of the place, each step in the colour of its group.
func (s *Shell) prompt() Prompt {
	p := PathSpans(s.here.at)
	if s.settings.Sandbox {
		p = append(p, Span{Text: " [sandbox]", Colour: "cyan"})
	}
	return append(p, Span{Text: " > "})
}

// PathSpans is the path of a node, each step in the colour of its group.
func PathSpans(n *nodes.Place) Prompt {
	var p Prompt
	before := ""
	for i, at := range n.Line() {
		path := at.Path()
		text := strings.TrimPrefix(path, before)
		before = path
		if i == 0 && path == "/" && n.Parent() != nil {
			text = "" // the separator comes with the next step
			before = ""
		}
		if text != "" {
			p = append(p, Span{Text: text, Colour: GroupColour(at)})
		}
	}
	return p
}

// move goes to a node.
func (s *Shell) move(to *nodes.Place) { s.here = place{at: to, previous: s.here.at} }

// enter begins a sub-shell at a node.
func (s *Shell) enter(at *nodes.Place) {
	s.below = append(s.below, s.here)
	s.here = place{at: at}
}

// leave ends the sub-shell, or the shell.
func (s *Shell) leave() {
	last := len(s.below) - 1
	if last < 0 {
		s.left = true
		return
	}
	s.here, s.below = s.below[last], s.below[:last]
}

// write writes to standard output, without secrets.
func (s *Shell) write(text string) error {
	_, err := io.WriteString(s.o.Out, s.mask(text))
	return err
}
