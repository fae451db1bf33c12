package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func newSpool(t *testing.T) *Spool {
	s := &Spool{}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTextKeepsAll(t *testing.T) {
	spool := newSpool(t)
	texts := []*Text{NewText(spool, 0), NewText(spool, 0), NewText(spool, 0)}
	want := make([]strings.Builder, len(texts))
	for i := range 20000 {
		which := i % len(texts)
		line := fmt.Sprintf("line %d of text %d\n", i, which)
		texts[which].Add([]byte(line))
		want[which].WriteString(line)
	}
	for i, text := range texts {
		if text.String() != want[i].String() || text.Size() != int64(want[i].Len()) || !text.Whole() {
			t.Errorf("text %d is not what was added", i)
		}
	}
	if texts[0].Sum() == texts[1].Sum() {
		t.Error("two texts have one sum")
	}
}

func TestTextIsBounded(t *testing.T) {
	spool := newSpool(t)
	const limit = 2*blockSize + 100
	text, other := NewText(spool, limit), NewText(spool, limit)
	for i := range 100000 {
		text.Add(fmt.Appendf(nil, "line %d\n", i))
		other.Add(fmt.Appendf(nil, "line %d\n", i+i/99999))
		if len(text.last) > blockSize || len(text.tail) > 2*maxTail {
			t.Fatal("it is not bounded")
		}
	}
	got := text.String()
	if text.Whole() || len(got) > limit+maxTail+100 || !strings.HasPrefix(got, "line 0\nline 1\n") || !strings.HasSuffix(got, "\nline 99998\nline 99999\n") {
		t.Errorf("got %d bytes: %.20q … %q", len(got), got, got[len(got)-40:])
	}
	if !strings.Contains(got, "\n… 1.0 MiB left out …\nline ") {
		t.Error("it does not say what was left out")
	}
	if text.Sum() == other.Sum() {
		t.Error("texts that differ have one sum")
	}
}

// TestTextAtItsLimit checks that a little more than the limit is kept too, and nothing is lost or said twice.
func TestTextAtItsLimit(t *testing.T) {
	spool := newSpool(t)
	for _, size := range []int{0, 1, 99, 100, 101, 100 + maxTail, 101 + maxTail, blockSize + maxTail} {
		for _, part := range []int{1, 7, maxTail, size + 1} {
			text := NewText(spool, 100)
			all := bytes.Repeat([]byte("0123456789\n"), size/11+1)[:size]
			for rest := all; len(rest) > 0; {
				n := min(part, len(rest))
				text.Add(rest[:n])
				rest = rest[n:]
			}
			if whole := size <= 100+maxTail; text.Whole() != whole {
				t.Errorf("%d bytes in parts of %d: whole is %v", size, part, text.Whole())
			} else if whole && text.String() != string(all) {
				t.Errorf("%d bytes in parts of %d: %q", size, part, text.String())
			}
		}
	}
}

func TestTextIsReleased(t *testing.T) {
	spool := newSpool(t)
	for range 100 {
		text := NewText(spool, 0)
		text.Add(make([]byte, 3*blockSize))
		text.Release()
	}
	if spool.blocks != 3 {
		t.Errorf("the file has %d blocks, and 3 are enough", spool.blocks)
	}
}

func TestSpoolLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	text := NewText(newSpool(t), 0)
	text.Add(make([]byte, blockSize))
	if info, err := text.spool.file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestSpoolFails where no file can be made: the text says what it lacks, and why.
func TestSpoolFails(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	text := NewText(newSpool(t), 0)
	for i := range 10000 {
		text.Add(fmt.Appendf(nil, "line %d\n", i))
	}
	got := text.String()
	if text.Whole() || !strings.Contains(got, "left out: open /nowhere/") || !strings.HasSuffix(got, "line 9999\n") || !strings.HasPrefix(got, "line 0\n") {
		t.Errorf("got %.20q … %q", got, got[max(0, len(got)-200):])
	}
	if !errors.Is(text.failed, fs.ErrNotExist) {
		t.Error(text.failed)
	}
}

// TestSpoolIsFull writes where no block can be written.
func TestSpoolIsFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := NewText(&Spool{file: full}, 0)
	defer full.Close()
	text.Add(bytes.Repeat([]byte("yes\n"), blockSize))
	if got := text.String(); !strings.Contains(got, "KiB left out: write /dev/full: no space left on device …\nyes\n") {
		t.Errorf("got %q", got[len(got)-min(len(got), 300):])
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 40: "3.0 TiB", 3 << 50: "3072.0 TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
