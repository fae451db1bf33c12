package ptytest

import (
	"io"
	"sync"

	"deployer/pty"

	"github.com/hinshun/vt10x"
)

// A screen collects what a terminal prints.
type screen struct {
	over chan struct{} // closed when nothing more will come

	mu      sync.Mutex
	text    []byte
	drawn   int // bytes of text: the rest is drawn when somebody looks, as that takes its time
	drawing drawing
	more    chan struct{} // closed, and made anew, when text grows
	stalled chan struct{} // nothing is read until it is closed; nil: all is
}

func newScreen(size pty.Size) *screen {
	return &screen{over: make(chan struct{}), more: make(chan struct{}), drawing: newDrawing(size)}
}

// watch reads until the end, which a terminal reports as an error.
func (s *screen) watch(master io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		s.waitWhileStalled()
		n, err := master.Read(buf)
		s.add(buf[:n])
		if err != nil {
			s.end()
			return
		}
	}
}

func (s *screen) add(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, text...)
	close(s.more)
	s.more = make(chan struct{})
}

// draw draws all that is printed. It needs s.mu.
func (s *screen) draw() vt10x.Terminal {
	s.drawing.add(s.text[s.drawn:])
	s.drawn = len(s.text)
	return s.drawing.terminal
}

// resize changes the size of what is drawn.
func (s *screen) resize(size pty.Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size.Rows > 0 && size.Cols > 0 { // else nobody knows it
		s.draw().Resize(size.Cols, size.Rows)
	}
}

// stall makes watch read nothing more, but for what it is reading, until resume is called.
func (s *screen) stall() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stalled := make(chan struct{})
	s.stalled = stalled
	return sync.OnceFunc(func() { close(stalled) })
}

func (s *screen) waitWhileStalled() {
	s.mu.Lock()
	stalled := s.stalled
	s.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
}

func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.over)
	close(s.more)
}

// look returns the text so far, a channel that is closed when there is more of it or none will come, and whether that
// is so already.
func (s *screen) look() (text string, more <-chan struct{}, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.over:
		over = true
	default:
	}
	return string(s.text), s.more, over
}
