package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"deployer/files"
	"deployer/internal/textdiff"
	"deployer/journal"
)

// maxDiff is how large both sides of a diff may be, in bytes.
const maxDiff = 1 << 20

// diff returns how a file would change.
func (u *fileUse) diff(ctx context.Context, t *files.Target, c files.Content) (string, error) {
	var old []byte
	var oldSize int64
	if t.Old != nil {
		oldSize = t.Old.Size
		kept, err := forDiff(ctx, files.Of(t.On, t.Path, t.Old))
		if errors.Is(err, fs.ErrPermission) {
			return "what is there cannot be read\n", nil
		}
		if err != nil {
			return "", err
		}
		old = kept
	}
	given, err := forDiff(ctx, c)
	if err != nil {
		return "", err
	}
	if t.Old != nil && old == nil || given == nil {
		return fmt.Sprintf("binary or large: %d bytes become %d\n", oldSize, c.Size), nil
	}
	from := t.Path
	if t.Old == nil {
		from = "/dev/null"
	}
	return unified(u.h.session.Secrets(), from, t.Path, string(old), string(given)), nil
}

// forDiff returns content that can be shown as text, else nil.
func forDiff(ctx context.Context, c files.Content) ([]byte, error) {
	if c.Size > maxDiff {
		return nil, nil
	}
	r, err := c.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxDiff+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxDiff || !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, nil
	}
	return append([]byte{}, data...), nil
}

// unified returns the difference of two texts as diff -u writes it. Secrets are masked first: also a line that a line
// with a secret replaces, since it may hold the secret of before, which nobody knows here.
func unified(secrets *journal.Secrets, from, to, old, given string) string {
	maskedOld, masked := secrets.Mask(old), secrets.Mask(given)
	text := textdiff.Unified(from, to, maskedOld, masked)
	if text == "" {
		return "only secrets differ\n"
	}
	return hideReplaced(text)
}

// hideReplaced masks the lines that were removed beside one that was added and has a secret in it.
func hideReplaced(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); {
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], "-") && end >= headerLines {
			end++
		}
		added := end
		secret := false
		for added < len(lines) && strings.HasPrefix(lines[added], "+") && added >= headerLines {
			secret = secret || strings.Contains(lines[added], journal.Masked)
			added++
		}
		for j := i; secret && j < end; j++ {
			lines[j] = "-" + journal.Masked + "\n"
		}
		i = max(added, i+1)
	}
	return strings.Join(lines, "")
}

// headerLines are the lines before the first hunk.
const headerLines = 2
