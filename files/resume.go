package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// A large file that could not be copied whole leaves its draft, for the next attempt or, if that was asked for, for a
// later copy. The name of the draft says which version of which file it is: two that have the same name begin alike,
// whoever writes them. What is there is compared nevertheless, and the whole before it takes its place.

// resumable is the size from which on a file is worth going on with, in bytes.
const resumable = 2 * unsure

// unsure is how much at the end of a draft may have holes: as much as is under way at once.
const unsure = bytesFile

// begin starts a draft, or goes on with one, the first so many bytes of which are there.
func (p pair) begin(ctx context.Context, j *job, t *Target) (d Draft, from int64, err error) {
	defer func() { p.rewind(j, from) }()
	if j.info.Size < resumable {
		d, err = t.Begin(ctx)
		return d, 0, err
	}
	if p.o.Resume && j.draft == "" && !j.taken {
		if err := p.takeDraft(ctx, j, t); err != nil {
			return nil, 0, err
		}
	}
	if j.draft != "" {
		d, from, err = p.goOn(ctx, j, t)
		if err != nil || d != nil {
			return d, from, err
		}
	}
	j.draft = newDraft(t, j)
	o := t.options()
	o.Name = j.draft
	d, err = t.begin(ctx, o)
	return d, 0, err
}

// newDraft is the name of a new draft of this version of a file.
func newDraft(t *Target, j *job) string {
	return below(dirOf(t.Path), draftOf(t, j)+rand.Text()[:8])
}

// draftOf begins the names of drafts of this version of a file: draftsOf those of all versions.
func draftOf(t *Target, j *job) string {
	return draftsOf(t) + shortSum(fmt.Sprint(j.info.Size, " ", j.info.ModTime.Unix())) + "-"
}

func draftsOf(t *Target) string { return DraftPrefix + shortSum(path.Base(t.Path)) + "-" }

func shortSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// takeDraft gives what an earlier copy of this file has left another name, so that nobody else goes on with it.
func (p pair) takeDraft(ctx context.Context, j *job, t *Target) error {
	found, err := p.findDraft(ctx, j, t)
	if err != nil || found == "" {
		return err
	}
	name := newDraft(t, j)
	switch err := p.to.Rename(ctx, found, name); {
	case err == nil:
		j.draft = name
	case isLost(err) || ctx.Err() != nil:
		return err
	}
	return nil // else somebody else has taken it
}

// findDraft looks for what an earlier copy of this file has left, and removes what is of an earlier version.
func (p pair) findDraft(ctx context.Context, j *job, t *Target) (string, error) {
	dir := dirOf(t.Path)
	list, err := p.to.List(ctx, dir)
	if errors.Is(err, fs.ErrPermission) {
		return "", nil // one that may be written, not read
	}
	if err != nil {
		return "", err
	}
	found := ""
	for _, info := range list {
		name := below(dir, info.Name)
		switch {
		case strings.HasPrefix(info.Name, draftOf(t, j)):
			if p.own(ctx, dir, info) {
				found = name
			}
		case strings.HasPrefix(info.Name, draftsOf(t)):
			if err := removeDraft(ctx, p.to, name); err != nil {
				return "", err
			}
		}
	}
	return found, nil
}

// own reports whether a draft was made by the account that writes. Where others may write too, one of them could have
// made it, and would own what becomes of it.
func (p pair) own(ctx context.Context, dir string, draft *Info) bool {
	const others = 0o022
	there, err := p.to.Stat(ctx, dir)
	if err != nil || there.Mode&others == 0 {
		return err == nil
	}
	uid, err := p.to.MayWrite(ctx, dir)
	return err == nil && uid == draft.UID
}

// goOn goes on with a draft, if it begins as the source does; else there is none.
func (p pair) goOn(ctx context.Context, j *job, t *Target) (Draft, int64, error) {
	from, err := p.usable(ctx, j, j.draft)
	if err != nil {
		return nil, 0, err
	}
	if from > 0 {
		o := t.options()
		o.Name, o.From = j.draft, from
		var d Draft
		if d, err = t.begin(ctx, o); err == nil {
			j.kept = from
			return d, from, nil
		}
		if isLost(err) || ctx.Err() != nil {
			return nil, 0, err
		}
	}
	old := j.draft
	j.draft = ""
	return nil, 0, removeDraft(ctx, p.to, old)
}

// usable returns how many bytes of a draft are those of the source.
func (p pair) usable(ctx context.Context, j *job, name string) (int64, error) {
	info, err := p.to.Lstat(ctx, name)
	if err == nil && info.IsDir() { // a private one
		name = below(name, privateDraft)
		info, err = p.to.Lstat(ctx, name)
	}
	switch {
	case isLost(err) || ctx.Err() != nil:
		return 0, err
	case err != nil || !info.IsFile() || info.Size <= unsure || info.Size > j.info.Size:
		return 0, nil
	}
	size := info.Size - unsure
	defer p.verifies(j)()
	same, err := p.sameSum(ctx, j.from, name, size)
	if isTaken(err) {
		return 0, nil
	}
	if err != nil || !same {
		return 0, err
	}
	return size, nil
}

// privateDraft is the name of a draft in a directory that was made for it alone.
const privateDraft = "draft"

// removeDraft removes a draft that nobody has open.
func removeDraft(ctx context.Context, on System, name string) error {
	info, err := on.Lstat(ctx, name)
	if err == nil && info.IsDir() {
		_ = on.Remove(ctx, below(name, privateDraft), false) // if it is there still, the directory cannot be removed
	}
	if err == nil {
		err = on.Remove(ctx, name, info.IsDir())
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// giveUp ends the draft of a file that could not be copied, and returns why.
func (p pair) giveUp(ctx context.Context, j *job, t *Target, d Draft, err error) error {
	if j.draft != "" && (isLost(err) || p.o.Resume && ctx.Err() != nil) {
		d.Leave()
		return err
	}
	if j.draft != "" && isTaken(err) {
		d.Leave()
		j.draft, j.taken = "", true
		return errTaken
	}
	j.draft = ""
	return t.GiveUp(d, err)
}

// errTaken says that another copy of the same file has taken the draft of this one, to go on with it.
var errTaken = errors.New("something else has taken away what was written")

// takers are how many others may do that, each of which does it once at most.
const takers = 8

// isTaken reports whether an error is that the draft is not there.
func isTaken(err error) bool {
	var of *CopyError
	return errors.As(err, &of) && !of.Source && errors.Is(err, fs.ErrNotExist)
}

// abandon removes the draft of a file that is not tried any more, unless a later copy may go on with it.
func (c *copier) abandon(ctx context.Context, j *job, err error) error {
	if j.draft == "" || c.o.Resume && j.info.Size >= resumable {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonLimit)
	defer cancel()
	pause(ctx, retryAfter) // whatever err is, the connection of this draft was lost
	failed := c.removeLeft(ctx, j.draft)
	if failed == nil {
		j.late = append(j.late, j.draft)
	} else {
		j.late = nil // the host is not reached, and nobody should wait for it once more
	}
	return left(err, j.to, failed)
}

// abandonLimit is discardLimit where the host must be logged in to once more.
const abandonLimit = 2 * discardLimit

// sweep removes drafts once more that servers which were not heard any more may have made after they were removed: one
// that is slow is still at work on what it was sent. They are told of in the error that the copy has anyway.
func (c *copier) sweep(ctx context.Context, j *job, err error) error {
	if len(j.late) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonLimit)
	defer cancel()
	pause(ctx, lateTime)
	failed := c.removeLeft(ctx, j.late...)
	if err == nil {
		return nil // the file is there, and of the drafts nothing was when they were removed
	}
	return left(err, j.to, failed)
}

// lateTime is how long a slow server may be at work, after the connection was lost.
const lateTime = 2 * time.Second

// pause returns after a while, or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// removeLeft removes drafts, over another connection if that for it is lost too.
func (c *copier) removeLeft(ctx context.Context, drafts ...string) error {
	return retried(ctx, func() (bool, error) {
		to, release, err := c.to.Open(ctx)
		if err != nil {
			return false, err
		}
		defer release()
		for _, draft := range drafts {
			if err := removeDraft(ctx, to, draft); err != nil {
				return false, err
			}
		}
		return false, nil
	})
}
