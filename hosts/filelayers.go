package hosts

import (
	"sync"

	"deployer/files"
)

// sandboxes hold what the files of hosts would be like, had a sandbox run changed them.
type sandboxes struct {
	mu     sync.Mutex // guards layers
	layers map[string]*files.Layer
	spool  files.Spool
}

// sandboxOf returns the layer over the files of a host. All hosts that are this machine share one.
func (s *Session) sandboxOf(h Host) *files.Layer {
	key := h.Slug()
	if _, ok := h.(*Local); ok {
		key = ""
	}
	b := &s.sandboxes
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.layers == nil {
		b.layers = map[string]*files.Layer{}
	}
	if b.layers[key] == nil {
		b.layers[key] = files.NewLayer(&b.spool)
	}
	return b.layers[key]
}

func (b *sandboxes) close() error { return b.spool.Close() }
