package sshserver

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// endWithin is how long [Server.Close] waits for processes it has killed.
const endWithin = 10 * time.Second

// processes are the sessions of processes that a server started and that may have members left.
type processes struct {
	mu      sync.Mutex
	closed  bool
	leaders map[int]*process // by number, which is also that of the session
}

// A member is a process of this machine.
type member struct{ pid, parent, session int }

func newProcesses() *processes { return &processes{leaders: make(map[int]*process)} }

// start starts a process by start, unless everything is being ended.
func (ps *processes) start(p *process, start func() error) error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return errors.New("ssh server: closed")
	}
	if err := start(); err != nil {
		return err
	}
	ps.leaders[p.cmd.Process.Pid] = p
	return nil
}

// ended forgets a process that has ended, unless others of its session go on. While they do, the system does not
// use the number of the session again.
func (ps *processes) ended(p *process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return
	}
	all, err := snapshot()
	if err == nil && len(ps.family(all)[p.cmd.Process.Pid]) == 0 {
		delete(ps.leaders, p.cmd.Process.Pid)
	}
}

// end kills all members of all sessions and their descendants, and returns once they are gone.
func (ps *processes) end() error {
	ps.mu.Lock()
	ps.closed = true
	defer ps.mu.Unlock()
	for deadline := time.Now().Add(endWithin); ; time.Sleep(2 * time.Millisecond) {
		left, err := ps.kill()
		if err != nil || left == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("ssh server: %d processes do not end %s after they were killed", left, endWithin)
		}
	}
}

// kill kills all that can be seen now, and returns how many it killed.
func (ps *processes) kill() (left int, err error) {
	if len(ps.leaders) == 0 {
		return 0, nil
	}
	all, err := snapshot()
	if err != nil {
		return 0, err
	}
	var refused []error
	for _, members := range ps.family(all) {
		for _, m := range members {
			switch err := syscall.Kill(m.pid, syscall.SIGKILL); {
			case err == nil:
				left++
			case !errors.Is(err, syscall.ESRCH):
				refused = append(refused, fmt.Errorf("ssh server: ending process %d: %w", m.pid, err))
			}
		}
	}
	return left, errors.Join(refused...)
}

// family returns those among all that are of a session started here or descend from one of its members, by session.
func (ps *processes) family(all []member) map[int][]member {
	ours := ps.sessions(all)
	of := make(map[int]int) // the session of ours to which a process belongs
	for grown := true; grown; {
		grown = false
		for _, m := range all {
			if _, known := of[m.pid]; known {
				continue
			}
			if leader, ok := ours.of(m, of); ok {
				of[m.pid], grown = leader, true
			}
		}
	}
	families := make(map[int][]member)
	for _, m := range all {
		if leader, ok := of[m.pid]; ok {
			families[leader] = append(families[leader], m)
		}
	}
	return families
}

// sessions returns those of the sessions started here that can still be ours. Once the leader has ended and a process
// has its number, that process began a session of its own under it.
func (ps *processes) sessions(all []member) sessionSet {
	ours := make(sessionSet, len(ps.leaders))
	for pid := range ps.leaders {
		ours[pid] = true
	}
	for _, m := range all {
		if p := ps.leaders[m.pid]; p != nil && p.isReaped() {
			delete(ours, m.pid)
		}
	}
	return ours
}

type sessionSet map[int]bool

// of says to which session a process belongs: its own, or the one of its parent.
func (ours sessionSet) of(m member, known map[int]int) (session int, ok bool) {
	if ours[m.session] {
		return m.session, true
	}
	session, ok = known[m.parent]
	return session, ok
}

func (p *process) isReaped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reaped
}
