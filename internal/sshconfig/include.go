package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// include reads the files that the patterns of an Include match, in order. None is an error if it does not exist.
func (r *reading) include(l *line, patterns []string, depth int) ([]*file, error) {
	var all []*file
	for _, pattern := range patterns {
		names, err := r.find(l, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if depth == maxDepth {
				return nil, fmt.Errorf("%s: files include each other more than %d deep", name, maxDepth)
			}
			read, err := r.file(File{Name: name, System: l.system, Private: true}, depth+1)
			if errors.Is(err, fs.ErrNotExist) {
				continue // it is a link that leads nowhere, or was deleted just now
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", pattern, err)
			}
			all = append(all, read)
		}
	}
	return all, nil
}

// find returns the files that a pattern of an Include means.
func (r *reading) find(l *line, pattern string) ([]string, error) {
	switch {
	case pattern == "":
		return nil, errEmpty
	case strings.HasPrefix(pattern, "~") && l.system:
		return nil, fmt.Errorf("is %q: ~ is not known in a file of the system", pattern)
	case strings.HasPrefix(pattern, "~"):
		named, err := r.local.home(pattern)
		if err != nil {
			return nil, nil // as a file that does not exist
		}
		return glob(named), nil
	case filepath.IsAbs(pattern):
		return glob(pattern), nil
	case l.system:
		return glob(systemFolder + "/" + pattern), nil
	}
	return glob(strings.TrimSuffix(r.local.Home, "/") + "/" + userFolder + "/" + pattern), nil
}
