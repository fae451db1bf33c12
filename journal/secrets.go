package journal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Masked stands wherever a secret would.
const Masked = "********"

// minLine is the length in bytes from which a single line of a secret of several lines is masked by itself.
const minLine = 8

// Secrets are the secrets a run knows.
//
// A secret has two forms. Its *value* is what must never be seen; every value that was ever revealed is masked in every
// event. Its *token* is a harmless word that stands for it in scripts: it can be put into other strings by any means,
// and wherever such a string leaves the program the token is either revealed (into a standard input, a 0600 file) or
// masked. So a mark survives concatenation and formatting without the script's language knowing of it.
//
// A nil *Secrets knows none. The methods are safe for use by many goroutines.
type Secrets struct {
	word  string   // random; part of every token
	parts []string // any of which is in a token, also in one that was cut
	token *regexp.Regexp

	mu       sync.RWMutex
	sources  []*source
	known    map[string]bool
	patterns []pattern // longest first
}

type source struct {
	name string // what a person calls it, for errors
	get  func(context.Context) (string, error)

	mu    sync.Mutex // held while the value is found
	found bool
	val   string
	err   error
}

// NewSecrets returns an empty set of secrets.
func NewSecrets() *Secrets {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand does not fail on the systems we run on
	}
	digits := hex.EncodeToString(b[:])
	word := "secret" + digits
	return &Secrets{
		word:  word,
		parts: partsOf(digits),
		token: regexp.MustCompile(word + `x(\d+)x`),
		known: map[string]bool{},
	}
}

// Add makes a value known, so that it is masked from now on. Its forms in shell quotes, in JSON and on a terminal are
// masked too, and so is every longer line of it. Newlines at its end are not part of it.
func (s *Secrets) Add(value string) {
	if trimmed := strings.TrimRight(value, "\r\n"); trimmed != "" {
		value = trimmed
	}
	if value == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(value)
	s.add(strings.ReplaceAll(value, `'`, `'\''`))
	s.add(strings.ReplaceAll(value, "\n", "\r\n"))
	quoted := strconv.Quote(value)
	s.add(quoted[1 : len(quoted)-1])
	for _, html := range []bool{false, true} {
		s.add(insideJSON(value, html))
	}
	if lines := strings.Split(value, "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSuffix(line, "\r"); len(line) >= minLine {
				s.add(line)
			}
		}
	}
}

// insideJSON is what stands between the quotes of a JSON string; with html, as [json.Marshal] writes it.
func insideJSON(value string, html bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(value) // a string into a builder: neither can fail
	return b.String()[1 : b.Len()-2]
}

// add needs s.mu.
func (s *Secrets) add(text string) {
	if s.known[text] {
		return
	}
	s.known[text] = true
	next := append(slices.Clone(s.patterns), newPattern(text))
	slices.SortStableFunc(next, func(a, b pattern) int { return len(b.text) - len(a.text) })
	s.patterns = next // a new slice, since maskers read the old one without the lock
}

// Token returns the token of a secret whose value get finds, at most once, when it is first needed. name says in errors
// what the secret is.
func (s *Secrets) Token(name string, get func(context.Context) (string, error)) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources = append(s.sources, &source{name: name, get: get})
	token := fmt.Sprintf("%sx%dx", s.word, len(s.sources)-1)
	s.add(token)
	return token
}

// TokenOf returns the token of a value that is known already.
func (s *Secrets) TokenOf(value string) string {
	s.Add(value)
	return s.Token("secret", func(context.Context) (string, error) { return value, nil })
}

// ErrBroken is returned by Reveal for a text that contains only a part of a token.
var ErrBroken = errors.New("a secret was cut or changed: join and format secrets, but do not slice or recase them")

// Has reports whether text contains a token, or most of one.
func (s *Secrets) Has(text string) bool {
	if s == nil {
		return false
	}
	text = strings.ToLower(text)
	for _, part := range s.parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// partSize is how much of the random digits of a token gives it away. Less would be found by chance in a large text.
const partSize = 12

// partsOf are the parts by which a token is known that was cut.
func partsOf(digits string) []string {
	var parts []string
	for i := 0; i+partSize <= len(digits); i++ {
		parts = append(parts, digits[i:i+partSize])
	}
	return parts
}

// Reveal returns text with every token replaced by its value. The values are known, and masked, from then on.
func (s *Secrets) Reveal(ctx context.Context, text string) (string, error) {
	if !s.Has(text) {
		return text, nil
	}
	var failed error
	out := s.token.ReplaceAllStringFunc(text, func(token string) string {
		value, err := s.value(ctx, token)
		failed = errors.Join(failed, err)
		return value
	})
	if failed == nil && s.Has(out) {
		failed = ErrBroken
	}
	if failed != nil {
		return "", failed
	}
	return out, nil
}

func (s *Secrets) value(ctx context.Context, token string) (string, error) {
	n, err := strconv.Atoi(s.token.FindStringSubmatch(token)[1])
	s.mu.RLock()
	known := len(s.sources)
	s.mu.RUnlock()
	if err != nil || n >= known {
		return "", ErrBroken
	}
	s.mu.RLock()
	src := s.sources[n]
	s.mu.RUnlock()
	val, err := src.value(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", src.name, err)
	}
	s.Add(val)
	return val, nil
}

// value finds the value once. To have been interrupted is no finding.
func (src *source) value(ctx context.Context) (string, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	if !src.found {
		src.val, src.err = src.get(ctx)
		src.found = src.err == nil || ctx.Err() == nil
	}
	return src.val, src.err
}

// Mask returns text with every secret replaced by [Masked].
func (s *Secrets) Mask(text string) string {
	if s == nil || text == "" {
		return text
	}
	m := s.NewMasker()
	return string(m.Mask([]byte(text))) + string(m.Rest())
}

func (s *Secrets) snapshot() []pattern {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.patterns
}

func (s *Secrets) maskEvent(e *Event) {
	if len(s.snapshot()) == 0 {
		return
	}
	for _, field := range []*string{
		&e.Command, &e.Dir, &e.Message, &e.Address, &e.User, &e.Tree, &e.Node, &e.Host, &e.Action, &e.Hosts,
		&e.Path, &e.From, &e.Mode, &e.Owner, &e.Diff, &e.Continues,
	} {
		*field = s.Mask(*field)
	}
	e.Args, e.Options, e.Targets = s.maskAll(e.Args), s.maskAll(e.Options), s.maskAll(e.Targets)
	if e.Sources != nil {
		sources := make(map[string]string, len(e.Sources))
		for path, digest := range e.Sources {
			sources[s.Mask(path)] = digest
		}
		e.Sources = sources
	}
	if e.Value != nil {
		e.Value = s.maskJSON(e.Value)
	}
	if e.Error != nil {
		e.Error = &Error{Kind: e.Error.Kind, Message: s.Mask(e.Error.Message), Hint: s.Mask(e.Error.Hint)}
	}
}

// maskAll returns masked texts.
func (s *Secrets) maskAll(texts []string) []string {
	masked := slices.Clone(texts)
	for i := range masked {
		masked[i] = s.Mask(masked[i])
	}
	return masked
}

// jsonString is a string in a JSON text.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// maskJSON masks inside a JSON value: in its strings, whichever way they are escaped, and where a secret is a number or
// was spread over the syntax, the whole value becomes [Masked].
func (s *Secrets) maskJSON(v json.RawMessage) json.RawMessage {
	masked := jsonString.ReplaceAllFunc(v, func(quoted []byte) []byte {
		var text string
		if json.Unmarshal(quoted, &text) != nil {
			return quoted // what is no JSON is seen below
		}
		if clean := s.Mask(text); clean != text {
			return []byte(`"` + insideJSON(clean, false) + `"`)
		}
		return quoted
	})
	if masked = []byte(s.Mask(string(masked))); json.Valid(masked) {
		return masked
	}
	return json.RawMessage(strconv.Quote(Masked))
}
