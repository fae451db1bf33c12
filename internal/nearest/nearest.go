// Package nearest finds what a word that is no name may be a misspelling of.
package nearest

import (
	"fmt"
	"slices"
	"strings"
)

// Hint is a question that names the nearest of names, or "" if none is near.
func Hint(word string, names []string) string {
	if near := Names(word, names); len(near) > 0 {
		return fmt.Sprintf("did you mean %s?", strings.Join(near, " or "))
	}
	return ""
}

// Names returns up to three of names that word may be a misspelling of, the nearest first.
func Names(word string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, name := range names {
		far := Distance(strings.ToLower(word), strings.ToLower(name))
		if far <= 1+max(len(word), len(name))/4 || len(word) >= 2 && strings.HasPrefix(name, word) {
			near = append(near, candidate{name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.far - b.far })
	var out []string
	for _, c := range near[:min(3, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// Distance is the number of characters to insert, delete, change or swap to get from a to b (optimal string alignment).
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}
