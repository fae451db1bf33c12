package hostset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold writes a set of slugs as short as it can be read: web[01-08,10],db1. [Expand] gives the same slugs again.
//
// Slugs that differ in a number only become one term; zeros before a number are kept, so 1 and 01 are two numbers.
// Where slugs differ in several numbers, they are folded by the one that leaves the fewest terms, of these the last;
// then what is left by the others: rack[1-2]web[1-40]. Terms keep the order in which they first appear, numbers within a
// term are in natural order, and a slug that is named twice is in the set once.
func Fold(names []string) string {
	var terms []string
	for _, t := range fold(names) {
		terms = append(terms, t.String())
	}
	return strings.Join(terms, ",")
}

// Without writes a set without some of its slugs.
func Without(set string, names []string) string {
	for _, t := range fold(names) {
		set += "!" + t.String()
	}
	return set
}

// FoldWithin is Fold in no more than width characters where that is possible: it then ends in "and 12 more", and names
// at least one host.
func FoldWithin(names []string, width int) string {
	all := Fold(names)
	if utf8.RuneCountInString(all) <= width {
		return all
	}
	var ordered []string
	for _, t := range fold(names) {
		ordered = append(ordered, t.names()...)
	}
	shown := func(n int) string {
		if n == len(ordered) {
			return Fold(ordered)
		}
		return fmt.Sprintf("%s and %d more", Fold(ordered[:n]), len(ordered)-n)
	}
	low, high := 1, len(ordered) // as many as fit; low always may be shown
	for low < high {
		middle := (low + high + 1) / 2
		if utf8.RuneCountInString(shown(middle)) <= width {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return shown(low)
}

// term is a slug, or several that differ in numbers only: text, numbers, text, numbers, … text.
type term struct {
	texts   []string   // one more than numbers
	numbers [][]string // the numbers, as they are written, that may stand between the texts
}

// maxDigits is how long a number may be; a longer one is text.
const maxDigits = 17

// split returns a slug as a term.
func split(name string) *term {
	t := &term{}
	begin := 0 // of the text
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && isDigit(name[end]) {
			end++
		}
		if n := end - i; n > 0 && n <= maxDigits {
			t.texts = append(t.texts, name[begin:i])
			t.numbers = append(t.numbers, []string{name[i:end]})
			begin = end
		}
		i = max(end, i+1)
	}
	t.texts = append(t.texts, name[begin:])
	return t
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// fold returns the terms for slugs.
func fold(names []string) []*term {
	var order []string // of shapes
	shapes := map[string][]*term{}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		t := split(name)
		shape := fmt.Sprintf("%q", t.texts)
		if shapes[shape] == nil {
			order = append(order, shape)
		}
		shapes[shape] = append(shapes[shape], t)
	}
	var all []*term
	for _, shape := range order {
		all = append(all, foldShape(shapes[shape])...)
	}
	return all
}

// foldShape folds terms that have the same texts, one number after the other, as long as that leaves fewer terms.
func foldShape(terms []*term) []*term {
	for {
		best := terms
		for i := range terms[0].numbers {
			if folded := foldNumber(terms, i); len(folded) < len(terms) && len(folded) <= len(best) {
				best = folded
			}
		}
		if len(best) == len(terms) {
			return terms
		}
		terms = best
	}
}

// foldNumber makes one term of those that differ in the number i only.
func foldNumber(terms []*term, i int) []*term {
	var folded []*term
	at := map[string]int{}
	for _, t := range terms {
		key := t.without(i)
		where, known := at[key]
		if !known {
			at[key] = len(folded)
			folded = append(folded, &term{texts: t.texts, numbers: slices.Clone(t.numbers)})
			continue
		}
		other := folded[where]
		other.numbers[i] = slices.Concat(other.numbers[i], t.numbers[i])
	}
	for _, t := range folded {
		slices.SortFunc(t.numbers[i], compareNumbers)
	}
	return folded
}

// without is what tells a term from others of its shape if its number i is not looked at.
func (t *term) without(i int) string {
	var b strings.Builder
	for j, numbers := range t.numbers {
		if j != i {
			b.WriteString(strings.Join(numbers, ","))
		}
		b.WriteByte(';')
	}
	return b.String()
}

func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(value(a), value(b)), cmp.Compare(len(a), len(b)))
}

// value is the value of digits that are at most maxDigits.
func value(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic("hostset: " + digits + " is no number") // only digits come here
	}
	return n
}

// names returns the slugs of a term in their order.
func (t *term) names() []string {
	names := []string{t.texts[0]}
	for i, numbers := range t.numbers {
		names = appendEach(names, numbers, t.texts[i+1])
	}
	return names
}

// appendEach returns every name followed by every number and the text.
func appendEach(names, numbers []string, text string) []string {
	longer := make([]string, 0, len(names)*len(numbers))
	for _, name := range names {
		for _, number := range numbers {
			longer = append(longer, name+number+text)
		}
	}
	return longer
}

// String writes a term so that it can be read again.
func (t *term) String() string {
	var b strings.Builder
	text := t.texts[0]
	for i, numbers := range t.numbers {
		if len(numbers) == 1 {
			text += numbers[0] + t.texts[i+1]
			continue
		}
		if text != "" {
			b.WriteString(quote(text, b.Len() == 0))
		}
		b.WriteString("[" + ranges(numbers) + "]")
		text = t.texts[i+1]
	}
	if text != "" || b.Len() == 0 {
		b.WriteString(quote(text, b.Len() == 0))
	}
	return b.String()
}

// quote writes a text so that it is read as it is, at the begin of a term or within it.
func quote(text string, begin bool) string {
	odd := text == "" || begin && strings.ContainsAny(text[:1], "@/") || strings.ContainsAny(text, special) ||
		strings.ContainsFunc(text, unicode.IsSpace)
	if !odd {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// ranges writes numbers that are in order: 1-3,7.
func ranges(numbers []string) string {
	left := make(map[string]bool, len(numbers))
	for _, n := range numbers {
		left[n] = true
	}
	var parts []string
	for _, first := range numbers {
		if !left[first] {
			continue // in a range already
		}
		last := first
		for next := first; left[next]; next = fmt.Sprintf("%0*d", len(first), value(next)+1) {
			delete(left, next)
			last = next
		}
		if first == last {
			parts = append(parts, first)
		} else {
			parts = append(parts, first+"-"+last)
		}
	}
	return strings.Join(parts, ",")
}
