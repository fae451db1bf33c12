package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Query is a host, and what was said about it elsewhere, which goes before the files.
type Query struct {
	Host string // as it was named
	User string // "": the files say
	Port int    // 0: the files say
	// Direct says that the host is connected to as if neither ProxyJump nor ProxyCommand were given, and ProxyJump and
	// ProxyCommand are what is given instead.
	Direct                  bool
	ProxyJump, ProxyCommand string
	Command                 string // what is to be run, for Match command
}

// Value is one value of an option, before tokens are expanded.
type Value struct {
	Text   string
	At     Position
	system bool
}

// Evaluate returns what the files say about a host. Its errors are Errors, or those of commands and of looking names up.
func (c *Config) Evaluate(ctx context.Context, q Query) (*Options, error) {
	e := &evaluation{config: c, query: q, values: map[string][]Value{}, host: q.Host}
	e.given()
	if err := e.pass(ctx); err != nil {
		return nil, err
	}
	if err := e.settle(ctx); err != nil {
		return nil, err
	}
	if e.wantFinal || e.canonicalize() != "no" {
		e.final = true
		if err := e.pass(ctx); err != nil {
			return nil, err
		}
	}
	return e.options()
}

// evaluation is what goes on while files are evaluated for one host.
type evaluation struct {
	config *Config
	query  Query
	host   string // as it is called so far
	values map[string][]Value
	notes  []Notice // lines that count, with keywords that are without effect

	final     bool // the files are read for the second time
	wantFinal bool // they have to be
	active    bool // the lines now read are about the host
	wrong     Errors
}

// given sets what goes before the files.
func (e *evaluation) given() {
	q := e.query
	if q.User != "" {
		e.values["user"] = []Value{{Text: q.User}}
	}
	if q.Port != 0 {
		e.values["port"] = []Value{{Text: fmt.Sprint(q.Port)}}
	}
	switch {
	case q.ProxyJump != "":
		e.values[optionProxy] = []Value{{Text: byJump}, {Text: q.ProxyJump}}
	case q.ProxyCommand != "":
		e.values[optionProxy] = []Value{{Text: byCommand}, {Text: q.ProxyCommand}}
	case q.Direct:
		e.values[optionProxy] = []Value{{Text: byCommand}, {Text: "none"}}
	}
}

// first returns the value of an option that has one, or "".
func (e *evaluation) first(option string) string {
	if values := e.values[option]; len(values) > 0 {
		return values[0].Text
	}
	return ""
}

func (e *evaluation) or(option, otherwise string) string {
	if value := e.first(option); value != "" {
		return value
	}
	return otherwise
}

func (e *evaluation) user() string         { return e.or("user", e.config.local.User) }
func (e *evaluation) port() string         { return e.or("port", "22") }
func (e *evaluation) canonicalize() string { return e.or("canonicalizehostname", "no") }

// hostNow is the host to connect to as far as it is known.
func (e *evaluation) hostNow() (string, error) {
	name := e.values["hostname"]
	if e.final || len(name) == 0 {
		return e.host, nil
	}
	c := connection{local: &e.config.local, host: e.query.Host}
	expanded, err := c.expand(name[0].Text, hostTokens, false)
	if err != nil {
		return "", &Error{At: name[0].At, Err: fmt.Errorf("HostName is %q: %w", name[0].Text, err)}
	}
	return expanded, nil
}

// pass reads all files.
func (e *evaluation) pass(ctx context.Context) error {
	for _, f := range e.config.files {
		e.active = true
		if err := e.file(ctx, f, false); err != nil {
			return err
		}
	}
	return e.wrong.orNil()
}

// file reads a file. never says that none of it is about the host, as in a block that includes it and is not.
func (e *evaluation) file(ctx context.Context, f *file, never bool) error {
	for _, l := range f.lines {
		switch l.name {
		case keyHost:
			e.active = !never && isAbout(l.hosts, e.host)
		case keyMatch:
			met, err := e.match(ctx, l, !never)
			if err != nil {
				return placed(l.at, err)
			}
			e.active = !never && met
		case keyInclude:
			about := e.active
			for _, included := range l.included {
				if err := e.file(ctx, included, never || !about); err != nil {
					return err
				}
				e.active = about
			}
		default:
			e.line(l)
		}
	}
	return nil
}

// placed adds a place to an error that needs one.
func placed(at Position, err error) error {
	var has *Error
	if errors.As(err, &has) {
		return err
	}
	return &Error{At: at, Err: err}
}

// isAbout reports whether a host matches the patterns of a Host line, and none that is negated.
func isAbout(patterns []string, host string) bool {
	found := false
	for _, pattern := range patterns {
		inner, negated := strings.CutPrefix(pattern, "!")
		if !matches(inner, host) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// line reads a line that sets something.
func (e *evaluation) line(l *line) {
	if l.keyword == nil {
		if !MatchesName(e.first(keyIgnoreUnknown), l.name) {
			e.wrong.add(l.at, fmt.Errorf("%s is no keyword of ssh_config; IgnoreUnknown %[1]s passes over it", l.name))
			return
		}
	}
	if !e.active {
		return
	}
	if l.keyword == nil || l.keyword.use == unused {
		e.note(l)
	}
	for _, s := range l.settings {
		e.set(l, s)
	}
}

func (e *evaluation) set(l *line, s setting) {
	option := s.option
	if option == "" {
		option = l.name
	}
	had := e.values[option]
	if s.how == once && len(had) > 0 {
		return
	}
	for _, text := range s.values {
		value := Value{Text: text, At: l.at, system: l.system}
		same := func(v Value) bool { return v.Text == value.Text && v.system == value.system }
		switch {
		case s.how == takeAway:
			had = slices.DeleteFunc(had, func(v Value) bool { return matches(text, v.Text) })
		case s.how != anew || !slices.ContainsFunc(had, same):
			had = append(had, value)
		}
	}
	e.values[option] = had
}

// note keeps a line that is without effect, once.
func (e *evaluation) note(l *line) {
	n := Notice{Keyword: l.shown(), Text: l.raw, At: l.at}
	if !slices.Contains(e.notes, n) {
		e.notes = append(e.notes, n)
	}
}
