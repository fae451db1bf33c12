package sshconfig

import (
	"os"
	"path"
	"slices"
	"strings"
)

// glob returns the files that an absolute pattern matches, in the order of their bytes, as glob(3) does. Unlike
// filepath.Glob it finds no hidden files where the pattern does not begin with a dot, and knows [!x].
func glob(pattern string) []string {
	found := []string{""}
	for _, part := range strings.FieldsFunc(pattern, func(r rune) bool { return r == '/' }) {
		var deeper []string
		for _, folder := range found {
			deeper = append(deeper, called(folder+"/", part)...)
		}
		found = deeper
	}
	slices.Sort(found)
	return found
}

// called returns the files in a folder whose names match a pattern.
func called(folder, pattern string) []string {
	if !strings.ContainsAny(pattern, `*?[\`) {
		if _, err := os.Lstat(folder + pattern); err != nil {
			return nil
		}
		return []string{folder + pattern}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // as if there were nothing in it, as for glob(3)
	}
	var names []string
	for _, entry := range entries {
		if matchesFile(pattern, entry.Name()) {
			names = append(names, folder+entry.Name())
		}
	}
	return names
}

// matchesFile reports whether a name matches a pattern with *, ?, [a-z], [!a-z] and \.
func matchesFile(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	if err != nil { // a bracket that is not closed stands for itself
		return pattern == name
	}
	return ok
}
