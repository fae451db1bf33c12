package hosts

import (
	"io"
	"sync"
	"time"
)

// streamGrace is how long a stream may be silent after its command has ended, before it is given up: a background
// process that the command left behind may hold it open for ever.
const streamGrace = time.Second

// streams copies what a command prints. Its goroutines end at the end of every stream, or by finish.
type streams struct {
	wait sync.WaitGroup

	mu      sync.Mutex              // guards what follows
	reading map[io.Reader]time.Time // streams that wait for more, and since when
}

// copy copies src to dst until its end, in a goroutine of its own. Errors of dst do not stop the reading, so that a
// command never blocks on a reader that went away.
func (s *streams) copy(dst io.Writer, src io.Reader) {
	s.mark(src, true)
	s.wait.Go(func() {
		defer s.forget(src)
		buf := make([]byte, 32<<10)
		for {
			n, err := src.Read(buf)
			s.mark(src, false)
			if n > 0 {
				_, _ = dst.Write(buf[:n]) // the journal and the capture report their own errors
			}
			if err != nil {
				return
			}
			s.mark(src, true)
		}
	})
}

func (s *streams) mark(src io.Reader, waits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading == nil {
		s.reading = map[io.Reader]time.Time{}
	}
	if waits {
		s.reading[src] = time.Now()
	} else {
		s.reading[src] = time.Time{}
	}
}

func (s *streams) forget(src io.Reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reading, src)
}

// finish waits for the ends of the streams after their command has ended. Once all that are still open have been silent
// for streamGrace it calls giveUp, which must make their reads return. A stream whose reader is slow is not silent.
func (s *streams) finish(giveUp func()) {
	done := make(chan struct{})
	go func() {
		s.wait.Wait()
		close(done)
	}()
	ended := time.Now()
	tick := time.NewTicker(streamGrace / 10)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if s.silent(ended) {
				giveUp()
				<-done
				return
			}
		}
	}
}

func (s *streams) silent(ended time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reading) == 0 {
		return false // they have ended
	}
	for _, since := range s.reading {
		if since.Before(ended) && !since.IsZero() {
			since = ended
		}
		if since.IsZero() || time.Since(since) < streamGrace {
			return false
		}
	}
	return true
}
