package hosts

import (
	"context"
	"io"
	"strings"
	"time"

	"deployer/internal/hostshell"
)

// A person who follows many hosts looks for those that wait for them. What a command printed last may look like a
// question or not: Linux knows whether the program in front reads its terminal. So the host of a command that is silent on
// its terminal is asked by a second command on the same connection, and whenever the silence has lasted twice as long it
// is asked again: the program may have begun to read. One that waits gives up its places for others, as where a password
// is asked for, but for good: it runs already.

const (
	readingAfter = 2 * time.Second  // of silence a host is asked
	readingLimit = 10 * time.Second // for the answer
	readingHosts = 16               // are asked at the same time
)

// follow tells the desk whether the command reads what is typed, until ctx ends.
func (x *execution) follow(ctx context.Context) {
	ctx = context.WithValue(ctx, postKey{}, (*post)(nil)) // it has no place to give up
	silence, next, said := int64(-1), readingAfter, ""
	timer := time.NewTimer(readingAfter)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if last := x.silence.last.Load(); last != silence { // another one
			silence, next, said = last, readingAfter, ""
		}
		lasts := x.silence.silent()
		if lasts >= next && said != "yes" {
			said = x.ask(ctx, said)
			next = 2 * lasts
		}
		timer.Reset(min(readingAfter, max(next-lasts, readingAfter/4)))
	}
}

// ask asks the host, tells the desk what it says if that is not what it said before, and returns it.
func (x *execution) ask(ctx context.Context, before string) string {
	ctx, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	var leader string
	select {
	case leader = <-x.leader:
		x.leads(leader)
	default: // the host does not say who leads
		return before
	}
	since := time.Now()
	says := x.askFor(ctx, leader)
	if says == before {
		return says
	}
	switch says {
	case "yes":
		x.session.opts.Desk.Reads(x.id, true, since)
		if !x.session.OneAtATime() { // else no other shall begin before this one is done
			x.post.rest()
		}
	case "no":
		x.session.opts.Desk.Reads(x.id, false, since)
	}
	return says
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
