package files

import (
	"context"
	"slices"
	"time"
)

// Ahead are the files of this machine, of which those are read at once that a copy will want first. To connect takes a
// while that is spent waiting, and what is read meanwhile need not be read when there is much to do. It is for one copy.
type Ahead struct {
	Local
	Dir   string
	began time.Time
	stop  context.CancelFunc
	ended chan struct{}

	list  []*Info           // of dir; nil if it was not read
	whole map[string][]byte // small files, by path: as they were when the list was made
}

// Bounds of what is read ahead.
const (
	aheadBytes = 8 << 20
	aheadFor   = time.Second // what is older is read again: somebody may have thought about a question meanwhile
)

// ReadAhead begins to read a directory, and the small files in it. Somebody must call Stop.
func ReadAhead(dir string) *Ahead {
	ctx, stop := context.WithCancel(context.Background())
	a := &Ahead{Dir: dir, began: time.Now(), stop: stop, ended: make(chan struct{}), whole: map[string][]byte{}}
	go func() {
		defer close(a.ended)
		a.read(ctx)
	}()
	return a
}

// Stop ends the reading. What was read is used still.
func (a *Ahead) Stop() {
	a.stop()
	<-a.ended
}

// read reads what it can. Who wants what could not be read finds out why.
func (a *Ahead) read(ctx context.Context) {
	list, err := a.Local.List(ctx, a.Dir)
	if err != nil {
		return
	}
	a.list = list
	left := int64(aheadBytes)
	for _, info := range list {
		if !info.IsFile() || info.Size == 0 || info.Size > wholeSize {
			continue
		}
		if left -= info.Size; left < 0 || ctx.Err() != nil {
			return
		}
		data := make([]byte, info.Size)
		path := below(a.Dir, info.Name)
		if n, err := a.Local.readWhole(ctx, path, data); err == nil && n == len(data) {
			a.whole[path] = data
		}
	}
}

// List implements System. It is what a copy begins with, so that nothing more is read ahead.
func (a *Ahead) List(ctx context.Context, path string) ([]*Info, error) {
	if path != a.Dir {
		return a.Local.List(ctx, path)
	}
	if a.Stop(); a.list == nil || time.Since(a.began) > aheadFor {
		a.list, a.whole = nil, nil
		return a.Local.List(ctx, path)
	}
	return slices.Clone(a.list), nil
}

// readWhole implements wholeReader. It follows the listing of the directory.
func (a *Ahead) readWhole(ctx context.Context, path string, data []byte) (int, error) {
	if known := a.whole[path]; len(known) == len(data) {
		return copy(data, known), nil
	}
	return a.Local.readWhole(ctx, path, data)
}
