package hostshell

import (
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

//go:embed supervise.sh
var supervise string

//go:embed watch.sh
var watch string

// supervisor runs a command and ends its session; beginner is as much of it as does for a command that the end of its
// standard input, or of its terminal, ends.
var supervisor, beginner = supervisors()

// encoded has what ends most scripts, and never differs.
var encoded = map[string]string{supervisor: encode(supervisor), beginner: encode(beginner)}

func supervisors() (all, first string) {
	begin, end, _ := strings.Cut(supervise, "@watch.sh@\n")
	return compact(begin + watch + end), compact(begin)
}

// compact returns a script, which each command sends, without indentation, empty lines and comments on lines of their
// own but the first, which says in the list of processes what it is.
func compact(script string) string {
	first, rest, _ := strings.Cut(script, "\n")
	var b strings.Builder
	b.WriteString(first + "\n")
	for line := range strings.Lines(rest) {
		if line = strings.TrimLeft(line, "\t"); line != "\n" && line[0] != '#' {
			b.WriteString(line)
		}
	}
	return b.String()
}

// Request is all that the script of a command is made of.
type Request struct {
	Command  string
	Dir      string // where it runs; "": where commands start
	Setup    []Step // what comes before it, in this order
	Shell    string // reads it; "": bash where the host has it, else /bin/sh
	Sudo     bool
	User     string // with Sudo: the account; "": root
	Terminal bool
	Input    bool   // standard input carries a line for the command, see [InputLine]
	Stream   bool   // standard input is the command's own, to its end
	Note     string // a line for the history of the host; "": none
	Word     string // random: marks and prompts contain it, see [NewWord]
	Secrets  []int  // indexes of those of Setup whose values come over standard input, see [SecretLine]

	Supervised bool // not by a guard: Direct was tried, and the command did not begin, or it is a shell for a person
}

// Step is an export or a prefix.
type Step struct {
	Variable string // "" for a prefix
	Value    string // of the variable, or the prefix itself
	Raw      bool   // the value is shell text, not a literal
}

// SecretLine is the line of standard input that gives the command a secret. Secrets come first, in their order.
func SecretLine(value string) string { return encode(value) + "\n" }

// InputLine is the line of standard input that gives the command all that it is to read.
func InputLine(text string) string { return "." + encode(text) + "\n" }

// NewWord returns a word that no program on a host can guess.
func NewWord() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return hex.EncodeToString(b[:])
}

// Line is what the login shell gets, whichever it is: sh, bash, fish and csh read it alike.
func (r Request) Line() string { return loginLine(r.script()) }

// CheckLine makes the host's shell read every part of the command and of what comes before it, and run none.
func (r Request) CheckLine() string { return loginLine(r.checkScript()) }

// loginLine returns a line that makes sh, bash, fish and csh alike run the script in /bin/sh.
func loginLine(script string) string {
	for end, encoded := range encoded {
		if begin, ok := strings.CutSuffix(script, end); ok {
			return decode + " '" + encode(begin) + encoded + "'"
		}
	}
	return decode + " '" + encode(script) + "'"
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

func (r Request) script() string {
	var b strings.Builder
	b.WriteString("# deployer\n") // for those who look at the list of processes
	tty := ""
	if r.Terminal {
		tty = "1"
		b.WriteString("lead=\n")
	} else {
		b.WriteString(strings.Replace(lead, "exec /bin", "exec setsid /bin", 1))
	}
	b.WriteString(r.noteScript())
	input := ""
	switch {
	case r.Stream:
		input = "stream"
	case r.Input:
		input = "1"
	}
	supervisor := supervisor
	if r.Terminal || r.Stream {
		supervisor = beginner
	}
	// Without sudo this shell supervises itself: starting another would only take time.
	begin, end := "set --", "\n"+supervisor
	if r.Sudo {
		fmt.Fprintf(&b, "printf %s >&2\n", Quote(printed(r.Word, MarkScript)))
		fmt.Fprintf(&b, "command -v sudo >/dev/null || { printf %s >&2; exit 127; }\n", Quote(printed(r.Word, MarkNoSudo)))
		begin, end = "exec "+r.sudoLine()+"/bin/sh -c "+Quote(supervisor)+" sh", ""
	}
	b.WriteString(begin + ` "${HOME-}" "$lead"`)
	for _, arg := range []string{tty, r.Shell, r.Dir, r.Word, strconv.Itoa(len(r.Secrets)), input, r.inner(), r.plain()} {
		b.WriteString(" " + Quote(arg))
	}
	b.WriteString(end)
	return b.String()
}

func (r Request) sudoLine() string {
	line := "sudo -p " + Quote("\001"+r.Word+":password\001")
	if !r.Terminal {
		line += " -S"
	}
	if r.User != "" {
		line += " -u " + Quote(r.User)
	}
	return line + " -- "
}

// inner is what SHELL -c gets: the command as it is where nothing comes before it, and it is not taken for an option.
func (r Request) inner() string {
	prepare := r.preparation()
	if prepare == "" && !strings.HasPrefix(r.Command, "-") && !strings.HasPrefix(r.Command, "+") {
		return r.Command
	}
	return prepare + "eval " + Quote(r.Command)
}

// preparation sets the variables and runs the prefixes; what is appended to it runs if all of that succeeded.
func (r Request) preparation() string {
	var b strings.Builder
	secret := 0
	for i, s := range r.Setup {
		switch {
		case secret < len(r.Secrets) && r.Secrets[secret] == i:
			secret++
			fmt.Fprintf(&b, `export %s="$deployer_%d" && unset deployer_%d && `, s.Variable, secret, secret)
		case s.Variable == "":
			fmt.Fprintf(&b, "eval %s && ", Quote(s.Value))
		case s.Raw:
			fmt.Fprintf(&b, "eval %s && ", Quote("export "+s.Variable+"="+s.Value))
		default:
			fmt.Fprintf(&b, "export %s=%s && ", s.Variable, Quote(s.Value))
		}
	}
	return b.String()
}

// checkScript makes the host's SHELL read every part, and run none. The first that it refuses ends the script.
func (r Request) checkScript() string {
	var b strings.Builder
	fmt.Fprintf(&b, "printf %s >&2\n", Quote(printed(r.Word, MarkStarted)))
	fmt.Fprintf(&b, "s=%s\n[ -n \"$s\" ] || s=$(command -v bash) || s=/bin/sh\n", Quote(r.Shell))
	for _, s := range r.Setup {
		switch {
		case s.Variable == "":
			fmt.Fprintf(&b, "\"$s\" -n -c %s || exit 1\n", Quote(s.Value))
		case s.Raw:
			fmt.Fprintf(&b, "\"$s\" -n -c %s || exit 1\n", Quote("export "+s.Variable+"="+s.Value))
		}
	}
	fmt.Fprintf(&b, "exec \"$s\" -n -c %s", Quote(r.Command))
	return b.String()
}
