package console

import (
	"errors"
	"os"
	"time"

	"deployer/pty"
)

// Keys that send a sequence.
const (
	keyUp = iota + 0x110000 // beyond all characters
	keyDown
	keyBackTab
	keyOther
)

// escapeWithin is how soon the rest of a sequence follows its Escape.
const escapeWithin = redrawEvery / 2

// keyReader reads keys one at a time.
type keyReader struct {
	ahead []byte // read after an Escape that was a key of its own
}

func (k *keyReader) next(input *pty.Input) (rune, error) {
	first, err := k.get(input, -1)
	if err != nil || first != escapeKey {
		return rune(first), err
	}
	second, err := k.get(input, escapeWithin)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return escapeKey, nil
	case err != nil:
		return 0, err
	case second != '[' && second != 'O':
		k.ahead = append(k.ahead, second)
		return escapeKey, nil
	}
	return k.sequence(input)
}

// sequence reads what follows the start of a sequence.
func (k *keyReader) sequence(input *pty.Input) (rune, error) {
	for {
		last, err := k.get(input, escapeWithin)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return keyOther, nil
		case err != nil:
			return 0, err
		case last == 'A':
			return keyUp, nil
		case last == 'B':
			return keyDown, nil
		case last == 'Z':
			return keyBackTab, nil
		case last >= 0x40 && last < 0x7f:
			return keyOther, nil
		}
	}
}

func (k *keyReader) get(input *pty.Input, within time.Duration) (byte, error) {
	if len(k.ahead) > 0 {
		first := k.ahead[0]
		k.ahead = k.ahead[1:]
		return first, nil
	}
	var one [1]byte
	_, err := input.ReadWithin(one[:], within)
	return one[0], err
}
