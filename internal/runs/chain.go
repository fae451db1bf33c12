package runs

import (
	"deployer/journal"
)

// Chain is a run and those that go on with it: each but the first continues the one before it.
type Chain []*Run

// Chain returns the chain that a run belongs to, as far as there are journals of it.
func (s *Store) Chain(name string) (Chain, error) {
	newest, err := s.newest(name)
	if err != nil {
		return nil, err
	}
	var chain Chain
	for {
		run, err := newest.read()
		if err != nil {
			return nil, err
		}
		chain = append(Chain{run}, chain...)
		if run.Start.Continues == "" || run.Start.Continues >= run.Name { // names sort by time
			return chain, nil
		}
		before, err := s.exactly(run.Start.Continues)
		if err != nil {
			return nil, err
		}
		if before == nil {
			return chain, nil
		}
		newest = *before
	}
}

// exactly returns the journal of a run by its whole name; nil if it was removed.
func (s *Store) exactly(name string) (*kept, error) {
	all, err := s.all()
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.name == name {
			return &one, nil
		}
	}
	return nil, nil
}

// newest is the last run of the chain that a run belongs to.
func (s *Store) newest(name string) (kept, error) {
	last, err := s.find(name)
	if err != nil {
		return kept{}, err
	}
	all, err := s.all()
	if err != nil {
		return kept{}, err
	}
	for i := len(all) - 1; i >= 0; i-- { // the oldest first
		if all[i].name <= last.name {
			continue
		}
		if start, err := all[i].start(); err == nil && start.Continues == last.name {
			last = all[i]
		}
	}
	return last, nil
}

// Last is the newest run of the chain.
func (c Chain) Last() *Run { return c[len(c)-1] }

// Hosts is how every host stands after all runs of the chain. What has not begun in a run stands as it did before.
func (c Chain) Hosts() []Host {
	var all []Host
	index := map[string]int{}
	for _, run := range c {
		for _, h := range run.Hosts {
			at, known := index[h.Slug]
			switch {
			case !known:
				index[h.Slug] = len(all)
				all = append(all, h)
			case h.State != journal.NotBegun && h.State != journal.Unused:
				all[at] = h
			}
		}
	}
	return all
}

// Left are the hosts on which the action has not succeeded: all of the last run, if it failed and no host is to blame.
func (c Chain) Left() []Host {
	done := c.Last().State() == journal.Done
	return c.those(func(s journal.State) bool { return !succeeded(s) && !(done && s == journal.Unused) })
}

// Failed are the hosts of which it is known that the action failed there: all of the last run, if it failed and no host
// is to blame.
func (c Chain) Failed() []Host {
	return c.those(failed)
}

func (c Chain) those(wanted func(journal.State) bool) []Host {
	var some, open []Host
	for _, h := range c.Hosts() {
		if wanted(h.State) {
			some = append(some, h)
		}
		if !succeeded(h.State) && h.State != journal.Unused {
			open = append(open, h)
		}
	}
	if len(open) == 0 && len(some) == 0 && c.Last().Status == Ended && c.Last().State() != journal.Done {
		return c.Last().Hosts
	}
	return some
}
