package knownhosts

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"deployer/internal/sshconfig"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// Entries are what files of known_hosts say.
type Entries []Line

// Line is an entry of known_hosts.
type Line struct {
	File   string
	Number int           // of the line, from 1
	Marker string        // "", "@cert-authority" or "@revoked"
	Key    ssh.PublicKey // nil until the entry was found to be about a host
	hosts  string        // patterns, or the hash of one name
	hash   *hash         // nil: it is patterns
	kind   string        // of the key, as the line says
	blob   string        // of the key, in base64
}

const (
	certAuthority = "@cert-authority"
	revoked       = "@revoked"
)

func parseLine(text string) (l Line, ok bool) {
	fields := strings.Fields(text)
	if len(fields) > 0 && strings.HasPrefix(fields[0], "@") {
		l.Marker, fields = fields[0], fields[1:]
		if l.Marker != certAuthority && l.Marker != revoked {
			return l, false
		}
	}
	if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
		return l, false
	}
	l.hosts, l.kind, l.blob = fields[0], fields[1], fields[2]
	if strings.HasPrefix(l.hosts, "|") {
		l.hash = parseHash(l.hosts)
		return l, l.hash != nil
	}
	return l, true
}

// ReadRevoked reads a list of public keys that nobody is to trust. What cannot be read is an error, since it may be
// what matters.
func ReadRevoked(file string) (Entries, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("SSHKRL\n")) {
		return nil, fmt.Errorf("%s: revocation lists of ssh-keygen -k are not supported, lists of public keys are", file)
	}
	var all Entries
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: it is not a public key", file, number)
		}
		all = append(all, Line{File: file, Number: number, Marker: revoked, Key: key})
	}
	return all, nil
}

// Where is the place of the entry: FILE:LINE.
func (l *Line) Where() string { return fmt.Sprintf("%s:%d", l.File, l.Number) }

// HasPattern reports whether the entry may be about other hosts too, so that ssh-keygen -R leaves it alone.
func (l *Line) HasPattern() bool { return strings.ContainsAny(l.hosts, "*?!") }

// readKey reads the key of a line, which is done for the few that are about the host in question.
func (l *Line) readKey() bool {
	blob, err := base64.StdEncoding.DecodeString(l.blob)
	if err != nil {
		return false
	}
	l.Key, err = ssh.ParsePublicKey(blob)
	return err == nil && l.Key.Type() == l.kind
}

// of reports whether the entry is about a host.
func (l *Line) of(name string) bool {
	if l.hash != nil {
		return l.hash.is(name)
	}
	return sshconfig.MatchesName(l.hosts, name)
}

// names are those that the entry is about, if it tells them one by one.
func (l *Line) names() (names []string, ok bool) {
	if l.hash != nil || l.HasPattern() {
		return nil, false
	}
	return strings.Split(strings.ToLower(l.hosts), ","), true
}

// hash stands for a name that is not to be read.
type hash struct{ salt, sum []byte }

// parseHash reads |1|SALT|HASH. It returns nil for what is none.
func parseHash(text string) *hash {
	parts := strings.Split(text, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return nil
	}
	salt, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil
	}
	sum, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return nil
	}
	return &hash{salt, sum}
}

// is reports whether it stands for name.
func (h *hash) is(name string) bool {
	mac := hmac.New(sha1.New, h.salt)
	mac.Write([]byte(name))
	var sum [sha1.Size]byte
	return hmac.Equal(mac.Sum(sum[:0]), h.sum)
}

// judges reports whether the entry can judge what signs with an algorithm. That of a key can judge certificates too:
// their authority may be revoked, although the key is known.
func (l *Line) judges(algorithm string) bool {
	switch l.Marker {
	case certAuthority:
		return sshkeys.IsCertificate(algorithm)
	case "":
		return sshkeys.TypeOf(algorithm) == l.Key.Type()
	}
	return false
}
