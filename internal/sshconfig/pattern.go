package sshconfig

import "strings"

// matches reports whether text matches a pattern with the wildcards * and ?, in no more than len(pattern) times
// len(text) steps.
func matches(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchesList reports whether text matches one of the patterns of a list that commas separate, and none of those that
// begin with "!".
func matchesList(list, text string) bool {
	found := false
	for pattern := range strings.SplitSeq(list, ",") {
		inner, negated := strings.CutPrefix(pattern, "!")
		if pattern == "" || !matches(inner, text) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// MatchesName is whether a list of patterns, as in ssh_config and known_hosts, is about a name. Upper and lower case are
// the same.
func MatchesName(list, name string) bool {
	return matchesList(strings.ToLower(list), strings.ToLower(name))
}
