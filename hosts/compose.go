package hosts

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// A command reaches the host through three shells.
//
// The login shell, which may be any, gets one line that all of them read alike: it hands an encoded script to /bin/sh
// (loginLine). That script finds out whether it leads a session of its own, then runs sudo where sudo is asked for
// (script). What it runs is supervise.sh, which changes the directory, takes the secrets from standard input, and
// executes the host's SHELL -c with the variables, prefixes and the command, each in an eval of its own so that no
// operator, comment or here-document of one reaches another (inner). A command that is just a program and its arguments
// it executes itself (plain).

//go:embed supervise.sh
var supervise string

//go:embed watch.sh
var watch string

var supervisor = strings.Replace(supervise, "@watch.sh@\n", watch, 1)

// supervising is how a script ends that supervises itself. It is most of the script, and never differs.
var (
	supervising        = "\n" + supervisor
	encodedSupervising = octal(supervising)
)

// request is all that a script is made of.
type request struct {
	command  string
	dir      string
	setup    []step
	shell    string
	sudo     bool
	user     string
	terminal bool
	input    bool   // standard input carries a line for the command
	stream   bool   // standard input is the command's own, to its end
	own      bool   // see RunOptions
	note     string // a line for the history of the host; "": none
	word     string // random: marks and prompts contain it
	secrets  []int  // indexes of those of setup whose values come over standard input

	supervised bool // not by a guard: direct was tried, and the command did not begin, or it is a shell for a person
}

// loginLine returns a line that makes sh, bash, fish and csh alike run the script in /bin/sh.
func loginLine(script string) string {
	encoded := ""
	if begin, ok := strings.CutSuffix(script, supervising); ok {
		script, encoded = begin, encodedSupervising
	}
	return decode + " '" + octal(script) + encoded + "'"
}

const decode = `exec /bin/sh -c 'eval "$(printf %b "$1")"' sh`

// lead finds out whether we lead a process group or a session, which the supervisor may then end: the group that is
// called like us can only be ours. Else it makes a session.
const lead = `lead=$$
if kill -s 0 -- -$$ 2>/dev/null; then :
elif read -r pid comm state parent group session rest 2>/dev/null </proc/$$/stat; then
	if [ "$group" = $$ ]; then :
	elif command -v setsid >/dev/null; then ` + decode + ` "$1"
	else lead=
	fi
elif [ "$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' ')" != $$ ]; then lead=
fi
`

func (r request) script() string {
	var b strings.Builder
	b.WriteString("# deployer\n") // for those who look at the list of processes
	tty := ""
	if r.terminal {
		tty = "1"
		b.WriteString("lead=\n")
	} else {
		b.WriteString(strings.Replace(lead, "exec /bin", "exec setsid /bin", 1))
	}
	b.WriteString(r.noteScript())
	input := ""
	switch {
	case r.stream:
		input = "stream"
	case r.input:
		input = "1"
	}
	// Without sudo this shell supervises itself: starting another would only take time.
	begin, end := "set --", supervising
	if r.sudo {
		fmt.Fprintf(&b, "printf %s >&2\n", Quote(printed(r.word, markScript)))
		fmt.Fprintf(&b, "command -v sudo >/dev/null || { printf %s >&2; exit 127; }\n", Quote(printed(r.word, markNoSudo)))
		begin, end = "exec "+r.sudoLine()+"/bin/sh -c "+Quote(supervisor)+" sh", ""
	}
	b.WriteString(begin + ` "${HOME-}" "$lead"`)
	for _, arg := range []string{tty, r.shell, r.dir, r.word, strconv.Itoa(len(r.secrets)), input, r.inner(), r.plain()} {
		b.WriteString(" " + Quote(arg))
	}
	b.WriteString(end)
	return b.String()
}

func (r request) sudoLine() string {
	line := "sudo -p " + Quote("\001"+r.word+":password\001")
	if !r.terminal {
		line += " -S"
	}
	if r.user != "" {
		line += " -u " + Quote(r.user)
	}
	return line + " -- "
}

// inner is what SHELL -c gets: the command as it is where nothing comes before it, and it is not taken for an option.
func (r request) inner() string {
	prepare := r.preparation()
	if prepare == "" && !strings.HasPrefix(r.command, "-") && !strings.HasPrefix(r.command, "+") {
		return r.command
	}
	return prepare + "eval " + Quote(r.command)
}

// preparation sets the variables and runs the prefixes; what is appended to it runs if all of that succeeded.
func (r request) preparation() string {
	var b strings.Builder
	secret := 0
	for i, s := range r.setup {
		switch {
		case secret < len(r.secrets) && r.secrets[secret] == i:
			secret++
			fmt.Fprintf(&b, `export %s="$deployer_%d" && unset deployer_%d && `, s.variable, secret, secret)
		case s.variable == "":
			fmt.Fprintf(&b, "eval %s && ", Quote(s.value))
		case s.raw:
			fmt.Fprintf(&b, "eval %s && ", Quote("export "+s.variable+"="+s.value))
		default:
			fmt.Fprintf(&b, "export %s=%s && ", s.variable, Quote(s.value))
		}
	}
	return b.String()
}

// checkScript makes the host's SHELL read every part, and run none. The first that it refuses ends the script.
func (r request) checkScript() string {
	var b strings.Builder
	fmt.Fprintf(&b, "printf %s >&2\n", Quote(printed(r.word, markStarted)))
	fmt.Fprintf(&b, "s=%s\n[ -n \"$s\" ] || s=$(command -v bash) || s=/bin/sh\n", Quote(r.shell))
	for _, s := range r.setup {
		switch {
		case s.variable == "":
			fmt.Fprintf(&b, "\"$s\" -n -c %s || exit 1\n", Quote(s.value))
		case s.raw:
			fmt.Fprintf(&b, "\"$s\" -n -c %s || exit 1\n", Quote("export "+s.variable+"="+s.value))
		}
	}
	fmt.Fprintf(&b, "exec \"$s\" -n -c %s", Quote(r.command))
	return b.String()
}
