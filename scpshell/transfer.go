package scpshell

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"deployer/console"
	"deployer/hosts"
)

// atOnce is how many items are copied at once.
const atOnce = 8

// transfer is what copies the items of a command, and shows how far that is.
type transfer struct {
	*work
	shown *progress
	sum   hosts.CopyResult
	begun time.Time

	failed [][]hosts.CopyFailure // of each item
}

// run copies items, several at once, and returns what went wrong, in order. What fails keeps nothing else from it.
func (t *transfer) run(items []item, do func(item, hosts.CopyOptions) (*hosts.CopyResult, error)) []error {
	t.begun = time.Now()
	t.shown = newProgress(t, items)
	defer t.shown.end()
	errs := make([]error, len(items))
	results := make([]*hosts.CopyResult, len(items))
	t.failed = make([][]hosts.CopyFailure, len(items))
	places := make(chan struct{}, atOnce)
	var copying sync.WaitGroup
	for i, one := range items {
		places <- struct{}{}
		copying.Go(func() {
			defer func() { <-places }()
			if t.ctx.Err() == nil {
				results[i], errs[i] = do(one, t.options(i))
			}
		})
	}
	copying.Wait()
	for _, r := range results {
		t.add(r)
	}
	return errs
}

// options say how an item is copied.
func (t *transfer) options(item int) hosts.CopyOptions {
	return hosts.CopyOptions{
		Checksum: t.call.has("checksum"), Follow: t.call.has("follow"), Verify: t.call.has("verify"),
		Resume: t.call.has("resume"), Include: t.call.values["include"], Exclude: t.call.values["exclude"],
		Progress: t.shown.of(item),
		Failed:   func(f hosts.CopyFailure) { t.failed[item] = append(t.failed[item], f) },
	}
}

// add adds what a copy did to what all did.
func (t *transfer) add(r *hosts.CopyResult) {
	if r == nil {
		return
	}
	t.sum.Copied += r.Copied
	t.sum.Unchanged += r.Unchanged
	t.sum.Made += r.Made
	t.sum.Skipped += r.Skipped
	t.sum.Failed += r.Failed
	t.sum.Bytes += r.Bytes
}

// summary says what was copied.
func (t *transfer) summary() string {
	would, directories := "", "directories"
	if t.settings.sandbox {
		would = "would be "
	}
	if t.sum.Made == 1 {
		directories = "directory"
	}
	var parts []string
	for _, part := range []struct {
		count int
		what  string
	}{
		{t.sum.Copied, would + "copied"}, {t.sum.Unchanged, "unchanged"}, {t.sum.Made, directories + " " + would + "made"},
		{t.sum.Skipped, "left out"}, {t.sum.Failed, "failed"},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.what))
		}
	}
	if len(parts) == 0 {
		return "nothing to copy"
	}
	if t.sum.Bytes == 0 || t.settings.sandbox {
		return strings.Join(parts, ", ")
	}
	took := time.Since(t.begun)
	text := fmt.Sprintf("%s: %s in %s", strings.Join(parts, ", "), size(t.sum.Bytes), console.Duration(took.Seconds()))
	if took > time.Second {
		text += fmt.Sprintf(", %s/s", size(int64(float64(t.sum.Bytes)/took.Seconds())))
	}
	return text
}

// did reports whether anything was copied, or was as it should be.
func (t *transfer) did() bool { return t.sum.Copied+t.sum.Unchanged+t.sum.Made > 0 }

// tell tells what was copied, unless nothing was because it went wrong.
func (t *transfer) tell(wrong []error) {
	if t.did() || errors.Join(wrong...) == nil {
		console.From(t.ctx).Log(t.name() + ": " + t.summary())
	}
}
