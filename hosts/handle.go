package hosts

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"deployer/internal/hostshell"
)

// Handle is a host in a session, with the directory, variables and prefixes that its commands run under. It never
// changes: Cd, Env and Prefix return new handles.
type Handle struct {
	host    Host
	session *Session
	dir     string           // "": where commands start: the home directory, or this program's own directory
	setup   []hostshell.Step // variables and prefixes, in the order they were given
	aside   bool             // see Aside
}

// Handle returns the handle of a host.
func (s *Session) Handle(h Host) *Handle {
	if s.opts.Replace != nil {
		h = s.opts.Replace(h)
	}
	return &Handle{host: h, session: s}
}

// Aside returns a handle of the same host for what is not the business of the run itself, as at the other end of a copy:
// it does not make the host one that the run has used.
func (h *Handle) Aside() *Handle {
	next := *h
	next.aside = true
	return &next
}

// begin notes that the run uses the host.
func (h *Handle) begin() {
	if !h.aside {
		h.session.used.add(h.Slug())
	}
}

// Host is the host itself.
func (h *Handle) Host() Host { return h.host }

// Session is the session the handle belongs to.
func (h *Handle) Session() *Session { return h.session }

// Slug is the name of the host.
func (h *Handle) Slug() string { return h.host.Slug() }

// Cd returns a handle whose commands run in dir. A relative directory is joined to the one before; a leading ~ or ~user
// is the home directory of that user or of the login user, also under sudo; all else is literal.
func (h *Handle) Cd(dir string) *Handle {
	next := *h
	if h.dir != "" && !path.IsAbs(dir) && !homeDir.MatchString(dir) {
		dir = h.dir + "/" + dir
	}
	next.dir = cleanDir(dir)
	return &next
}

var homeDir = regexp.MustCompile(`^~[A-Za-z0-9._-]*(/|$)`)

// cleanDir shortens a directory, but never beyond a leading ~: what lies above a home directory the host alone knows.
func cleanDir(dir string) string {
	switch home, rest, _ := strings.Cut(dir, "/"); {
	case dir == "":
		return ""
	case !homeDir.MatchString(dir):
		if dir = path.Clean(dir); strings.HasPrefix(dir, "~") {
			return "./" + dir
		}
		return dir
	case rest == "" || path.Clean(rest) == ".":
		return home
	default:
		return home + "/" + path.Clean(rest)
	}
}

// Dir is the directory that commands run in; "" is where they start: the home directory of the login user, or on this
// machine the directory of this program.
func (h *Handle) Dir() string { return h.dir }

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Env returns a handle whose commands see the variable name. With raw the value is shell text, in which $X is expanded
// on the host; else it is literal, and may hold a secret's token.
func (h *Handle) Env(name, value string, raw bool) (*Handle, error) {
	if !variableName.MatchString(name) {
		return nil, fmt.Errorf("env: %q is not a name of a variable: use letters, digits and _, not starting with a digit", name)
	}
	if strings.ContainsRune(value, 0) {
		return nil, fmt.Errorf("env: the value of %s contains a NUL byte, which no variable can hold", name)
	}
	if raw && h.session.Secrets().Has(value) {
		return nil, fmt.Errorf("env: the value of %s is a secret, and escape=False would put it on a command line: leave escape out", name)
	}
	return h.with(hostshell.Step{Variable: name, Value: value, Raw: raw}), nil
}

// Prefix returns a handle whose commands run after prefix has succeeded, in the same shell.
func (h *Handle) Prefix(prefix string) *Handle { return h.with(hostshell.Step{Value: prefix}) }

func (h *Handle) with(s hostshell.Step) *Handle {
	next := *h
	next.setup = append(slices.Clip(h.setup), s)
	return &next
}

// RunOptions are the options of one command. The zero value runs it as the login user.
type RunOptions struct {
	Sudo         bool
	User         string        // with Sudo: the account; "" is root
	NoTerminal   bool          // never take the terminal
	IgnoreStatus bool          // a bad exit status is not an error
	Input        string        // given to its standard input (or typed), then end of file; may hold secret tokens
	Silent       bool          // nothing of it is shown or logged, and it gets no terminal
	Quiet        bool          // its output is captured only; it gets no terminal
	Timeout      time.Duration // 0: none
	Silence      time.Duration // after which it is parked; 0: what host and session say, negative: never
	Sandbox      bool          // check only; a sandbox run cannot be loosened
	Reads        bool          // only looks: runs in a sandbox too

	posix bool // it is for a POSIX shell, whatever the host's is
	own   bool // nobody gave it as a command: it is how a method of a Handle finds out or does what it has to
	shell bool // it is a shell for the person, who ends it as they like
}

// Output is what a command gave.
type Output struct {
	Host    string
	Command string
	Stdout  Text // with a terminal: both streams, CRLF turned into LF
	Stderr  Text
	Exit    Exit
	Shown   bool // all of Stdout went through the journal, for everybody to see
	Seconds float64
	// Unknown: nothing was run, since this is a sandbox; Stdout is not known.
	Unknown bool
}

// MaxText is how large an output may be to be kept, in bytes.
const MaxText = 16 << 20

// ErrTruncated is returned by Text.String for an output that was too large to be kept.
var ErrTruncated = errors.New("the output is larger than 16 MiB, and was not kept: redirect it to a file on the host")

// Text is the captured output of a command. One of more than MaxText bytes is not kept.
type Text struct {
	kept []byte
	Size int64 // of the whole output
}

// Truncated reports whether the output was too large to be kept.
func (t Text) Truncated() bool { return t.Size > int64(len(t.kept)) }

// String returns the output.
func (t Text) String() (string, error) {
	if t.Truncated() {
		return "", ErrTruncated
	}
	return string(t.kept), nil
}

// Kept returns the output, or nothing where it was not kept.
func (t Text) Kept() []byte { return t.kept }
