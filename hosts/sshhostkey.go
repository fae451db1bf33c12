package hosts

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"deployer/internal/knownhosts"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// place returns how known_hosts calls the host.
func (st *settings) place() knownhosts.Place { return knownhosts.PlaceOf(st.host, st.port, st.alias) }

// hostKeyFailure explains a key that was refused.
func (st *settings) hostKeyFailure(e *knownhosts.Error) *Error {
	name := st.place().Names[0]
	switch {
	case e.Verdict == knownhosts.ErrUnknown && e.Invalid != nil:
		err := fmt.Errorf("the host key of %s is not known: %s, and its certificate of the authority in %s does not count: %w",
			name, sshkeys.Shown(e.Key), e.Authority.Where(), e.Invalid)
		return st.fail(HostKey, err, fmt.Sprintf("have the authority certify the key of the host again, for %s: "+
			"ssh-keygen -s AUTHORITY -h -I NAME -n %[1]s KEY.pub", st.place().Principal))
	case e.Verdict == knownhosts.ErrUnknown:
		return st.fail(HostKey, fmt.Errorf("the host key of %s is not known: %s", name, sshkeys.Shown(e.Key)), st.unknownHint())
	case e.Verdict == knownhosts.ErrRevoked && e.Authority != nil:
		err := fmt.Errorf("the authority that certified the host key of %s is revoked by %s: %s", name, e.Line.Where(),
			sshkeys.Shown(e.Key))
		return st.fail(HostKey, err, "have another authority certify the key of the host")
	case e.Verdict == knownhosts.ErrRevoked:
		err := fmt.Errorf("the host key of %s is revoked by %s: %s", name, e.Line.Where(), sshkeys.Shown(e.Key))
		return st.fail(HostKey, err, "nobody should use this key any more: give the host a new one")
	case e.Verdict == errShortKey:
		err := fmt.Errorf("the host key of %s is too short: %s has %d bits, and RequiredRSASize asks for %d", name,
			sshkeys.Shown(e.Key), sshkeys.RSABits(e.Key), st.demands.rsaBits)
		return st.fail(HostKey, err, "give the host a longer key, or one of another kind")
	case e.Line == nil: // pinned
		return st.fail(HostKey, fmt.Errorf("the host key of %s is not the one that host_key names: it is %s, not %s", name,
			sshkeys.Shown(e.Key), sshkeys.Shown(st.pin)),
			"if the host was given a new key, put it into host_key; else somebody may be listening in")
	}
	err := fmt.Errorf("the host key of %s has changed: it is %s, but %s says %s", name, sshkeys.Shown(e.Key), e.Line.Where(),
		sshkeys.Shown(e.Line.Key))
	if e.Invalid != nil {
		err = fmt.Errorf("%w, and its certificate of the authority in %s does not count: %w", err, e.Authority.Where(),
			e.Invalid)
	}
	return st.fail(HostKey, err, "somebody may be listening in; if the host was really given a new key, "+
		removal(e.Line, name))
}

// removal says how to remove an entry.
func removal(l *knownhosts.Line, name string) string {
	if l.HasPattern() {
		return fmt.Sprintf("remove line %d of %s, which is about other hosts too", l.Number, l.File)
	}
	return fmt.Sprintf("run ssh-keygen -R %s -f %s", word(name), word(l.File))
}

// word is a word of a command line, in quotes only where it needs them.
func word(s string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-:@%+=,", r)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return Quote(s)
	}
	return s
}

// unknownHint says how a key becomes known.
func (st *settings) unknownHint() string {
	file := st.ownKnown()
	otherwise := "connect once with a terminal to be asked, or take every new key with --host-keys accept-new"
	switch {
	case file == "":
		return "there is no known_hosts file to put it into: check the fingerprint, and give the key as host_key"
	case st.alias != "" || len(st.jumps) > 0 || st.proxyCommand != "": // ssh-keyscan finds it under another name, or not at all
		return "check the fingerprint, then " + otherwise
	}
	return fmt.Sprintf("check the fingerprint, then run ssh-keyscan -p %d %s >> %s, or %s", st.port, st.host,
		word(file), otherwise)
}

// ownKnown is the file that new keys are added to, or "" if there is none.
func (st *settings) ownKnown() string {
	if len(st.userKnown) == 0 {
		return ""
	}
	return st.userKnown[0]
}

// unreadable is the error of known_hosts that cannot be read.
func (st *settings) unreadable(err error) *Error {
	return st.fail(HostKey, fmt.Errorf("known_hosts cannot be read: %w", err),
		"mend what keeps it from being read, or name another file with known_hosts")
}

// untrusted is the error of a new key that a person did not trust; err is why there was no answer.
func (st *settings) untrusted(key ssh.PublicKey, err error) *Error {
	name := st.place().Names[0]
	if err != nil {
		err = fmt.Errorf("the new host key of %s was neither trusted nor refused: %w", name, err)
	} else {
		err = errors.New("the new host key of " + name + " was not trusted: " + sshkeys.Shown(key))
	}
	return st.fail(HostKey, err, "compare the fingerprint with the one that the host itself shows: "+
		"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
}

// trusted are the keys that this session accepted, also where known_hosts cannot be written.
type trusted struct {
	mu   sync.Mutex
	keys map[trustedKey]bool
}

// trustedKey is a line that known_hosts should have. Who reads another file has not accepted the key.
type trustedKey struct{ file, name, key string }

func (st *settings) trustedKey(key ssh.PublicKey) trustedKey {
	return trustedKey{st.ownKnown(), st.place().Names[0], string(key.Marshal())}
}

func (t *trusted) has(k trustedKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys[k]
}

func (t *trusted) add(k trustedKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys == nil {
		t.keys = map[trustedKey]bool{}
	}
	t.keys[k] = true
}
