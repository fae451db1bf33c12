package journal

import "bytes"

// Masker masks the secrets in a stream, also where one is split over several reads: the end of what it was given is
// held back as long as it may be the beginning of a secret.
type Masker struct {
	secrets *Secrets
	held    []byte
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

func (m *Masker) mask(data []byte, patterns [][]byte, last bool) []byte {
	var out []byte
	for {
		at, size := firstMatch(data, patterns)
		if hold := holdFrom(data, patterns); !last && hold >= 0 && (at < 0 || hold <= at) {
			m.held = bytes.Clone(data[hold:])
			return join(out, data[:hold])
		}
		if at < 0 {
			return join(out, data)
		}
		out = append(append(out, data[:at]...), Masked...)
		data = data[at+size:]
	}
}

func join(out, rest []byte) []byte {
	if out == nil {
		return rest
	}
	return append(out, rest...)
}

// firstMatch returns the leftmost place of a pattern, and the length of the longest pattern there.
func firstMatch(data []byte, longestFirst [][]byte) (at, size int) {
	at = -1
	for _, p := range longestFirst {
		if i := bytes.Index(data, p); i >= 0 && (at < 0 || i < at) {
			at, size = i, len(p)
		}
	}
	return at, size
}

// holdFrom returns where the leftmost end of data begins that may be the start of a pattern, or -1.
func holdFrom(data []byte, longestFirst [][]byte) int {
	if len(longestFirst) == 0 {
		return -1
	}
	for hold := max(0, len(data)-len(longestFirst[0])+1); hold < len(data); hold++ {
		for _, p := range longestFirst {
			if len(p) > len(data)-hold && bytes.HasPrefix(p, data[hold:]) {
				return hold
			}
		}
	}
	return -1
}
