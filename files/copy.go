package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"
)

// Place is where something is copied from or to.
type Place struct {
	Path string
	// Open returns the files of the machine, until release is called. After the connection was lost it is called again.
	Open func(ctx context.Context) (on System, release func(), err error)
}

// CopyOptions say how files are copied. Files and directories keep their modes and times, and symbolic links stay links.
type CopyOptions struct {
	Only     Kind        // what the source must be
	Mode     fs.FileMode // of files; 0: that of the source, but a file that is itself replaced keeps its own
	UID, GID int         // of what is written; -1: what the machine gives new files, and keeps of old ones
	Follow   bool        // copy what symbolic links lead to, not the links
	Select   Selection
	Checksum bool // compare what is in files; else of those of the same size and time it is taken to be the same
	Verify   bool // compare what has been written with its source, before it takes the place of what was there
	Resume   bool // go on where an earlier copy of a large file ended, and leave what another one can go on from

	Workers int // files at a time; 0: enough to hide the distance

	// Change is told of a file before it is written, and may prevent it. It is called by several goroutines.
	Change func(ctx context.Context, t *Target, c Content) error
	// Done is told how it went with every file, directory and link, also with those that were as they should be. It is
	// called by several goroutines, one at a time.
	Done func(Entry)
	// Progress is told several times a second how far it is, and at the end.
	Progress func(Progress)
}

// Kind is what something must be.
type Kind int

// The kinds.
const (
	Anything Kind = iota // a regular file or a directory
	File
	Directory
)

func (k Kind) check(info *Info) error {
	switch {
	case k == Directory && !info.IsDir():
		return syscall.ENOTDIR
	case k == File || !info.IsDir():
		return info.MustBeFile()
	}
	return nil
}

// Outcome is how it went with one entry.
type Outcome int

// later is the outcome of what will be told later.
const later Outcome = -1

// The outcomes.
const (
	Unchanged Outcome = iota // it was as it should be
	Copied                   // a file was written, a directory made, a link set, or its mode or owner corrected
	Skipped                  // neither a file nor a directory nor a link
	Failed
)

// Entry is a file, a directory or a link, and how it went with it.
type Entry struct {
	From, To string
	Info     *Info // of the source; nil if that could not be found out
	Outcome  Outcome
	Err      error // *CopyError
	Size     int64 // of what was written, in bytes
	Began    time.Time
}

// CopyError is what went wrong on one side of a copy.
type CopyError struct {
	Source bool // at the place copied from
	Path   string
	Err    error
}

func (e *CopyError) Error() string { return fmt.Sprintf("%s: %v", Shown(e.Path), e.Err) }
func (e *CopyError) Unwrap() error { return e.Err }

// Summary counts what was done.
type Summary struct {
	Copied, Unchanged int   // files and links
	Made              int   // directories
	Skipped, Failed   int   // whatever they are
	Bytes             int64 // written
}

// Copy copies a file, or a directory with all that is below, to exactly the path of to. What else is there is left alone.
// Inside of a directory, links in the way are replaced, and never followed. When some files fail the others are copied;
// the error is the first of all, and Done knows all. It stops when nothing can succeed any more: the connection is lost
// and does not come back, the disk is full, or ctx has ended. Each file is whole or as it was before, whatever happens.
func Copy(ctx context.Context, from, to Place, o CopyOptions) (*Summary, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := &copier{from: from, to: to, o: o, stop: stop, bytes: semaphore.NewWeighted(bytesOnce)}
	c.source.open, c.target.open = from.Open, to.Open
	defer c.source.close()
	defer c.target.close()
	c.queue.limit, c.queue.do = c.workers(), func(j *job) { c.do(ctx, j) }
	defer context.AfterFunc(ctx, c.queue.end)()
	defer c.watch()()
	var info *Info
	err := retried(ctx, func() (_ bool, err error) {
		info, err = c.start(ctx)
		return false, err
	})
	if err != nil {
		return &c.sum, c.fail(&job{from: from.Path, to: to.Path, began: time.Now()}, info, err)
	}
	c.queue.working.Wait()
	return &c.sum, c.result(ctx)
}

// bytesOnce is how many bytes of files may be under way at once. One file takes no more than its share of that.
const (
	bytesOnce = 8 << 20
	bytesFile = 4 << 20
)

// copier is one copy.
type copier struct {
	from, to Place
	source   side
	target   side
	o        CopyOptions
	stop     context.CancelCauseFunc
	bytes    *semaphore.Weighted
	small    smallFiles
	queue    work

	counters counters
	mu       sync.Mutex // guards what follows
	sum      Summary
	first    error
}

// start finds out what is to be copied.
func (c *copier) start(ctx context.Context) (info *Info, err error) {
	on, done, err := c.source.use(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { done(err) }()
	info, err = on.Stat(ctx, c.from.Path)
	if err != nil {
		return nil, &CopyError{true, c.from.Path, err}
	}
	j := &job{from: c.from.Path, to: c.to.Path, info: info, top: true}
	if err := c.o.Only.check(info); err != nil {
		return info, &CopyError{true, c.from.Path, err}
	}
	c.found(j)
	c.queue.add(j)
	return info, nil
}

// defaultWorkers hides a distance of 50 ms: a small file takes half a dozen round trips.
const defaultWorkers = 128

func (c *copier) workers() int {
	if c.o.Workers > 0 {
		return c.o.Workers
	}
	return defaultWorkers
}

// do does one job, again if the connection was lost, and notes how it went.
func (c *copier) do(ctx context.Context, j *job) {
	if j.began.IsZero() {
		j.began = time.Now()
	}
	e, err := Entry{}, j.bad
	if err == nil {
		e, err = c.attempts(ctx, j)
	}
	if err != nil {
		_ = c.fail(j, j.info, err) // result tells
	} else {
		c.note(e)
	}
	c.settled(j)
	c.leave(ctx, j)
}

// attempts is how often a file is tried that makes no progress.
const attempts = 3

func (c *copier) attempts(ctx context.Context, j *job) (e Entry, err error) {
	err = retried(ctx, func() (further bool, err error) {
		kept := j.kept
		e, err = c.once(ctx, j)
		return j.kept > kept, err
	})
	if err != nil {
		err = c.abandon(ctx, j, err)
	}
	return e, c.sweep(ctx, j, err)
}

// retried does something again after the connection was lost, a few times, unless it got further than before.
func retried(ctx context.Context, do func() (further bool, err error)) error {
	for failed := 0; ; {
		further, err := do()
		if failed++; further {
			failed = 1
		}
		if err == nil || !isLost(err) || ctx.Err() != nil || failed == attempts {
			return err
		}
		pause(ctx, time.Duration(failed)*retryAfter)
	}
}

// retryAfter is how long a server may still be at work on what it was sent, after the connection was lost.
const retryAfter = 250 * time.Millisecond

// once does one job.
func (c *copier) once(ctx context.Context, j *job) (e Entry, err error) {
	from, doneFrom, err := c.source.use(ctx)
	if err != nil {
		return Entry{}, err
	}
	defer func() { doneFrom(err) }()
	to, doneTo, err := c.target.use(ctx)
	if err != nil {
		return Entry{}, err
	}
	defer func() { doneTo(err) }()
	p := pair{c, from, to}
	switch {
	case j.info.IsDir():
		return p.dir(ctx, j)
	case j.info.IsFile():
		return p.file(ctx, j)
	case j.info.IsLink():
		return p.link(ctx, j)
	}
	return j.entry(Skipped), nil
}

// pair is both sides, as long as their connections live.
type pair struct {
	*copier
	from, to System
}

// fail notes a failure, and ends everything if nothing can succeed any more.
func (c *copier) fail(j *job, info *Info, err error) error {
	e := j.entry(Failed)
	e.Info, e.Err = info, err
	if !c.stopped(err) {
		c.note(e)
	}
	if isFatal(err) {
		c.stop(err)
	}
	return err
}

// stopped reports whether an error is only that something else has ended everything, of which others tell.
func (c *copier) stopped(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.first != nil && (errors.Is(err, context.Canceled) || errors.Is(err, c.first))
}

// isFatal reports whether an error is more than that of one file.
func isFatal(err error) bool {
	var of *CopyError
	return !errors.As(err, &of) || isLost(err) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		errors.Is(err, syscall.EROFS) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// note counts an entry and tells of it.
func (c *copier) note(e Entry) {
	if e.Outcome == later {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sum.add(e)
	if e.Outcome == Failed && c.first == nil {
		c.first = e.Err
	}
	if c.o.Done != nil {
		c.o.Done(e)
	}
}

// add counts an entry. A directory that was there already is none of what there was to do.
func (s *Summary) add(e Entry) {
	dir := e.Info != nil && e.Info.IsDir()
	switch {
	case e.Outcome == Failed:
		s.Failed++
	case e.Outcome == Skipped:
		s.Skipped++
	case e.Outcome == Copied && dir:
		s.Made++
	case e.Outcome == Copied:
		s.Copied++
		s.Bytes += e.Size
	case !dir:
		s.Unchanged++
	}
}

// result is the error of the whole.
func (c *copier) result(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		return context.Cause(ctx)
	}
	return c.first
}
