package hosts

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// key offers the next key.
func (a *attempt) key() (ssh.AuthMethod, error) {
	if err := a.collect(); err != nil {
		return nil, a.st.fail(LoginFailed, err, "")
	}
	for _, c := range a.keys {
		if c.public == nil && a.mayUnlock(c.locked) {
			return nil, a.ask(&need{passphrase: c.locked}) // which key it is, only its passphrase tells
		}
		if !a.offerable(c) || c.locked != nil && !a.mayUnlock(c.locked) {
			continue
		}
		if a.accepted[string(c.public.Marshal())] {
			return a.offer(c), nil
		}
		if a.failures >= a.keyLimit() {
			a.left = true
			continue
		}
		return a.offer(c), nil
	}
	return nil, nil
}

// keyLimit is how many failures keys may cause on one connection.
func (a *attempt) keyLimit() int {
	switch {
	case a.passwordFirst && a.connections >= maxConnections:
		return 0
	case a.most == 0 || a.most > keysAtOnce:
		return keysAtOnce
	case a.passwordFirst:
		return a.most - 1
	}
	return a.most
}

// offerable reports whether a key is still worth a try.
func (a *attempt) offerable(c *credential) bool {
	if c.public == nil || c.held != nil && c.held.gone != nil {
		return false
	}
	id := c.public.Marshal()
	return !a.refused[string(id)] && !a.used[string(id)]
}

func (a *attempt) offer(c *credential) ssh.AuthMethod {
	a.last = c
	a.note(c)
	if c.locked == nil {
		return ssh.PublicKeys(c.signer)
	}
	return ssh.PublicKeys(modern(&lazySigner{c.public, func() error { return a.ask(&need{passphrase: c.locked}) }}))
}

// note writes down what is tried, once.
func (l *login) note(c *credential) {
	name := c.name
	if c.held != nil {
		l.agentKeys++
		name = agentKey
	}
	l.noteWay(name)
}

func (l *login) noteWay(name string) {
	if !slices.Contains(l.tried, name) {
		l.tried = append(l.tried, name)
	}
}

// leftOut notes, once, a way that could not be used.
func (l *login) leftOut(note string) {
	if !slices.Contains(l.notes, note) {
		l.notes = append(l.notes, note)
	}
}

// ask remembers what is needed, so that the connection ends with it.
func (a *attempt) ask(n *need) error {
	a.need = n
	return n
}

func (a *attempt) collect() (err error) {
	if !a.collected {
		a.collected = true
		a.keys, err = (&credentials{attempt: a}).collect()
	}
	return err
}

// mayUnlock reports whether somebody can be asked for a passphrase.
func (a *attempt) mayUnlock(k *lockedKey) bool {
	if a.skipped[k.id] {
		return false
	}
	if a.session.opts.Person != nil {
		return true
	}
	a.skipped[k.id] = true
	a.leftOut(k.name + " (encrypted, and nobody is here to ask: give key_password, or use ssh-agent)")
	return false
}

// password tries the password that is known.
func (a *attempt) password() (ssh.AuthMethod, error) {
	if a.used["password"] {
		return nil, nil
	}
	password, err := a.known()
	if password == "" || err != nil {
		return nil, err
	}
	a.usePassword(password, "password")
	return ssh.Password(password), nil
}

func (a *attempt) usePassword(password, way string) {
	a.used["password"] = true
	a.lastWord = password
	a.noteWay(way)
}

// known returns the password, or "" if there is none or it was refused.
func (a *attempt) known() (string, error) {
	if a.typed != "" {
		if a.wrong[a.typed] {
			return "", nil
		}
		return a.typed, nil
	}
	if a.st.password == "" {
		return "", nil
	}
	password, err := a.session.reveal(a.ctx, a.st.password)
	if err != nil {
		return "", a.st.fail(LoginFailed, errors.New("password: "+err.Error()), "")
	}
	if a.wrong[password] {
		return "", nil
	}
	return password, nil
}

// passwordWanted is the password as hosts share it.
func (l *login) passwordWanted() wanted {
	return wanted{strings.Join([]string{"password", l.st.user, l.group}, "\x00"), "password", l.st.user}
}

func (l *login) passwordQuestion() secretQuestion {
	q := secretQuestion{host: l.st.slug, refused: maps.Clone(l.wrong), since: l.begun}
	if l.passwordRefused() {
		q.failed = "the password was refused"
	}
	return q
}

func (l *login) passwordRefused() bool {
	for _, wrong := range l.wrong {
		if wrong {
			return true
		}
	}
	return false
}
