package scpshell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"deployer/hosts"
	"deployer/prompt"
)

// expand returns the absolute paths that words stand for: those that match where one has a pattern, else what it says.
func (p place) expand(words []prompt.Word) ([]string, error) {
	var all []string
	for _, w := range words {
		paths, err := p.matches(w)
		if err != nil {
			return nil, err
		}
		all = append(all, paths...)
	}
	return all, nil
}

// one returns the absolute path that a word stands for, which must be one.
func (p place) one(w prompt.Word) (string, error) {
	paths, err := p.matches(w)
	if err == nil && len(paths) != 1 {
		err = fmt.Errorf("%s stands for %d paths, and must for one", w.Raw, len(paths))
	}
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// matches returns what a word stands for. A pattern that nothing matches is an error; but one that a program gave may be
// a name that looks like a pattern.
func (p place) matches(w prompt.Word) ([]string, error) {
	if !isPattern(w.Pattern) {
		full, err := p.full(w)
		return []string{full}, err
	}
	full, err := p.full(w)
	if err != nil {
		return nil, err
	}
	if w.Given {
		if there, err := p.handle().Exists(p.ctx, full, p.files); there || err != nil {
			return []string{full}, err
		}
	}
	found, err := p.found(w)
	switch {
	case err == nil && len(found) == 0:
		err = p.fail(w.Text, errors.New("nothing matches this pattern"))
	case err == nil:
		return found, nil
	}
	if w.Given {
		return []string{full}, nil
	}
	return nil, err
}

// found returns what the pattern of a word matches.
func (p place) found(w prompt.Word) ([]string, error) {
	at, rest := p.dir, w.Pattern
	switch {
	case isHome(w):
		home, after, _ := strings.Cut(rest, "/")
		dir, err := p.handle().FilePath(p.ctx, home, hosts.FileOptions{})
		if err != nil {
			return nil, err
		}
		at, rest = dir, after
	case strings.HasPrefix(rest, "/"):
		at = "/"
	}
	g := globbing{place: p}
	if err := g.walk(at, strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })); err != nil {
		return nil, err
	}
	if len(g.found) == 0 {
		return nil, g.denied
	}
	return g.found, nil
}

// isPattern reports whether a word matches more than what it says.
func isPattern(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// plain is the text that a pattern without special characters matches.
func plain(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// globbing looks for what a pattern matches.
type globbing struct {
	place
	found  []string
	denied error // of a directory that could not be read
}

// walk looks in a directory for what the steps of a pattern match.
func (g *globbing) walk(dir string, steps []string) error {
	if len(steps) == 0 {
		g.found = append(g.found, dir)
		return nil
	}
	step, rest := steps[0], steps[1:]
	if !isPattern(step) {
		next := path.Join(dir, plain(step))
		if len(rest) == 0 {
			if there, err := g.handle().Exists(g.ctx, next, g.files); err != nil || !there {
				return g.unless(err)
			}
		}
		return g.walk(next, rest)
	}
	list, err := g.list(dir)
	if err != nil {
		return g.unless(g.fail(dir, err))
	}
	for _, f := range list {
		hidden := strings.HasPrefix(f.Name, ".") && !strings.HasPrefix(plain(step), ".")
		ok, err := path.Match(step, f.Name)
		if err != nil {
			return fmt.Errorf("%s is no pattern: a [ in it has no ]", prompt.Quote(step))
		}
		if ok && !hidden && (len(rest) == 0 || f.IsDir() || f.IsLink()) {
			if err := g.walk(path.Join(dir, f.Name), rest); err != nil {
				return err
			}
		}
	}
	return nil
}

// unless returns an error that ends the search. A directory that is none, or may not be read, has no matches.
func (g *globbing) unless(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		g.denied = err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
	default:
		return err
	}
	return nil
}

// list returns what is in a directory, by name, without entries that could lead elsewhere.
func (p place) list(dir string) ([]*hosts.FileInfo, error) {
	list, err := p.handle().ListDir(p.ctx, dir, p.files)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(f *hosts.FileInfo) bool { return !isName(f.Name) })
	p.listings.keep(p.host, p.files, dir, list)
	return list, nil
}

// isName reports whether an entry of a directory can be one.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}
