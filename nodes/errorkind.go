package nodes

import (
	"errors"

	"deployer/hosts"
)

// ErrorKind says in a word what kind of failure an error is, for those who decide by it what to do:
//
//   - of a [hosts.Error] its fault, such as "command", "unreachable" or "sudo", whatever it led to;
//   - "query" of a [QueryError], "name" of a [NameError], "usage" of a [UsageError], "hosts" of a [HostCountError],
//     "required" of a [RequiredError], "unknown" of an [UnknownError], "panic" of a [PanicError];
//   - of any other error with a method Kind() string what that says, else "".
//
// Of several errors it is the kind of the first.
func ErrorKind(err error) string {
	if on := hosts.Errors(err); len(on) > 0 {
		return string(on[0].Fault)
	}
	var kinded interface{ Kind() string }
	if errors.As(err, &kinded) {
		return kinded.Kind()
	}
	return ""
}

// Kind implements what ErrorKind looks for.
func (e *QueryError) Kind() string { return "query" }

// Kind implements what ErrorKind looks for.
func (e *NameError) Kind() string { return "name" }

// Kind implements what ErrorKind looks for.
func (e *UsageError) Kind() string { return "usage" }

// Kind implements what ErrorKind looks for.
func (e *RequiredError) Kind() string { return "required" }

// Kind implements what ErrorKind looks for.
func (e *HostCountError) Kind() string { return "hosts" }

// Kind implements what ErrorKind looks for.
func (e *PanicError) Kind() string { return "panic" }
