package sshconfig

import (
	"errors"
	"fmt"
	"strings"
)

// Position is a line of a file. The zero Position is not in any file: OpenSSH's default, or the caller's own.
type Position struct {
	File string
	Line int // from 1
}

// String returns file:line, or "default".
func (p Position) String() string {
	if p.File == "" {
		return "default"
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Error is something that is wrong with a line.
type Error struct {
	At  Position
	Err error
}

func (e *Error) Error() string {
	if e.At.File == "" {
		return e.Err.Error()
	}
	return e.At.String() + ": " + e.Err.Error()
}

// Unwrap returns what is wrong, without the place.
func (e *Error) Unwrap() error { return e.Err }

// Errors are all that is wrong with some files, in the order of their lines.
type Errors []*Error

func (all Errors) Error() string {
	var text []string
	for _, one := range all {
		text = append(text, one.Error())
	}
	return strings.Join(text, "; ")
}

// Unwrap returns every one of them.
func (all Errors) Unwrap() []error {
	var errs []error
	for _, one := range all {
		errs = append(errs, one)
	}
	return errs
}

// orNil returns nil where nothing is wrong.
func (all Errors) orNil() error {
	if len(all) == 0 {
		return nil
	}
	return all
}

// add notes what is wrong at a place, unless err is nil or has a place already.
func (all *Errors) add(at Position, err error) {
	var placed *Error
	var many Errors
	switch {
	case err == nil:
	case errors.As(err, &many):
		*all = append(*all, many...)
	case errors.As(err, &placed):
		*all = append(*all, placed)
	default:
		*all = append(*all, &Error{At: at, Err: err})
	}
}
