package drawn

import (
	"bytes"
	"regexp"
)

// Sequences is a filter that leaves out escape sequences, and what is drawn on the other screen of a terminal, which is
// that of programs that fill the window. Colours stay, and what [Redraws] knows how to read. The zero value is ready.
type Sequences struct {
	inside bool   // the other screen is shown
	begun  []byte // a sequence of which the end has not come
}

const escape = 0x1b

var (
	// sequence is what terminals obey: control sequences, strings, which end at the line if not before, and what is short.
	sequence = regexp.MustCompile(`\x1b(\[[0-9:;<=>?]*[ -/]*[@-~]|` +
		`[]PX^_][^\x07\x1b\n]*(\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\\x60a-~])`)

	colour     = regexp.MustCompile(`^\x1b\[[0-9;:]{0,32}m$`)
	toTheStart = regexp.MustCompile(`^\x1b\[[01]?G$`) // of the line, as a carriage return
	// other is how a program takes the other screen, and how it gives it back.
	other = regexp.MustCompile(`^\x1b\[\?([0-9]+;)*(47|1047|1049)(;[0-9]+)*[hl]$`)

	// unfinished is a sequence at the end of a text that may go on.
	unfinished = regexp.MustCompile(`\x1b(\[[0-9:;<=>?]*[ -/]*|[]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)?$`)
)

// maxUnfinished is how many bytes of a sequence are held back until its end comes.
const maxUnfinished = 256

// Pass returns what of the next part is text.
func (s *Sequences) Pass(part []byte) []byte {
	if !s.inside && len(s.begun) == 0 && bytes.IndexByte(part, escape) < 0 {
		return part
	}
	part = s.whole(part)
	var out []byte
	begin := 0
	for _, at := range sequence.FindAllIndex(part, -1) {
		out = s.add(out, part[begin:at[0]])
		out = s.obey(out, part[at[0]:at[1]])
		begin = at[1]
	}
	return s.add(out, part[begin:])
}

// whole returns a part with what the one before it left, and without what it leaves to the next one.
func (s *Sequences) whole(part []byte) []byte {
	part = append(s.begun[:len(s.begun):len(s.begun)], part...)
	s.begun = nil
	from := max(0, len(part)-maxUnfinished)
	if at := unfinished.FindIndex(part[from:]); at != nil {
		s.begun, part = bytes.Clone(part[from+at[0]:]), part[:from+at[0]]
	}
	return part
}

func (s *Sequences) add(out, text []byte) []byte {
	if s.inside {
		return out
	}
	return append(out, text...)
}

// obey does what a sequence says.
func (s *Sequences) obey(out, seq []byte) []byte {
	switch {
	case other.Match(seq):
		s.inside = seq[len(seq)-1] == 'h'
	case toTheStart.Match(seq):
		return s.add(out, []byte{'\r'})
	case colour.Match(seq), isErasure(seq):
		return s.add(out, seq)
	}
	return out
}

func isErasure(seq []byte) bool {
	for _, erasure := range erasures {
		if bytes.Equal(seq, erasure) {
			return true
		}
	}
	return false
}

// Text returns lines without escape sequences, but for those of colours.
func Text(lines []byte) []byte {
	if bytes.IndexByte(lines, escape) < 0 {
		return lines
	}
	return sequence.ReplaceAllFunc(lines, func(seq []byte) []byte {
		if colour.Match(seq) {
			return seq
		}
		return nil
	})
}

// Plain returns lines without escape sequences.
func Plain(lines []byte) []byte {
	if bytes.IndexByte(lines, escape) < 0 {
		return lines
	}
	return sequence.ReplaceAll(lines, nil)
}
