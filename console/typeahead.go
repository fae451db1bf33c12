package console

import (
	"strings"
	"unicode/utf8"
)

// What is typed during a run and is not for its view is kept for the line that is read next, as terminals do; it is shown
// below the hosts, or who typed would not know that the keys went there.

// typeAhead keeps a key, or takes back what was typed before.
func (t *steering) typeAhead(key rune) {
	switch key {
	case backspace, ctrlH:
		_, size := utf8.DecodeLastRune(t.typed)
		t.typed = t.typed[:len(t.typed)-size]
	case ctrlU, escapeKey:
		t.typed = nil
	default:
		t.typed = append(t.typed, byte(key))
	}
	t.screen.typedAhead(string(t.typed))
}

// typedAhead shows what was typed ahead.
func (s *Screen) typedAhead(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return
	}
	s.live.typed = text
	_ = s.refresh()
}

// lettersSteer reports whether letters are keys of the view now. Where lines are read after the run, they are only while a
// host is chosen: what was meant for a line must not do anything to a host.
func (s *Screen) lettersSteer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live == nil || s.live.chosen != nil || !s.live.typeAhead
}

// ahead tells what was typed ahead, in so many columns: its end in any case.
func (l *live) ahead(columns int) string {
	text := clean(strings.ReplaceAll(strings.ToValidUTF8(l.typed, ""), "\n", "↵"), false)
	if all := "typed ahead: " + text + "  (Esc: discard)"; Width(all) <= columns {
		return all
	}
	const label = "typed: "
	return label + fitEnd(text, columns-Width(label))
}
