package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// gatherPause is how long the first question for a password waits for other hosts that want the same one.
const gatherPause = 200 * time.Millisecond

// account is who wants a sudo password. The same password is taken for all hosts of one login and group.
type account struct {
	host  Host
	group string
}

type accountKey struct{ login, group string }

func (a account) key() accountKey { return accountKey{a.host.Login(), a.group} }

// passwords are the sudo passwords that a person typed in this session. They are kept in memory only.
type passwords struct {
	tasks  sync.WaitGroup // questions being asked
	mu     sync.Mutex
	shared map[accountKey]*typed
	own    map[string]*typed // by slug: of hosts where the shared one was wrong
}

// typed is an answer, or a question that is being asked.
type typed struct {
	done      chan struct{} // closed once the answer is there
	nobody    func()        // ends the question when nobody waits for it any more
	waits     int           // how many wait
	given     []string      // slugs of the hosts that it is for
	value     string
	err       error
	confirmed bool            // some host took it
	refused   map[string]bool // slugs of the hosts that did not
}

func newPasswords() *passwords {
	return &passwords{shared: map[accountKey]*typed{}, own: map[string]*typed{}}
}

// password finds the password for the time asked that sudo wants it: the first answer may be an option of the host,
// later ones come from a person.
func (p *passwords) password(ctx context.Context, s *Session, a account, asked int) (string, error) {
	given, found, err := p.option(ctx, s, a)
	if err != nil {
		return "", err
	}
	if found && asked == 1 {
		return given, nil
	}
	if s.opts.Person == nil {
		if found {
			return "", errors.New("the sudo password was refused: correct sudo_password (or password) of the host")
		}
		return "", errors.New("sudo wants a password and nobody is there to type it: set sudo_password or sudo_password_command of the host, or run at a terminal")
	}
	failed := ""
	if asked > 1 {
		failed = "sudo refused the password of " + a.host.Login()
	}
	return p.typed(ctx, s, a, failed)
}

// option returns the password that the host was defined with.
func (p *passwords) option(ctx context.Context, s *Session, a account) (string, bool, error) {
	common := a.host.Common()
	password := common.SudoPassword
	if login, ok := a.host.(interface{ LoginPassword() string }); ok && password == "" {
		password = login.LoginPassword()
	}
	if password != "" {
		value, err := s.Secrets().Reveal(ctx, password)
		s.Secrets().Add(value)
		return value, true, err
	}
	if len(common.SudoPasswordCommand) == 0 {
		return "", false, nil
	}
	value, err := localOutput(ctx, common.SudoPasswordCommand)
	s.Secrets().Add(value)
	return value, true, err
}

// localOutput runs a command of this machine and returns what it prints, without the last newline.
func localOutput(ctx context.Context, argv []string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// typed returns the password a person types. All hosts of an account that wait at this moment share one question; a
// host that refused what another took is asked for by itself.
func (p *passwords) typed(ctx context.Context, s *Session, a account, failed string) (string, error) {
	slug := a.host.Slug()
	p.mu.Lock()
	t := p.current(a, slug, failed != "")
	if t == nil {
		t = &typed{done: make(chan struct{}), refused: map[string]bool{}}
		asking, nobody := context.WithCancel(context.WithoutCancel(ctx))
		t.nobody = nobody
		if shared := p.shared[a.key()]; shared != nil && shared.confirmed {
			p.own[slug] = t
		} else {
			p.shared[a.key()] = t
		}
		p.tasks.Go(func() { p.ask(asking, s, a, t, failed) })
	}
	t.given = append(t.given, slug)
	t.waits++
	p.mu.Unlock()
	defer p.gone(t)

	at := postOf(ctx)
	at.rest()
	defer at.back()
	select {
	case <-t.done:
		return t.value, t.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// gone ends a question that nobody waits for.
func (p *passwords) gone(t *typed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.waits--; t.waits == 0 {
		t.nobody()
	}
}

// current returns the answer that counts for a host, or nil if there is none, or none that it has not refused.
func (p *passwords) current(a account, slug string, refused bool) *typed {
	t := p.own[slug]
	if t == nil {
		t = p.shared[a.key()]
	}
	if t == nil || t.refused[slug] {
		return nil
	}
	if refused && t.answered() && slices.Contains(t.given, slug) {
		t.refused[slug] = true
		return nil
	}
	return t
}

func (t *typed) answered() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// ask puts the question, in a goroutine of its own that ends with the answer or with ctx.
func (p *passwords) ask(ctx context.Context, s *Session, a account, t *typed, failed string) {
	select {
	case <-time.After(gatherPause):
	case <-ctx.Done():
	}
	value, err := p.put(ctx, s, a, t, failed)
	p.mu.Lock()
	defer p.mu.Unlock()
	t.value, t.err = value, err
	if err != nil && p.shared[a.key()] == t {
		delete(p.shared, a.key())
	}
	close(t.done)
}

// put asks the person when it is the turn of this question.
func (p *passwords) put(ctx context.Context, s *Session, a account, t *typed, failed string) (string, error) {
	if err := s.asking.take(ctx); err != nil {
		return "", err
	}
	defer s.asking.give()
	p.mu.Lock()
	waiting := slices.Sorted(slices.Values(t.given))
	q := PasswordQuestion{What: "sudo password", User: a.host.Login(), Hosts: waiting, Failed: failed}
	p.mu.Unlock()
	return s.pool.askSecret(ctx, s.opts.Person, q)
}

// confirm records that a host took its password.
func (p *passwords) confirm(a account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.shared[a.key()]; t != nil && slices.Contains(t.given, a.host.Slug()) {
		t.confirmed = true
	}
}
