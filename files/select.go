package files

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Selection says which files below a directory are copied. A pattern with a slash is one of paths below the top, and one
// without is one of names at any depth; * stands for all but a slash, ** also for slashes, and a slash at the end says
// that only directories are meant. What is excluded is not copied, and nothing below it; where there is anything in
// Include, of the files only those are that match, or that are in a directory that does.
type Selection struct{ Include, Exclude []string }

// Check returns an error for a pattern that is none.
func (s Selection) Check() error {
	for _, pattern := range append(append([]string{}, s.Include...), s.Exclude...) {
		if pattern == "" || !doublestar.ValidatePattern(pattern) {
			return fmt.Errorf("%q is no pattern: a [ or { that is not closed, or nothing at all", pattern)
		}
	}
	return nil
}

// takes reports whether an entry is copied, by its path below the top.
func (s Selection) takes(rel string, dir bool) bool {
	for _, pattern := range s.Exclude {
		if matches(pattern, rel, dir) {
			return false
		}
	}
	if len(s.Include) == 0 || dir {
		return true
	}
	for _, pattern := range s.Include {
		for at := rel; at != "."; at = path.Dir(at) { // or a directory that it is in
			if matches(pattern, at, at != rel) {
				return true
			}
		}
	}
	return false
}

// lazy reports whether directories are made only for what is in them.
func (s Selection) lazy() bool { return len(s.Include) > 0 }

func matches(pattern, rel string, dir bool) bool {
	if rest, only := strings.CutSuffix(pattern, "/"); only {
		if !dir {
			return false
		}
		pattern = rest
	}
	if !strings.Contains(pattern, "/") {
		return doublestar.MatchUnvalidated(pattern, path.Base(rel))
	}
	return doublestar.MatchUnvalidated(strings.TrimPrefix(pattern, "/"), rel)
}
