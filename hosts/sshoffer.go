package hosts

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// key offers the next key.
func (a *attempt) key() (ssh.AuthMethod, error) {
	if err := a.collect(); err != nil {
		return nil, a.st.fail(LoginFailed, err, "")
	}
	for _, c := range a.keys {
		if c.public == nil && !a.skipped[c.locked.ID] { // which key it is, only its passphrase tells
			if err := a.unlock(c); a.need != nil {
				return nil, err
			}
		}
		if !a.offerable(c) {
			continue
		}
		if a.accepted[string(c.public.Marshal())] {
			return a.offer(c)
		}
		if a.failures >= a.keyLimit() {
			a.left = true
			continue
		}
		return a.offer(c)
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
	switch {
	case c.public == nil, c.held != nil && c.held.Gone() != nil, c.locked != nil && a.skipped[c.locked.ID]:
		return false
	}
	id := c.public.Marshal()
	return !a.refused[string(id)] && !a.used[string(id)]
}

func (a *attempt) offer(c *credential) (ssh.AuthMethod, error) {
	a.last = c
	a.note(c)
	signer := c.signer
	if c.locked != nil {
		signer = &lazySigner{c.public, func() error { return a.unlock(c) }}
	}
	signer, err := sshkeys.Restricted(signer, a.st.signs(c.public))
	if err != nil {
		return nil, err
	}
	return ssh.PublicKeys(signer), nil
}

// note writes down that a key is tried.
func (l *login) note(c *credential) {
	if c.held != nil {
		l.agentKeys++
	}
	l.noteWay(c.way())
}

// forget takes back that a key was tried: the server was asked whether it takes it, and it could not sign.
func (l *login) forget(c *credential) {
	if c.held != nil {
		if l.agentKeys--; l.agentKeys > 0 {
			return
		}
	}
	l.tried = slices.DeleteFunc(l.tried, func(way string) bool { return way == c.way() })
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

// unlock has a person asked for the passphrase of a key. It always returns an error: the key cannot sign yet.
func (a *attempt) unlock(c *credential) error {
	if a.st.person(a.session) != nil {
		return a.ask(&need{passphrase: c.locked})
	}
	a.skipped[c.locked.ID] = true
	a.unsigned = true
	note := c.name + " (encrypted, and " + a.st.nobody("ask") + ")"
	if c.public != nil {
		note = c.name + " (the server takes it, but it is encrypted, and " + a.st.nobody("ask") + ")"
	}
	a.leftOut(note)
	a.advice = "give key_password, or load the key with ssh-add"
	return errors.New(note)
}

// password tries the password that is known.
func (a *attempt) password() (ssh.AuthMethod, error) {
	if a.used["password"] && !a.abandoned {
		return nil, nil
	}
	password, err := a.known()
	if password == "" || err != nil {
		return nil, err
	}
	if a.abandoned {
		a.left = true
		return nil, nil
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
