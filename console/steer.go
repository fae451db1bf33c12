package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"deployer/pty"
)

// Steering is what a person can do about the hosts of a run, besides typing at their terminals.
type Steering struct {
	// Leave ends the run on a host, without its end there.
	Leave func(host string)
}

// Steer lets the person follow the live view of the screen by keys, until ctx ends or stop is called. stop waits until
// the terminal is as before, and returns what was typed that is not for the view.
func (p *Person) Steer(ctx context.Context, o Steering) (stop func() (typed []byte)) {
	if p.Desk() == nil {
		return func() []byte { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	t := &steering{person: p, screen: p.screen, options: o}
	go func() {
		defer close(done)
		for ctx.Err() == nil && t.watch(ctx) {
		}
	}()
	return func() []byte {
		cancel()
		<-done
		return t.typed
	}
}

// steering is what reads the keys of the live view.
type steering struct {
	person  *Person
	screen  *Screen
	options Steering

	keys     keyReader
	before   pty.Modes             // of the terminal, which it has while the program is stopped
	typed    []byte                // ahead: what is not for the view
	question func(context.Context) // that a key asked for
}

// following is how the terminal is while the view has the keys: Ctrl-C ends the run as ever, and Ctrl-Z is a key.
var following = pty.Modes{Signals: true, CRToNL: true, Output: true, NLToCRNL: true}

// watch reads keys until somebody else wants to, or one of them makes a question. It reports whether to go on.
func (t *steering) watch(ctx context.Context) bool {
	input, err := pty.NewInput(t.person.terminal)
	if err != nil {
		return false
	}
	defer input.Close()
	defer context.AfterFunc(ctx, input.Stop)()
	yield := func() {
		if !t.screen.tellQuestion() { // else the person is on the terminal of a host
			input.Stop()
		}
	}
	if !t.person.turns.lend(ctx, yield) {
		return false
	}
	err = t.follow(ctx, input)
	question := t.question
	t.question = nil
	t.person.turns.returned()
	if question != nil {
		question(ctx)
	}
	return err == nil || errors.Is(err, pty.ErrStopped)
}

// follow follows keys until others may read. Between its steps the terminal shows nothing of what is typed either.
func (t *steering) follow(ctx context.Context, input *pty.Input) error {
	before, err := pty.ModesOf(t.person.terminal)
	if err != nil {
		return err
	}
	t.before = before
	err = pty.SetModes(t.person.terminal, following)
	for then := t.read; err == nil && then != nil; {
		then, err = then(ctx, input)
	}
	return errors.Join(err, pty.SetModes(t.person.terminal, before))
}

// step is what follows the keys, and returns what does so next; nil: others may read.
type step func(context.Context, *pty.Input) (step, error)

// read follows the keys of the view.
func (t *steering) read(_ context.Context, input *pty.Input) (then step, err error) {
	restore, err := pty.Hold(t.person.terminal, following, t.screen.redraw)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, restore()) }()
	for {
		key, err := t.keys.next(input)
		if err != nil {
			return nil, err
		}
		letters := t.screen.lettersSteer()
		switch {
		case key == '\n' && (letters || len(t.typed) == 0) && t.screen.mayStepIn():
			return t.stepIn, nil
		case letters && key == 'a':
			t.question = t.answerAll
			return nil, nil
		case letters && key == 'x':
			t.question = t.leave
			return nil, nil
		case key == pty.CtrlZ:
			err = t.suspend()
		case letters && key == '?':
			err = t.screen.Say(viewKeys(t.screen.stderr.Layout()))
		case !t.choose(key, letters):
			t.typeAhead(key)
		}
		if err != nil {
			return nil, err
		}
	}
}

// suspend stops the program as Ctrl-Z does elsewhere: meanwhile the terminal is as it was before the run.
func (t *steering) suspend() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	t.screen.hide()
	if err := pty.SetModes(t.person.terminal, t.before); err != nil {
		return err
	}
	pty.Suspend(continued)
	err := pty.SetModes(t.person.terminal, following)
	t.screen.redraw()
	return err
}

// choose follows a key that chooses a host, and reports whether it was one, or one of no use.
func (t *steering) choose(key rune, letters bool) bool {
	switch {
	case key == keyDown, key == tab, letters && key == 'j':
		t.screen.choose(1)
	case key == keyUp, key == keyBackTab, letters && key == 'k':
		t.screen.choose(-1)
	case key == escapeKey && letters:
		t.screen.choose(0)
	case key == ctrlC: // typed before the terminal made a signal of it
		t.person.interrupt()
	case key < keyUp && !letters:
		return false
	}
	return true
}

// viewKeys is the help of the view.
func viewKeys(l Layout) string {
	return strings.TrimSpace(l.List("keys of the live view:", []Row{
		{Name: "Down, Up, Esc", Text: "choose a host, or none"},
		{Name: "Enter", Text: "step into the chosen host, or the first that waits for an answer; Ctrl-] leads back"},
		{Name: "a", Text: "give one answer to all that wait with the same question"},
		{Name: "x", Text: "leave the chosen host: what runs there is ended, and the others go on"},
		{Name: "Ctrl-Z", Text: "stop the program, not the hosts; fg leads back"},
		{Name: "Ctrl-C", Text: "end the run; once more does not wait for the hosts"},
	}))
}

// answerAll asks for one answer, and gives it to all hosts that wait with the same question as the chosen one, or as the
// first that waits.
func (t *steering) answerAll(ctx context.Context) {
	question, hosts := t.screen.sameQuestion()
	if len(hosts) == 0 {
		_ = t.screen.Say("no host waits for an answer") // fails as the next event will
		return
	}
	answer, err := t.person.ask(ctx, Question{
		Before: []string{fmt.Sprintf("%s asked: %s", List(hosts), question)},
		Text:   "answer of all: ", Hidden: secretive(question), Check: anything,
	})
	if err != nil {
		return // no answer is given to nobody
	}
	for _, keyboard := range t.screen.keyboards(hosts) {
		_, _ = io.WriteString(keyboard, answer+"\r") // a command that has ended needs no answer
	}
}

// secretive reports whether the answer to a question is not to be seen.
func secretive(question string) bool {
	question = strings.ToLower(question)
	for _, word := range []string{"passw", "passphrase", "passcode", "secret", "pin:"} {
		if strings.Contains(question, word) {
			return true
		}
	}
	return false
}

// leave ends the run on the host that is chosen.
func (t *steering) leave(ctx context.Context) {
	host := t.screen.chosen()
	if host == "" {
		_ = t.screen.Say("no host is chosen: Down and Up choose one") // fails as the next event will
		return
	}
	yes, err := t.person.Confirm(ctx, "leave "+host+", and end what runs there?")
	if yes && err == nil && t.options.Leave != nil {
		t.options.Leave(host)
	}
}
