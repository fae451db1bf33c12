package hosts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"deployer/internal/sshkeys"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// keysAtOnce is how many keys are offered on one connection. sshd ends it at the sixth failure (MaxAuthTries), so that
// one try is left for a password; more keys are offered on a new connection.
const (
	keysAtOnce     = 5
	maxConnections = 4 // more, that one login uses to offer keys
)

// need is something that only a person can give. The connection is closed meanwhile, since sshd gives but two minutes
// to log in and a few places to all who do; then connected again.
type need struct {
	password   bool
	passphrase *sshkeys.Locked
	trust      ssh.PublicKey
	turn       bool // to have the person to itself, since the server asks and waits for the answer
}

func (n *need) Error() string {
	switch {
	case n.password:
		return "a password is needed"
	case n.passphrase != nil:
		return "the passphrase of " + n.passphrase.Name + " is needed"
	case n.turn:
		return "somebody must answer what the server asks"
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
	group   string // of hosts that share passwords
	begun   time.Time

	refused     map[string]bool // public keys
	accepted    map[string]bool // public keys that were one step of several
	tried       []string        // for people
	agentKeys   int             // of those tried
	notes       []string        // ways that could not be used, and why
	advice      string          // what to do about one that the server would have taken
	said        []string        // what the server said last, beside its questions
	offers      []string        // what the server takes
	connections int             // used up by failures
	most        int             // failures after which the server ended a connection; 0: it never did

	current *attempt // the last one
	started bool     // the server was asked to let us in

	typed         string          // password, "" if none was typed
	asked         int             // times that a person was asked for the password
	wrong         map[string]bool // passwords that were refused
	passwordFirst bool            // before more keys, which cost connections

	live       bool // the server asks what only a person knows
	answered   int  // times that a person answered, and was refused
	unanswered bool // it asks what nobody will answer
	skipped    map[sshkeys.ID]bool
}

func newLogin(ctx context.Context, p *pool, st *settings) *login {
	l := &login{
		session: p.session(), pool: p, st: st, group: ScopeOf(ctx).Group, begun: time.Now(),
		refused: map[string]bool{}, accepted: map[string]bool{}, wrong: map[string]bool{},
		skipped: map[sshkeys.ID]bool{},
	}
	if isHop(ctx) {
		l.group += "\x00" + st.slug // what is typed for a jump host is nobody else's business
	}
	return l
}

// attempt is one connection of a login: x/crypto asks next for one way to log in after the other.
type attempt struct {
	*login
	ctx   context.Context
	pause func() (resume func()) // stops the time limit while a person or an agent is waited for
	heard func() int64           // how much the server has sent
	talk  func(PasswordQuestion) (string, error)

	keys      []*credential
	collected bool
	failures  int // that the server has counted
	left      bool
	partial   int         // successes of a login that takes several
	last      *credential // that was offered, until its answer is known
	unsigned  bool        // but the agent did not sign
	lastWord  string      // the password that was tried last
	lastLive  bool        // a person answered last
	again     bool        // it was refused, and may be answered anew
	spoke     bool        // a person answered on this connection
	abandoned bool        // a question was left without an answer
	over      error       // the person wants no more
	silence   int64       // heard when the last way was tried; -1: none was
	used      map[string]bool
	need      *need
}

// next returns what to try after what was tried before.
func (a *attempt) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if err := context.Cause(a.ctx); err != nil {
		return nil, err
	}
	a.started, a.current = true, a
	if a.broken() {
		return nil, nil // x/crypto then ends with what it knows
	}
	a.settle(len(c.PartialSuccessMethods))
	switch {
	case a.need != nil:
		return nil, a.need
	case a.over != nil:
		return nil, a.over
	}
	a.offers = c.AllowedMethods
	method, err := a.choose()
	if method == nil && err == nil {
		err = a.exhausted()
	}
	a.silence = a.heard()
	return method, err
}

const publicKey = "publickey"

// choose returns the next way that the server takes, or nil.
func (a *attempt) choose() (ssh.AuthMethod, error) {
	try := map[string]func() (ssh.AuthMethod, error){
		publicKey: a.key, "keyboard-interactive": a.interactive, "password": a.password,
	}
	ways := a.st.ways
	if at := slices.Index(ways, publicKey); a.passwordFirst && at >= 0 {
		ways = append(slices.Delete(slices.Clone(ways), at, at+1), publicKey)
	}
	for _, way := range ways {
		if !slices.Contains(a.offers, way) {
			continue
		}
		if method, err := try[way](); method != nil || err != nil {
			return method, err
		}
	}
	return nil, nil
}

// broken reports whether the connection failed in the last try: x/crypto goes on all the same, and nothing comes back.
// An RSA key is not even sent to a server that takes no SHA-2 signatures of it.
func (a *attempt) broken() bool {
	if a.silence < 0 || a.heard() > a.silence || a.need != nil {
		return false
	}
	if a.last != nil && sshkeys.IsRSA(a.last.public) {
		a.leftOut(a.last.name + " (an RSA key, of which the server takes no SHA-2 signatures)")
		a.advice = "use a key of another kind, or allow what is out of date: PubkeyAcceptedAlgorithms +ssh-rsa in ssh_config"
		a.unsigned = true
		return false
	}
	return true
}

// settle notes what became of the last try.
func (a *attempt) settle(partial int) {
	succeeded := partial > a.partial
	a.partial = partial
	a.silence = -1
	if a.need == nil {
		a.judge(succeeded)
	}
	if succeeded {
		a.used = map[string]bool{} // the next step may take what the one before took
		if a.last != nil {
			a.used[string(a.last.public.Marshal())] = true
		}
	}
	a.last, a.unsigned, a.lastWord, a.lastLive = nil, false, "", false
}

// judge takes note of the answer to the last try.
func (a *attempt) judge(succeeded bool) {
	if a.last != nil {
		decided := a.refused
		if succeeded {
			decided = a.accepted
		}
		decided[string(a.last.public.Marshal())] = true
		if a.unsigned {
			a.forget(a.last)
		}
	}
	if a.again = a.lastLive && !succeeded; a.again {
		a.answered++
	}
	if word := a.lastWord; word != "" && !a.lastLive { // else either may have been wrong
		a.wrong[word] = !succeeded
		if word == a.typed {
			a.pool.secrets.judge(a.passwordWanted(), word, succeeded)
		}
	}
	if !succeeded && (a.last != nil && !a.unsigned || a.lastLive || a.lastWord != "") {
		a.failures++
	}
}

// succeeded takes note of what let us in.
func (l *login) succeeded(ctx context.Context) {
	if l.current != nil {
		l.current.judge(true)
	}
	if len(l.said) > 0 {
		l.pool.log(ctx, journal.Message, l.st.slug, "the host says: "+strings.Join(l.said, " "))
	}
}

// tooMany decides how to go on after the server ended a connection for too many failures: again, or with what a person
// types, or not at all.
func (l *login) tooMany() (again bool, err error) {
	a := l.current
	if a == nil {
		return false, nil
	}
	a.settle(a.partial) // the last try was one of the failures
	l.most = max(a.failures, 1)
	password, err := a.known()
	switch {
	case err != nil || l.connections >= maxConnections+2*l.st.maxAsked:
		return false, err
	case password != "":
		l.passwordFirst = true
		return true, nil
	case l.connections < maxConnections && slices.ContainsFunc(a.keys, a.offerable):
		return true, nil
	case a.mayAnswer() && slices.Contains(a.offers, "keyboard-interactive"):
		return true, nil
	case a.mayAsk() && slices.Contains(a.offers, "password"):
		l.passwordFirst = true
		return false, &need{password: true}
	}
	return false, nil
}

func (a *attempt) mayAsk() bool { return a.st.person(a.session) != nil && a.asked < a.st.maxAsked }

// exhausted says what to do when nothing is left to try on this connection.
func (a *attempt) exhausted() error {
	switch {
	case a.left && a.connections < maxConnections:
		return errMoreKeys
	case a.mayAsk() && (slices.Contains(a.offers, "password") || a.passwordRefused()):
		return a.ask(&need{password: true})
	}
	return errLoginFailed
}
