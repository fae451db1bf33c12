package hosts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"deployer/internal/knownhosts"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// maxDrops is how many times a connection may be dropped before its login: sshd does that at random when many come at
// once (MaxStartups).
const maxDrops = 10

// dialling is the making of one connection, which may take several attempts.
type dialling struct {
	pool  *pool
	link  *link
	st    *settings
	login *login

	mu     sync.Mutex // guards what follows
	parked bool       // a person is waited for
	turn   bool       // the person is ours
	leave  func()     // gives back the place among the logins of the server
	place  bool       // it has a place among the working hosts, since it went on after a person was asked
	over   bool
	slowed bool // it is one of the slow ones, see dialling.slow

	talking sync.Mutex // held while a person answers what the server asks
}

// connect makes a connection and records that. Its errors are *Error.
func (p *pool) connect(ctx context.Context, l *link, o SSHOptions) (*sshConn, error) {
	if down := p.session().offline.of(o.Slug); down != nil {
		return nil, down
	}
	st, err := resolve(ctx, p.session(), &p.files, o)
	if err != nil {
		op := "connect to " + o.name()
		return nil, &Error{Fault: Unreachable, Host: o.Slug, Op: op, Err: err, Hint: configHint(err)}
	}
	p.warnOf(ctx, st)
	scope := ScopeOf(ctx)
	event := journal.Event{Kind: journal.ConnectStart, ID: p.session().Journal().NewID(), Parent: scope.Parent,
		Node: scope.Node, Host: st.slug, Address: st.address(), User: st.user}
	p.session().Journal().Write(event)
	begun := time.Now()

	d := &dialling{pool: p, link: l, st: st, login: newLogin(ctx, p, st)}
	conn, err := d.run(ctx)
	d.end()
	event.Kind, event.Seconds, event.State = journal.ConnectEnd, time.Since(begun).Seconds(), journal.Done
	if err != nil {
		failure := d.explain(ctx, err)
		failure.Offline = failure.Fault == Unreachable && (failure.Offline || cannotReach(err))
		if failure.Offline && p.session().opts.SkipOffline {
			p.session().offline.skip(failure)
		}
		failure.Seconds = event.Seconds
		event.State = failure.State()
		event.Error = &journal.Error{Kind: string(failure.Fault), Message: failure.Cause()}
		err = failure
	}
	p.session().Journal().Write(event)
	return conn, err
}

func configHint(err error) string {
	if strings.HasPrefix(err.Error(), "ssh_config: ") {
		return `config_filename = "none" leaves ssh_config out`
	}
	return ""
}

// run attempts to connect until it works, a person has given what is needed, or it is known not to work.
func (d *dialling) run(ctx context.Context) (*sshConn, error) {
	var drops drops
	for {
		conn, err := d.attempt(ctx)
		var needed *need
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &needed):
			if err := d.satisfy(ctx, needed); err != nil {
				return nil, err
			}
			drops.count = 0
		case isTooMany(err):
			if err := d.afterTooMany(ctx, err); err != nil {
				return nil, err
			}
		case errors.Is(err, errMoreKeys): // which exhausted limits
			d.login.connections++
		case drops.again(err, d.st.timeout):
			if err := sleep(ctx, 20*time.Millisecond+rand.N(280*time.Millisecond)); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// afterTooMany returns nil if the login goes on after the server refused so many tries.
func (d *dialling) afterTooMany(ctx context.Context, err error) error {
	again, wants := d.login.tooMany()
	var needed *need
	switch {
	case errors.As(wants, &needed):
		return d.satisfy(ctx, needed)
	case wants != nil:
		return wants
	case !again:
		return err
	}
	d.login.connections++
	return nil
}

// isTooMany recognises how sshd ends a connection after MaxAuthTries failures. x/crypto does not export its type.
func isTooMany(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "too many authentication failures")
}

// drops are the connections that were cut, one after the other, before their login.
type drops struct {
	count int
	first time.Time
}

// again counts a connection that failed, and reports whether it was dropped and to try again makes sense: maxDrops times
// within the time limit. A server that says that it has too many connections is tried until both are over, since this
// machine may be so busy itself that few attempts fit into the time.
func (d *drops) again(err error, limit time.Duration) bool {
	var cut *cutError
	var final *Error // of a jump host, which was tried often enough
	if !errors.As(err, &cut) || !cut.early || errors.As(err, &final) {
		return false
	}
	if d.count++; d.count == 1 {
		d.first = time.Now()
	}
	cut.times = d.count
	few, soon := d.count < maxDrops, time.Since(d.first) < limit
	if cut.overload() {
		return few || soon
	}
	return few && soon
}

// attempt makes one connection and logs in. Every phase has the host's time limit.
func (d *dialling) attempt(ctx context.Context) (*sshConn, error) {
	defer d.depart()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := &watchdog{limit: d.st.timeout, expire: cancel, slow: d.slow}
	defer watch.stop()

	watch.phase(phaseConnect)
	at, raw, via, err := d.open(ctx, watch)
	if err != nil {
		at.close()
		return nil, d.dropped(ctx, watch, nil, err)
	}
	c := &sshConn{pool: d.pool, settings: d.st, via: via, dead: make(chan struct{}), slots: &slots{limit: sessionsOnce},
		wire: &wire{Conn: raw, berth: at, ack: quickAck(raw), found: func() { watch.rename(phaseKeys) }}}
	watch.phase(phaseGreet)
	if err := d.handshake(ctx, c, watch); err != nil {
		if via != nil {
			d.pool.release(via)
		}
		return nil, causeOf(ctx, err)
	}
	d.login.succeeded(ctx)
	if d.st.forwardAgent {
		if err := c.forwardAgent(); err != nil {
			d.pool.log(ctx, journal.Warning, d.st.slug, err.Error())
		}
	}
	return c, nil
}

// causeOf prefers the reason for which ctx ended to the error that followed from it.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// sshd names the server for the limit on logins: the same address behind another jump host is another server.
func (d *dialling) sshd() string {
	var way []string
	for _, j := range d.st.jumps {
		way = append(way, j.String())
	}
	return strings.Join(append(way, d.st.proxyCommand, d.st.address()), " ")
}

// handshake agrees on keys, checks the host key and logs in. It returns when ctx ends, also where a callback or a
// frozen jump host holds x/crypto up; what it left then ends with the connection.
func (d *dialling) handshake(ctx context.Context, c *sshConn, watch *watchdog) error {
	config, err := d.config(ctx, c, watch)
	if err != nil {
		c.wire.Close()
		return err
	}
	done := make(chan error, 1)
	d.pool.tasks.Go(func() {
		growStack()
		conn, chans, requests, err := ssh.NewClientConn(c.wire, d.st.address(), config)
		if err == nil && ctx.Err() != nil {
			conn.Close()
			err = context.Cause(ctx)
		}
		if err == nil {
			c.wire.loggedIn()
			c.client = ssh.NewClient(conn, chans, requests)
		}
		done <- err
	})
	select {
	case err = <-done:
	case <-ctx.Done():
		d.pool.tasks.Go(func() { c.wire.Close() })
		settle(done)
		return context.Cause(ctx)
	}
	return d.dropped(ctx, watch, c, err)
}

// dropped makes a *cutError of an error which says that the connection was cut; c is nil before it was made.
func (d *dialling) dropped(ctx context.Context, watch *watchdog, c *sshConn, err error) error {
	switch {
	case err == nil || ctx.Err() != nil:
		return causeOf(ctx, err)
	case !isCut(err) && watch.doing() == phaseKeys:
		return fmt.Errorf("key exchange: %w", err)
	case !isCut(err):
		return err
	}
	cut := &cutError{err: err, when: whenCut[watch.doing()], early: !watch.verified()}
	if !cut.early && !d.login.started {
		cut.when = "before the login"
	}
	var proxy *proxyError
	switch {
	case errors.As(err, &proxy):
		cut.said = proxy.said
	case c == nil:
	case c.via != nil && c.via.wire.failed() != nil:
		cut.jump = c.via.settings.slug
	default:
		cut.said = c.wire.said()
	}
	return cut
}

// whenCut says when a connection was cut, by what was missing then.
var whenCut = map[string]string{
	phaseConnect: "at once",
	phaseGreet:   "before any greeting",
	phaseKeys:    "during the key exchange",
}

// config is what x/crypto needs to know for one attempt.
func (d *dialling) config(ctx context.Context, c *sshConn, watch *watchdog) (*ssh.ClientConfig, error) {
	check, algorithms, err := d.hostKeyCheck(ctx)
	if err != nil {
		return nil, err
	}
	a := &attempt{
		login: d.login, ctx: ctx, pause: watch.pause, heard: c.wire.read.Load, silence: -1, used: map[string]bool{},
		talk: func(q PasswordQuestion) (string, error) { return d.talk(ctx, q) },
	}
	return &ssh.ClientConfig{
		Config:            d.st.crypto,
		User:              d.st.user,
		HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if err := d.st.demands.refuse(key); err != nil {
				return err
			}
			if err := check(key); err != nil {
				return err
			}
			watch.phase(phaseLogin)
			watch.verify()
			return nil
		},
		AuthCallback: func(done *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			watch.phase(phaseLogin)
			if len(done.AllowedMethods) == 0 && c.wire.failed() != nil {
				return nil, nil // x/crypto then ends with the reason
			}
			method, err := a.next(done)
			if errors.Is(err, errLoginFailed) && c.wire.damaged() {
				err = errDamaged
			}
			return method, err
		},
		BannerCallback: func(text string) error {
			if a.started { // else it is for everybody
				a.hear(text)
			}
			return nil
		},
	}, nil
}

// explain turns what went wrong into an *Error.
func (d *dialling) explain(ctx context.Context, err error) *Error {
	var failure *Error
	var badKey *knownhosts.Error
	var timeout *timeoutError
	var lookup *net.DNSError
	var cut *cutError
	var algorithms *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &failure):
		return failure
	case ctx.Err() != nil:
		return d.st.fail(Interrupted, context.Cause(ctx), "")
	case errors.As(err, &badKey):
		return d.st.hostKeyFailure(badKey)
	case errors.Is(err, errLoginFailed), errors.Is(err, errMoreKeys), isTooMany(err):
		return d.login.failure()
	case errors.As(err, &timeout):
		return d.st.fail(Unreachable, timeout, timeout.hint())
	case errors.Is(err, syscall.ECONNREFUSED):
		return d.st.fail(Unreachable, errors.New("connection refused"),
			fmt.Sprintf("does sshd run there, and on port %d?", d.st.port))
	case errors.As(err, &lookup):
		return d.st.fail(Unreachable, fmt.Errorf("cannot look up %s: %s", lookup.Name, lookup.Err),
			"set address, or HostName in ssh_config")
	case errors.As(err, &cut) && cut.when != "":
		return d.st.fail(Unreachable, cut, cut.hint())
	case errors.As(err, &algorithms):
		return d.st.fail(Unreachable, disagreement(algorithms), "let its sshd_config allow one that is not out of date")
	case errors.Is(err, errDeclined):
		return d.st.fail(LoginFailed, err, "")
	case isForged(err):
		return d.st.fail(HostKey, errForged, "something on the way damages what passes, or pretends to be the host")
	case isDamage(err):
		return d.st.fail(Unreachable, damage(err), "")
	case d.login.started:
		return d.login.cutShort(err)
	}
	return d.st.fail(Unreachable, trimSSH(err), "")
}

// settle waits a moment for a handshake that was given up to notice that.
func settle(done <-chan error) {
	select {
	case <-done:
	case <-time.After(closeGrace): // a frozen jump host holds up what is written through it
	}
}

// hop is the last machine on the way to the host, as a host of its own. It takes the keys and the rules of the host,
// but not its password, which is nobody else's business.
func (st *settings) hop() SSHOptions {
	last := st.jumps[len(st.jumps)-1]
	o, no := st.options, false
	var before []string
	for _, j := range st.jumps[:len(st.jumps)-1] {
		before = append(before, j.String())
	}
	return SSHOptions{
		Slug: last.String(), Address: last.host, Port: last.port, Username: last.user,
		KeyFilename: o.KeyFilename, Key: o.Key, KeyPassword: o.KeyPassword, IdentitiesOnly: o.IdentitiesOnly,
		ConfigFilename: o.ConfigFilename, KnownHosts: slices.Clone(o.KnownHosts), HostKeys: o.HostKeys,
		Timeout: o.Timeout, Keepalive: o.Keepalive, Jump: strings.Join(before, ","), AgentForwarding: &no,
	}
}
