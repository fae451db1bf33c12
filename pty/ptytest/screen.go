package ptytest

import (
	"io"
	"sync"

	"deployer/pty"
)

// A screen collects what a terminal prints.
type screen struct {
	over chan struct{} // closed when nothing more will come

	mu      sync.Mutex
	text    []byte
	drawing drawing
	more    chan struct{} // closed, and made anew, when text grows
}

func newScreen(size pty.Size) *screen {
	return &screen{over: make(chan struct{}), more: make(chan struct{}), drawing: newDrawing(size)}
}

// watch reads until the end, which a terminal reports as an error.
func (s *screen) watch(master io.Reader) {
	buf := make([]byte, 32<<10)
	for {
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
	s.drawing.add(text)
	close(s.more)
	s.more = make(chan struct{})
}

// resize changes the size of what is drawn.
func (s *screen) resize(size pty.Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawing.terminal.Resize(size.Cols, size.Rows)
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
