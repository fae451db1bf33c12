package hosts

import (
	"errors"
	"fmt"

	"deployer/files"
)

// CopyFailure is what is wrong with a file, a link or a directory that could not be copied.
type CopyFailure struct {
	Path string
	Here bool // Path is one of this machine, not of the host
	Err  error
}

// Cause says in a few words what is wrong, without path and machine.
func (f CopyFailure) Cause() string {
	var here *hereError
	if errors.As(f.Err, &here) {
		return here.cause().Error()
	}
	var failure *Error
	if errors.As(f.Err, &failure) {
		return failure.Cause()
	}
	return f.Err.Error()
}

// hereError is a failure on this machine, of a transfer with a host.
type hereError struct {
	path string
	err  error
}

func (e *hereError) Error() string {
	return fmt.Sprintf("%s on this machine: %v", files.Shown(e.path), e.cause())
}

func (e *hereError) cause() error {
	var failure *Error
	if errors.As(e.err, &failure) {
		return errors.New(failure.Cause())
	}
	return plainFileError(e.err)
}

func (e *hereError) Unwrap() error {
	var failure *Error
	if errors.As(e.err, &failure) {
		return failure.Err // the host is not this machine
	}
	return e.err
}
