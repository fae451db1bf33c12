package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// cutSystem loses the connection each time when it has written so many bytes.
type cutSystem struct {
	System
	mu    sync.Mutex
	after int64 // bytes left until the next cut
	every int64
	cuts  int // that are left; negative: for ever
	sent  int64
}

func (s *cutSystem) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += n
	if s.after -= n; s.after > 0 || s.cuts == 0 {
		return nil
	}
	s.after = s.every
	s.cuts--
	return &LostError{errors.New("cut")}
}

func (s *cutSystem) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	d, err := s.System.Create(ctx, o)
	if err != nil {
		return nil, err
	}
	return &cutDraft{d, s}, nil
}

type cutDraft struct {
	Draft
	s *cutSystem
}

func (d *cutDraft) Write(b []byte) (int, error) {
	if err := d.s.take(int64(len(b))); err != nil {
		return 0, err
	}
	return d.Draft.Write(b)
}

// large is a file whose parts differ, of 40 MiB.
func (b *bed) large() string {
	b.Helper()
	name := filepath.Join(b.from, "large")
	f, err := os.Create(name)
	b.check(err)
	for i := range 40 << 10 {
		_, err := fmt.Fprintf(f, "%01023d\n", i)
		b.check(err)
	}
	b.check(f.Close())
	b.age(name, time.Hour)
	return name
}

func (b *bed) copyOver(ctx context.Context, s System, o CopyOptions) (*Summary, error) {
	return Copy(ctx, fixed(Local{}, b.from), fixed(s, b.to), b.options(o))
}

// fixed is a place on a System that is never lost.
func fixed(on System, path string) Place {
	return Place{path, func(context.Context) (System, func(), error) { return on, func() {}, nil }}
}

// isWhole checks that the file has arrived and that nothing else is left.
func (b *bed) isWhole(from string) {
	b.Helper()
	one, err := os.Open(from)
	b.check(err)
	defer one.Close()
	other, err := os.Open(filepath.Join(b.to, "large"))
	b.check(err)
	defer other.Close()
	if same, err := sameContent(one, other); !same || err != nil {
		b.Errorf("what has arrived is the same: %v, %v", same, err)
	}
	b.left("large")
}

func (b *bed) left(names ...string) {
	b.Helper()
	entries, err := os.ReadDir(b.to)
	b.check(err)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if !slices.Equal(left, names) {
		b.Errorf("there is %q, want %q", left, names)
	}
}

// A copy that is cut goes on where it was, a bounded number of times.
func TestCutsAreSurvived(t *testing.T) {
	b := newBed(t)
	from := b.large()
	s := &cutSystem{System: Local{}, after: 30 << 20, every: 18 << 20, cuts: 2}
	sum, err := b.copyOver(t.Context(), s, CopyOptions{})
	b.check(err)
	if sum.Copied != 1 || sum.Made != 1 {
		t.Errorf("the summary is %+v", sum)
	}
	b.isWhole(from)
	if s.sent > 62<<20 {
		t.Errorf("%d MB were sent for a file of 42", s.sent>>20)
	}
}

func TestCutsWithoutEnd(t *testing.T) {
	b := newBed(t)
	b.large()
	s := &cutSystem{System: Local{}, after: 30 << 20, every: 1 << 20, cuts: -1}
	_, err := b.copyOver(t.Context(), s, CopyOptions{})
	if !isLost(err) {
		t.Errorf("error %v", err)
	}
	b.left()
}

// What a copy has left that was ended, another one goes on with: not if it is another file, or was altered.
func TestResume(t *testing.T) {
	for name, meanwhile := range map[string]func(b *bed, from, draft string) (trusted bool){
		"as it was": func(*bed, string, string) bool { return true },
		"altered draft": func(b *bed, _, draft string) bool {
			f, err := os.OpenFile(draft, os.O_WRONLY, 0)
			b.check(err)
			_, err = f.WriteAt([]byte("X"), 1<<20)
			b.check(err, f.Close())
			return false
		},
		"another source": func(b *bed, from, _ string) bool {
			b.age(from, time.Minute)
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			from := b.large()
			b.stopAfter(30 << 20)
			entries, err := os.ReadDir(b.to)
			b.check(err)
			if len(entries) != 1 {
				t.Fatalf("there is %v, want the draft", entries)
			}
			trusted := meanwhile(b, from, filepath.Join(b.to, entries[0].Name()))
			s := &cutSystem{System: Local{}}
			_, err = b.copyOver(t.Context(), s, CopyOptions{Resume: true})
			b.check(err)
			b.isWhole(from)
			if trusted != (s.sent < 25<<20) {
				t.Errorf("%d MB were sent", s.sent>>20)
			}
		})
	}
}

// stopAfter begins a copy that is ended after so many bytes.
func (b *bed) stopAfter(bytes int64) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	s := &stopSystem{Local{}, bytes, cancel}
	if _, err := b.copyOver(ctx, s, CopyOptions{Resume: true}); !errors.Is(err, context.Canceled) {
		b.Fatalf("error %v", err)
	}
}

// stopSystem ends the copy when so many bytes were written.
type stopSystem struct {
	System
	left int64
	stop func()
}

func (s *stopSystem) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	d, err := s.System.Create(ctx, o)
	return &stopDraft{d, s}, err
}

type stopDraft struct {
	Draft
	s *stopSystem
}

func (d *stopDraft) Write(b []byte) (int, error) {
	if d.s.left -= int64(len(b)); d.s.left < 0 {
		d.s.stop()
	}
	return d.Draft.Write(b)
}

// alteringSystem writes another byte than it is given.
type alteringSystem struct{ System }

func (s alteringSystem) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	d, err := s.System.Create(ctx, o)
	return alteringDraft{d}, err
}

type alteringDraft struct{ Draft }

func (d alteringDraft) Write(b []byte) (int, error) {
	other := slices.Clone(b)
	other[len(other)/2] ^= 1
	return d.Draft.Write(other)
}

func TestVerify(t *testing.T) {
	b := newBed(t)
	b.write("large", "new text")
	b.check(os.Mkdir(b.to, 0o755), os.WriteFile(filepath.Join(b.to, "large"), []byte("old"), 0o644))
	_, err := b.copyOver(t.Context(), alteringSystem{Local{}}, CopyOptions{Verify: true})
	if !errors.Is(err, errOtherSum) {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(b.to, "large")); err != nil || string(data) != "old" {
		t.Errorf("there is %q, %v", data, err)
	}
	b.left("large")
	if got := b.copied(CopyOptions{Verify: true}); got != "large" {
		t.Errorf("%s was copied", got)
	}
}

// A copy ends at once when its context does, also when all workers wait.
func TestCopyIsCancelled(t *testing.T) {
	b := newBed(t)
	for i := range 300 {
		b.write(fmt.Sprintf("%03d", i), "text")
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.copyOver(ctx, &stuckSystem{Local{}, cancel}, CopyOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	b.left()
}

// stuckSystem never answers a write before the context ends.
type stuckSystem struct {
	System
	cancel func()
}

func (s *stuckSystem) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	d, err := s.System.Create(ctx, o)
	return &stuckDraft{d, ctx, s}, err
}

type stuckDraft struct {
	Draft
	ctx context.Context
	s   *stuckSystem
}

func (d *stuckDraft) Write([]byte) (int, error) {
	d.s.cancel()
	<-d.ctx.Done()
	return 0, context.Cause(d.ctx)
}
