package pty

import (
	"errors"
	"io"
	"testing"
)

func openTest(t *testing.T) (master io.ReadWriteCloser, in *Input, raw func([]byte) (int, error)) {
	t.Helper()
	m, tty, err := Open(Default)
	if err != nil {
		t.Fatal(err)
	}
	restore, err := Raw(tty)
	if err != nil {
		t.Fatal(err)
	}
	in, err = NewInput(tty)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = restore() // fails where the terminal was hung up
		in.Close()
		closeAll(m, tty)
	})
	return m, in, tty.Read
}

func TestInputLeavesKeysThatComeAfterStop(t *testing.T) {
	master, in, rest := openTest(t)
	p := make([]byte, 10)
	for _, keys := range []string{"a", "bc"} {
		if _, err := io.WriteString(master, keys); err != nil {
			t.Fatal(err)
		}
		if n, err := in.Read(p); err != nil || string(p[:n]) != keys {
			t.Fatalf("got %q, %v, want %q", p[:n], err, keys)
		}
	}
	ended := make(chan error)
	go func() {
		_, err := in.Read(make([]byte, 10))
		ended <- err
	}()
	in.Stop()
	if err := <-ended; err != ErrStopped {
		t.Errorf("a Read that waits ended with %v, want ErrStopped", err)
	}
	if _, err := io.WriteString(master, "d"); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Read(p); n != 0 || err != ErrStopped {
		t.Errorf("after Stop, Read gave %d bytes and %v", n, err)
	}
	if n, err := rest(p); err != nil || string(p[:n]) != "d" {
		t.Errorf("the next reader got %q, %v, want the key that came after Stop", p[:n], err)
	}
}

func TestInputEndsWhenTheTerminalHangsUp(t *testing.T) {
	master, in, _ := openTest(t)
	if err := master.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, ErrStopped) {
		t.Errorf("got %d bytes and the error %v, want its end", n, err)
	}
}
