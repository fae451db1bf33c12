package scpshell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/prompt"
)

// edit lets a person edit a file of one side, in a copy that takes its place in the end.
func edit(w *work, p place) error {
	switch {
	case !w.o.Interactive:
		return errors.New(w.name() + " needs a terminal")
	case w.settings.sandbox:
		return errors.New("nothing is edited in a sandbox: set-option sandbox off")
	}
	name, err := p.one(w.call.words[0])
	if err != nil {
		return err
	}
	before, err := p.content(name)
	if err != nil {
		return p.fail(name, err)
	}
	e, err := p.editing(path.Base(name), before)
	if err != nil {
		return p.fail(name, err)
	}
	after, err := e.edit()
	switch {
	case err != nil && e.untouched(before):
		return errors.Join(p.unchanged(name, err), e.remove())
	case err != nil:
		return e.kept(err)
	case bytes.Equal(after, before.data):
		console.From(w.ctx).Log(p.show(name) + " is unchanged")
		return e.remove()
	}
	return e.finish(p, name, before, after)
}

// content is what is in a file, and whether there is one.
type content struct {
	data  []byte
	there bool
}

// content returns what is in a file. One that is not there is empty.
func (p place) content(name string) (content, error) {
	data, err := p.handle().ReadFile(p.ctx, name, p.files)
	if errors.Is(err, fs.ErrNotExist) {
		return content{}, nil
	}
	return content{data, err == nil}, err
}

// editing is a copy of a file that is edited, on the host of the file or here.
type editing struct {
	*work
	at     place
	dir    string // that was made for the copy
	file   string
	editor string
}

// editing makes a copy where there is an editor.
func (p place) editing(name string, before content) (*editing, error) {
	e := &editing{work: p.work, at: place{work: p.work, side: p.side}}
	var err error
	if e.editor, err = e.findEditor(); err != nil {
		return nil, err
	}
	if e.editor == "" && p.side != p.here {
		e.at = p.local
		if e.editor, err = e.findEditor(); err != nil {
			return nil, err
		}
	}
	if e.editor == "" {
		return nil, errors.New("there is no editor: set VISUAL or EDITOR")
	}
	out, err := e.at.handle().Run(p.ctx, "mktemp -d", hosts.RunOptions{Silent: true})
	if err != nil {
		return nil, err
	}
	dir, err := out.Stdout.String()
	if err != nil {
		return nil, err
	}
	e.dir = strings.TrimSpace(dir)
	e.file = path.Join(e.dir, name)
	if _, err = e.at.handle().WriteFile(p.ctx, e.file, before.data, hosts.WriteOptions{Mode: 0o600}); err != nil {
		err = errors.Join(err, e.remove())
	}
	return e, err
}

// findEditor returns the command of the editor of a machine; "" if there is none.
func (e *editing) findEditor() (string, error) {
	const find = `for e in "$VISUAL" "$EDITOR" editor nano vim vi; do
	[ -n "$e" ] && command -v "${e%% *}" >/dev/null 2>&1 && printf %s "$e" && exit
done; exit 0`
	out, err := e.at.handle().Run(e.ctx, find, hosts.RunOptions{Silent: true})
	if err != nil {
		return "", err
	}
	return out.Stdout.String()
}

// edit runs the editor, and returns what the copy has then.
func (e *editing) edit() ([]byte, error) {
	exit, err := e.at.handle().Shell(e.ctx, e.editor+" "+hosts.Quote(e.file), "")
	if err == nil && !exit.OK() {
		err = fmt.Errorf("the editor %s ended with status %d", prompt.Quote(e.editor), exit.Status)
	}
	if err != nil {
		return nil, err
	}
	return e.at.handle().ReadFile(e.ctx, e.file, hosts.FileOptions{})
}

// unchanged says why a file was not edited.
func (p place) unchanged(name string, err error) error {
	cause := causeOf(err)
	if errors.Is(err, fs.ErrNotExist) {
		cause = "the editor has removed its copy"
	}
	return &pathError{path: p.show(name), err: err, cause: cause, hint: "nothing was changed"}
}

// untouched reports whether the copy has nothing that is not in the file, as after an editor that was left in anger, or
// is not there: then nothing is lost with it.
func (e *editing) untouched(before content) bool {
	after, err := e.at.handle().ReadFile(context.WithoutCancel(e.ctx), e.file, hosts.FileOptions{})
	return err == nil && bytes.Equal(after, before.data) || errors.Is(err, fs.ErrNotExist)
}

// finish puts what was edited in the place of the file, unless that has changed meanwhile.
func (e *editing) finish(p place, name string, before content, after []byte) error {
	now, err := p.content(name)
	if err == nil && (now.there != before.there || !bytes.Equal(now.data, before.data)) {
		err = errors.New("it was changed by somebody else meanwhile, and is left as it is")
	}
	if err == nil {
		_, err = p.handle().WriteFile(p.ctx, name, after, hosts.WriteOptions{FileOptions: p.files})
	}
	if err != nil {
		return e.kept(p.fail(name, err))
	}
	return e.remove()
}

// kept says where what was edited is.
func (e *editing) kept(err error) error { return &keptError{err, e.at.show(e.file)} }

// keptError is a failure that leaves the copy that was edited.
type keptError struct {
	err  error
	path string // as it is shown
}

func (e *keptError) Error() string {
	return explain(e.err) + ": what you have edited is in " + e.path
}

func (e *keptError) Unwrap() error { return e.err }

// remove removes the copy.
func (e *editing) remove() error {
	// Also where the command was interrupted meanwhile.
	_, err := e.at.handle().Remove(context.WithoutCancel(e.ctx), e.dir, hosts.RemoveOptions{Recursive: true})
	return err
}
