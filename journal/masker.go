package journal

import "bytes"

// Masker masks the secrets in a stream, also where one is split over several reads: the end of what it was given is
// held back as long as it may be the beginning of a secret. What it returns, joined, is the masked stream, however that
// was split: of the secrets that overlap, the leftmost is masked, and of those that start together the longest.
//
// A person who types at a terminal sees a letter late when it may begin a secret; showing it would give away as much.
type Masker struct {
	secrets *Secrets
	held    []byte
	next    []int // scratch of finder
}

// NewMasker returns a masker of one stream.
func (s *Secrets) NewMasker() *Masker { return &Masker{secrets: s} }

// Mask takes the next part of the stream and returns what can be shown. It does not change or keep data; what it
// returns may be data itself.
func (m *Masker) Mask(data []byte) []byte {
	patterns := m.secrets.snapshot()
	if len(patterns) == 0 && len(m.held) == 0 {
		return data
	}
	if len(m.held) > 0 {
		data = append(m.held, data...)
		m.held = nil
	}
	return m.mask(data, patterns, false)
}

// Rest returns what was held back, at the end of the stream.
func (m *Masker) Rest() []byte {
	held := m.held
	m.held = nil
	if len(held) == 0 {
		return nil
	}
	return m.mask(held, m.secrets.snapshot(), true)
}

func (m *Masker) mask(data []byte, patterns []pattern, last bool) []byte {
	var out []byte
	pos := 0
	hold := len(data)
	if !last {
		hold = holdFrom(data, 0, patterns)
	}
	find := m.find(data, patterns)
	for {
		at, size := find.from(pos)
		if hold < len(data) && hold <= at {
			m.held = bytes.Clone(data[hold:])
			return join(out, data[pos:hold])
		}
		if at == len(data) {
			return join(out, data[pos:])
		}
		out = append(append(out, data[pos:at]...), Masked...)
		pos = at + size
		if hold < pos && !last { // what seemed to begin a secret was part of another
			hold = holdFrom(data, pos, patterns)
		}
	}
}

func join(out, rest []byte) []byte {
	if out == nil {
		return rest
	}
	return append(out, rest...)
}

// finder finds the secrets in one text, and goes over the text once for each of them.
type finder struct {
	data     []byte
	patterns []pattern
	next     []int // where each pattern comes next; len(data): nowhere
}

func (m *Masker) find(data []byte, patterns []pattern) finder {
	m.next = m.next[:0]
	for range patterns {
		m.next = append(m.next, -1)
	}
	return finder{data, patterns, m.next}
}

// from returns the leftmost place of a pattern from pos on, or len(data), and the length of the longest pattern there.
func (f finder) from(pos int) (at, size int) {
	at = len(f.data)
	for i, p := range f.patterns {
		if f.next[i] < pos {
			f.next[i] = len(f.data)
			if n := bytes.Index(f.data[pos:], p.text); n >= 0 {
				f.next[i] = pos + n
			}
		}
		if f.next[i] < at { // the longest comes first
			at, size = f.next[i], len(p.text)
		}
	}
	return at, size
}

// holdFrom returns where, from pos on, the leftmost end of data begins that may be the start of a pattern, or
// len(data).
func holdFrom(data []byte, pos int, patterns []pattern) int {
	hold := len(data)
	for _, p := range patterns {
		tail := data[max(pos, len(data)-len(p.text)+1):]
		hold = min(hold, len(data)-p.startsAtEnd(tail))
	}
	return hold
}

// pattern is what is masked.
type pattern struct {
	text []byte
	// border[n] is the length of the longest text that the first n bytes of the pattern both start and end with,
	// without being all of them.
	border []int
}

func newPattern(text string) pattern {
	p := pattern{text: []byte(text), border: make([]int, len(text)+1)}
	for n := 2; n <= len(text); n++ {
		p.border[n] = p.extend(p.border[n-1], p.text[n-1])
	}
	return p
}

// extend returns how much of the pattern has been read after one more byte, when it was n bytes before.
func (p pattern) extend(n int, next byte) int {
	for n > 0 && p.text[n] != next {
		n = p.border[n]
	}
	if p.text[n] == next {
		n++
	}
	return n
}

// startsAtEnd returns the length of the longest start of the pattern that data, which is shorter, ends with. It is the
// search of Knuth, Morris and Pratt.
func (p pattern) startsAtEnd(data []byte) int {
	n := 0
	for _, c := range data {
		n = p.extend(n, c)
	}
	return n
}
