package sshconfig

import (
	"errors"
	"strings"
)

// blank is what separates words in OpenSSH.
const blank = " \t\r\n"

// cursor takes a line apart where it may say key=value: at blanks and at a single "=". Double quotes keep a word whole,
// and can begin within it.
type cursor struct {
	rest string
	done bool
}

// next returns the next word. Without one, or with a quote that is not closed, it returns false.
func (c *cursor) next() (word string, ok bool) {
	if c.done {
		return "", false
	}
	end := strings.IndexAny(c.rest, blank+`"=`)
	if end < 0 {
		c.done = true
		return c.rest, true
	}
	before, after := c.rest[:end], c.rest[end+1:]
	if c.rest[end] == '"' {
		inner, after, closed := strings.Cut(after, `"`)
		c.rest, c.done = strings.TrimLeft(after, blank), !closed
		return before + inner, closed
	}
	equals := c.rest[end] == '='
	c.rest = strings.TrimLeft(after, blank)
	if rest, ok := strings.CutPrefix(c.rest, "="); ok && !equals {
		c.rest = strings.TrimLeft(rest, blank)
	}
	return before, true
}

// splitKeyword returns the keyword of a line, in lower case, and what follows it. A line without one is a comment or
// empty.
func splitKeyword(text string) (keyword, rest string, err error) {
	if text = strings.TrimRight(text, blank+"\f"); text == "" {
		return "", "", nil
	}
	c := cursor{rest: text}
	keyword, ok := c.next()
	if ok && keyword == "" && !c.done { // what it began with was a blank
		keyword, ok = c.next()
	}
	if !ok {
		return "", "", errKeyword
	}
	if strings.HasPrefix(keyword, "#") {
		return "", "", nil
	}
	if !c.done {
		rest = strings.TrimLeft(c.rest, blank)
	}
	return strings.ToLower(keyword), rest, nil
}

var (
	errQuotes  = errors.New("a quote is not closed")
	errKeyword = errors.New("a quote is not closed in the keyword") // OpenSSH passes over the line
)

// words takes the arguments of a keyword apart. Single and double quotes keep blanks, a backslash keeps quotes,
// backslashes and, outside of quotes, blanks. A word that begins with # begins a comment.
func words(text string) ([]string, error) {
	var all []string
	for {
		text = strings.TrimLeft(text, " \t")
		if text == "" || text[0] == '#' {
			return all, nil
		}
		word, rest, err := word(text)
		if err != nil {
			return nil, err
		}
		all, text = append(all, word), rest
	}
}

func word(text string) (word, rest string, err error) {
	var out strings.Builder
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && escapes(text[i+1], quote):
			i++
			out.WriteByte(text[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return out.String(), text[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote && quote != 0:
			quote = 0
		default:
			out.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errQuotes
	}
	return out.String(), "", nil
}

// escapes reports whether a backslash in front of c stands for c.
func escapes(c, quote byte) bool {
	return c == '\'' || c == '"' || c == '\\' || c == ' ' && quote == 0
}
