package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// maskPlainly masks the way the doc says it, in the plainest code: the leftmost secret, the longest of those there.
func maskPlainly(text string, secrets []string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		longest := ""
		for _, s := range secrets {
			if s != "" && len(s) > len(longest) && strings.HasPrefix(text[i:], s) {
				longest = s
			}
		}
		if longest == "" {
			out.WriteByte(text[i])
			i++
			continue
		}
		out.WriteString(Masked)
		i += len(longest)
	}
	return out.String()
}

// patternsOf are all forms in which secrets are masked.
func patternsOf(s *Secrets) (all []string) {
	for _, p := range s.snapshot() {
		all = append(all, string(p.text))
	}
	return all
}

func maskInParts(s *Secrets, text string, sizes []byte) string {
	m := s.NewMasker()
	var out []byte
	for i := 0; len(text) > 0; i++ {
		n := len(text)
		if len(sizes) > 0 {
			n = min(n, int(sizes[i%len(sizes)])) // 0 is a part too
			if n == 0 && i >= 10*len(sizes) {
				n = len(text)
			}
		}
		part := []byte(text[:n])
		out = append(out, m.Mask(part)...)
		for i := range part { // Mask must not have kept it
			part[i] = '!'
		}
		text = text[n:]
	}
	return string(append(out, m.Rest()...))
}

func checkMask(t *testing.T, secrets []string, text string, sizes []byte) {
	t.Helper()
	s := NewSecrets()
	for _, secret := range secrets {
		s.Add(secret)
	}
	want := maskPlainly(text, patternsOf(s))
	got := maskInParts(s, text, sizes)
	if got != want {
		t.Fatalf("%q with the secrets %q in parts of %v:\n got %q\nwant %q", text, secrets, sizes, got, want)
	}
	if whole := s.Mask(text); whole != want {
		t.Fatalf("%q with the secrets %q at once:\n got %q\nwant %q", text, secrets, whole, want)
	}
	for _, secret := range secrets {
		if secret != "" && !strings.Contains(secret, "*") && strings.Contains(got, secret) {
			t.Fatalf("%q with the secrets %q in parts of %v: %q is in %q", text, secrets, sizes, secret, got)
		}
	}
}

func TestMaskerTable(t *testing.T) {
	for _, tt := range []struct {
		secrets []string
		text    string
	}{
		{nil, "nothing to hide"},
		{[]string{"secret"}, "a secret, two secretsecrets, sec and secre"},
		{[]string{"aab"}, "aaaaabaaab aa"},
		{[]string{"ab", "abcd", "bc"}, "abc abcd ab xabc"},
		{[]string{"aba"}, "ababababa"},
		{[]string{"a"}, "banana"},
		{[]string{"line one\nline two\n"}, "line one\r\nline two\r\nline one\nline two\n"},
		{[]string{"it's", `say "hi" <b>`, `back\slash`}, `'it'\''s' "say \"hi\" <b>" "say \"hi\" \u003cb\u003e" back\\slash`},
		{[]string{"\xff\xfe", "ä"}, "\xff\xff\xfe\xc3\xc3\xa4"},
	} {
		for _, sizes := range [][]byte{nil, {1}, {2}, {3}, {0, 1, 5}, {7, 2}} {
			checkMask(t, tt.secrets, tt.text, sizes)
		}
	}
}

// TestMaskerRandom uses few letters, so that secrets overlap each other and themselves.
func TestMaskerRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func(most int) string {
		b := make([]byte, rnd.IntN(most+1))
		for i := range b {
			b[i] = "abc"[rnd.IntN(3)]
		}
		return string(b)
	}
	for range 20000 {
		secrets := []string{word(4), word(6), word(9)}
		sizes := []byte{byte(rnd.IntN(4)), byte(1 + rnd.IntN(9))}
		checkMask(t, secrets, word(40), sizes)
	}
}

func FuzzMasker(f *testing.F) {
	f.Add("secret", "word", "a secret word in secr", []byte{1, 4})
	f.Add("aab", "aba", "aaabababaab", []byte{2})
	f.Add("it's\n\"x\"", "", `it'\''s it's`, []byte{})
	f.Fuzz(func(t *testing.T, a, b, text string, sizes []byte) {
		checkMask(t, []string{a, b}, text, sizes)
		checkMask(t, []string{a, b}, text+a+b+text+a, sizes)
	})
}

func TestFormsOfASecret(t *testing.T) {
	s := NewSecrets()
	secret := "it's \"q\" <&>\nshort\ntab\t"
	s.Add(secret + "\n") // as a command or a file gives it
	for name, form := range map[string]string{
		"itself":          secret,
		"in shell quotes": `'` + strings.ReplaceAll(secret, `'`, `'\''`) + `'`,
		"on a terminal":   strings.ReplaceAll(secret, "\n", "\r\n"),
		"as JSON":         `"it's \"q\" \u003c\u0026\u003e\nshort\ntab\t"`,
		"as plainer JSON": `"it's \"q\" <&>\nshort\ntab\t"`,
		"in Go quotes":    fmt.Sprintf("%q", secret),
		"a line":          `it's "q" <&>`,
	} {
		if got := s.Mask(form); strings.Contains(got, "it") || strings.Contains(got, "tab") {
			t.Errorf("%s: %q is masked as %q", name, form, got)
		}
	}
	if got := s.Mask("short"); got != "short" {
		t.Errorf("a short line is masked by itself: %q", got)
	}
	var none *Secrets
	if got := none.Mask("x"); got != "x" {
		t.Errorf("without secrets: %q", got)
	}
}

func TestMaskerKnowsSecretsThatComeLater(t *testing.T) {
	s := NewSecrets()
	m := s.NewMasker()
	out := string(m.Mask([]byte("later ")))
	s.Add("later")
	out += string(m.Mask([]byte("later lat")))
	s.Add("latest")
	out += string(m.Mask([]byte("e"))) + string(m.Mask([]byte("st"))) + string(m.Rest())
	if want := "later " + Masked + " " + Masked; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

// TestMaskingIsLinear: a text full of one secret takes no time that grows with its square for the others.
func TestMaskingIsLinear(t *testing.T) {
	s := NewSecrets()
	s.Add("0123456789")
	s.Add("never there")
	s.Add(strings.Repeat("x", 3000) + "y")
	text := strings.Repeat("0123456789", 400_000) + strings.Repeat("x", 4_000_000)
	if got := len(s.Mask(text)); got != 400_000*len(Masked)+4_000_000 {
		t.Errorf("the masked text has %d bytes", got)
	}
}

func TestHeldTextIsBounded(t *testing.T) {
	s := NewSecrets()
	s.Add(strings.Repeat("a", 100) + "b")
	m := s.NewMasker()
	for range 1000 {
		m.Mask(bytes.Repeat([]byte("a"), 1000))
		if len(m.held) > 100 {
			t.Fatalf("%d bytes are held back, more than the longest secret has", len(m.held))
		}
	}
}

// BenchmarkMasker puts a gigabyte through a masker, in parts as they come from a connection.
func BenchmarkMasker(b *testing.B) {
	s := NewSecrets()
	for _, secret := range []string{"correct horse battery staple", "hunter2", "it's-a-token"} {
		s.Add(secret)
	}
	line := "2026-11-21 10:11:12 web1 nginx: GET /index.html HTTP/1.1 200 it was here\n"
	part := []byte(strings.Repeat(line, 32<<10/len(line)))
	const whole = 1 << 30
	b.SetBytes(whole)
	b.ReportAllocs()
	for b.Loop() {
		m := s.NewMasker()
		for sent := 0; sent < whole; sent += len(part) {
			m.Mask(part)
		}
	}
}

// BenchmarkMaskerKey masks a private key, whose lines are all masked.
func BenchmarkMaskerKey(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var key strings.Builder
	for range 50 {
		for range 70 {
			key.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[rnd.IntN(64)])
		}
		key.WriteByte('\n')
	}
	s := NewSecrets()
	s.Add(key.String())
	part := slices.Repeat([]byte("a line of output that no secret is in\n"), 1000)
	m := s.NewMasker()
	b.SetBytes(int64(len(part)))
	for b.Loop() {
		m.Mask(part)
	}
}
