package hosts

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"deployer/internal/hostshell"
)

// beginLimit is how long a host may take to come from our script to the command: first the start files of the login
// shell, then sudo. While a person is asked for a password, no time runs. It is long, since sudo may look up names that
// a broken DNS does not answer; without it, a forced command that reads its standard input would never end.
const beginLimit = 2 * time.Minute

// expectBegin ends the command if it does not begin in time. It needs x.mu.
func (x *execution) expectBegin() {
	limit := x.session.beginLimit
	x.overdue = time.AfterFunc(limit, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.marks[hostshell.MarkStarted] == 0 {
			x.fail(x.notBegun(fmt.Sprintf("did not begin the command within %v", limit)))
		}
	})
}

// missed returns why the command itself did not run, though its script ended, or nil if it ran. It needs x.mu.
func (x *execution) missed(exit Exit) *Error {
	switch {
	case x.marks[hostshell.MarkNoSudo] > 0:
		return x.fault(Sudo, errors.New("sudo is not installed there"), "install sudo, or log in as the user who may do this")
	case x.request.Sudo && x.marks[hostshell.MarkScript] > 0 && x.marks[hostshell.MarkStarted] == 0:
		return x.fault(Sudo, fmt.Errorf("sudo refused: %s", x.refusal()), "see what sudo -l says for this user on the host")
	case x.marks[hostshell.MarkStarted] == 0:
		return x.notBegun("ran something else in place of the command: " + exit.text())
	case x.marks[hostshell.MarkDirectory] > 0:
		return x.directoryFailed()
	}
	return nil
}

// notBegun is the error of a command that something else ran in the place of, or held up. It needs x.mu.
func (x *execution) notBegun(what string) *Error {
	fault, text := Unreachable, "the host "+what
	hint := "the account needs a shell that runs commands, and no other command forced on it"
	if x.marks[hostshell.MarkScript] > 0 {
		fault, text, hint = Sudo, "sudo "+what, "run sudo there by hand, to see what it waits for"
	}
	said := x.lastLines()
	if said == "" {
		said = x.stdout.lastLines()
	}
	if said != "" {
		text += fmt.Sprintf("; it said %q", said)
	}
	return x.fault(fault, errors.New(text), hint)
}

// refusal is what sudo said: its own lines, else the last one.
func (x *execution) refusal() string {
	lines := strings.Split(x.lastLines(), "\n")
	var own []string
	for _, line := range lines {
		if said, ok := strings.CutPrefix(strings.TrimSpace(line), "sudo: "); ok {
			own = append(own, said)
		}
	}
	if len(own) == 0 {
		own = lines[len(lines)-1:]
	}
	return strings.TrimSpace(strings.Join(own, "; "))
}

// directoryFailed is the error of a command whose directory could not be entered. It needs x.mu.
func (x *execution) directoryFailed() *Error {
	err := fmt.Errorf("cannot change to the directory %s", x.handle.dir)
	if x.noEntry != "" {
		err = fmt.Errorf("%w: %s", err, strings.ToLower(x.noEntry))
	}
	switch x.noEntry {
	case "Permission denied":
		return x.fault(Directory, err, "use sudo, or log in as a user who may enter it")
	case "Not a directory":
		return x.fault(Directory, err, "correct the path")
	}
	return x.fault(Directory, err, "create it first, or correct the path")
}
