package runs

import (
	"slices"

	"deployer/journal"
)

// Chain is a run and those that go on with it: each but the first continues the one before it.
type Chain []*Run

// Chain returns the chain that a run belongs to, as far as there are journals of it.
func (s *Store) Chain(name string) (Chain, error) {
	at, err := s.find(name)
	if err != nil {
		return nil, err
	}
	all, err := s.all()
	if err != nil {
		return nil, err
	}
	byName, next, before := map[string]kept{}, map[string]string{}, map[string]string{}
	for _, one := range all {
		byName[one.name] = one
		start, err := one.start()
		if err != nil || start.Continues == "" {
			continue
		}
		before[one.name] = start.Continues
		if next[start.Continues] == "" { // of several the newest, which comes first
			next[start.Continues] = one.name
		}
	}
	line := append(follow(before, at.name), at.name)
	slices.Reverse(line[:len(line)-1])
	line = append(line, follow(next, at.name)...)
	return chainOf(line, byName)
}

// follow is where the steps lead to from a name, without turning in circles.
func follow(step map[string]string, from string) []string {
	seen := map[string]bool{from: true}
	var line []string
	for at := step[from]; at != "" && !seen[at]; at = step[at] {
		seen[at] = true
		line = append(line, at)
	}
	return line
}

// chainOf reads the runs of a line of which there are journals.
func chainOf(line []string, byName map[string]kept) (Chain, error) {
	var chain Chain
	for _, name := range line {
		one, there := byName[name]
		if !there {
			continue // its journal was removed
		}
		run, err := one.read()
		if err != nil {
			return nil, err
		}
		chain = append(chain, run)
	}
	return chain, nil
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

// Split tells the hosts that an action is to be run on again from those that it must not reach then. All that it used and
// that is not asked for is left out; but what cells use beside their own hosts is needed again, and so are the hosts of
// the node itself, if the action is one piece and none of them is asked for.
func (c Chain) Split(wanted []Host) (again, leftOut []Host) {
	targets := map[string]bool{}
	for _, run := range c {
		for _, slug := range run.Start.Targets {
			targets[slug] = true
		}
	}
	isTarget := func(h Host) bool { return targets[h.Slug] }
	elsewhere := len(wanted) > 0 && !slices.ContainsFunc(wanted, isTarget)
	for _, h := range c.Hosts() {
		switch {
		case slices.ContainsFunc(wanted, func(one Host) bool { return one.Slug == h.Slug }), elsewhere && isTarget(h):
			again = append(again, h)
		case isTarget(h) || !c.Last().InCells:
			leftOut = append(leftOut, h)
		}
	}
	return again, leftOut
}

// Left are the hosts on which the action has not succeeded: all of the last run, if it failed and no host is to blame.
func (c Chain) Left() []Host {
	return c.those(func(s journal.State) bool { return !Succeeded(s) && s != journal.Unused })
}

// Failed are the hosts of which it is known that the action failed there: all of the last run, if it failed and no host
// is to blame.
func (c Chain) Failed() []Host {
	return c.those(failed)
}

func (c Chain) those(wanted func(journal.State) bool) []Host {
	var some []Host
	blame := false
	for _, h := range c.Hosts() {
		if wanted(h.State) {
			some = append(some, h)
		}
		blame = blame || !Succeeded(h.State) && h.State != journal.Unused
	}
	if last := c.Last(); !blame && last.Status == Ended && last.State() != journal.Done {
		return last.Hosts
	}
	return some
}
