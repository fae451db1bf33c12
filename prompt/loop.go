package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Loop reads lines and does one after the other.
type Loop struct {
	Reader      LineReader
	Err         io.Writer
	Interactive bool   // a person reads; else the first line that fails ends the loop
	KeepGoing   bool   // a line that fails does not end it
	Name        string // of the program, in messages that no person waits for
	Mask        func(string) string
	// Interrupt returns a context that ends at the next Ctrl-C, in place of the program, until release is called; nil:
	// Ctrl-C ends the program.
	Interrupt func(context.Context) (inner context.Context, release func())

	Prompt func() Prompt
	// Do does a line. Its error is shown, unless it is a *Failed.
	Do func(ctx context.Context, line string) error
	// Leave is called at the end of the input; the loop ends when Left reports that.
	Leave func()
	Left  func() bool

	line int // number of the line
}

// The exit statuses of lines that fail before anything runs.
const (
	StatusUsage       = 2
	StatusInterrupted = 130
)

// Failed is the error of a line whose failure was shown already.
type Failed struct{ Status int }

func (e *Failed) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

// Run reads and does lines until the loop is left. It returns the exit status: for a person 0, else that of the first
// line that failed, or with KeepGoing the gravest. Its error is the cause of ctx, or what is wrong with the input.
func (l *Loop) Run(ctx context.Context) (status int, err error) {
	l.greet()
	between, release := l.interruptible(ctx) // no Ctrl-C between two lines ends the program of a person
	defer release()
	for !l.Left() {
		if between.Err() != nil && ctx.Err() == nil && !l.Interactive {
			return StatusInterrupted, nil
		}
		one, err := l.next(ctx)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case errors.Is(err, io.EOF):
			l.Leave()
			continue
		case err != nil:
			return 0, err
		}
		if l.Interactive || one == 0 {
			continue
		}
		status = worst(status, one)
		if !l.KeepGoing {
			break
		}
	}
	return status, nil
}

// greet tells a person who has typed no line yet, in this session or an earlier one, how to begin.
func (l *Loop) greet() {
	if l.Interactive && len(l.Reader.History()) == 0 {
		fmt.Fprintln(l.Err, "help lists the commands, Tab completes, Ctrl-D leaves")
	}
}

// worst is the gravest of two exit statuses.
func worst(a, b int) int {
	for _, status := range []int{StatusInterrupted, 4, 3, 1} {
		if a == status || b == status {
			return status
		}
	}
	return max(a, b)
}

// interruptible is a context that ends at the next Ctrl-C.
func (l *Loop) interruptible(ctx context.Context) (inner context.Context, release func()) {
	if l.Interrupt == nil {
		return ctx, func() {}
	}
	return l.Interrupt(ctx)
}

// next reads a line and does it. A Ctrl-C that comes while it is read, or so soon after that nothing of what it does has
// begun, drops it.
func (l *Loop) next(ctx context.Context) (status int, err error) {
	inner, release := l.interruptible(ctx)
	defer release()
	line, err := l.read(inner)
	switch {
	case errors.Is(err, ErrInterrupted): // the reader has ended the line
		return StatusInterrupted, nil
	case inner.Err() != nil && ctx.Err() == nil:
		if l.Interactive {
			fmt.Fprintln(l.Err)
		}
		return StatusInterrupted, nil
	case err != nil:
		return 0, err
	}
	return l.Line(inner, line), nil
}

// read reads a line with all that continues it.
func (l *Loop) read(ctx context.Context) (string, error) {
	line, err := l.Reader.Read(ctx, l.Prompt())
	l.line++
	for at := l.line; err == nil; l.line++ {
		_, open := Split(line)
		if open == 0 {
			return line, nil
		}
		var more string
		more, err = l.Reader.Read(ctx, Prompt{{Text: "> "}})
		if errors.Is(err, io.EOF) {
			l.line = at
			return "", fmt.Errorf("%sthe input ends where %s is open", l.Position(), openThing(open))
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

// Position names the line in messages that no person at a prompt reads, "line 3: ".
func (l *Loop) Position() string {
	if l.Interactive {
		return ""
	}
	return fmt.Sprintf("line %d: ", l.line)
}

// Line does a line, shows what is wrong with it, and returns its exit status.
func (l *Loop) Line(ctx context.Context, line string) int {
	err := l.Do(ctx, line)
	var failed *Failed
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.Status
	}
	text := l.Mask(err.Error())
	if !l.Interactive {
		text = l.Name + ": " + l.Position() + text
	}
	fmt.Fprintln(l.Err, text)
	return StatusUsage
}
