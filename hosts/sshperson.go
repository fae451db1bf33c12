package hosts

import (
	"context"
	"errors"
	"fmt"

	"deployer/internal/knownhosts"
	"deployer/internal/sshkeys"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// What a connection needs from a person, and from known_hosts before that.

// person returns who can be asked, or nil.
func (st *settings) person(s *Session) Person {
	if st.batch {
		return nil
	}
	return s.opts.Person
}

// nobody says why nobody can be asked to do something.
func (st *settings) nobody(what string) string {
	if st.batch {
		return "BatchMode leaves nobody to " + what
	}
	return "nobody is here to " + what
}

// rest gives up the places of all who wait for this connection, while a person is asked.
func (d *dialling) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over || d.parked {
		return
	}
	d.parked = true
	d.pool.park(d.link)
	if d.place {
		d.place = false
		d.pool.session().leave()
	}
}

// slow gives up the places of all who wait for a connection that is slow in coming: many hosts that are down would keep
// all others from their turn. It does not do so without end, since it may be this machine that is slow.
func (d *dialling) slow() {
	d.mu.Lock()
	most := manySlow * d.pool.session().opts.Limit
	gives := !d.over && !d.slowed && int(d.pool.slow.Load()) < most
	if gives {
		d.slowed = true
		d.pool.slow.Add(1)
	}
	d.mu.Unlock()
	if gives {
		d.rest()
	}
}

// manySlow is how many slow connections there may be whose hosts have given up their places, for each of these places.
const manySlow = 4

// resume waits for a place of its own: those who wait take theirs again when the connection is made.
func (d *dialling) resume(ctx context.Context) {
	placed := d.pool.session().place(ctx) == nil // else ctx has ended, and so does all this
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over || !d.parked {
		if placed {
			d.pool.session().leave()
		}
		return
	}
	d.parked, d.place = false, placed
	d.pool.unpark(d.link)
}

// end gives back what rest and resume took.
func (d *dialling) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.slowed {
		d.pool.slow.Add(-1)
	}
	if d.parked {
		d.pool.unpark(d.link)
	}
	if d.place {
		d.pool.session().leave()
	}
}

// satisfy asks for what is needed.
func (d *dialling) satisfy(ctx context.Context, n *need) error {
	d.rest()
	if n.turn { // it rests until the login is over, so that nobody waits for a place who has the turn
		d.login.live = true
		return nil
	}
	defer d.resume(ctx)
	switch {
	case n.trust != nil:
		return d.askTrust(ctx, n.trust)
	case n.password:
		return d.askPassword(ctx)
	}
	return d.askPassphrase(ctx, n.passphrase)
}

// takeTurn waits until the person is free.
func (d *dialling) takeTurn(ctx context.Context) error {
	d.rest()
	if err := d.pool.session().asking.take(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn = true
	return nil
}

// giveTurn ends the turn with the attempt that it was for, and not before a question has ended that is withdrawn.
func (d *dialling) giveTurn() {
	d.talking.Lock()
	defer d.talking.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.turn {
		d.turn = false
		d.pool.session().asking.give()
	}
}

// talk asks what the server wants to know while it waits for the answer. Where the person is busy, the connection ends,
// and is made again when its turn has come.
func (d *dialling) talk(ctx context.Context, q PasswordQuestion) (string, error) {
	d.talking.Lock()
	defer d.talking.Unlock()
	d.mu.Lock()
	if !d.turn && ctx.Err() == nil {
		d.turn = d.pool.session().asking.try()
	}
	mine := d.turn
	d.mu.Unlock()
	if !mine {
		return "", &need{turn: true}
	}
	d.rest()
	return d.pool.askSecret(ctx, d.pool.session().opts.Person, q)
}

func (d *dialling) askTrust(ctx context.Context, key ssh.PublicKey) error {
	at := d.st.place()
	shown := NewKey{Host: d.st.slug, Address: at.Names[0], Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
	trusted := func() bool { return d.pool.trusted.has(d.st.trustedKey(key)) }
	yes, err := d.pool.trust.ask(ctx, trustQuestion{shown, trusted})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil || !yes {
		return d.st.untrusted(key, err)
	}
	return d.remember(ctx, key)
}

// remember adds a key to known_hosts. Where that cannot be written the key is good for this session.
func (d *dialling) remember(ctx context.Context, key ssh.PublicKey) error {
	at := d.st.place()
	err := knownhosts.Add(d.st.ownKnown(), at, d.st.hashNames, key)
	d.pool.known.Forget()
	var changed *knownhosts.Error
	if errors.As(err, &changed) {
		return err
	}
	d.pool.trusted.add(d.st.trustedKey(key))
	if err != nil {
		d.pool.log(ctx, journal.Warning, d.st.slug,
			fmt.Sprintf("the host key of %s could not be remembered: %v", at.Names[0], err))
	}
	return nil
}

func (d *dialling) askPassword(ctx context.Context) error {
	l := d.login
	l.asked++
	typed, err := d.pool.secrets.get(ctx, l.passwordWanted(), l.passwordQuestion())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return d.st.fail(LoginFailed, fmt.Errorf("no password was given: %w", err), "")
	}
	l.typed = typed
	delete(l.wrong, typed) // where it is the same again, it is for the server to refuse it again
	return nil
}

// askPassphrase unlocks a key. Without the passphrase the login goes on without that key.
func (d *dialling) askPassphrase(ctx context.Context, k *sshkeys.Locked) error {
	q := secretQuestion{host: d.st.slug, refused: map[string]bool{}, since: d.login.begun}
	w := wanted{"passphrase\x00" + string(k.ID[:]), "passphrase of " + k.Name, ""}
	for range d.st.maxAsked {
		passphrase, err := d.pool.secrets.get(ctx, w, q)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errDeclined) {
			break
		}
		if err != nil {
			return d.st.fail(LoginFailed, fmt.Errorf("no passphrase of %s was given: %w", k.Name, err), "")
		}
		_, err = d.pool.keys.Open(k, passphrase)
		d.pool.secrets.judge(w, passphrase, err == nil)
		if err == nil {
			d.addToAgent(ctx, k, passphrase)
			return nil
		}
		q.refused = map[string]bool{passphrase: true}
		q.failed = "that is not its passphrase"
	}
	d.login.skipped[k.ID] = true
	d.login.leftOut(k.Name + " (encrypted, and its passphrase was not given)")
	return nil
}

// hostKeyCheck returns what judges a host key, and the algorithms that it can judge best.
func (d *dialling) hostKeyCheck(ctx context.Context) (check func(ssh.PublicKey) error, algorithms []string, err error) {
	st := d.st
	if st.pin != nil {
		return d.checkPin, st.kinds.of(st.pin), nil
	}
	all, err := d.pool.known.Read(st.knownHosts)
	if err != nil {
		return nil, nil, st.unreadable(err)
	}
	known := all.At(st.place(), st.demands.signing)
	check = func(key ssh.PublicKey) error {
		err := known.Judge(key)
		var bad *knownhosts.Error
		if !errors.As(err, &bad) || bad.Verdict != knownhosts.ErrUnknown {
			return err
		}
		return d.unknown(ctx, bad)
	}
	return check, st.kinds.order(known), nil
}

func (d *dialling) checkPin(key ssh.PublicKey) error {
	if sshkeys.Same(key, d.st.pin) {
		return nil
	}
	return &knownhosts.Error{Verdict: knownhosts.ErrChanged, Key: key}
}

// unknown decides on a key that known_hosts does not know.
func (d *dialling) unknown(ctx context.Context, bad *knownhosts.Error) error {
	st, at := d.st, d.st.place()
	switch {
	case d.pool.trusted.has(st.trustedKey(bad.Key)):
		return nil
	case st.trust == trustNew:
		d.accepting(ctx, at, bad.Key)
		return d.remember(ctx, bad.Key)
	case st.trust == trustAsk && st.person(d.pool.session()) != nil:
		return &need{trust: bad.Key}
	}
	return bad
}

// accepting says that a new key is accepted without asking.
func (d *dialling) accepting(ctx context.Context, at knownhosts.Place, key ssh.PublicKey) {
	d.pool.log(ctx, journal.Message, d.st.slug, fmt.Sprintf("new host key of %s: %s", at.Names[0], sshkeys.Shown(key)))
	if d.st.loose != "" {
		d.pool.loose.Do(func() {
			d.pool.log(ctx, journal.Warning, "", "StrictHostKeyChecking "+d.st.loose+
				" counts as accept-new: new host keys are remembered, changed ones refused")
		})
	}
}
