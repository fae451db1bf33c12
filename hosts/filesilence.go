package hosts

import (
	"context"
	"time"

	"deployer/files"
	"deployer/journal"
)

// quiet watches over a use of the files of a host. It begins and ends with that.
func (s *Session) quiet(ctx context.Context, at *post, h *SSH) *silence {
	scope := ScopeOf(ctx)
	return &silence{
		session: s, post: at, limit: s.silenceLimit(h.Common().Silence), begun: time.Now(),
		about: journal.Event{Parent: scope.Parent, Node: scope.Node, Host: h.Slug(), Parallel: scope.Parallel},
	}
}

// answering returns a function that reports whether a server has answered something since it was called last. One that was
// asked nothing is not silent either.
func answering(client *files.SFTPClient) (came func() bool) {
	before, _ := client.Answered()
	return func() bool {
		answered, underWay := client.Answered()
		something := answered != before || underWay == 0
		before = answered
		return something
	}
}
