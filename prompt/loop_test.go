package prompt

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
)

// signals are what Ctrl-C ends, the innermost last.
type signals []context.CancelCauseFunc

func (s *signals) interrupt(ctx context.Context) (context.Context, func()) {
	inner, stop := context.WithCancelCause(ctx)
	*s = append(*s, stop)
	before := len(*s) - 1
	return inner, func() {
		stop(nil)
		*s = (*s)[:before]
	}
}

// send is Ctrl-C.
func (s *signals) send() { (*s)[len(*s)-1](errors.New("by Ctrl-C")) }

// script is a reader of lines; Ctrl-C comes while the line "late" is read.
type script struct {
	lines   []string
	signals *signals
}

func (s *script) Read(context.Context, Prompt) (string, error) {
	if len(s.lines) == 0 {
		return "", io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if line == "late" {
		s.signals.send()
	}
	return line, nil
}

func (*script) History() []string { return []string{"a"} }

// TestCtrlC types Ctrl-C while a line is done, just after it was entered, and between two lines.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines       []string
		interactive bool
		done        []string
		status      int
	}{
		{[]string{"a", "b"}, false, []string{"a", "b"}, 0},
		{[]string{"a", "late", "b"}, true, []string{"a", "b"}, 0},
		{[]string{"a", "late", "b"}, false, []string{"a"}, StatusInterrupted},
		{[]string{"during", "b"}, true, []string{"during", "b"}, 0},
		{[]string{"during", "b"}, false, []string{"during"}, StatusInterrupted},
		{[]string{"between", "b"}, true, []string{"between", "b"}, 0},
		{[]string{"between", "b"}, false, []string{"between"}, StatusInterrupted},
	} {
		var s signals
		var done []string
		left, between := false, false
		l := Loop{Reader: &script{test.lines, &s}, Err: io.Discard, Interactive: test.interactive, Mask: func(s string) string { return s },
			Interrupt: s.interrupt, Prompt: func() Prompt { return nil }, Leave: func() { left = true },
			Left: func() bool {
				if between {
					between = false
					s.send()
				}
				return left
			},
			Do: func(ctx context.Context, line string) error {
				done = append(done, line)
				between = line == "between"
				if line == "during" {
					s.send()
					return &Failed{StatusInterrupted}
				}
				return nil
			}}
		status, err := l.Run(t.Context())
		if status != test.status || err != nil || !slices.Equal(done, test.done) {
			t.Errorf("%q, interactive %t: status %d, %v, done %q", test.lines, test.interactive, status, err, done)
		}
		if len(s) > 0 {
			t.Errorf("%q: Ctrl-C is not given back", test.lines)
		}
	}
}
