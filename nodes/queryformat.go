package nodes

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"deployer/internal/expr"
)

// formatting puts values into a text: text % values.
type formatting struct {
	strings.Builder
	values any
	list   tuple // the values, one by one
	next   int   // of list
}

// format is what % means for a string: %s, %r, %d, %i, %o, %x, %X, %e, %f, %g, %E, %F, %G, %c, %% and %(key)s.
func format(text string, values any) (any, error) {
	list, ok := values.(tuple)
	if !ok {
		list = tuple{values}
	}
	f := &formatting{values: values, list: list}
	for {
		before, after, found := strings.Cut(text, "%")
		f.WriteString(before)
		if !found {
			break
		}
		var err error
		if text, err = f.one(after); err != nil {
			return nil, err
		}
	}
	if _, byKey := values.(Dict); f.next < len(list) && !byKey {
		return nil, fmt.Errorf("there are %d values, and the text takes %d", len(list), f.next)
	}
	return f.String(), nil
}

// one formats what follows a % and returns what is left.
func (f *formatting) one(text string) (rest string, err error) {
	if rest, ok := strings.CutPrefix(text, "%"); ok {
		f.WriteByte('%')
		return rest, nil
	}
	value, text, err := f.value(text)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", errors.New("the text ends after %: write %% for a percent sign")
	}
	v, err := operand(value)
	if err != nil {
		return "", err
	}
	return text[1:], f.convert(text[0], v)
}

// value is the next value, or with (key) that of the key.
func (f *formatting) value(text string) (value any, rest string, err error) {
	if !strings.HasPrefix(text, "(") {
		if f.next++; f.next > len(f.list) {
			return nil, "", fmt.Errorf("the text takes more values than there are: %d", len(f.list))
		}
		return f.list[f.next-1], text, nil
	}
	key, rest, closed := strings.Cut(text[1:], ")")
	d, isDict := f.values.(Dict)
	switch i := d.find(key); {
	case !closed:
		return nil, "", errors.New("%( is not closed")
	case !isDict:
		return nil, "", errors.New("%(…) takes a dict")
	case i < 0:
		return nil, "", fmt.Errorf("there is no key %s", represent(key))
	default:
		f.next++
		return d[i].Value, rest, nil
	}
}

// convert writes a value as the letter says.
func (f *formatting) convert(letter byte, v any) error {
	switch letter {
	case 's', 'r':
		if s, ok := v.(string); ok && letter == 's' {
			f.WriteString(s)
		} else {
			f.WriteString(represent(v))
		}
		return nil
	case 'd', 'i', 'o', 'x', 'X':
		return f.integer(letter, v)
	case 'e', 'f', 'g', 'E', 'F', 'G':
		if !isNumber(v) {
			return fmt.Errorf("%%%c takes a number, not %s", letter, article(v))
		}
		x, err := float(v)
		f.WriteString(formatNumber(x, letter))
		return err
	case 'c':
		return f.character(v)
	case '%':
		f.WriteByte('%')
		return nil
	}
	return fmt.Errorf("there is no %%%c: write %%s, or %%%% for a percent sign", letter)
}

func (f *formatting) integer(letter byte, v any) error {
	if x, ok := v.(float64); ok {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%%%c takes a number, not %v", letter, x)
		}
		v, _ = big.NewFloat(x).Int(nil)
	}
	n, ok := v.(*big.Int)
	if !ok {
		return fmt.Errorf("%%%c takes a number, not %s", letter, article(v))
	}
	base := map[byte]int{'d': 10, 'i': 10, 'o': 8, 'x': 16, 'X': 16}[letter]
	digits := n.Text(base)
	if letter == 'X' {
		digits = strings.ToUpper(digits)
	}
	f.WriteString(digits)
	return nil
}

// character writes a code point, or a string of one.
func (f *formatting) character(v any) error {
	switch v := v.(type) {
	case string:
		if r := []rune(v); len(r) == 1 {
			f.WriteString(v)
			return nil
		}
	case *big.Int:
		if v.IsInt64() && v.Int64() >= 0 && v.Int64() <= 0x10FFFF {
			f.WriteRune(rune(v.Int64()))
			return nil
		}
	}
	return errors.New("%c takes one character, or its number")
}

// formatNumber writes a float; with g so that it does not look like an integer.
func formatNumber(x float64, letter byte) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 0):
		return strings.ToLower(fmt.Sprintf("%+f", x))
	case letter == 'g' || letter == 'G':
		s := strconv.FormatFloat(x, letter, -1, 64)
		if !strings.ContainsAny(s, ".eE") {
			s += ".0"
		}
		return s
	}
	return strconv.FormatFloat(x, letter, 6, 64)
}

// represent is a value as it is written in a query; a node by its path, a host by its slug.
func represent(v any) string {
	var b strings.Builder
	writeValue(&b, v, maxDepth)
	return b.String()
}

func writeValue(b *strings.Builder, v any, depth int) {
	v, err := operand(v)
	switch {
	case err != nil:
		fmt.Fprintf(b, "<%v>", err)
		return
	case depth == 0:
		b.WriteString("…")
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case string:
		b.WriteString(expr.Quote(v))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(formatNumber(v, 'g'))
	case []byte:
		b.WriteString("b" + strconv.QuoteToASCII(string(v)))
	case []any:
		writeAll(b, "[", v, "]", depth-1)
	case tuple:
		end := ")"
		if len(v) == 1 {
			end = ",)"
		}
		writeAll(b, "(", v, end, depth-1)
	case Dict:
		writeEntries(b, v, depth-1)
	default:
		writeNamed(b, v)
	}
}

func writeAll(b *strings.Builder, open string, list []any, end string, depth int) {
	b.WriteString(open)
	for i, v := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		writeValue(b, v, depth)
	}
	b.WriteString(end)
}

func writeEntries(b *strings.Builder, d Dict, depth int) {
	b.WriteByte('{')
	for i, e := range d {
		if i > 0 {
			b.WriteString(", ")
		}
		writeValue(b, e.Key, depth)
		b.WriteString(": ")
		writeValue(b, e.Value, depth)
	}
	b.WriteByte('}')
}

// writeNamed writes a value that has no literal.
func writeNamed(b *strings.Builder, v any) {
	if name := nameOf(v); name != "" {
		b.WriteString(name)
		return
	}
	b.WriteString("<" + typeOf(v) + ">")
}
