package knownhosts

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

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

// hash stands for a name that is not to be read: the HMAC of it with SHA-1, the salt being the key.
type hash struct{ salt, sum [sha1.Size]byte }

// parseHash reads |1|SALT|HASH. It returns nil for what is none.
func parseHash(text string) *hash {
	parts := strings.Split(text, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return nil
	}
	var h hash
	for i, part := range []*[sha1.Size]byte{&h.salt, &h.sum} {
		read, err := base64.StdEncoding.DecodeString(parts[2+i])
		if err != nil || len(read) != sha1.Size {
			return nil
		}
		*part = [sha1.Size]byte(read)
	}
	return &h
}

// is reports whether it stands for name. crypto/hmac would take half as much time again, and seven allocations.
func (h *hash) is(name string) bool {
	inner, outer := make([]byte, sha1.BlockSize, 4*sha1.BlockSize), make([]byte, sha1.BlockSize, 2*sha1.BlockSize)
	for i := range inner {
		inner[i], outer[i] = 0x36, 0x5c // RFC 2104
	}
	subtle.XORBytes(inner, inner, h.salt[:])
	subtle.XORBytes(outer, outer, h.salt[:])
	sum := sha1.Sum(append(inner, name...))
	return sha1.Sum(append(outer, sum[:]...)) == h.sum
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
