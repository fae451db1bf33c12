package lineedit

import (
	"bytes"
	"unicode/utf8"
)

// keys splits what a terminal sends into keys: single ones, and runs of text. Those that do nothing are left out.
type keys struct {
	typed []byte // and not taken yet
	paste bool   // within a bracketed paste
}

// maxRun is the length of the longest run of text in bytes: more would take long to draw.
const maxRun = 512

const esc = 0x1b

// Bracketed paste: what a terminal is told, and what it puts around what is pasted.
const (
	pasteOn    = "\x1b[?2004h"
	pasteOff   = "\x1b[?2004l"
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

func (k *keys) add(typed []byte) { k.typed = append(k.typed, typed...) }

// escaped reports whether what came so far may be the Esc key, or the beginning of another one.
func (k *keys) escaped() bool { return !k.paste && len(k.typed) > 0 && k.typed[0] == esc }

// next takes a key. If it is nil more is needed, unless everything came that will come: then the rest is taken as it is.
func (k *keys) next(everything bool) []byte {
	for len(k.typed) > 0 {
		if k.paste {
			return k.pasted(everything)
		}
		n := keyLength(k.typed)
		if n == 0 {
			if !everything {
				return nil
			}
			n = len(k.typed)
			if k.typed[0] == esc {
				n = 1
			}
		}
		key := k.take(n)
		if string(key) == pasteBegin {
			k.paste = true
			continue
		}
		if commandFor(string(key)) != nil {
			return key
		}
	}
	return nil
}

func (k *keys) take(n int) []byte {
	key := bytes.Clone(k.typed[:n])
	k.typed = k.typed[n:]
	return key
}

// pasted takes text from a bracketed paste, with line ends as they are in a buffer. A line end alone would be Enter, so
// it comes with what follows, and the last is left out.
func (k *keys) pasted(everything bool) []byte {
	end := bytes.Index(k.typed, []byte(pasteEnd))
	if end < 0 && !everything {
		return nil // it is inserted as a whole, or in parts that are not drawn in between
	}
	text := k.typed
	if end >= 0 {
		text = k.typed[:end]
	}
	k.paste = false
	k.typed = k.typed[min(len(text)+len(pasteEnd), len(k.typed)):]
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	text = printable(bytes.TrimRight(text, "\n"))
	if len(text) == 0 {
		return k.next(everything)
	}
	return text
}

// printable leaves the control characters out, but for line ends and tabs.
func printable(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// keyLength returns how many bytes the first key has, or 0 if that is not known yet.
func keyLength(typed []byte) int {
	switch c := typed[0]; {
	case c == esc:
		return escapeLength(typed)
	case c < ' ', c == 0x7f:
		return 1
	}
	n := 0
	for n < len(typed) && n < maxRun && typed[n] >= ' ' && typed[n] != 0x7f {
		if !utf8.FullRune(typed[n:]) {
			break
		}
		_, size := utf8.DecodeRune(typed[n:])
		n += size
	}
	return n
}

// escapeLength returns the length of an escape sequence: ESC and a character, ESC O and a character, or ESC [ with
// parameters up to a letter or a tilde.
func escapeLength(typed []byte) int {
	if len(typed) == 1 {
		return 0
	}
	switch typed[1] {
	case esc: // Alt with an arrow key, or Esc typed twice
		if n := escapeLength(typed[1:]); n > 0 && len(typed) > 2 {
			return 1 + n
		}
		return 0
	case 'O':
		if len(typed) < 3 {
			return 0
		}
		return 3
	case '[':
		return csiLength(typed)
	}
	if !utf8.FullRune(typed[1:]) {
		return 0
	}
	_, size := utf8.DecodeRune(typed[1:])
	return 1 + size
}

func csiLength(typed []byte) int {
	for i := 2; i < len(typed); i++ {
		c := typed[i]
		if c == '[' && i == 2 { // the Linux console: ESC [ [ A
			continue
		}
		if c >= 0x40 && c <= 0x7e {
			return i + 1
		}
		if c < ' ' { // no part of a sequence
			return i
		}
	}
	return 0
}
