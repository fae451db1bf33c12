package nodes

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"deployer/internal/nearest"
)

// Word is one word of a command line after the name of an action.
type Word struct {
	Text    string
	Literal bool // positional even if it looks like name=value: it was quoted, or came after "--"
}

// Words returns the arguments of a command line as words. The first "--" among them is left out, and what follows it
// is literal.
func Words(args []string) []Word {
	words := make([]Word, 0, len(args))
	literal := false
	for _, arg := range args {
		if arg == "--" && !literal {
			literal = true
			continue
		}
		words = append(words, Word{Text: arg, Literal: literal})
	}
	return words
}

// CommandLine returns arguments of a command line that say what these words say, whichever of them were quoted.
func CommandLine(a *Action, words []Word) []string {
	var byName, rest []string
	plain := true // read as arguments, the texts are the same words
	for _, w := range words {
		if _, _, named := parameter(a, w); named {
			byName = append(byName, w.Text)
			continue
		}
		rest = append(rest, w.Text)
		_, _, misread := parameter(a, Word{Text: w.Text})
		plain = plain && !misread && w.Text != "--"
	}
	if plain {
		return append(byName, rest...)
	}
	return append(append(byName, "--"), rest...)
}

// UsageError says that an action was called with wrong arguments.
type UsageError struct {
	Action  string
	Usage   string // "checkout COMMIT [FORCE=false]"
	Message string // what is wrong
}

func (e *UsageError) Error() string {
	return fmt.Sprintf("%s: %s (usage: %s)", e.Action, e.Message, e.Usage)
}

// BindArgs reads the words of a command line as arguments of an action.
//
// A word is positional unless it is name=value with the name of a parameter, or any name if the action takes those. A
// value is read as the type of its parameter's default: true, false, yes, no, on, off, 1 or 0 for a bool, numbers,
// words separated by commas for a list; else it is a string. Parameters that are not given are left out of the result.
// Every error is a *UsageError.
func BindArgs(a *Action, words []Word) (Args, error) {
	b := binder{action: a, given: map[string]bool{}}
	for _, word := range words {
		if err := b.bind(word); err != nil {
			return Args{}, err
		}
	}
	if err := b.missing(); err != nil {
		return Args{}, err
	}
	return b.args, nil
}

// binder collects the arguments of one call.
type binder struct {
	action *Action
	args   Args
	given  map[string]bool
}

func (b *binder) wrong(format string, args ...any) error {
	return &UsageError{Action: b.action.Name, Usage: Usage(b.action), Message: fmt.Sprintf(format, args...)}
}

func (b *binder) bind(word Word) error {
	p, value, named := parameter(b.action, word)
	if !named {
		return b.positional(word.Text)
	}
	return b.named(p, value)
}

// parameter returns the parameter that a word names, and the value that it gives it. named is false of a word by position.
func parameter(a *Action, word Word) (p Param, value string, named bool) {
	name, value, named := strings.Cut(word.Text, "=")
	if !named || word.Literal {
		return Param{}, "", false
	}
	at := slices.IndexFunc(a.Params, func(p Param) bool { return p.Name == name })
	switch {
	case at >= 0:
		return a.Params[at], value, true
	case a.Keywords && isIdentifier(name):
		return Param{Name: name}, value, true
	}
	return Param{}, "", false
}

func (b *binder) named(p Param, value string) error {
	v, err := b.convert(p, value)
	if err != nil {
		return err
	}
	b.args.Named = append(b.args.Named, NamedArg{Name: p.Name, Value: v})
	return nil
}

func (b *binder) positional(text string) error {
	params := byPosition(b.action)
	n := len(b.args.Positional)
	if n < len(params) {
		v, err := b.convert(params[n], text)
		if err != nil {
			return err
		}
		b.args.Positional = append(b.args.Positional, v)
		return nil
	}
	if !b.action.Variadic {
		return b.tooMany(text, len(params))
	}
	b.args.Positional = append(b.args.Positional, text)
	return nil
}

func (b *binder) tooMany(text string, most int) error {
	if name, _, named := strings.Cut(text, "="); named && isIdentifier(name) {
		if near := nearest.Hint(name, paramNames(b.action)); near != "" {
			return b.wrong("no parameter %q for %q: %s", name, text, near)
		}
	}
	if most == 0 {
		return b.wrong("it takes no arguments, got %q", text)
	}
	return b.wrong("%q is one argument too many: it takes at most %d", text, most)
}

// convert reads the value of a parameter, which must not have been given before.
func (b *binder) convert(p Param, text string) (any, error) {
	if b.given[p.Name] {
		return nil, b.wrong("%s is given twice", placeholder(p))
	}
	b.given[p.Name] = true
	read := p.Read
	if read == nil {
		read = func(word string) (any, string) { return readAs(p.Default, word) }
	}
	v, want := read(text)
	if want != "" {
		return nil, b.wrong("%s must be %s, got %q", placeholder(p), want, text)
	}
	return v, nil
}

func (b *binder) missing() error {
	var names []string
	for _, p := range b.action.Params {
		if !p.Optional && !b.given[p.Name] {
			names = append(names, placeholder(p))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return b.wrong("missing %s", strings.Join(names, " and "))
}

// readAs reads a text as a value of the type of like. want is not empty if it is none: then it says what is.
func readAs(like any, text string) (v any, want string) {
	switch like := like.(type) {
	case bool:
		return readBool(text)
	case int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "a whole number"
		}
		return n, ""
	case float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, "a number"
		}
		return f, ""
	case []any:
		return readList(like, text)
	}
	return text, ""
}

func readBool(text string) (v any, want string) {
	switch strings.ToLower(text) {
	case "true", "yes", "1", "on":
		return true, ""
	case "false", "no", "0", "off":
		return false, ""
	}
	return nil, "true or false (or yes, no, on, off, 1, 0)"
}

// readList reads elements of the type that all elements of like have, else strings.
func readList(like []any, text string) (v any, want string) {
	list := []any{}
	if text == "" {
		return list, ""
	}
	for element := range strings.SplitSeq(text, ",") {
		v, want := readAs(elementOf(like), element)
		if want != "" {
			return nil, "a list, separated by commas, of which each is " + want
		}
		list = append(list, v)
	}
	return list, ""
}

// elementOf returns an element of a list in which all are of one simple type, else nil.
func elementOf(list []any) any {
	var first any
	for i, v := range list {
		switch v.(type) {
		case bool, int64, float64:
		default:
			return nil
		}
		if i > 0 && fmt.Sprintf("%T", v) != fmt.Sprintf("%T", first) {
			return nil
		}
		first = v
	}
	return first
}

// Usage is how an action is called: "checkout COMMIT [FORCE=false]".
func Usage(a *Action) string {
	parts := []string{a.Name}
	for _, p := range byPosition(a) {
		parts = append(parts, paramUsage(p, placeholder(p)))
	}
	if a.Variadic {
		parts = append(parts, "[ARGUMENT...]")
	}
	for _, p := range a.Params {
		if p.NamedOnly {
			parts = append(parts, namedUsage(p))
		}
	}
	if a.Keywords {
		parts = append(parts, "[NAME=VALUE...]")
	}
	return strings.Join(parts, " ")
}

func paramUsage(p Param, shown string) string {
	if !p.Optional {
		return shown
	}
	if value := defaultText(p.Default); value != "" {
		shown += "=" + value
	}
	return "[" + shown + "]"
}

// namedUsage is of a parameter that must be given by name, which is therefore written as it is.
func namedUsage(p Param) string {
	value := defaultText(p.Default)
	if value == "" {
		value = placeholder(p)
	}
	if p.Optional {
		return "[" + p.Name + "=" + value + "]"
	}
	return p.Name + "=" + placeholder(p)
}

// defaultText is a default as a word of a command line, or "" if there is none to show.
func defaultText(v any) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsAny(v, space+`'"[]`) {
			return strconv.Quote(v)
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return formatFloat(v)
	case []any:
		parts := make([]string, len(v))
		for i, element := range v {
			parts[i] = defaultText(element)
		}
		return strings.Join(parts, ",")
	}
	return ""
}

func placeholder(p Param) string { return strings.ToUpper(p.Name) }

// byPosition are the parameters that a word without a name can fill.
func byPosition(a *Action) []Param {
	return slices.DeleteFunc(slices.Clone(a.Params), func(p Param) bool { return p.NamedOnly })
}

func paramNames(a *Action) []string {
	names := make([]string, len(a.Params))
	for i, p := range a.Params {
		names[i] = p.Name
	}
	return names
}

func isIdentifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
