package sshconfig

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// connection is what tokens stand for.
type connection struct {
	local *Local
	host  string // to connect to
	named string // as it was named first
	port  string
	user  string
	alias string // HostKeyAlias, or a name that stands for it
}

// Which tokens there are, %% aside.
const (
	hostTokens  = "h"
	proxyTokens = "hknpr"
	allTokens   = "CLdhiklnpru"
)

// token returns what a token stands for.
func (c *connection) token(token byte) string {
	switch token {
	case 'C':
		sum := sha1.Sum([]byte(c.local.Hostname + c.host + c.port + c.user))
		return hex.EncodeToString(sum[:])
	case 'L':
		short, _, _ := strings.Cut(c.local.Hostname, ".")
		return short
	case 'd':
		return c.local.Home
	case 'h':
		return c.host
	case 'i':
		return c.local.UID
	case 'k':
		return c.alias
	case 'l':
		return c.local.Hostname
	case 'n':
		return c.named
	case 'p':
		return c.port
	case 'r':
		return c.user
	case 'u':
		return c.local.User
	}
	return "%"
}

// expand replaces the tokens of a text, of which those that are known are given, and with environment ${VARIABLES} too.
// What is put in is not looked at again.
func (c *connection) expand(text, known string, environment bool) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if environment && strings.HasPrefix(text[i:], "${") {
			end := strings.IndexByte(text[i:], '}') + 1
			if end == 0 {
				end = len(text) - i
			}
			value, err := c.local.variables(text[i : i+end])
			if err != nil {
				return "", err
			}
			out.WriteString(value)
			i += end - 1
			continue
		}
		if text[i] != '%' {
			out.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) || text[i] != '%' && strings.IndexByte(known, text[i]) < 0 {
			return "", fmt.Errorf("%s is not known here: expected %s", text[i-1:min(i+1, len(text))], listed(known))
		}
		out.WriteString(c.token(text[i]))
	}
	return out.String(), nil
}

// listed writes tokens for people.
func listed(known string) string {
	var all strings.Builder
	for i := range len(known) {
		all.WriteString("%" + known[i:i+1] + ", ")
	}
	return all.String() + "%%"
}

// path expands the name of a file: ~, then tokens and variables.
func (c *connection) path(name string) (string, error) {
	name, err := c.local.home(name)
	if err != nil {
		return "", err
	}
	return c.expand(name, allTokens, true)
}
