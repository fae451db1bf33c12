package scpshell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"deployer/console"
	"deployer/files"
	"deployer/hosts"
	"deployer/internal/nearest"
	"deployer/prompt"
)

// side is one of the two places that the shell is at.
type side struct {
	host     hosts.Host
	label    string  // what messages call it
	home     string  // of the login user, for the prompt; "": not known
	dir      string  // absolute
	previous string  // where cd - leads; "": nowhere
	owners   *owners // nil: not asked for yet
}

// choose asks which of the hosts it is, where there are several, and finds out where one is there at first.
func (s *Shell) choose(ctx context.Context, session *hosts.Session) error {
	var names []string
	for _, h := range s.o.Hosts {
		names = append(names, h.Slug())
	}
	chosen := 0
	if len(names) > 1 {
		if !console.From(ctx).Interactive() {
			return s.whichHost()
		}
		var err error
		if chosen, err = console.From(ctx).Choice("choose a host", names, console.ChoiceOptions{}); err != nil {
			return err
		}
	}
	there := &side{host: s.o.Hosts[chosen], label: prompt.Quote(names[chosen])}
	home, err := session.Handle(there.host).FilePath(ctx, "~", hosts.FileOptions{})
	if err != nil {
		return err
	}
	there.dir, there.home = home, home
	s.there = there
	return nil
}

// unsaid reports whether it is not known which host is meant, and nobody can be asked.
func (s *Shell) unsaid() bool { return s.there == nil && len(s.o.Hosts) > 1 && !s.o.Interactive }

func (s *Shell) whichHost() error {
	var names []string
	for _, h := range s.o.Hosts {
		names = append(names, h.Slug())
	}
	return fmt.Errorf("which of the hosts is not said: name one of %s, or put --all", console.List(names))
}

// work is a command that is being done.
type work struct {
	*Shell
	ctx     context.Context
	session *hosts.Session
	cmd     *Command
	call    call
	local   place
	remote  place
	ahead   *files.Ahead // of what is put; nil: nothing was read ahead
}

// name is the name of the command.
func (w *work) name() string { return w.cmd.Name }

// place is a side as a command sees it.
type place struct {
	*work
	*side
	files hosts.FileOptions
}

// handle uses the host of the side. This machine is none of those that the command is for.
func (p place) handle() *hosts.Handle {
	h := p.session.Handle(p.host)
	if p.side == p.here {
		return h.Aside()
	}
	return h
}

// full is the absolute path that a word stands for.
func (p place) full(w prompt.Word) (string, error) {
	switch {
	case w.Text == "":
		return "", errors.New("a path is empty")
	case isHome(w):
		return p.handle().FilePath(p.ctx, w.Text, hosts.FileOptions{})
	case path.IsAbs(w.Text):
		return path.Clean(w.Text), nil
	}
	return path.Join(p.dir, w.Text), nil
}

// isHome reports whether a word begins with a home directory: with ~ that is not quoted.
func isHome(w prompt.Word) bool { return strings.HasPrefix(w.Text, "~") && w.Plain > 0 }

// show is a path of that side as messages have it.
func (p place) show(path string) string { return p.label + ":" + prompt.Quote(path) }

// fail says what is wrong with a path of that side.
func (p place) fail(path string, err error) error {
	if err == nil || errors.As(err, new(*pathError)) { // which says it
		return err
	}
	return &pathError{path: p.show(path), err: err, hint: p.hint(path, err)}
}

// pathError is a failure with a path.
type pathError struct {
	path  string // as it is shown
	err   error
	cause string // of err, in a few words; "": what that says
	hint  string // what to do; may be ""
}

func (e *pathError) Error() string {
	text := e.path + ": " + cmp.Or(e.cause, causeOf(e.err))
	if e.hint != "" {
		text += ": " + e.hint
	}
	return text
}

// causeOf is what an error says, without the path.
func causeOf(err error) string {
	var failure *hosts.Error
	if errors.As(err, &failure) {
		return failure.Cause()
	}
	return err.Error()
}

func (e *pathError) Unwrap() error { return e.err }

// explain is an error in a line. Of a host that cannot be used it does not matter for which path that was found out.
func explain(err error) string {
	var failure *hosts.Error
	if !errors.As(err, &failure) || failure.Fault == hosts.Files || errors.As(err, new(*keptError)) {
		return err.Error()
	}
	text := failure.Host + ": " + failure.Cause()
	if failure.Fault != hosts.Lost && failure.Fault != hosts.Failed {
		text = failure.Host + ": " + failure.Op + ": " + failure.Cause()
	}
	if failure.Fault == hosts.Lost {
		return text + ": the next command connects again"
	}
	if failure.Hint != "" {
		text += ": " + failure.Hint
	}
	return text
}

// hint says what to do about a failure with a path.
func (p place) hint(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission) && p.side != p.here && !p.files.Sudo:
		return "-S uses sudo"
	case errors.Is(err, fs.ErrNotExist):
		return p.meant(path)
	}
	return ""
}

// meant asks whether a path that is not there is a misspelling of one that is.
func (p place) meant(name string) string {
	if p.ctx.Err() != nil {
		return ""
	}
	list, err := p.handle().ListDir(p.ctx, path.Dir(name), p.files)
	if err != nil || len(list) > maxMeant {
		return ""
	}
	var names []string
	for _, f := range list {
		if f.Name == path.Base(name) && f.IsLink() {
			return "it is a symbolic link that leads nowhere"
		}
		names = append(names, f.Name)
	}
	near := nearest.Names(path.Base(name), names)
	for i := range near {
		near[i] = prompt.Quote(near[i])
	}
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// maxMeant is how many names are compared with one that is not there.
const maxMeant = 2000

// longest is how many characters of a path a prompt shows.
const longest = 40

// short is the directory as a prompt shows it: of a long path the end.
func (s *side) short() string {
	if s.dir == s.home && s.home != "" {
		return "~"
	}
	inside, ok := strings.CutPrefix(s.dir, s.home+"/")
	if ok && s.home != "" {
		return "~/" + ending(inside)
	}
	return ending(s.dir)
}

// ending is a path, or its end where it is long.
func ending(dir string) string {
	shown := prompt.Quote(dir)
	for utf8.RuneCountInString(shown) > longest {
		_, rest, ok := strings.Cut(strings.TrimPrefix(dir, "/"), "/")
		if !ok {
			runes := []rune(shown)
			return string(runes[:longest]) + "…"
		}
		dir = rest
		shown = "…/" + prompt.Quote(dir)
	}
	return shown
}
