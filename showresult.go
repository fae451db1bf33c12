package deployer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"deployer/internal/hostset"
	"deployer/journal"
)

// showsResult is what the journal of a run tells of the result of its action, and of what was printed before that.
type showsResult struct {
	shown  *shownOutput
	result journal.Event
}

// event takes note of an event.
func (r *showsResult) event(e journal.Event) error {
	if e.Kind == journal.Result {
		r.result = e
	}
	return r.shown.Write(e)
}

// text is the result as the view merged shows it at the end of the run, which leaves out what the run printed itself; ""
// if there is none.
func (r *showsResult) text() (string, error) {
	if r.result.Value == nil {
		return "", nil
	}
	if r.result.Parallel {
		return r.cells()
	}
	text, err := r.value(r.result.Value)
	if text == "" || strings.HasSuffix(text, "\n") {
		return text, err
	}
	return text + "\n", err
}

// value is a value as it is shown: a string as it is, all else as JSON.
func (r *showsResult) value(raw json.RawMessage) (string, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", fmt.Errorf("the result: %w", err)
	}
	text, isText := value.(string)
	switch {
	case value == nil, r.printed(value):
		return "", nil
	case isText:
		return text, nil
	}
	return string(raw), nil
}

// printed reports whether the run printed a value itself: a text, or all texts of a list.
func (r *showsResult) printed(value any) bool {
	switch value := value.(type) {
	case string:
		return r.shown.has(value)
	case []any:
		return len(value) > 0 && !slices.ContainsFunc(value, func(one any) bool { return one != nil && !r.printed(one) })
	}
	return false
}

// cells is a line for each different value of cells, that of the most first.
func (r *showsResult) cells() (string, error) {
	slugs, texts := map[string][]string{}, []string{}
	err := r.eachCell(func(slug, text string) {
		if slugs[text] == nil {
			texts = append(texts, text)
		}
		slugs[text] = append(slugs[text], slug)
	})
	slices.SortStableFunc(texts, func(a, b string) int { return cmp.Compare(len(slugs[b]), len(slugs[a])) })
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "%s\t%s\n", hostset.Fold(slugs[text]), text)
	}
	return b.String(), err
}

// on is the result as far as it is of some hosts: a line for each of their cells, or what the run returned as a whole if
// they are all of its hosts.
func (r *showsResult) on(hosts []string, all bool) (string, error) {
	switch {
	case r.result.Value == nil:
		return "", nil
	case !r.result.Parallel && all:
		return r.text()
	case !r.result.Parallel:
		return "", nil
	}
	var b strings.Builder
	err := r.eachCell(func(slug, text string) {
		isTheirs := func(one string) bool { return slices.Contains(hosts, one) }
		if slices.ContainsFunc(strings.Split(slug, ":"), isTheirs) {
			fmt.Fprintf(&b, "%s\t%s\n", slug, text)
		}
	})
	return b.String(), err
}

// eachCell calls do with the name of every cell that returned something, and that as it is shown in a line.
func (r *showsResult) eachCell(do func(slug, text string)) error {
	return eachMember(r.result.Value, func(slug string, raw json.RawMessage) error {
		text, err := r.value(raw)
		if err != nil || text == "" && string(raw) != `""` {
			return err
		}
		if strings.Contains(text, "\n") {
			text = string(raw)
		}
		do(slug, text)
		return nil
	})
}

// eachMember calls do with the members of a JSON object, in their order.
func eachMember(object json.RawMessage, do func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err == nil {
			err = do(fmt.Sprint(name), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
