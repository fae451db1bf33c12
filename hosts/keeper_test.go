package hosts

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"deployer/internal/sshserver"
)

// reopen closes the session of a lab and opens another one.
func (l *lab) reopen(o Options) {
	l.Helper()
	if err := l.session.Close(); err != nil {
		l.Error(err)
	}
	l.open(o)
}

// TestKeeper runs commands in one session after the other: on one connection, and with a password that was typed once.
func TestKeeper(t *testing.T) {
	t.Parallel()
	keep := NewKeeper()
	person := &typist{answers: []string{"right"}}
	l := newLab(t, Options{Keep: keep, Person: person})
	server := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	l.output(at("web", server.Port()), "true")
	made := server.Accepted()
	for range 2 {
		l.reopen(Options{Keep: keep, Person: person})
		l.output(at("web", server.Port()), "true")
	}
	if n := server.Accepted(); n != made || len(person.asked) != 1 {
		t.Errorf("%d more connections and %d questions in three sessions, want none and one", n-made, len(person.asked))
	}
	server.Cut()
	l.eventually("the connection is gone", func() bool {
		keep.pool.mu.Lock()
		defer keep.pool.mu.Unlock()
		return len(keep.pool.links) == 0
	})
	l.reopen(Options{Keep: keep, Person: person})
	l.output(at("web", server.Port()), "true")
	if n := server.Accepted(); n == made || len(person.asked) != 1 {
		t.Errorf("%d more connections and %d questions after a cut, want some and one", n-made, len(person.asked))
	}
	l.reopen(Options{Person: person})
	if err := keep.Close(); err != nil {
		t.Error(err)
	}
	if _, err := l.run(t.Context(), at("web", server.Port()), "true"); err == nil || len(person.asked) != 2 {
		t.Errorf("another keeper knows the password: %v after %d questions", err, len(person.asked))
	}
}

// TestKeeperEndsQuestions closes a session in which a person is being asked: nobody is asked any more then.
func TestKeeperEndsQuestions(t *testing.T) {
	t.Parallel()
	keep := NewKeeper()
	defer keep.Close()
	asked := make(chan struct{})
	var ended atomic.Bool
	wait := func(ctx context.Context) error {
		close(asked)
		<-ctx.Done()
		ended.Store(true)
		return ctx.Err()
	}
	l := newLab(t, Options{Keep: keep, Person: told{
		trust:  func(ctx context.Context, _ []NewKey) (bool, error) { return false, wait(ctx) },
		answer: func(ctx context.Context, _ PasswordQuestion) (string, error) { return "", wait(ctx) },
	}})
	o := at("web", l.server(sshserver.Options{Password: sshserver.IsPassword("right")}).Port())
	ctx, stop := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	session, host := l.session, l.host(o)
	go func() {
		_, err := session.Handle(host).Run(ctx, "true", RunOptions{})
		failed <- err
	}()
	<-asked
	why := errors.New("enough")
	stop(why)
	if err := <-failed; !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	l.reopen(Options{})
	if !ended.Load() {
		t.Error("the person is asked on behalf of a session that is closed")
	}
}
