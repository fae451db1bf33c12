package scpshell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"deployer/files"
	"deployer/hosts"
	"deployer/prompt"
)

// item is something to copy: absolute paths on both sides.
type item struct {
	from, to string
	info     *hosts.FileInfo // of what is copied
}

// put copies files to the host, or to all.
func put(w *work) error {
	if w.call.has("all") {
		return putAll(w)
	}
	t, wrong := putTo(w)
	t.tell(wrong)
	return errors.Join(wrong...)
}

// putTo copies files to the host of a call.
func putTo(w *work) (*transfer, []error) {
	return copies(w.local, w.remote, func(i item, o hosts.CopyOptions) (*hosts.CopyResult, error) {
		o.FileOptions = w.remote.files
		if w.ahead != nil && w.ahead.Dir == i.from {
			o.Ahead = w.ahead
		}
		return w.remote.handle().Put(w.ctx, i.from, i.to, o)
	})
}

// readAhead begins to read what the first word says, while the host is connected to, until stop is called.
func (w *work) readAhead() (stop func()) {
	paths, err := w.local.expand(w.call.words[:1])
	if err != nil || len(paths) == 0 {
		return func() {} // put tells
	}
	w.ahead = files.ReadAhead(paths[0])
	return w.ahead.Stop
}

// get copies files from the host.
func get(w *work) error {
	t, wrong := copies(w.remote, w.local, func(i item, o hosts.CopyOptions) (*hosts.CopyResult, error) {
		o.FileOptions = w.remote.files
		return w.remote.handle().Get(w.ctx, i.from, i.to, o)
	})
	t.tell(wrong)
	return errors.Join(wrong...)
}

// copies copies what the words of a call say from one place to another, and returns what went wrong.
func copies(from, to place, do func(item, hosts.CopyOptions) (*hosts.CopyResult, error)) (*transfer, []error) {
	items, wrong := plan(from, to)
	t := &transfer{work: from.work}
	for i, err := range t.run(items, do) {
		if err != nil {
			wrong = append(wrong, t.failures(i, err)...)
		}
	}
	return t, once(wrong)
}

// once leaves out errors that say the same: of a host that is lost, or an interruption.
func once(errs []error) []error {
	told := map[string]bool{}
	return slices.DeleteFunc(errs, func(err error) bool {
		text := explain(err)
		again := told[text]
		told[text] = true
		return again
	})
}

// maxTold is how many failures of one item are told of one by one.
const maxTold = 10

// failures say what is wrong with all that could not be copied of an item, and on which side.
func (t *transfer) failures(item int, err error) (wrong []error) {
	failed := t.failed[item]
	var failure *hosts.Error
	if len(failed) == 0 || errors.As(err, &failure) && failure.Fault != hosts.Files {
		return []error{err}
	}
	slices.SortFunc(failed, func(a, b hosts.CopyFailure) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range failed[:min(len(failed), maxTold)] {
		wrong = append(wrong, t.failure(f))
	}
	if more := len(failed) - len(wrong); more > 0 {
		wrong = append(wrong, fmt.Errorf("%d more could not be copied", more))
	}
	return wrong
}

// failure is what is wrong with something that could not be copied.
func (t *transfer) failure(f hosts.CopyFailure) error {
	at := t.remote
	if f.Here {
		at = t.local
	}
	told := &pathError{path: at.show(f.Path), err: f.Err, cause: f.Cause()}
	var failure *hosts.Error
	switch {
	case errors.Is(f.Err, fs.ErrPermission):
		told.hint = at.hint(f.Path, fs.ErrPermission)
	case errors.As(f.Err, &failure):
		told.hint = failure.Hint
	}
	return told
}

// plan finds out what is to be copied where. What is wrong with one source is told, and the others are in the plan.
func plan(from, to place) (items []item, wrong []error) {
	sources, target, err := split(from, to)
	if err != nil {
		return nil, []error{err}
	}
	taken := map[string]bool{}
	for _, source := range sources {
		i := item{from: source.path, to: target.path}
		if target.into && !source.contents {
			i.to = path.Join(target.path, path.Base(source.path))
		}
		if i.info, err = from.handle().Stat(from.ctx, i.from, from.files); err != nil {
			wrong = append(wrong, from.fail(i.from, err))
			continue
		}
		switch {
		case i.info.IsDir() && !from.call.has("recursive"):
			wrong = append(wrong, fmt.Errorf("%s is a directory: %s -r copies it", from.show(i.from), from.name()))
		case taken[i.to]:
			wrong = append(wrong, fmt.Errorf("%s would take the place of another one that is copied to %s",
				from.show(i.from), to.show(i.to)))
		default:
			taken[i.to] = true
			items = append(items, i)
		}
	}
	return items, wrong
}

// source is something to copy. Of a directory with contents, what is in it is copied, into the target itself.
type source struct {
	path     string
	contents bool
}

// nameless reports whether a path ends without the name of what it leads to: with a slash, or in . or .. as for cp.
func nameless(path string) bool {
	last := path[strings.LastIndex(path, "/")+1:]
	return last == "" || last == "." || last == ".."
}

// target is where to copy.
type target struct {
	path string
	into bool // it is a directory to copy into
}

// split reads the words of a call: sources, and a target where there are several words.
func split(from, to place) ([]source, target, error) {
	words := from.call.words
	goal := target{to.dir, true}
	if last := len(words) - 1; last > 0 {
		var err error
		if goal, err = to.target(words[last]); err != nil {
			return nil, goal, err
		}
		words = words[:last]
	}
	var sources []source
	for _, w := range words {
		paths, err := from.expand([]prompt.Word{w})
		if err != nil {
			return nil, goal, err
		}
		for _, name := range paths {
			sources = append(sources, source{name, nameless(w.Text)})
		}
	}
	if len(sources) > 1 && !goal.into {
		return nil, goal, fmt.Errorf("%s is no directory, and there are %d files to copy: mkdir makes one",
			to.show(goal.path), len(sources))
	}
	return sources, goal, nil
}

// target finds out what the word for a target means.
func (p place) target(w prompt.Word) (target, error) {
	full, err := p.one(w)
	if err != nil {
		return target{}, err
	}
	info, err := p.handle().Stat(p.ctx, full, p.files)
	folder := strings.HasSuffix(w.Text, "/")
	switch {
	case err == nil && info.IsDir():
		return target{full, true}, nil
	case err == nil && folder:
		return target{}, p.fail(full, syscall.ENOTDIR)
	case errors.Is(err, fs.ErrNotExist) && folder:
		return target{}, fmt.Errorf("there is no directory %s: mkdir makes it; without a slash at its end it is a new name",
			p.show(full))
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return target{full, false}, nil
	}
	return target{}, p.fail(full, err)
}
