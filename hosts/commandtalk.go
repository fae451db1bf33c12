package hosts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"deployer/internal/hostshell"
)

// ctrlC is the key.
const ctrlC = 0x03

// marked is called, from the goroutine that reads the marks, for every mark.
func (x *execution) marked(ctx context.Context, mark string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	mark, detail, _ := strings.Cut(mark, " ")
	x.marks[mark]++
	switch mark {
	case hostshell.MarkDirectory:
		x.noEntry = detail
	case hostshell.MarkLeader:
		x.leads(detail)
	case hostshell.MarkHistory:
		x.session.noHistory(ctx, x.handle.Slug(), detail)
	}
	if x.process == nil { // it could not be started after all
		return
	}
	switch {
	case mark == hostshell.MarkScript:
		x.overdue.Reset(x.session.beginLimit)
	case mark == hostshell.MarkPassword && x.marks[hostshell.MarkStarted] == 0:
		x.overdue.Stop()
		asked := x.marks[mark]
		x.tasks.Go(func() { x.answer(ctx, asked) })
	case mark == hostshell.MarkStarted && x.marks[mark] == 1:
		x.overdue.Stop()
		if p, ok := x.process.(guarded); ok {
			p.scriptRan()
		}
		if x.request.Sudo && x.marks[hostshell.MarkPassword] > 0 {
			x.session.sudo.confirm(x.account())
		}
		x.tasks.Go(func() { x.feed(ctx) })
		x.attach(ctx)
		x.streams()
	}
}

// leads notes who leads the session of the terminal, or gives it back to others who want to know.
func (x *execution) leads(leader string) {
	select {
	case x.leader <- leader:
	default: // it is known
	}
}

// streams gives up the place of a command that others hold open: they may run other commands meanwhile.
func (x *execution) streams() {
	if x.in != nil || x.out != nil {
		x.post.leave()
	}
}

// attach gives the command the person's terminal, or offers it to the person. It needs x.mu.
func (x *execution) attach(ctx context.Context) {
	if !x.request.Terminal {
		return
	}
	resize := func(size Size) { _ = x.process.Resize(size) }
	if x.scope.Parallel {
		keyboard := writerFunc(func(keys []byte) (int, error) {
			x.silence.heard()
			return x.process.Stdin().Write(keys)
		})
		withdraw := x.session.opts.Desk.Offer(x.id, keyboard, resize)
		x.detach = func() error { withdraw(); return nil }
		x.tasks.Go(func() { x.follow(ctx) })
		return
	}
	keyboard := writerFunc(func(keys []byte) (int, error) {
		if bytes.IndexByte(keys, ctrlC) >= 0 {
			x.ctrlC.Store(true)
		}
		return x.process.Stdin().Write(keys)
	})
	detach, err := x.session.opts.Terminal.Attach(keyboard, resize)
	if err != nil {
		x.fail(fmt.Errorf("take the terminal: %w", err))
		return
	}
	x.detach = detach
}

// answer gives sudo its password.
func (x *execution) answer(ctx context.Context, asked int) {
	x.silence.asking(true)
	password, err := x.session.sudo.password(ctx, x.session, x.account(), asked)
	x.silence.asking(false)
	if err == nil {
		_, err = io.WriteString(x.process.Stdin(), password+"\n")
	}
	if err != nil {
		if ctx.Err() == nil {
			x.fail(x.fault(Sudo, err, ""))
		}
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.marks[hostshell.MarkStarted] == 0 {
		x.overdue.Reset(x.session.beginLimit)
	}
}

func (x *execution) account() account {
	return account{host: x.handle.host, group: x.scope.Group}
}

// feed gives the command what it is to read: secrets first, then the input.
func (x *execution) feed(ctx context.Context) {
	var lines strings.Builder
	for _, i := range x.request.Secrets {
		value, err := x.session.Secrets().Reveal(ctx, x.handle.setup[i].Value)
		if err == nil && strings.ContainsRune(value, 0) {
			err = fmt.Errorf("the secret for %s contains a NUL byte, which no variable can hold", x.handle.setup[i].Variable)
		}
		if err != nil {
			x.fail(x.fault(Refused, err, ""))
			return
		}
		lines.WriteString(hostshell.SecretLine(value))
	}
	input, err := x.session.Secrets().Reveal(ctx, x.options.Input)
	if err != nil {
		x.fail(x.fault(Refused, err, ""))
		return
	}
	switch {
	case x.request.Input:
		lines.WriteString(hostshell.InputLine(input))
	case x.request.Terminal:
		lines.WriteString(input)
	}
	// An error means that the command has ended, and how it did says more.
	_, _ = io.WriteString(x.process.Stdin(), lines.String())
	x.silence.heard()
	if x.in != nil {
		defer context.AfterFunc(ctx, func() { x.in.Close() })() // ctx ends with the command
		_, _ = io.Copy(x.process.Stdin(), x.in)
		_ = x.process.Stdin().Close()
	}
}
