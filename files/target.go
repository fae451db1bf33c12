package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Target is a file that is to hold something, as it was found. It is replaced in three steps: Begin a draft beside it,
// write that, Commit it.
type Target struct {
	On   System
	Path string     // where the file really is
	Old  *Info      // what is there, or nil
	Want Attributes // what it gets: where nothing is asked for, what Old has

	fresh *Fresh // of its directory; may be nil
}

// FindTarget finds out where a file really is and what is there. A symbolic link is followed, so that the file is written
// that it leads to.
func FindTarget(ctx context.Context, on System, path string, want Attributes) (*Target, error) {
	path, old, err := Follow(ctx, on, path)
	if err != nil {
		return nil, err
	}
	return newTarget(on, path, old, want)
}

// newTarget is the target at a path where old is known to be, or nothing.
func newTarget(on System, path string, old *Info, want Attributes) (*Target, error) {
	t := &Target{On: on, Path: path, Old: old, Want: want}
	t.Want.Mode &= ModeBits
	if old == nil {
		return t, nil
	}
	t.Want.UID, t.Want.GID = old.Owner(want.UID, want.GID)
	if !want.SetMode {
		t.Want.Mode, t.Want.SetMode = old.Mode&ModeBits, true
	}
	return t, old.MustBeFile()
}

// Holds reports whether the file holds content already.
func (t *Target) Holds(ctx context.Context, c Content) (bool, error) {
	if t.Old == nil || t.Old.Size != c.Size {
		return false, nil
	}
	there, err := t.On.Open(ctx, t.Path, 0)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // one that may be replaced, not read
	}
	if err != nil {
		return false, err
	}
	defer there.Close()
	given, err := c.Open(ctx)
	if err != nil {
		return false, err
	}
	defer given.Close()
	return sameContent(there, given)
}

// Adjust gives a file that holds the right content the right owner, mode and time. Of the time alone it makes no change.
func (t *Target) Adjust(ctx context.Context) (changed bool, err error) {
	if t.Want.UID != t.Old.UID || t.Want.GID != t.Old.GID {
		changed = true
		if err := t.On.Chown(ctx, t.Path, t.Want.UID, t.Want.GID); err != nil {
			return false, err
		}
	}
	if t.Want.Mode != t.Old.Mode&ModeBits {
		changed = true
		if err := t.On.Chmod(ctx, t.Path, t.Want.Mode); err != nil {
			return false, err
		}
	}
	if t.Want.ModTime.IsZero() || sameTime(t.Want.ModTime, t.Old.ModTime) {
		return changed, nil
	}
	err = t.On.Chtimes(ctx, t.Path, t.Want.ModTime)
	if errors.Is(err, fs.ErrPermission) { // it belongs to somebody else, and will be compared again
		err = nil
	}
	return changed, err
}

// Begin starts a draft.
func (t *Target) Begin(ctx context.Context) (Draft, error) {
	return t.begin(ctx, t.options())
}

// options are those of a new draft.
func (t *Target) options() CreateOptions {
	const everybody = 0o044
	return CreateOptions{Target: t.Path, Private: t.Want.SetMode && t.Want.Mode&everybody != everybody, Fresh: t.fresh}
}

func (t *Target) begin(ctx context.Context, o CreateOptions) (Draft, error) {
	d, err := t.On.Create(ctx, o)
	if o.From == 0 {
		err = t.ofBegin(err)
	}
	return d, err
}

// ofBegin explains why a draft could not be started.
func (t *Target) ofBegin(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return noDir(t.Path)
	}
	return err
}

func noDir(path string) error {
	return fmt.Errorf("there is no directory %s to write it in", Shown(dirOf(path)))
}

// Commit puts a draft in the place of the file, or gives it up.
func (t *Target) Commit(ctx context.Context, d Draft) error {
	err := t.commit(ctx, d)
	if err != nil {
		return t.GiveUp(d, err)
	}
	return nil
}

func (t *Target) commit(ctx context.Context, d Draft) error { return t.ofCommit(d.Commit(ctx, t.Want)) }

// ofCommit explains why a draft could not be put in its place.
func (t *Target) ofCommit(err error) error {
	if errors.Is(err, fs.ErrPermission) && t.Old != nil {
		return fmt.Errorf("its owner %d:%d and mode cannot be kept, or its directory not be written: %w",
			t.Old.UID, t.Old.GID, err)
	}
	return err
}

// GiveUp removes a draft after an error, which it returns.
func (t *Target) GiveUp(d Draft, err error) error {
	return left(err, t.Path, d.Discard())
}
