package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keysAtOnce is how many keys are offered on one connection. sshd ends it at the sixth failure (MaxAuthTries), so that
// one try is left for a password; more keys are offered on a new connection.
const (
	keysAtOnce     = 5
	maxConnections = 3 // that one login uses to offer keys
	maxAsked       = 3 // times that a wrong password is asked for again
)

// need is something that only a person can give. The connection is closed meanwhile, since sshd gives but two minutes
// to log in and a few places to all who do; then connected again.
type need struct {
	password   bool
	passphrase *lockedKey
	trust      ssh.PublicKey
}

func (n *need) Error() string {
	switch {
	case n.password:
		return "a password is needed"
	case n.passphrase != nil:
		return "the passphrase of " + n.passphrase.name + " is needed"
	}
	return "somebody must say whether to trust the host key"
}

var (
	errMoreKeys    = errors.New("there are more keys to offer")
	errLoginFailed = errors.New("every way to log in was refused")
)

// login is how far logging in to one host has come. It lasts over several connections.
type login struct {
	session *Session
	pool    *pool
	st      *settings
	group   string // of the node: hosts of a group share passwords

	refused     map[string]bool // public keys
	tried       []string        // for people
	agentKeys   int             // of those tried
	notes       []string        // ways that could not be tried, and why
	offers      []string        // what the server takes
	connections int             // used to offer keys
	tooMany     bool            // the server ended a connection for too many failures

	current *attempt // the last one
	started bool     // the server was asked to let us in

	typed   string // password, "" if none was typed
	asked   int    // times that a person was asked for the password
	wrong   bool   // the last password was refused
	skipped map[string]bool
}

func newLogin(s *Session, st *settings, group string) *login {
	return &login{
		session: s, pool: s.pool, st: st, group: group,
		refused: map[string]bool{}, skipped: map[string]bool{},
	}
}

// attempt is one connection of a login: x/crypto asks next for one way to log in after the other.
type attempt struct {
	*login
	ctx   context.Context
	pause func() (resume func()) // stops the time limit while a person is asked
	live  func(PasswordQuestion) (string, error)

	keys      []*credential
	collected bool
	count     int // of keys offered
	left      bool
	partial   int         // successes of a login that takes several
	last      *credential // that was offered, until its answer is known
	lastIs    string      // what was tried last: "password" or "keyboard-interactive"
	used      map[string]bool
	need      *need
}

// next returns what to try after what was tried before.
func (a *attempt) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if err := context.Cause(a.ctx); err != nil {
		return nil, err
	}
	a.started, a.current = true, a
	a.settle(len(c.PartialSuccessMethods))
	if a.need != nil {
		return nil, a.need
	}
	a.offers = c.AllowedMethods
	// Questions come before the password, as OpenSSH has it: PAM fails where a question follows a refused password.
	for _, way := range []struct {
		name string
		try  func() (ssh.AuthMethod, error)
	}{
		{"publickey", a.key}, {"keyboard-interactive", a.interactive}, {"password", a.password},
	} {
		if !slices.Contains(a.offers, way.name) {
			continue
		}
		if method, err := way.try(); method != nil || err != nil {
			return method, err
		}
	}
	return nil, a.exhausted()
}

// settle notes what became of the last try.
func (a *attempt) settle(partial int) {
	succeeded := partial > a.partial
	a.partial = partial
	if a.last != nil && !succeeded && a.need == nil {
		a.refused[string(a.last.public().Marshal())] = true
	}
	if a.lastIs != "" && !succeeded && a.need == nil {
		a.wrong = true
	}
	if succeeded {
		a.used = map[string]bool{} // the next step may take what the one before took
		if a.last != nil {
			a.used[string(a.last.public().Marshal())] = true
		}
	}
	a.last, a.lastIs = nil, ""
}

// goOn reports whether something is left to try after the server ended a connection for too many failures.
func (l *login) goOn() bool {
	a := l.current
	if a == nil {
		return false
	}
	a.settle(a.partial) // the last try was one of the failures
	if !l.wrong && (l.typed != "" || l.st.password != "") {
		return true
	}
	return slices.ContainsFunc(a.keys, func(c *credential) bool { return c.public() != nil && a.fresh(c) })
}

// key offers the next key.
func (a *attempt) key() (ssh.AuthMethod, error) {
	if err := a.collect(); err != nil {
		return nil, err
	}
	for _, c := range a.keys {
		if c.locked != nil && c.locked.public == nil && a.mayUnlock(c.locked) {
			return nil, a.ask(&need{passphrase: c.locked}) // which key it is, only its passphrase tells
		}
		if c.public() == nil || !a.fresh(c) || c.locked != nil && !a.mayUnlock(c.locked) {
			continue
		}
		if a.count == keysAtOnce {
			a.left = true
			return nil, nil
		}
		return a.offer(c), nil
	}
	return nil, nil
}

func (a *attempt) fresh(c *credential) bool {
	id := c.public().Marshal()
	return !a.refused[string(id)] && !a.used[string(id)]
}

func (a *attempt) offer(c *credential) ssh.AuthMethod {
	a.count++
	a.last = c
	a.note(c)
	if c.locked == nil {
		return ssh.PublicKeys(c.signer)
	}
	return ssh.PublicKeys(&lazySigner{c.locked, func() error { return a.ask(&need{passphrase: c.locked}) }})
}

// note writes down what is tried, once.
func (l *login) note(c *credential) {
	name := c.name
	if strings.HasPrefix(name, agentKey) {
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

// ask remembers what is needed, so that the connection ends with it.
func (a *attempt) ask(n *need) error {
	a.need = n
	return n
}

func (a *attempt) collect() error {
	if a.collected {
		return nil
	}
	a.collected = true
	c := credentials{session: a.session, pool: a.pool, st: a.st}
	if a.st.agent != "" {
		if talk, conn, err := dialAgent(a.ctx, a.st.agent); err != nil {
			c.notes = append(c.notes, fmt.Sprintf("agent (%v)", err))
		} else {
			c.talk = talk
			context.AfterFunc(a.ctx, func() { conn.Close() }) // the end of the attempt ends a.ctx
		}
	}
	keys, err := c.collect(a.ctx)
	a.keys = keys
	for _, note := range c.notes {
		a.leftOut(note)
	}
	return err
}

// leftOut notes, once, a way that could not be tried.
func (l *login) leftOut(note string) {
	if !slices.Contains(l.notes, note) {
		l.notes = append(l.notes, note)
	}
}

// mayUnlock reports whether somebody can be asked for a passphrase.
func (a *attempt) mayUnlock(k *lockedKey) bool {
	if a.skipped[k.name] {
		return false
	}
	if a.session.opts.Person != nil {
		return true
	}
	a.skipped[k.name] = true
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
	a.used["password"] = true
	a.lastIs = "password"
	a.noteWay("password")
	return ssh.Password(password), nil
}

// known returns the password, or "" if there is none or it was refused.
func (a *attempt) known() (string, error) {
	switch {
	case a.wrong:
		return "", nil
	case a.typed != "":
		return a.typed, nil
	case a.st.password == "":
		return "", nil
	}
	password, err := a.session.reveal(a.ctx, a.st.password)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	return password, nil
}

// interactive answers the server's questions.
func (a *attempt) interactive() (ssh.AuthMethod, error) {
	password, err := a.known()
	if err != nil {
		return nil, err
	}
	if a.used["keyboard-interactive"] || a.session.opts.Person == nil && (password == "" || a.used["password"]) {
		return nil, nil
	}
	a.used["keyboard-interactive"] = true
	return ssh.KeyboardInteractive(a.challenge), nil
}

// challenge answers one round of questions. The first hidden one that stands alone is for the password.
func (a *attempt) challenge(_, instruction string, prompts []string, echos []bool) ([]string, error) {
	if len(prompts) == 1 && !echos[0] && !a.used["password"] {
		password, err := a.known()
		switch {
		case err != nil:
			return nil, err
		case password != "":
			a.used["password"] = true
			a.lastIs = "keyboard-interactive"
			a.noteWay("password (keyboard-interactive)")
			return []string{password}, nil
		case strings.Contains(strings.ToLower(prompts[0]), "password") && a.mayAsk():
			return nil, a.ask(&need{password: true})
		}
	}
	var answers []string
	for _, prompt := range prompts {
		a.noteWay("keyboard-interactive")
		answer, err := a.answer(instruction, prompt)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// answer asks a person what the server asks.
func (a *attempt) answer(instruction, prompt string) (string, error) {
	if a.session.opts.Person == nil {
		return "", fmt.Errorf("the server asks %q, and nobody is here to answer", strings.TrimSpace(prompt))
	}
	defer a.pause()()
	what := strings.TrimRight(strings.TrimSpace(instruction+"\n"+prompt), ": ")
	return a.live(PasswordQuestion{What: what, User: a.st.user, Hosts: []string{a.st.slug}})
}

func (a *attempt) mayAsk() bool { return a.session.opts.Person != nil && a.asked < maxAsked }

// exhausted says what to do when nothing is left to try on this connection.
func (a *attempt) exhausted() error {
	switch {
	case a.left && a.connections < maxConnections:
		return errMoreKeys
	case a.mayAsk() && (slices.Contains(a.offers, "password") || a.wrong):
		return a.ask(&need{password: true})
	}
	return errLoginFailed
}

// failure is the error of a login that every way was refused to.
func (l *login) failure() *Error {
	text := "there is nothing to log in with"
	if len(l.tried) > 0 {
		text = "login refused, tried: " + strings.Join(l.waysTried(), ", ")
	}
	if len(l.notes) > 0 {
		text += "; not tried: " + strings.Join(l.notes, ", ")
	}
	if len(l.offers) > 0 {
		text += "; the server takes " + strings.Join(l.offers, ", ")
	}
	return l.st.fail(LoginFailed, errors.New(text), l.hint())
}

func (l *login) waysTried() []string {
	ways := slices.Clone(l.tried)
	for i, way := range ways {
		if way == agentKey {
			ways[i] = "agent (1 key)"
			if l.agentKeys > 1 {
				ways[i] = fmt.Sprintf("agent (%d keys)", l.agentKeys)
			}
		}
	}
	return ways
}

// hint is what to do about a refused login.
func (l *login) hint() string {
	keys := slices.Contains(l.offers, "publickey")
	switch {
	case l.tooMany || l.connections >= maxConnections:
		return "the server refuses so many tries: name the right key with key_filename and set identities_only, " +
			"or IdentityFile with IdentitiesOnly yes in ssh_config"
	case l.wrong:
		return "check username and password"
	case len(l.tried) == 0 && keys:
		return "set key_filename or password, or load a key with ssh-add"
	case keys:
		return fmt.Sprintf("check username, and add the public key to ~%s/.ssh/authorized_keys on the host, "+
			"or set key_filename", l.st.user)
	case slices.Contains(l.offers, "password") || slices.Contains(l.offers, "keyboard-interactive"):
		return "set password, or run it where somebody can type it"
	}
	return "check username and how the server lets people log in"
}

// lazySigner is a key whose passphrase is asked for when a server has accepted it.
type lazySigner struct {
	key    *lockedKey
	needed func() error
}

func (s *lazySigner) PublicKey() ssh.PublicKey { return s.key.public }

// Sign fails: the passphrase is asked for, and then the key offered again.
func (s *lazySigner) Sign(io.Reader, []byte) (*ssh.Signature, error) { return nil, s.needed() }
