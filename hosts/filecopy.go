package hosts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"deployer/files"
	"deployer/journal"
)

// CopyOptions say how files are copied between this machine and a host. Files and directories keep their modes and
// times, but a directory that is there keeps its own; symbolic links stay links, which say the same.
type CopyOptions struct {
	FileOptions
	Mode     fs.FileMode // of files; 0: that of the source, but a file that is itself replaced keeps its own
	Owner    string      // as in WriteOptions, of what is written
	Follow   bool        // copy what symbolic links lead to
	Include  []string    // patterns, see files.Selection
	Exclude  []string
	Checksum bool // compare what is in files, not size and time
	Verify   bool // compare the checksums of what was written before it takes its place
	Resume   bool // of large files: go on where an earlier copy ended, and leave what a later one can go on from

	Progress func(CopyProgress) // called several times a second, and at the end
	Failed   func(CopyFailure)  // told of everything that could not be copied, one after the other

	Ahead *files.Ahead // what was read of the directory that is put, while the host was connected to; nil: nothing
}

// CopyProgress is how far a copy is.
type CopyProgress = files.Progress

// CopyResult is what a copy did.
type CopyResult struct {
	Copied    int   // files and links that were other before
	Unchanged int   // that were as they should be
	Made      int   // directories
	Skipped   int   // pipes, sockets and devices
	Failed    int   // files, links and directories that could not be copied
	Bytes     int64 // written
	Seconds   float64
}

// Put copies a file or directory of this machine to a host, to exactly that path. A leading ~ of the local path is a
// home directory; a relative one begins where this program runs. What else is in the directory of the host is left
// alone; a link inside of it that is in the way is replaced, and never followed. When some files fail the others are
// copied, and the error is that of the first. Each file is whole or as it was before, whatever happens; a connection
// that is lost is made anew, a few times, for what is left.
func (h *Handle) Put(ctx context.Context, local, path string, o CopyOptions) (*CopyResult, error) {
	return h.copy(ctx, journal.FilePut, local, path, files.Anything, o)
}

// Get is Put the other way.
func (h *Handle) Get(ctx context.Context, path, local string, o CopyOptions) (*CopyResult, error) {
	return h.copy(ctx, journal.FileGet, local, path, files.Anything, o)
}

// PutFile is Put for one file, which compares what is in it, and reports whether it was not so before.
func (h *Handle) PutFile(ctx context.Context, local, path string, o CopyOptions) (changed bool, err error) {
	o.Checksum = true
	return changedBy(h.copy(ctx, journal.FilePut, local, path, files.File, o))
}

// GetFile is Get for one file, which compares what is in it, and reports whether it was not so before.
func (h *Handle) GetFile(ctx context.Context, path, local string, o CopyOptions) (changed bool, err error) {
	o.Checksum = true
	return changedBy(h.copy(ctx, journal.FileGet, local, path, files.File, o))
}

// PutDir is Put for a directory, and reports whether anything changed.
func (h *Handle) PutDir(ctx context.Context, local, path string, o CopyOptions) (changed bool, err error) {
	return changedBy(h.copy(ctx, journal.FilePut, local, path, files.Directory, o))
}

// GetDir is Get for a directory, and reports whether anything changed.
func (h *Handle) GetDir(ctx context.Context, path, local string, o CopyOptions) (changed bool, err error) {
	return changedBy(h.copy(ctx, journal.FileGet, local, path, files.Directory, o))
}

func changedBy(r *CopyResult, err error) (bool, error) { return r.changed(), err }

// changed reports whether anything is other than it was.
func (r *CopyResult) changed() bool { return r.Copied+r.Made > 0 }

// transfer copies between this machine and a host.
type transfer struct {
	kind     journal.Kind // FilePut or FileGet
	there    *fileUse
	from, to *fileUse
	options  CopyOptions
	diff     string // of the file that a sandbox looks at, which is one at a time
}

func (h *Handle) copy(ctx context.Context, kind journal.Kind, local, path string, only files.Kind,
	o CopyOptions) (*CopyResult, error) {
	begun := time.Now()
	t := &transfer{kind: kind, options: o}
	var err error
	if t.there, err = h.files(ctx, t.op(), path, o.FileOptions); err != nil {
		return &CopyResult{}, err
	}
	defer t.there.close()
	here, err := h.here(ctx, local, t.there.sandbox)
	if err != nil {
		return &CopyResult{}, t.there.record(ctx, t.there.event(kind), begun, false, err)
	}
	defer here.close()
	defer h.session.pool.copies.begin()()
	defer t.there.serve(ctx)()
	if t.from, t.to = here, t.there; kind == journal.FileGet {
		t.from, t.to = t.there, here
	} else {
		here.ahead = o.Ahead
	}
	co, err := t.engineOptions(ctx, only)
	if err == nil && t.intoItself() {
		err = errors.New("a directory cannot be copied into itself")
	}
	if err != nil {
		return &CopyResult{}, t.there.record(ctx, t.there.event(kind), begun, false, err)
	}
	sum, err := files.Copy(ctx, t.from.place(), t.to.place(), co)
	r := &CopyResult{Copied: sum.Copied, Unchanged: sum.Unchanged, Made: sum.Made, Skipped: sum.Skipped, Failed: sum.Failed,
		Bytes: sum.Bytes, Seconds: time.Since(begun).Seconds()}
	if err != nil {
		return r, t.summed(r, t.explain(ctx, err))
	}
	return r, t.unchanged(ctx, begun, r)
}

// intoItself reports whether a directory would be copied into itself, which had no end.
func (t *transfer) intoItself() bool {
	if _, here := t.there.h.host.(*Local); !here {
		return false
	}
	top, err := filepath.EvalSymlinks(t.from.path)
	if err != nil {
		return false // what is wrong with it will be told
	}
	into := t.to.path
	for dir := into; dir != "/"; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil { // the part of it that is there
			into = real + into[len(dir):]
			break
		}
	}
	return strings.HasPrefix(into, strings.TrimSuffix(top, "/")+"/")
}

func (t *transfer) op() string {
	if t.kind == journal.FileGet {
		return "get"
	}
	return "put"
}

// engineOptions are the options for the copying itself.
func (t *transfer) engineOptions(ctx context.Context, only files.Kind) (files.CopyOptions, error) {
	o := files.CopyOptions{Only: only, Mode: t.options.Mode, UID: -1, GID: -1, Follow: t.options.Follow,
		Select: files.Selection{Include: t.options.Include, Exclude: t.options.Exclude}, Checksum: t.options.Checksum,
		Verify: t.options.Verify, Resume: t.options.Resume, Progress: t.options.Progress,
		Done: func(e files.Entry) { t.done(ctx, e) }}
	var err error
	if t.kind == journal.FilePut {
		if o.UID, o.GID, err = t.to.ownerIDs(ctx, t.options.Owner); err != nil {
			return o, err
		}
	}
	if t.to.sandbox { // nothing is written that could be verified or gone on with, and what it says comes in order
		o.Verify, o.Resume, o.Workers = false, false, 1
		o.Change = func(ctx context.Context, target *files.Target, c files.Content) (err error) {
			t.diff, err = t.to.diff(ctx, target, c)
			return err
		}
	}
	return o, o.Select.Check()
}

// done records how it went with an entry. Of what was as it should be only the whole is told.
func (t *transfer) done(ctx context.Context, e files.Entry) {
	switch e.Outcome {
	case files.Unchanged:
		return
	case files.Skipped:
		t.there.warn(ctx, fmt.Sprintf("%s was left out: it is neither a file nor a directory nor a symbolic link", files.Shown(e.From)))
		return
	}
	ev := t.event(e.From, e.To)
	if e.Outcome == files.Copied && e.Info.IsFile() {
		ev.Size, ev.Diff = &e.Size, t.diff
	}
	t.diff = ""
	err := t.explain(ctx, e.Err)
	_ = t.there.record(ctx, ev, e.Began, e.Outcome == files.Copied, err) // Copy returns the first
	if of := (*files.CopyError)(nil); t.options.Failed != nil && errors.As(e.Err, &of) {
		t.options.Failed(CopyFailure{of.Path, of.Source == (t.kind == journal.FilePut), err})
	}
}

// event is the record of something that was copied.
func (t *transfer) event(from, to string) journal.Event {
	ev := t.there.event(t.kind)
	ev.From, ev.Path = from, to
	if ev.Owner = t.options.Owner; t.options.Mode != 0 {
		ev.Mode = files.ModeText(t.options.Mode)
	}
	return ev
}

// unchanged records a copy that changed nothing.
func (t *transfer) unchanged(ctx context.Context, begun time.Time, r *CopyResult) error {
	if r.changed() {
		return nil
	}
	return t.there.record(ctx, t.event(t.from.path, t.to.path), begun, false, nil)
}

// summed says of an error how many files have failed.
func (t *transfer) summed(r *CopyResult, err error) error {
	var failure *Error
	if r.Failed < 2 || !errors.As(err, &failure) {
		return err
	}
	sum := *failure
	sum.Err = fmt.Errorf("%w (and %d more of %d could not be copied)", failure.Err, r.Failed-1,
		r.Failed+r.Copied+r.Made+r.Unchanged)
	return &sum
}

// explain says on which side something went wrong, and what.
func (t *transfer) explain(ctx context.Context, err error) error {
	var of *files.CopyError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &of):
		return t.there.fault(ctx, err)
	case of.Source:
		return t.there.fault(ctx, t.from.at(of.Path).explain(ctx, of.Err))
	}
	return t.there.fault(ctx, t.to.at(of.Path).explain(ctx, of.Err))
}

// at is a file below the one that is used.
func (u *fileUse) at(full string) *fileUse {
	next := *u
	next.name, next.path = u.name+strings.TrimPrefix(full, u.path), full
	return &next
}

// explain says on which side of a copy something went wrong.
func (u *fileUse) explain(ctx context.Context, err error) error {
	if u.here && ctx.Err() == nil {
		return &hereError{u.path, err}
	}
	return u.fault(ctx, err)
}

// place is where the copying finds the files.
func (u *fileUse) place() files.Place { return files.Place{Path: u.path, Open: u.system} }

// here is a file of this machine, the other end of a transfer with the host.
func (h *Handle) here(ctx context.Context, name string, sandbox bool) (*fileUse, error) {
	local, err := NewLocal(LocalOptions{})
	if err != nil {
		return nil, err
	}
	full := name
	if name != "" && !strings.HasPrefix(name, "~") {
		if full, err = filepath.Abs(name); err != nil {
			return nil, err
		}
	}
	u, err := h.session.Handle(local).use(ctx, "use", full, FileOptions{Sandbox: sandbox})
	if err != nil {
		return nil, &hereError{name, err}
	}
	u.here = true
	return u, nil
}

// warn writes a warning about a file.
func (u *fileUse) warn(ctx context.Context, text string) {
	scope := ScopeOf(ctx)
	u.h.session.Journal().Write(journal.Event{Kind: journal.Warning, Node: scope.Node, Parent: scope.Parent,
		Host: u.h.Slug(), Message: text})
}
