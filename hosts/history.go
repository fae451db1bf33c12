package hosts

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deployer/journal"
)

// A host may keep a history of the commands that deployer runs there, in ~/.deployer/history of the account that is
// logged in to: a line for each, which the script of the command writes before anything else. A history that cannot be
// written keeps no command from running.

// A line of the history is at most this long, in bytes: bash writes 4096 bytes at once, other shells more, so that the
// lines of commands that run at the same time do not mix. Of it the command gets what the fields before it leave.
const (
	maxNote      = 4000
	maxNoteField = 400
)

// note is the line of the history for the command, or "" if it is not to be in there: nothing runs in a sandbox but
// what only looks, and what is silent is meant to be seen nowhere.
func (x *execution) note() string {
	if !x.handle.host.Common().History || x.scope.Sandbox || x.options.Silent {
		return ""
	}
	machine, _ := os.Hostname() // there is no better name then
	account := "-"
	if x.options.Sudo {
		account = "sudo " + cmp.Or(x.options.User, "root")
	}
	who, run := ownUser()+"@"+machine, x.session.Journal().Run()
	line := time.Now().UTC().Format(time.RFC3339)
	for _, field := range []string{who, run, x.scope.Node, account, x.handle.dir} {
		line += " | " + cmp.Or(noteText(x.session.Secrets().Mask(field), maxNoteField), "-")
	}
	return line + " | " + noteText(x.session.Secrets().Mask(x.command), maxNote-len(line))
}

// noteText is a text as it can stand in a line, cut off at a limit in bytes.
func noteText(s string, limit int) string {
	const longest = len(`\u0000`) + len("…")
	var b strings.Builder
	for i, r := range s {
		if b.Len() > limit-longest {
			return b.String() + "…"
		}
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// noHistory warns, once for each host, that its history is not complete.
func (s *Session) noHistory(ctx context.Context, slug, why string) {
	if _, again := s.told.LoadOrStore(slug, true); again {
		return
	}
	scope := ScopeOf(ctx)
	s.Journal().Write(journal.Event{Kind: journal.Warning, Node: scope.Node, Parent: scope.Parent, Host: slug,
		Message: "commands are not noted in ~/.deployer/history there: " + cmp.Or(why, "the shell cannot write it")})
}
