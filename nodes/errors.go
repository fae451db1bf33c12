package nodes

import (
	"errors"
	"fmt"

	"deployer/hosts"
	"deployer/journal"
)

// ActionError says in which action, of which node, something failed. Only the innermost action is told.
type ActionError struct {
	Node   string // path
	Action string
	Host   string // slug of the cell; "" outside of cells
	State  journal.State
	Err    error
	// Readers are the queries on whose behalf it ran, the innermost first.
	Readers []Reader
}

func (e *ActionError) Error() string { return fmt.Sprintf("%s %s: %v", e.Node, e.Action, e.Err) }

func (e *ActionError) Unwrap() error { return e.Err }

// Failures returns the innermost failures in the tree of err, in order: *ActionError where there are any, else the
// errors themselves. What did not begin is no failure.
func Failures(err error) []error {
	switch wrapped := err.(type) {
	case nil, *NotBegunError:
		return nil // who stopped has failed
	case *ActionError:
		if inner := actionErrors(wrapped.Err); len(inner) > 0 {
			return inner
		}
		return splitHosts(wrapped)
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range wrapped.Unwrap() {
			all = append(all, Failures(one)...)
		}
		return all
	}
	if inner := actionErrors(err); len(inner) > 0 {
		return inner
	}
	return eachHost(err)
}

// eachHost returns the errors of several hosts apart, where there are several in err.
func eachHost(err error) []error {
	failed := hosts.Errors(err)
	if len(failed) < 2 {
		return []error{err}
	}
	var all []error
	for _, one := range failed {
		all = append(all, one)
	}
	return all
}

// actionErrors returns the failures below err if these are of actions.
func actionErrors(err error) []error {
	var action *ActionError
	if !errors.As(err, &action) {
		return nil
	}
	for {
		switch wrapped := err.(type) {
		case *ActionError, interface{ Unwrap() []error }:
			return Failures(err)
		case interface{ Unwrap() error }:
			err = wrapped.Unwrap()
		default:
			return nil
		}
	}
}

// splitHosts returns one error for every host that failed in an action.
func splitHosts(e *ActionError) []error {
	failed := hosts.Errors(e.Err)
	if len(failed) < 2 {
		return []error{e}
	}
	var all []error
	for _, one := range failed {
		all = append(all, &ActionError{Node: e.Node, Action: e.Action, Host: one.Host, State: one.State(),
			Readers: e.Readers, Err: one})
	}
	return all
}

// UnknownError ends an action of a sandbox run that needs the output of a command that was not run.
type UnknownError = hosts.UnknownError

// NameError says that a node has no such action, child, attribute or cell.
type NameError struct {
	Node string // path
	What string // "action"
	Name string // "" of what has none: the default action
	Hint string
}

// HostCountError says that a node has not as many hosts as it needs.
type HostCountError struct {
	Node  string // path
	Role  string // that is counted; "" is all of them
	Count int
	Why   string // "just_one needs exactly one"
	Hint  string
}

func (e *HostCountError) Error() string {
	in := ""
	if e.Role != "" {
		in = fmt.Sprintf(" in its role %q", e.Role)
	}
	return fmt.Sprintf("%s has %s%s, and %s%s", e.Node, count(e.Count, "host"), in, e.Why, orNothing(e.Hint))
}

// RequiredError says that an attribute was read that must be set, and is not.
type RequiredError struct {
	Node string // path
	Name string
	Why  string // what it is for; may be ""
}

func (e *RequiredError) Error() string {
	return fmt.Sprintf("%s: %s is required, and not set%s", e.Node, e.Name, orNothing(e.Why))
}

func (e *NameError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("%s has no %s%s", e.Node, e.What, orNothing(e.Hint))
	}
	return fmt.Sprintf("%s has no %s %q%s", e.Node, e.What, e.Name, orNothing(e.Hint))
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
