package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// dir is a directory that is being copied, until all that is in it is.
type dir struct {
	job   *job
	in    *dir
	left  atomic.Int64 // entries to do, and the directory itself
	there map[string]*Info
	fresh Fresh

	mu    sync.Mutex // guards what follows, until it is ready
	ready bool       // it is there: at once, or where patterns say what is copied, when there is something to put into it
	made  bool
}

// dir copies a directory: it finds out what is in it, and has that copied.
func (p pair) dir(ctx context.Context, j *job) (Entry, error) {
	list, err := p.from.List(ctx, j.from)
	if err != nil {
		return Entry{}, &CopyError{true, j.from, err}
	}
	d := &dir{job: j, in: j.in}
	if !p.o.Select.lazy() {
		if err := p.make(ctx, d); err != nil {
			return Entry{}, err
		}
	}
	jobs, err := p.entries(ctx, d, list)
	if err != nil {
		return Entry{}, err
	}
	d.left.Store(int64(len(jobs)) + 1)
	e := d.entry()
	if p.o.Select.lazy() {
		e.Outcome = later
	}
	j.in = d // left when the job is
	p.found(jobs...)
	p.queue.add(jobs...)
	return e, nil
}

// entry is how it went with the directory itself.
func (d *dir) entry() Entry {
	if d.made {
		return d.job.entry(Copied)
	}
	return d.job.entry(Unchanged)
}

// entries are the jobs of what is in a directory, by name.
func (p pair) entries(ctx context.Context, d *dir, list []*Info) ([]*job, error) {
	slices.SortFunc(list, func(a, b *Info) int { return strings.Compare(a.Name, b.Name) })
	var jobs []*job
	for _, info := range list {
		if err := plainName(info.Name); err != nil {
			return nil, &CopyError{true, d.job.from, err}
		}
		next := &job{from: below(d.job.from, info.Name), to: below(d.job.to, info.Name),
			rel: path.Join(d.job.rel, info.Name), info: info, in: d}
		if strings.HasPrefix(info.Name, DraftPrefix) || !p.o.Select.takes(next.rel, info.IsDir()) {
			continue
		}
		if info.IsLink() && p.o.Follow {
			err := p.followed(ctx, next)
			if isLost(err) || ctx.Err() != nil {
				return nil, err
			}
			next.bad = err
		}
		jobs = append(jobs, next)
	}
	return jobs, nil
}

// followed makes a job of a link that of what it leads to.
func (p pair) followed(ctx context.Context, j *job) error {
	info, err := p.from.Stat(ctx, j.from)
	if err == nil && info.IsDir() {
		err = p.notAbove(ctx, j)
	}
	if err != nil {
		return &CopyError{true, j.from, err}
	}
	there := *info
	there.Name = j.info.Name
	j.info = &there
	return nil
}

// notAbove returns an error if a link leads to one of the directories that it is in: that would never end.
func (p pair) notAbove(ctx context.Context, j *job) error {
	end, err := realPath(ctx, p.from, j.from)
	for d := j.in; err == nil && d != nil; d = d.in {
		above := ""
		if above, err = realPath(ctx, p.from, d.job.from); err == nil && above == end {
			err = fmt.Errorf("it leads to %s, which it is in", Shown(d.job.from))
		}
	}
	return err
}

// plainName refuses names by which a server could lead us to another directory.
func plainName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("the directory is said to have an entry %q", name)
	}
	return nil
}

// make makes sure of a directory and of those above, and finds out what is in it.
func (p pair) make(ctx context.Context, d *dir) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ready {
		return nil
	}
	if d.in != nil {
		if err := p.make(ctx, d.in); err != nil {
			return err
		}
	}
	made, err := p.makeDir(ctx, d.job)
	if err == nil && !made {
		err = p.look(ctx, d)
	}
	if err != nil {
		return &CopyError{false, d.job.to, err}
	}
	d.made, d.ready = made, true
	return nil
}

// look finds out what is in a directory that was there.
func (p pair) look(ctx context.Context, d *dir) error {
	list, err := p.to.List(ctx, d.job.to)
	if err != nil {
		return err
	}
	d.there = make(map[string]*Info, len(list))
	for _, info := range list {
		d.there[info.Name] = info
	}
	return nil
}

// makeDir makes sure that there is a directory, and no link to one but at the top of what is copied.
func (p pair) makeDir(ctx context.Context, j *job) (made bool, err error) {
	old, err := p.there(ctx, j)
	switch {
	case err != nil:
		return false, err
	case old != nil && old.IsDir():
		return p.madeBefore(ctx, j)
	case old != nil && old.IsLink():
		err = p.to.Remove(ctx, j.to, false)
	case old != nil:
		err = syscall.ENOTDIR
	}
	if err == nil {
		err = p.to.Mkdir(ctx, j.to, j.openMode())
		if err != nil && !isLost(err) { // somebody else may have made it meanwhile, or an attempt whose answer was lost
			if info, failed := p.to.Lstat(ctx, j.to); failed == nil && info.IsDir() {
				return p.madeBefore(ctx, j)
			}
		}
		j.making = true
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = noDir(j.to)
	}
	if err == nil && (p.o.UID >= 0 || p.o.GID >= 0) {
		err = p.to.Chown(ctx, j.to, p.o.UID, p.o.GID)
	}
	return err == nil, err
}

// madeBefore reports whether a directory that is there is one that was made for this copy, by an attempt whose answer was
// lost. It may not have its mode then.
func (p pair) madeBefore(ctx context.Context, j *job) (bool, error) {
	if !j.making {
		return false, nil
	}
	err := p.to.Chmod(ctx, j.to, j.openMode())
	return err == nil, err
}

// dirBits are the bits of the mode of a directory that are copied. Without the sticky bit, one that everybody may write
// to would let everybody remove the files of others.
const dirBits = fs.ModePerm | fs.ModeSetgid | fs.ModeSticky

// openMode is the mode of a directory until all is in it: it must be possible to write there.
func (j *job) openMode() fs.FileMode { return j.info.Mode&dirBits | 0o700 }

// there returns what is at the place where something is to be copied, or nil.
func (p pair) there(ctx context.Context, j *job) (*Info, error) {
	switch {
	case !j.top && j.in.made:
		return nil, nil
	case !j.top:
		return j.in.there[j.info.Name], nil
	}
	info, err := p.to.Stat(ctx, j.to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// leave ends a job, and the directories of which it was the last.
func (c *copier) leave(ctx context.Context, j *job) {
	for d := j.in; d != nil && d.left.Add(-1) == 0; d = d.in {
		if c.o.Select.lazy() {
			c.note(d.entry())
		}
		if d.made && ctx.Err() == nil {
			if err := retried(ctx, func() (bool, error) { return false, c.finish(ctx, d) }); err != nil {
				_ = c.fail(d.job, d.job.info, err) // result tells
			}
		}
	}
}

// finish gives a directory its mode and time, when all is in it.
func (c *copier) finish(ctx context.Context, d *dir) (err error) {
	to, done, err := c.target.use(ctx)
	if err != nil {
		return err
	}
	defer func() { done(err) }()
	if mode := d.job.info.Mode & dirBits; mode&0o700 != 0o700 {
		err = to.Chmod(ctx, d.job.to, mode)
	}
	if err == nil {
		err = to.Chtimes(ctx, d.job.to, d.job.info.ModTime)
	}
	if err != nil {
		err = &CopyError{false, d.job.to, err}
	}
	return err
}
