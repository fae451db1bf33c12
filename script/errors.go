package script

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// plainError is a mistake in how a script uses a builtin: nothing but a message, whose place the interpreter knows.
type plainError struct{ problem nodes.Problem }

func (e plainError) Error() string {
	if e.problem.Hint == "" {
		return e.problem.Message
	}
	return e.problem.Message + " (" + e.problem.Hint + ")"
}

// hint returns the error with what to do about it.
func (e plainError) hint(text string) plainError {
	e.problem.Hint = text
	return e
}

// wrong is an error of a builtin.
func wrong(format string, args ...any) error {
	return plainError{nodes.Problem{Message: fmt.Sprintf(format, args...)}}
}

// goCause is the error that Go code returned to the interpreter, or nil if the script is at fault.
func goCause(err error) error {
	for {
		eval, ok := err.(*starlark.EvalError)
		if !ok {
			break
		}
		err = eval.Unwrap()
	}
	if isOurs(err) {
		return err
	}
	return nil
}

// isOurs reports whether there is an error of this program in the tree of err, with more to say than its text.
func isOurs(err error) bool {
	return explainsItself(err) || nodes.ErrorKind(err) != "" || errors.Is(err, errTooDeep)
}

// explainsItself reports whether an error says all that a person wants to know of it. Of others they want to know the
// place in the script too.
func explainsItself(err error) bool {
	var (
		host    *hosts.Error
		action  *nodes.ActionError
		unknown *nodes.UnknownError
		inner   *Error
	)
	return errors.As(err, &inner) || errors.As(err, &action) || errors.As(err, &unknown) || errors.As(err, &host)
}

// frames are the calls of a stack that are in scripts.
func frames(stack starlark.CallStack) []Frame {
	var out []Frame
	for _, frame := range stack {
		if frame.Pos.Line > 0 {
			out = append(out, Frame{Name: frame.Name, Pos: pos(frame.Pos)})
		}
	}
	return out
}

// maxFrames is how many calls of a backtrace are kept.
const maxFrames = 12

// shorten leaves out the middle of a long backtrace.
func shorten(all []Frame) []Frame {
	if len(all) <= maxFrames {
		return all
	}
	half := maxFrames / 2
	out := append([]Frame{}, all[:half]...)
	out = append(out, Frame{Name: fmt.Sprintf("%d more calls", len(all)-2*half)})
	return append(out, all[len(all)-half:]...)
}

// cleanMessage takes away what the interpreter puts around messages.
func cleanMessage(msg string) string {
	msg = strings.TrimPrefix(msg, "fail: ")
	return strings.TrimPrefix(msg, "Starlark ")
}

// line is the line of a script at a place, without secrets, and the column of the place in what is left; 0 if that
// cannot be said.
func (p *program) line(at nodes.Pos) (line string, mark int) {
	s := p.sources[at.File]
	if s == nil {
		return "", 0
	}
	whole := []rune(s.line(at.Line))
	line = p.mask(string(whole))
	if at.Col < 1 || at.Col > len(whole)+1 {
		return line, 0
	}
	rest := p.mask(string(whole[at.Col-1:]))
	if !strings.HasSuffix(line, rest) {
		return line, 0
	}
	return line, utf8.RuneCountInString(line) - utf8.RuneCountInString(rest) + 1
}

// mask masks the secrets of a line, those that are known and those that look like one.
func (p *program) mask(line string) string {
	return p.secrets.Mask(secretLiteral.ReplaceAllString(line, `$1"`+journal.Masked+`"`))
}

// secretLiteral is a secret that is written out in a script, which a message must not repeat.
var secretLiteral = regexp.MustCompile(
	`(?i)((?:\b\w*password|\bkey|\brsa_key|\bsecret)["']?\s*[=(:]\s*)` +
		`("""[^"]*(?:""")?|'''[^']*(?:''')?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)`)
