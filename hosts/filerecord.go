package hosts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"deployer/journal"
)

// event is the record of what is done with a file.
func (u *fileUse) event(kind journal.Kind) journal.Event {
	return journal.Event{Kind: kind, Path: u.path, Sudo: u.options.Sudo, User: u.options.User, Sandbox: u.sandbox}
}

// record writes the event of something that was done with a file, or not, and explains its error.
func (u *fileUse) record(ctx context.Context, e journal.Event, begun time.Time, changed bool, err error) error {
	scope := ScopeOf(ctx)
	e.ID, e.Parent, e.Node, e.Host = u.h.session.Journal().NewID(), scope.Parent, scope.Node, u.h.Slug()
	e.Seconds = time.Since(begun).Seconds()
	switch {
	case err == nil && !changed:
		e.State = journal.Unchanged
	case u.sandbox:
		e.State = journal.WouldChange
	default:
		e.State = journal.Done
	}
	if err != nil {
		err = u.fault(ctx, err)
		e.Diff = ""
		u.failed(&e, err)
	}
	u.h.session.Journal().Write(e)
	return err
}

// failed notes in an event how something failed.
func (u *fileUse) failed(e *journal.Event, err error) {
	var failure *Error
	if !errors.As(err, &failure) {
		e.State, e.Error = journal.Unknown, &journal.Error{Kind: "unknown", Message: err.Error()}
		return
	}
	e.State = failure.State()
	if u.sandbox && failure.Fault == Files {
		e.State = journal.Invalid
	}
	e.Error = &journal.Error{Kind: string(failure.Fault), Message: failure.Cause()}
}

// accountName is what users and groups may be called, as far as we are concerned.
var accountName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$`)

// unknownID stands for a user or group that a sandbox does not find: what was not run may be to create it.
const unknownID = 1<<32 - 2

// ownerIDs finds out on the host which user and group are meant by "user", "user:group" or ":group"; -1 is none.
func (u *fileUse) ownerIDs(ctx context.Context, owner string) (uid, gid int, err error) {
	user, group, _ := strings.Cut(owner, ":")
	if uid, err = u.id(ctx, user, "user", "id -u -- "+Quote(user)); err != nil {
		return -1, -1, err
	}
	gid, err = u.id(ctx, group, "group", fmt.Sprintf(groupID, Quote(group)))
	return uid, gid, err
}

// groupID prints the number of a group. Some systems have no getent.
const groupID = `{ getent group %[1]s || cat /etc/group; } | while IFS=: read -r name x id x; do
	[ "$name" != %[1]s ] || echo "$id"
done`

// id returns the number of a user or group; command prints that of a name.
func (u *fileUse) id(ctx context.Context, name, kind, command string) (int, error) {
	if name == "" {
		return -1, nil
	}
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	if !accountName.MatchString(name) {
		return -1, fmt.Errorf("%q is no name of a %s", name, kind)
	}
	plain := u.h.session.Handle(u.h.host)
	out, err := plain.Run(ctx, command, RunOptions{Silent: true, own: true, Reads: true, IgnoreStatus: true})
	if err != nil {
		return -1, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(out.Stdout.Kept())), 10, 31)
	if err != nil && u.sandbox {
		return unknownID, nil
	}
	if err != nil {
		return -1, fmt.Errorf("the host has no %s %s", kind, name)
	}
	return int(n), nil
}
