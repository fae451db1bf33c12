package hostshell

import (
	_ "embed"
	"strings"
)

// Over SSH each command is read by the login shell first. Where that is bash, and its start-up files left nothing
// behind in it, it is what SHELL -c would be, and starting three more processes to supervise it only takes time: more
// than all else that a command costs on a connection that is open. Instead one guard supervises all commands of a
// connection: see guard.sh, and GuardLine, which finds out whether a login shell is such a one.

//go:embed guard.sh
var guardScript string

// Direct returns a function that makes a line for such a shell, or nil if the line would not do the same as [Request.Line].
// The function gets the file that leads to the guard.
func (r Request) Direct() func(guard string) string {
	change, ok := r.changeDirectory()
	if !ok || r.Supervised || r.Sudo || r.Input || r.Stream || len(r.Secrets) > 0 || r.Shell != "" {
		return nil
	}
	prepare := r.preparation()
	if prepare != "" {
		prepare += ": || exit; "
	}
	input, first, to, leader := "exec </dev/null; ", "{ ", " >&2", ""
	if r.Terminal { // standard output is all that is read then, even where there is none
		input, first, to = "", "[ -t 0 ] && { ", ""
		leader = ` && printf '` + printed(r.Word, MarkLeader+" %s %s") + `' $$ ${20}`
	}
	// What fails before the command begins is begun again under a supervisor, which says why it fails.
	again := "{ printf " + Quote(printed(r.Word, MarkAgain)) + to + "; exit 1; }; "
	return func(guard string) string {
		// The guard is told who we are, as one who might be given our PID later would not be: since when we run. The
		// file is opened for reading too, which waits for nobody. All of this is on the first line, and then lines are
		// counted anew, for the errors of the shell.
		return first + `read -r s </proc/$$/stat && set -- ${s##*') '} && printf 'run ` + r.Word + ` %s %s\n' $$ ${20} 1<>` + guard + leader +
			"; } 2>/dev/null" + change + " || " + again +
			"set --; unset s; " + input + "SHLVL=2; " + r.noteScript() + prepare + "LINENO=0\n" + r.Command
	}
}

// changeDirectory returns the command for that, to be appended to others.
func (r Request) changeDirectory() (string, bool) {
	dir := Quote(r.Dir)
	switch rest, inHome := strings.CutPrefix(r.Dir, "~"); {
	case r.Dir == "":
		return "", true
	case inHome && rest != "" && rest[0] != '/':
		return "", false
	case inHome:
		dir = `"${HOME-}"` + Quote(rest)
	}
	return " && CDPATH= cd -- " + dir + " 2>/dev/null", true
}

// GuardLine starts the guard in a login shell for which Direct may make lines: it is the bash that the supervisor would
// choose, leads its session, and has the names, options, traps and aliases that bash has where it reads no start-up
// files. Any other shell ends, perhaps with an error.
func GuardLine() string {
	return `[ -n "$BASH_VERSION" ] && [ -z "$BASH_ENV" ] && compgen -v >/dev/null &&
set -- 'unset PIPESTATUS; compgen -v; declare -F; set +o; shopt -p; trap -p; alias' &&
[ "$(eval "$1")" = "$(SHLVL=9 bash -c "$1")" ] && [ "$BASH" -ef "$(command -v bash)" ] &&
read -r pid comm state parent group session rest </proc/$$/stat && [ "$session" = $$ ] &&
eval ` + Quote(compact(watch+guardScript)) + "\n"
}
