package scpshell

import (
	"context"
	"errors"
	"path"
	"sync"
	"time"

	"deployer/hosts"
)

// How long a listing is good for, how long a person waits for one, and how long one may take that nobody waits for.
const (
	fresh      = 5 * time.Second
	patience   = time.Second
	impatience = 50 * time.Millisecond // where the last one took too long
	maxListing = 30 * time.Second
)

// listings are the directories that completion needs. They are kept for a short time, and until something is changed.
// What takes long is gone on with while the person types, and ended when the line is done.
type listings struct {
	look func() *hosts.Session // nil: nothing is listed

	mu      sync.Mutex
	kept    map[listingKey]listing
	asking  map[listingKey]chan struct{} // closed when it is known, or given up
	slow    bool
	session *hosts.Session // while something was listed for the line
	ctx     context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// listingKey is a directory as somebody sees it.
type listingKey struct {
	host, dir string
	files     hosts.FileOptions
}

// listing is what was in a directory.
type listing struct {
	files []*hosts.FileInfo
	at    time.Time
}

var errNoListing = errors.New("the directory is not known yet")

func newListings(look func() *hosts.Session) *listings {
	return &listings{look: look, kept: map[listingKey]listing{}, asking: map[listingKey]chan struct{}{}}
}

// keep keeps what a command has listed.
func (l *listings) keep(h hosts.Host, o hosts.FileOptions, dir string, files []*hosts.FileInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[listingKey{h.Slug(), path.Clean(dir), o}] = listing{files, time.Now()}
}

// forget forgets everything: something was changed.
func (l *listings) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.kept)
}

// rest ends what is being listed, and waits for that.
func (l *listings) rest() {
	l.mu.Lock()
	session, stop := l.session, l.stop
	l.session, l.stop = nil, nil
	l.mu.Unlock()
	if session == nil {
		return
	}
	stop()
	l.work.Wait()
	// It has changed nothing; a connection that was not made for it will be made for what comes.
	_ = session.Close()
}

// lister asks a host for a directory.
type lister func(context.Context, *hosts.Session) ([]*hosts.FileInfo, error)

// of returns what is in a directory, or gives up after a while.
func (l *listings) of(key listingKey, list lister) ([]*hosts.FileInfo, error) {
	if l.look == nil {
		return nil, errNoListing
	}
	l.mu.Lock()
	if known, ok := l.kept[key]; ok && time.Since(known.at) < fresh {
		l.mu.Unlock()
		return known.files, nil
	}
	done, wait := l.asking[key], patience
	if l.slow {
		wait = impatience
	}
	if done == nil {
		done = l.ask(key, list)
	}
	l.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.kept[key]
	if _, going := l.asking[key]; going {
		l.slow = true
	}
	if !ok {
		return nil, errNoListing
	}
	return known.files, nil
}

// ask begins to list a directory. l.mu is held.
func (l *listings) ask(key listingKey, list lister) chan struct{} {
	if l.session == nil {
		l.session = l.look()
		l.ctx, l.stop = context.WithCancel(context.Background())
	}
	done := make(chan struct{})
	l.asking[key] = done
	ctx, session := l.ctx, l.session
	l.work.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, maxListing)
		defer cancel()
		files, err := list(ctx, session)
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.asking, key)
		if err == nil {
			l.slow = false
		}
		if ctx.Err() == nil { // one that cannot be listed has nothing to offer, for as long as another is known
			l.kept[key] = listing{files, time.Now()}
		}
		close(done)
	})
	return done
}
