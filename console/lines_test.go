package console

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// cut is what lines makes of data that comes in parts of the given sizes, over and over.
func cut(data []byte, returns bool, sizes ...int) []string {
	var shown []string
	show := func(line []byte) error {
		shown = append(shown, string(line))
		return nil
	}
	l := &lines{returns: returns}
	for i := 0; len(data) > 0; i++ {
		n := min(len(data), max(1, sizes[i%len(sizes)]))
		_ = l.add(bytes.Clone(data[:n]), show)
		data = data[n:]
	}
	_ = l.rest(show)
	return shown
}

func TestLines(t *testing.T) {
	tests := []struct {
		data    string
		returns bool
		want    []string
	}{
		{"", false, nil},
		{"a", false, []string{"a"}},
		{"a\n", false, []string{"a"}},
		{"\n\na\r\n\rb", false, []string{"", "", "a\r", "\rb"}},
		{"a\x00\xffb\n", false, []string{"a\x00\xffb"}},
		{"a\r\nb\r\n", true, []string{"a", "b"}},
		{"\r\n\r\n", true, []string{"", ""}},
		{"a\n\n", true, []string{"a", ""}},
		{"10%\r20%\r\r\n\nok", true, []string{"10%", "20%", "", "ok"}},
		{"a\r", true, []string{"a"}},
	}
	for _, tt := range tests {
		for _, sizes := range [][]int{{1}, {2}, {3, 1}, {1 << 20}} {
			if got := cut([]byte(tt.data), tt.returns, sizes...); !slices.Equal(got, tt.want) {
				t.Errorf("%q by %v, returns %t: got %q, want %q", tt.data, sizes, tt.returns, got, tt.want)
			}
		}
	}
}

func TestLongLinesComeInPieces(t *testing.T) {
	exact := strings.Repeat("x", maxLine)
	long := strings.Repeat("ä", maxLine) // of two bytes each
	for _, size := range []int{1000, 4097, 1 << 20} {
		if got := cut([]byte(exact+"\n"+exact+"y\nz"), false, size); !slices.Equal(got, []string{exact, exact, "y", "z"}) {
			t.Errorf("by %d: got lines of %v bytes", size, lengths(got))
		}
		got := cut([]byte("x"+long+"\n"), false, size)
		if strings.Join(got, "") != "x"+long {
			t.Errorf("by %d: bytes were lost or added", size)
		}
		for _, piece := range got {
			if len(piece) > maxLine || !strings.HasSuffix(piece, "ä") {
				t.Errorf("by %d: a piece of %d bytes that ends with %q", size, len(piece), piece[len(piece)-1:])
			}
		}
	}
}

func TestLinesKeepNoMoreThanOneLine(t *testing.T) {
	l := &lines{}
	chunk := bytes.Repeat([]byte("x"), 32<<10)
	for range 3200 { // 100 MB
		if err := l.add(chunk, func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if cap(l.held) > 2*maxLine {
		t.Errorf("%d bytes are kept of a line without end", cap(l.held))
	}
}

func lengths(list []string) (sizes []int) {
	for _, s := range list {
		sizes = append(sizes, len(s))
	}
	return sizes
}

// FuzzLines: how a stream was read makes no difference, and no byte is lost.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), byte(1), byte(3))
	f.Add([]byte("\r\r\n\xff\n"), byte(2), byte(1))
	f.Fuzz(func(t *testing.T, data []byte, a, b byte) {
		whole := cut(data, false, len(data))
		want := strings.Split(string(data), "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		if !slices.Equal(whole, want) && len(data) < maxLine {
			t.Fatalf("got %q, want %q", whole, want)
		}
		for _, returns := range []bool{false, true} {
			whole := cut(data, returns, len(data))
			if parts := cut(data, returns, int(a), int(b)); !slices.Equal(whole, parts) {
				t.Errorf("%q by %d and %d, returns %t: got %q, at once %q", data, a, b, returns, parts, whole)
			}
		}
	})
}
