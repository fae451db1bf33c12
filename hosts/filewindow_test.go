package hosts

import (
	"testing"

	"deployer/files"
)

func TestWindowIsShared(t *testing.T) {
	t.Parallel()
	var p pool
	var ends []func()
	for n, want := range map[int]int64{1: files.MaxWindow, 2: files.MaxWindow, 16: 2 << 20, 64: 512 << 10, 1000: leastWindow} {
		for range n {
			ends = append(ends, p.copies.begin())
		}
		if got := p.window(); got != want {
			t.Errorf("%d copies: %d bytes each, want %d", n, got, want)
		}
		for _, end := range ends {
			end()
		}
		ends = nil
	}
	if got := p.window(); got != files.MaxWindow {
		t.Errorf("after all: %d bytes", got)
	}
}
