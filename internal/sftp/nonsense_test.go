package sftp

import (
	"bytes"
	"errors"
	"testing"
)

// TestReadDirOfNonsense checks that no name leads out of the directory, and that no server keeps us reading for ever.
func TestReadDirOfNonsense(t *testing.T) {
	t.Parallel()
	entry := func(name string) []byte { return bytes.Join([][]byte{text(name), text("long"), number(0)}, nil) }
	c := connect(t, func(s *server) {
		s.reply(s.receive(1)[0], kindHandle, text("dir"))
		first := s.receive(2)
		s.reply(first[1], kindName, number(0)) // some end like that; and not in the order of the requests
		s.reply(first[0], kindName, number(6), entry("a/.."), entry("../.."), entry("/"), entry(""), entry("b/."),
			entry("c/"))
		s.receive(1)
		s.reply(s.receive(1)[0], kindHandle, text("dir"))
		for _, r := range s.receive(2) {
			s.reply(r, kindName, number(1<<31), entry("a"))
		}
		s.receive(1)
	})
	entries, err := c.ReadDir("/dir")
	if err != nil || len(entries) != 1 || entries[0].Name != "c" {
		t.Errorf("got %+v, %v", entries, err)
	}
	if entries, err := c.ReadDir("/dir"); !errors.Is(err, errShort) || entries != nil {
		t.Errorf("more names than were sent: %+v, %v", entries, err)
	}
}

// TestNumbersBeginAnew checks that answers find their requests where the numbers of those pass 2³².
func TestNumbersBeginAnew(t *testing.T) {
	t.Parallel()
	c := connect(t, func(s *server) {
		all := s.receive(4)
		for i := range all { // in the opposite order
			r := all[len(all)-1-i]
			s.reply(r, kindStatus, number(10+r.id))
		}
	})
	c.id = 1<<32 - 2
	requests := make([]request, 4)
	for i := range requests {
		requests[i] = about(kindRemove, kindStatus, "/x")
	}
	for i, a := range c.ask(requests...) {
		var status *StatusError
		if !errors.As(a.err, &status) || status.Code != 8+uint32(i) {
			t.Errorf("answer %d is %v", i, a.err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) != 0 {
		t.Errorf("%d answers are still waited for", len(c.calls))
	}
}
