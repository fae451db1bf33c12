package sshconfig

import (
	"net/url"
	"strconv"
	"strings"
)

// Jump is a machine on the way to another.
type Jump struct {
	User string // "": not said
	Host string
	Port int // 0: not said
}

// parseJumps reads a chain of jump hosts, the first to be connected to first. "none" is a chain of none.
func parseJumps(chain string) ([]Jump, error) {
	if strings.EqualFold(chain, "none") {
		return nil, nil
	}
	var all []Jump
	for one := range strings.SplitSeq(chain, ",") {
		j, ok := parseJump(one)
		if !ok || strings.ContainsAny(one, blank) { // ssh would take what is in front of the first one
			return nil, expected("jump hosts such as user@host:port, separated by commas")
		}
		all = append(all, j)
	}
	return all, nil
}

func parseJump(text string) (Jump, bool) {
	if rest, ok := strings.CutPrefix(text, "ssh://"); ok {
		return parseURI(rest)
	}
	var j Jump
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		j.User, text = text[:at], text[at+1:]
		if j.User == "" {
			return j, false
		}
	}
	host, number, delimiter, ok := cutPort(text)
	if !ok || delimiter == '/' || host == "" {
		return j, false
	}
	return j.at(host, number)
}

// parseURI reads what follows ssh:// in a URI.
func parseURI(text string) (Jump, bool) {
	var j Jump
	if user, rest, ok := strings.Cut(text, "@"); ok {
		user, _, _ = strings.Cut(user, ";") // parameters of the connection, of which there are none
		decoded, err := url.QueryUnescape(user)
		if err != nil || decoded == "" {
			return j, false
		}
		j.User, text = decoded, rest
	}
	host, rest, delimiter, ok := cutPort(text)
	if _, err := domain(unbracket(host)); err != nil || !ok {
		return j, false
	}
	number, path, _ := strings.Cut(rest, "/")
	if delimiter == '/' {
		number, path = "", rest
	}
	if path != "" {
		return j, false
	}
	return j.at(strings.TrimSuffix(unbracket(host), "."), number)
}

// at adds the host and, unless it is empty, the port.
func (j Jump) at(host, number string) (Jump, bool) {
	j.Host = unbracket(host)
	if number == "" {
		return j, true
	}
	good, err := port(number)
	if err == nil {
		j.Port, err = strconv.Atoi(good)
	}
	return j, err == nil
}

// cutPort takes a host, which may be in brackets, from what follows it after a ":" or "/".
func cutPort(text string) (host, rest string, delimiter byte, ok bool) {
	end := strings.IndexAny(text, ":/")
	if strings.HasPrefix(text, "[") {
		if end = strings.IndexByte(text, ']') + 1; end == 0 {
			return "", "", 0, false
		}
	} else if end < 0 {
		end = len(text)
	}
	if end == len(text) {
		return text, "", 0, true
	}
	if delimiter = text[end]; delimiter != ':' && delimiter != '/' {
		return "", "", 0, false
	}
	return text[:end], text[end+1:], delimiter, true
}

func unbracket(host string) string {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}
