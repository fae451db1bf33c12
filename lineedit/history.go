package lineedit

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// History is the lines that were typed, by this session and those before it. Sessions may share its file: each adds to
// its end. The zero value has no file.
type History struct {
	mu    sync.Mutex
	lines []string
	file  string
}

const (
	maxLines  = 10_000  // that are kept
	maxLength = 1 << 20 // of a line that is kept, in bytes
)

// OpenHistory reads the history from a file, which nobody but its owner may read. It need not exist.
func OpenHistory(file string) (*History, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	h := &History{file: file}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	return h, h.locked(func(f *os.File) error {
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxLength)
		for lines.Scan() {
			h.keep(lines.Text())
		}
		if lines.Err() != nil {
			return fmt.Errorf("read %s: %w", file, lines.Err())
		}
		return h.shorten()
	})
}

// locked opens the file, with nobody else writing it until do has returned. Another session may have put a new file in
// its place meanwhile: then that one is the history.
func (h *History) locked(do func(*os.File) error) error {
	for {
		f, err := os.OpenFile(h.file, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		there, err := h.lock(f)
		if err == nil && there {
			err = do(f)
		}
		if err := errors.Join(err, f.Close()); err != nil || there {
			return err
		}
	}
}

// lock waits for the file, and reports whether it is still the one under its name. Closing it unlocks it.
func (h *History) lock(f *os.File) (there bool, err error) {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return false, os.NewSyscallError("flock", err)
	}
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(h.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !os.SameFile(mine, now) {
		return false, err
	}
	if !mine.Mode().IsRegular() {
		return false, fmt.Errorf("%s is no file that keeps lines: move it away", h.file)
	}
	if mine.Mode().Perm() == 0o600 {
		return true, nil
	}
	return true, f.Chmod(0o600)
}

// keep adds a line in memory, and reports whether it is another one than the last.
func (h *History) keep(line string) bool {
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return false
	}
	h.lines = append(h.lines, line)
	return true
}

// shorten writes the file anew when it has many more lines than are kept. It must be locked.
func (h *History) shorten() error {
	if len(h.lines) < 2*maxLines {
		return nil
	}
	h.lines = h.lines[len(h.lines)-maxLines:]
	return h.replace(strings.Join(h.lines, "\n"))
}

// replace puts another file in the place of the one that there is.
func (h *History) replace(lines string) error {
	draft, err := os.CreateTemp(filepath.Dir(h.file), ".history-*") // with the mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // it is gone when all went well
	_, err = draft.WriteString(lines + "\n")
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), h.file)
}

// Add adds a line, unless it is empty, begins with a space, is longer than anything that is typed, or was the last one,
// too. An error is one of writing the file; the line is in the history all the same.
func (h *History) Add(line string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if strings.HasPrefix(line, " ") || strings.Contains(line, "\n") || len(line) >= maxLength {
		return nil
	}
	if !h.keep(line) || h.file == "" {
		return nil
	}
	return h.locked(func(f *os.File) error {
		end, err := missingEnd(f)
		if err != nil {
			return err
		}
		_, err = f.WriteString(end + line + "\n")
		return err
	})
}

// missingEnd is what the last line of a file lacks: its end, if a session was killed or the disk was full.
func missingEnd(f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return "", err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return "", err
	}
	if last[0] == '\n' {
		return "", nil
	}
	return "\n", nil
}

// Lines returns all lines, the oldest first.
func (h *History) Lines() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lines[:len(h.lines):len(h.lines)]
}

// recall is the history as one goes up and down in it while a line is edited: what is changed stays so until then.
type recall struct {
	lines   []string
	changed map[int]string
	at      int // len(lines) is the new line
}

func newRecall(lines []string) recall {
	return recall{lines: lines, changed: map[int]string{}, at: len(lines)}
}

// move goes so many lines on from one that has become text. ok is whether there is one.
func (r *recall) move(by int, text string) (next string, ok bool) {
	to := r.at + by
	if to < 0 || to > len(r.lines) {
		return "", false
	}
	r.changed[r.at] = text
	r.at = to
	next, ok = r.changed[to]
	if !ok && to < len(r.lines) {
		next = r.lines[to]
	}
	return next, true
}
