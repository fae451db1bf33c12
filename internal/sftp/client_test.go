package sftp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"testing"
	"time"
)

// sent is a packet that a server was sent.
type sent struct {
	kind byte
	id   uint32
	body []byte // what follows
}

// server is a server that does what a test says.
type server struct {
	t    *testing.T
	from io.Reader
	to   io.WriteCloser
}

// text is a string as SFTP has it.
func text(s string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...) }

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// packet is a packet of several parts.
func packet(kind byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(number(uint32(len(body)+1)), kind), body...)
}

// connect greets a server that then does something until it returns, at which the connection ends.
func connect(t *testing.T, serve func(s *server), extensions ...string) *Client {
	t.Helper()
	var tasks sync.WaitGroup
	fromServer, toClient := io.Pipe()
	fromClient, toServer := io.Pipe()
	tasks.Go(func() {
		defer toClient.Close()
		defer fromClient.Close()
		s := &server{t, fromClient, toClient}
		s.receive(1)
		greeting := [][]byte{number(3)}
		for _, e := range extensions {
			greeting = append(greeting, text(e), text("1"))
		}
		s.send(packet(kindVersion, greeting...))
		serve(s)
	})
	c, err := NewClient(fromServer, toServer, inGroup(&tasks))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		fromServer.Close()
		tasks.Wait()
	})
	return c
}

// receive takes so many packets; fewer if no more come.
func (s *server) receive(n int) (all []sent) {
	for range n {
		var head [9]byte
		if _, err := io.ReadFull(s.from, head[:]); err != nil {
			return all
		}
		body := make([]byte, binary.BigEndian.Uint32(head[:])-5)
		if _, err := io.ReadFull(s.from, body); err != nil {
			s.t.Errorf("a packet is cut: %v", err)
		}
		all = append(all, sent{head[4], binary.BigEndian.Uint32(head[5:]), body})
	}
	return all
}

func (s *server) send(packets ...[]byte) {
	_, _ = s.to.Write(bytes.Join(packets, nil)) // fails when the client has closed the connection
}

// reply answers a request.
func (s *server) reply(to sent, kind byte, parts ...[]byte) {
	s.send(packet(kind, append([][]byte{number(to.id)}, parts...)...))
}

func (s *server) ok(to ...sent) {
	for _, r := range to {
		s.reply(r, kindStatus, number(codeOK), text("Success"), text(""))
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string][]byte{
		"nothing":         nil,
		"a login message": []byte("Welcome to this machine\n"),
		"another packet":  packet(kindStatus, number(3)),
		"another version": packet(kindVersion, number(4)),
		"no version":      packet(kindVersion),
		"half a pair":     packet(kindVersion, number(3), text("extension")),
		"cut":             packet(kindVersion, number(3))[:7],
		"an empty packet": number(0),
	} {
		to := &gateway{let: make(chan error)}
		close(to.let)
		_, err := NewClient(bytes.NewReader(greeting), to, func(func()) error { return nil })
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	c := connect(t, func(*server) {}, Fsync, PosixRename)
	if !c.Has(Fsync) || !c.Has(PosixRename) || c.Has(StatVFS) {
		t.Errorf("got %v", c.extensions)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	c := connect(t, func(s *server) {
		for _, status := range [][]byte{number(codeOK), number(codeNoFile), number(codePermission), number(codeEOF),
			append(number(4), text("No space left on device")...)} {
			s.reply(s.receive(1)[0], kindStatus, status) // not every server sends texts
		}
	})
	for _, want := range []error{nil, fs.ErrNotExist, fs.ErrPermission, io.EOF} {
		if err := c.Remove("/x"); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	var status *StatusError
	if err := c.Remove("/x"); !errors.As(err, &status) || status.Code != 4 || status.Message != "No space left on device" {
		t.Errorf("got %v", err)
	}
}

// TestSendingEnds checks that the end of what is written to is not taken for that of a file.
func TestSendingEnds(t *testing.T) {
	t.Parallel()
	c := &Client{calls: map[uint32]*call{}, out: &sending{to: &gateway{}, start: func(func()) error { return io.EOF }}}
	for range 2 {
		n, failed := -1, error(nil)
		(&File{client: c, handle: "h"}).Read(make([]byte, 4), 0, func(read int, err error) { n, failed = read, err })
		if n != 0 || failed == io.EOF || !errors.Is(failed, ErrEnded) {
			t.Errorf("%d bytes, %v", n, failed)
		}
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	const callers = 5
	c := connect(t, func(s *server) { s.receive(callers) })
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			if _, err := c.Stat("/x"); !errors.Is(err, ErrEnded) {
				t.Errorf("who waited got %v", err)
			}
		})
	}
	calling.Wait()
	c.Wait()
	if err := c.Mkdir("/x"); !errors.Is(err, ErrEnded) {
		t.Errorf("who came later got %v", err)
	}
}

// TestNonsense checks that nothing that a server says keeps anybody waiting.
func TestNonsense(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(s *server, to sent){
		"what was not asked": func(s *server, to sent) { to.id++; s.ok(to) },
		"another kind":       func(s *server, to sent) { s.reply(to, kindHandle, text("x")) },
		"too much":           func(s *server, to sent) { s.reply(to, kindData, text("more than four")) },
		"nothing":            func(s *server, to sent) { s.reply(to, kindData, text("")) },
		"a wrong length":     func(s *server, to sent) { s.reply(to, kindData, text("abc"), []byte("d")) },
		"success":            func(s *server, to sent) { s.ok(to) },
		"no number":          func(s *server, _ sent) { s.send(packet(kindStatus, []byte{1})) },
		"no code":            func(s *server, to sent) { s.reply(to, kindStatus) },
		"a cut answer":       func(s *server, to sent) { s.send(packet(kindData, number(to.id), text("abc"))[:15]) },
		"a giant":            func(s *server, _ sent) { s.send(number(1 << 30)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, func(s *server) { answer(s, s.receive(1)[0]) })
			f := &File{client: c, handle: "h"}
			done := make(chan struct{})
			f.Read(make([]byte, 4), 0, func(n int, err error) {
				if n != 0 || err == nil || err == io.EOF {
					t.Errorf("%d bytes, %v", n, err)
				}
				close(done)
			})
			<-done
		})
	}
}

func TestCutAttributes(t *testing.T) {
	t.Parallel()
	c := connect(t, func(s *server) {
		s.reply(s.receive(1)[0], kindAttrs, number(hasSize|hasOwner|hasMode|hasTimes), number(0), number(7))
		s.reply(s.receive(1)[0], kindAttrs, number(hasExtended), number(1<<31))
		s.reply(s.receive(1)[0], kindAttrs, number(hasSize|hasMode|hasTimes|hasExtended), number(0), number(7),
			number(0o100640), number(1), number(1234), number(1), text("acl"), text("none"))
	})
	for range 2 {
		if _, err := c.Stat("/x"); !errors.Is(err, errShort) {
			t.Errorf("got %v", err)
		}
	}
	a, err := c.Stat("/x")
	if want := (Attributes{Size: 7, Mode: 0o100640, ModTime: time.Unix(1234, 0)}); a != want || err != nil {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestTogether checks that what belongs together is sent before anything is answered.
func TestTogether(t *testing.T) {
	t.Parallel()
	c := connect(t, func(s *server) {
		s.reply(s.receive(1)[0], kindHandle, text("first"))
		all := s.receive(4)
		for i, kind := range []byte{kindWrite, kindFstat, kindClose, kindSetstat} {
			if all[i].kind != kind {
				s.t.Errorf("request %d is of kind %d", i, all[i].kind)
			}
		}
		if !bytes.HasSuffix(all[0].body, append(make([]byte, 8), text("content")...)) {
			s.t.Errorf("written: %q", all[0].body)
		}
		want := bytes.Join([][]byte{text("/x"), number(hasMode | hasTimes), number(0o640), number(99), number(99)}, nil)
		if !bytes.Equal(all[3].body, want) {
			s.t.Errorf("set: %q", all[3].body)
		}
		s.reply(all[1], kindAttrs, number(hasMode), number(0o100604))
		s.ok(all[0], all[2], all[3])
	})
	made := make(chan error, 1)
	n := &NewFile{Name: "/x", Data: []byte("content"), Set: Setting{0o640, true, time.Unix(99, 0)}, Look: true}
	c.Make(n, func(err error) { made <- err })
	if err := <-made; err != nil || !n.Made || n.Mode != 0o100604 {
		t.Errorf("got %v, %+v", err, n)
	}
}

// TestClosed checks that a file which is closed is not taken for the one that has its handle then.
func TestClosed(t *testing.T) {
	t.Parallel()
	c := connect(t, func(s *server) {
		s.reply(s.receive(1)[0], kindHandle, text("h"))
		s.ok(s.receive(1)...)
		later := s.receive(1)[0]
		if bytes.HasPrefix(later.body, text("h")) {
			s.t.Error("the handle was used again")
		}
		s.reply(later, kindStatus, number(4))
	})
	f, err := c.Open("/x", Read)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
	if err := f.Chmod(0o600); err == nil {
		t.Error("changed after it was closed")
	}
}

func TestReadDir(t *testing.T) {
	t.Parallel()
	entry := func(name string) []byte { return bytes.Join([][]byte{text(name), text("long"), number(0)}, nil) }
	over := make(chan struct{})
	c := connect(t, func(s *server) {
		defer close(over)
		s.reply(s.receive(1)[0], kindHandle, text("dir"))
		first := s.receive(2)
		s.reply(first[0], kindName, number(3), entry("."), entry(".."), entry("a"))
		s.reply(first[1], kindName, number(2), entry("b\nc"), entry("up/d"))
		for _, r := range s.receive(4) {
			s.reply(r, kindStatus, number(codeEOF))
		}
		if closing := s.receive(1); len(closing) != 1 || closing[0].kind != kindClose {
			s.t.Errorf("it was not closed: %v", closing)
		}
	})
	entries, err := c.ReadDir("/dir")
	if err != nil || len(entries) != 3 || entries[0].Name != "a" || entries[1].Name != "b\nc" || entries[2].Name != "d" {
		t.Errorf("got %+v, %v", entries, err)
	}
	<-over
}

// FuzzAnswers checks that whatever a server sends, everybody gets an answer, and no data that were not sent.
func FuzzAnswers(f *testing.F) {
	f.Add(packet(kindStatus, number(0), number(codeOK)))
	f.Add(packet(kindName, number(0), number(1), text("x"), text("x"), number(0)))
	f.Add(packet(kindData, number(1), text("data")))
	f.Add(packet(kindAttrs, number(2), number(hasExtended), number(1), text("a"), text("b")))
	f.Add(packet(kindHandle, number(3), text("h")))
	f.Fuzz(func(t *testing.T, answers []byte) {
		to := &gateway{let: make(chan error)}
		close(to.let)
		var tasks sync.WaitGroup
		from := bytes.NewReader(append(packet(kindVersion, number(3)), answers...))
		c, err := NewClient(from, to, inGroup(&tasks))
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range []func(){
			func() { _, _ = c.RealPath("/x") }, // fails as a rule, which is not what this is about
			func() { _, _ = c.ReadDir("/x") },
			func() { _, _ = c.Stat("/x") },
			func() { _, _ = c.Disk("/x") },
			func() {
				done := make(chan struct{})
				c.ReadFile("/x", make([]byte, 8), func(n int, err error) {
					defer close(done)
					if n > 8 || n > len(answers) || n == 0 && err == nil {
						t.Errorf("%d bytes of %q, %v", n, answers, err)
					}
				})
				<-done
			},
		} {
			tasks.Go(ask)
		}
		tasks.Wait()
	})
}
