package hosts

import (
	"context"
	"io"
	"strings"
	"time"

	"deployer/internal/hostshell"
)

// A person who follows many hosts looks for those that wait for them. What a command printed last may look like a
// question or not: Linux knows whether the program in front reads its terminal. So the host of a command that has been
// silent on its terminal is asked, once in each silence, by a second command on the same connection. One that waits gives up
// its places for others, as where a password is asked for, but for good: it runs already.

const (
	readingAfter = 2 * time.Second  // of silence a host is asked
	readingLimit = 10 * time.Second // for the answer
	readingHosts = 16               // are asked at the same time
)

// follow tells the desk whether the command reads what is typed, until ctx ends.
func (x *execution) follow(ctx context.Context) {
	ctx = context.WithValue(ctx, postKey{}, (*post)(nil)) // it has no place to give up
	asked := int64(-1)
	timer := time.NewTimer(readingAfter)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		last, wait := x.silence.last.Load(), readingAfter
		switch rest := readingAfter - x.silence.silent(); {
		case last == asked:
		case rest > 0:
			wait = rest
		default:
			asked = last
			x.ask(ctx)
		}
		timer.Reset(wait)
	}
}

// ask asks the host, and tells the desk what it says.
func (x *execution) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	select {
	case leader := <-x.leader:
		x.leads(leader)
		since := time.Now()
		switch x.askFor(ctx, leader) {
		case "yes":
			x.session.opts.Desk.Reads(x.id, true, since)
			if !x.session.OneAtATime() { // else no other shall begin before this one is done
				x.post.rest()
			}
		case "no":
			x.session.opts.Desk.Reads(x.id, false, since)
		}
	default: // the host does not say who leads
	}
}

// askFor returns what the host says of the session of a leader. That it says nothing is no error: then the person sees
// what the command printed last.
func (x *execution) askFor(ctx context.Context, leader string) string {
	select {
	case x.session.reading <- struct{}{}:
		defer func() { <-x.session.reading }()
	case <-ctx.Done():
		return ""
	}
	var says strings.Builder
	c := Command{Line: hostshell.ReadsLine(leader), Stdout: &says, Stderr: io.Discard}
	p, err := x.handle.host.Start(ctx, x.session, c)
	if err != nil {
		return ""
	}
	defer context.AfterFunc(ctx, p.Abandon)()
	defer p.Stdin().Close()
	if exit, err := p.Wait(); err != nil || !exit.OK() {
		return ""
	}
	return says.String()
}
