package scpshell

import (
	"fmt"
	"time"

	"deployer/console"
	"deployer/hosts"
)

// transfer is what copies the files of a command, one item after the other.
type transfer struct {
	*work
	items, done int
	begun       time.Time
	bytes       int64
}

func newTransfer(w *work, items int) *transfer {
	return &transfer{work: w, items: items, begun: time.Now()}
}

// put copies an item to a host.
func (t *transfer) put(to place, i item) error {
	_, err := to.handle().Put(t.ctx, i.from, i.to, hosts.CopyOptions{FileOptions: to.files})
	t.count(i, err)
	return err
}

// get copies an item from a host.
func (t *transfer) get(from place, i item) error {
	_, err := from.handle().Get(t.ctx, i.from, i.to, hosts.CopyOptions{FileOptions: from.files})
	t.count(i, err)
	return err
}

func (t *transfer) count(i item, err error) {
	if err == nil {
		t.done++
		t.bytes += i.info.Size
	}
}

// end tells what was copied.
func (t *transfer) end(wrong int) {
	if t.done == 0 && wrong > 0 {
		return
	}
	took := time.Since(t.begun).Seconds()
	console.From(t.ctx).Log(fmt.Sprintf("%s: %d of %d, %s in %s", t.name(), t.done, t.items, size(t.bytes), console.Duration(took)))
}

// size is a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1000, 0
	for value >= 999.5 && unit < 4 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.3g %cB", value, "kMGTP"[unit])
}
