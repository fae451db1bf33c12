package hosts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// A code that was mistyped is asked for again, and so is the password then: either may have been wrong.
func TestInteractiveWrong(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"000000", "right", "123456"}}
	l := newLab(t, Options{Person: person})
	o := at("web", l.server(asking(passwordRound, codeRound)).Port())
	o.Password = "right"
	l.output(o, "true")
	var prompts []string
	for _, q := range person.asked {
		prompts = append(prompts, q.Prompt+" "+q.Failed)
	}
	want := []string{"Verification code: ", "Password: the server refused the answers", "Verification code: "}
	if !slices.Equal(prompts, want) {
		t.Errorf("asked %q, want %q", prompts, want)
	}
}

func TestInteractiveAlwaysWrong(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"1111", "2222", "3333", "4444"}}
	l := newLab(t, Options{Person: person})
	o := at("web", l.server(asking(codeRound)).Port())
	l.fails(o, LoginFailed, "login refused, tried: keyboard-interactive; the server takes keyboard-interactive")
	if len(person.asked) != 3 {
		t.Errorf("asked %d times, want 3", len(person.asked))
	}
}

// Without a person a question that the password does not answer says what it was.
func TestInteractiveAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := at("web", l.server(asking(passwordRound, codeRound)).Port())
	l.fails(o, LoginFailed, "the server takes keyboard-interactive", "set password, or run it where somebody can type it")
	o.Password = "right"
	l.fails(o, LoginFailed,
		`could not use: keyboard-interactive (the server asks "Verification code:", and nobody is here to answer)`,
		"run it where somebody can answer")
	both := asking(codeRound) // and the password by itself is enough
	both.Password = sshserver.IsPassword("right")
	o.Port = l.server(both).Port()
	l.output(o, "true")
}

func TestInteractiveNotAnswered(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{}})
	s := l.server(asking(codeRound))
	l.fails(at("web", s.Port()), LoginFailed,
		`the question "Verification code:" of the server was not answered: no answer`)
	l.eventually("disconnected", func() bool { return s.Connections() == 0 })
}

// What a server says is shown as text: it cannot speak to the terminal, nor fill it.
func TestInteractiveSpeaks(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"1"}}
	l := newLab(t, Options{Person: person})
	flood := strings.Repeat("line \u202e\n", 1) + strings.Repeat("x", 1000) + strings.Repeat("\nmore", 100)
	l.output(at("web", l.server(asking(round{
		name: "PAM\x1b[2J", instruction: "two\r\nsteps \x9b\n" + flood,
		prompts: []string{"first \x1b]0;x\a\nYour \x1b[31mchoice: "}, echo: []bool{true}, answers: []string{"1"},
	}, silentRound)).Port()), "true")
	q := person.asked[0]
	if q.Prompt != `Your \x1b[31mchoice:` || !q.Shown || !slices.Contains(q.Lines, `PAM\x1b[2J`) ||
		!slices.Contains(q.Lines, "two") || !slices.Contains(q.Lines, `steps \x9b`) ||
		!slices.Contains(q.Lines, `line \u202e`) || len(q.Lines) > maxSaid {
		t.Errorf("asked %+v", q)
	}
	for _, line := range q.Lines {
		if len(line) > maxChars+len("…") {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if all := l.events.Events(journal.Message); len(all) != 1 || all[0].Message != "the host says: PAM welcome" {
		t.Errorf("messages %+v", all)
	}
	if masked := l.session.Secrets().Mask("1"); masked != "1" {
		t.Errorf("an answer that may be seen is masked: %q", masked)
	}
}

func TestPasswordPrompts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prompt       string
		names, alone bool
	}{
		{"Password: ", true, true},
		{"deploy@web's password:", true, true},
		{"(me@code) Password for pin: ", true, true},
		{"LDAP Password:", true, true},
		{"Login: ", false, true},
		{"", false, true},
		{"One-time password (OATH) for `me': ", false, false},
		{"Verification code: ", false, false},
		{"Passcode or option (1-2): ", false, false},
		{"Enter PIN: ", false, false},
		{"New password: ", false, false},
		{"Retype new password: ", false, false},
		{"YubiKey for `me': ", false, false},
	} {
		if names, alone := namesPassword(c.prompt), asksPassword(c.prompt, true); names != c.names || alone != c.alone {
			t.Errorf("%q: names the password %v, alone it asks for it %v", c.prompt, names, alone)
		}
	}
}

// A server that asks waits for two minutes, and hosts may be many. So those whose turn has not come are not connected.
func TestInteractiveInTurn(t *testing.T) {
	t.Parallel()
	const many = 5
	servers := map[string]*sshserver.Server{}
	loggedIn := sync.Map{}
	var l *lab
	l = newLab(t, Options{Person: told{answer: func(_ context.Context, q PasswordQuestion) (string, error) {
		l.eventually("all others have gone", func() bool {
			open := 0
			for slug, s := range servers {
				if _, in := loggedIn.Load(slug); !in {
					open += s.Connections()
				}
			}
			return open == 1
		})
		loggedIn.Store(q.Hosts[0], true)
		return "123456", nil
	}}})
	var all []SSHOptions
	for i := range many {
		s := l.server(asking(codeRound))
		all = append(all, at(fmt.Sprintf("web%d", i), s.Port()))
		servers[all[i].Slug] = s
	}
	for _, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	for slug, s := range servers {
		if n := s.Accepted(); n > 2 {
			t.Errorf("%d connections to %s", n, slug)
		}
	}
}

// So do those that wait for one server, of which it lets few in at a time, and one that works meanwhile has a place.
func TestInteractiveManyOnOne(t *testing.T) {
	t.Parallel()
	var free SSHOptions
	var l *lab
	l = newLab(t, Options{Limit: 1, Person: told{answer: func(context.Context, PasswordQuestion) (string, error) {
		_, err := l.run(t.Context(), free, "true")
		return "123456", err
	}}})
	free = at("free", l.server(sshserver.Options{}).Port())
	for _, err := range l.runAll(t.Context(), atOnce(2*loginsOnce, l.server(asking(codeRound)).Port()), "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(l.session.work) != 0 {
		t.Errorf("%d places are still taken", len(l.session.work))
	}
}

// What the server waits for a person is its own business: what it says when it waits no longer.
func TestInteractiveNotWaitedFor(t *testing.T) {
	t.Parallel()
	var s *sshserver.Server
	l := newLab(t, Options{Person: told{answer: func(context.Context, PasswordQuestion) (string, error) {
		s.Cut()
		return "123456", nil
	}}})
	s = l.server(asking(codeRound))
	l.fails(at("web", s.Port()), Unreachable, "while logging in: ",
		"the server waits for answers no longer than its LoginGraceTime")
}

// A run that is cancelled at a question of a server leaves neither the question nor the connection.
func TestInteractiveCancelled(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: waitingPerson{make(chan string)}})
	s := l.server(asking(codeRound))
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := l.run(ctx, at("web", s.Port()), "true")
		ended <- err
	}()
	l.eventually("the question is put", func() bool { return len(l.events.Events(journal.Question)) == 1 })
	cancel(errors.New("stop it"))
	l.fault(<-ended, Interrupted, "stop it")
	l.eventually("disconnected", func() bool { return s.Connections() == 0 })
	l.eventually("another question may be put", func() bool {
		free := l.session.asking.try()
		if free {
			l.session.asking.give()
		}
		return free
	})
}
