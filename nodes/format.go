package nodes

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"deployer/hosts"
)

// FormatResult returns what a result of an action looks like on standard output, with the newline at its end.
//
// nil gives nothing; a string and []byte are as they are, the string with a newline at its end; a host gives its slug
// and a node its path; a parallel result a line for each cell, "slug<TAB>value"; everything else is one line of JSON.
// Anything that [Plainer] does not allow is an error that names its type.
func FormatResult(v any) (string, error) {
	v, err := plain(v)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case []byte:
		return string(v), nil
	case *ParallelResult:
		return formatCells(v)
	}
	text, err := formatOne(v)
	if err != nil || strings.HasSuffix(text, "\n") {
		return text, err
	}
	return text + "\n", nil
}

// formatOne formats a plain value that is not nil and not a parallel result.
func formatOne(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case *hosts.Handle, hosts.Host, *Env, *Place:
		return nameOf(v), nil
	}
	return jsonText(v)
}

func jsonText(v any) (string, error) {
	raw, err := JSONResult(v)
	return string(raw), err
}

// formatCells is a line for each cell that has a value.
func formatCells(r *ParallelResult) (string, error) {
	var b strings.Builder
	err := eachCellText(r, func(slug, text string) { fmt.Fprintf(&b, "%s\t%s\n", slug, text) })
	return b.String(), err
}

// FormatFolded is [FormatResult], but a parallel result has a line for each different value: that of the most cells
// first, with the slugs as fold writes them.
func FormatFolded(v any, fold func(slugs []string) string) (string, error) {
	plain, err := plain(v)
	if err != nil {
		return "", err
	}
	r, cells := plain.(*ParallelResult)
	if !cells {
		return FormatResult(v)
	}
	slugs, texts := map[string][]string{}, []string{}
	err = eachCellText(r, func(slug, text string) {
		if slugs[text] == nil {
			texts = append(texts, text)
		}
		slugs[text] = append(slugs[text], slug)
	})
	slices.SortStableFunc(texts, func(a, b string) int { return cmp.Compare(len(slugs[b]), len(slugs[a])) })
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "%s\t%s\n", fold(slugs[text]), text)
	}
	return b.String(), err
}

// eachCellText calls do with every cell that has a value, as one line. In a line there is room for one line of text only,
// so text with newlines is written as JSON.
func eachCellText(r *ParallelResult, do func(slug, text string)) error {
	return eachCell(r, func(slug string, v any) error {
		if v == nil {
			return nil
		}
		text, err := formatOne(v)
		if err == nil && strings.Contains(text, "\n") {
			text, err = jsonText(v)
		}
		if err == nil {
			do(slug, text)
		}
		return err
	})
}

// eachCell calls do with every cell that did not fail and its plain value. Errors name the cell.
func eachCell(r *ParallelResult, do func(slug string, v any) error) error {
	for i := range r.Cells {
		if i < len(r.Errors) && r.Errors[i] != nil {
			continue
		}
		slug := r.Name(i)
		v, err := plain(r.Values[i])
		if err == nil {
			err = do(slug, v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", slug, err)
		}
	}
	return nil
}

// JSONResult returns a result as JSON, on one line, with the keys in order. A parallel result is an object with a key
// for each cell that did not fail; hosts and nodes are strings as in [FormatResult]; bytes are a string, or
// {"base64": "…"} where they are not UTF-8. Keys of a dict that are not strings are written as JSON in a string. Bytes
// of a string that are not UTF-8 become U+FFFD.
func JSONResult(v any) (json.RawMessage, error) {
	w := jsonWriter{}
	if err := w.value(v); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// maxDepth is how deep values may be nested; a value that contains itself is deeper than that.
const maxDepth = 1000

// jsonWriter writes values as encoding/json does, but dicts in their order, and floats so that they stay floats.
type jsonWriter struct {
	bytes.Buffer
	depth int
}

func (w *jsonWriter) value(v any) error {
	if w.depth++; w.depth > maxDepth {
		return errors.New("the result is nested too deep, or contains itself")
	}
	defer func() { w.depth-- }()
	v, err := plain(v)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case string:
		w.string(v)
	case []byte:
		w.bytes(v)
	case int64, *big.Int:
		fmt.Fprint(w, v)
	case float64:
		return w.float(v)
	case []any:
		return w.list(v)
	case Dict:
		return w.dict(v)
	case *ParallelResult:
		return w.parallel(v)
	default:
		w.string(nameOf(v))
	}
	return nil
}

func (w *jsonWriter) string(s string) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string into a buffer: neither can fail
	w.Truncate(w.Len() - 1)
}

func (w *jsonWriter) bytes(b []byte) {
	if utf8.Valid(b) {
		w.string(string(b))
		return
	}
	fmt.Fprintf(w, `{"base64":"%s"}`, base64.StdEncoding.EncodeToString(b))
}

func (w *jsonWriter) float(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("the result contains the number %v, which JSON cannot hold: return a string", f)
	}
	w.WriteString(formatFloat(f))
	return nil
}

func (w *jsonWriter) list(list []any) error {
	w.WriteByte('[')
	for i, v := range list {
		w.comma(i)
		if err := w.value(v); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d Dict) error {
	w.WriteByte('{')
	for i, entry := range d {
		w.comma(i)
		key, err := jsonKey(entry.Key)
		if err != nil {
			return err
		}
		w.string(key)
		w.WriteByte(':')
		if err := w.value(entry.Value); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

func (w *jsonWriter) parallel(r *ParallelResult) error {
	w.WriteByte('{')
	i := 0
	err := eachCell(r, func(slug string, v any) error {
		w.comma(i)
		i++
		w.string(slug)
		w.WriteByte(':')
		return w.value(v)
	})
	w.WriteByte('}')
	return err
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.WriteByte(',')
	}
}

// jsonKey is the key of a dict as the string that JSON wants.
func jsonKey(key any) (string, error) {
	key, err := plain(key)
	if err != nil {
		return "", err
	}
	switch key := key.(type) {
	case string:
		return key, nil
	case *hosts.Handle, hosts.Host, *Env, *Place:
		return nameOf(key), nil
	}
	return jsonText(key)
}

// formatFloat writes a float so that it does not look like an integer.
func formatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.ContainsAny(s, ".eIN") {
		return s
	}
	return s + ".0"
}

// nameOf is how a host or a node is shown.
func nameOf(v any) string {
	switch v := v.(type) {
	case *hosts.Handle:
		return v.Slug()
	case hosts.Host:
		return v.Slug()
	case *Env:
		return v.Place().Path()
	case *Place:
		return v.Path()
	}
	return ""
}

// maxWraps is how often a value may stand for another, as a pointer does, until it is taken for one that never ends.
const maxWraps = 100

// Plain returns a value of any front as one of the types that [Plainer] names, a *ParallelResult, a hosts.Host or a
// *Place; what is in a list or a Dict is left as it is. A value that cannot be shown is an error.
func Plain(v any) (any, error) { return plain(v) }

// plain returns a result as one of the types that this file knows.
func plain(v any) (any, error) {
	for range maxWraps {
		switch known := v.(type) {
		case nil, string, bool, int64, *big.Int, float64, []byte, []any, Dict,
			*ParallelResult, *hosts.Handle, hosts.Host, *Env, *Place:
			return v, nil
		case ParallelResult:
			return &known, nil
		}
		next, err := unwrap(v)
		if err != nil {
			return nil, err
		}
		v = next
	}
	return nil, errEndless
}

var errEndless = errors.New("the result contains itself")

func unwrap(v any) (any, error) {
	if p, ok := v.(Plainer); ok {
		return p.Plain()
	}
	return goPlain(v)
}
