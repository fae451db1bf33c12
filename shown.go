package deployer

import (
	"bytes"
	"hash/maphash"
	"slices"

	"deployer/journal"
	"deployer/nodes"
)

// shownOutput remembers the output of commands that was shown, so that a result that is the very same text is not shown
// again. It is a journal.Sink.
type shownOutput struct {
	seed    maphash.Seed
	running map[uint64]*maphash.Hash
	seen    map[uint64]bool
}

func newShownOutput() *shownOutput {
	return &shownOutput{seed: maphash.MakeSeed(), running: map[uint64]*maphash.Hash{}, seen: map[uint64]bool{}}
}

// Write implements journal.Sink.
func (s *shownOutput) Write(e journal.Event) error {
	switch {
	case e.Kind == journal.CommandOutput && !e.Quiet && e.Stream != journal.Stderr:
		h := s.running[e.ID]
		if h == nil {
			h = &maphash.Hash{}
			h.SetSeed(s.seed)
			s.running[e.ID] = h
		}
		// A terminal ends lines by CRLF, which the value of the command does not have.
		_, _ = h.Write(bytes.ReplaceAll(e.Data, []byte("\r"), nil))
	case e.Kind == journal.CommandEnd && s.running[e.ID] != nil:
		s.seen[s.running[e.ID].Sum64()] = true
		delete(s.running, e.ID)
	}
	return nil
}

// has reports whether a text was shown, as the output of one command.
func (s *shownOutput) has(text string) bool {
	return text != "" && s.seen[maphash.Bytes(s.seed, bytes.ReplaceAll([]byte(text), []byte("\r"), nil))]
}

// without returns a result without what was shown: nil for all of it, or a parallel result without some cells.
func (s *shownOutput) without(value any, secrets *journal.Secrets) any {
	if r, ok := value.(*nodes.ParallelResult); ok {
		left := *r
		left.Values = slices.Clone(r.Values)
		for i, v := range left.Values {
			left.Values[i] = s.without(v, secrets)
		}
		return &left
	}
	plain := value
	if p, ok := value.(nodes.Plainer); ok {
		var err error
		if plain, err = p.Plain(); err != nil {
			return value // showing it will say why it cannot be shown
		}
	}
	switch v := plain.(type) {
	case string:
		if s.has(secrets.Mask(v)) {
			return nil
		}
	case []any:
		if len(v) > 0 && !slices.ContainsFunc(v, func(one any) bool { return s.without(one, secrets) != nil }) {
			return nil
		}
	case *nodes.ParallelResult:
		return s.without(v, secrets)
	}
	return value
}
