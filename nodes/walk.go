package nodes

import (
	"context"
	"errors"
	"iter"
)

// Walk goes over a node and all below it: first the node, then its children, then their children, each in definition
// order. Nodes are made as they are reached, and arrays are not split into cells. A Walk can be gone over again and
// again; it never changes.
type Walk struct {
	start  *Place
	run    *Run // nil: outside of a run
	filter Filter
	prefer any // which cell to take of a node that is not isolated; nil: none
}

// Walk goes over the node and all below it.
func (n *Place) Walk() Walk { return Walk{start: n} }

// Walk goes over the node and all below it, in the same run.
func (e *Env) Walk() Walk { return Walk{start: e.place, run: e.run} }

// Filter leaves out nodes that f does not choose. What is below them is not left out.
func (w Walk) Filter(f Filter) Walk {
	if w.filter.match != nil {
		f = w.filter.And(f)
	}
	w.filter = f
	return w
}

// PreferIsolation takes, of nodes that are not isolated, the cell that key names as [Env.Cell] takes it, and leaves out
// those that have no such cell.
func (w Walk) PreferIsolation(key any) Walk {
	w.prefer = key
	return w
}

// All yields the nodes. A child that cannot be made gives its error in place of itself and what is below it; the others
// are not concerned.
func (w Walk) All() iter.Seq2[*Place, error] {
	return func(yield func(*Place, error) bool) {
		queue := []reached{{w.start, nil}}
		for len(queue) > 0 {
			next := queue[0]
			queue[0] = reached{} // the queue may be long, and keeps what it held
			queue = queue[1:]
			if next.err != nil {
				if !yield(nil, next.err) {
					return
				}
				continue
			}
			if chosen := w.choose(next.place); chosen != nil && !yield(chosen, nil) {
				return
			}
			for _, m := range next.place.template.members {
				if m.Child != nil {
					child, err := next.place.child(m)
					queue = append(queue, reached{child, err})
				}
			}
		}
	}
}

// reached is a node that a walk comes to, or why it is none.
type reached struct {
	place *Place
	err   error
}

// choose is the node that the walk yields for one that it reached, or nil.
func (w Walk) choose(n *Place) *Place {
	if !w.filter.Match(n) {
		return nil
	}
	if w.prefer == nil || n.isolated {
		return n
	}
	cell, err := n.CellOf(w.prefer)
	if err != nil || !cell.isolated {
		return nil
	}
	return cell
}

// Places yields the nodes that can be made.
func (w Walk) Places() iter.Seq[*Place] {
	return func(yield func(*Place) bool) {
		for n, err := range w.All() {
			if err == nil && !yield(n) {
				return
			}
		}
	}
}

// Envs yields the nodes that can be made, in the run. Outside of one there are none.
func (w Walk) Envs() iter.Seq[*Env] {
	return func(yield func(*Env) bool) {
		if w.run == nil {
			return
		}
		for n := range w.Places() {
			if !yield(w.run.Env(n)) {
				return
			}
		}
	}
}

// Len counts the nodes.
func (w Walk) Len() int {
	n := 0
	for range w.Places() {
		n++
	}
	return n
}

// Call runs an action of every node, one after the other; of those that are not isolated in all cells, in parallel. The
// result has a value for every cell, named by its path. A cell that fails stops no other: the errors are joined, in
// order. A node that has no such action is an error before anything runs.
func (w Walk) Call(ctx context.Context, action string, args Args) (*ParallelResult, error) {
	if w.run == nil {
		return nil, errors.New("a walk outside of a run can call nothing: walk from an Env")
	}
	var envs []*Env
	for env := range w.Envs() {
		a, err := env.Action(action)
		if err == nil {
			err = CheckArgs(a, args)
		}
		if err != nil {
			return nil, err
		}
		envs = append(envs, env)
	}
	result := &ParallelResult{ByPath: true}
	for _, env := range envs {
		if ctx.Err() != nil {
			return result, errors.Join(result.Err(), context.Cause(ctx))
		}
		v, err := env.Call(ctx, action, args)
		result.add(env, v, err)
	}
	return result, result.Err()
}

// add adds what an action of a node gave.
func (p *ParallelResult) add(env *Env, v any, err error) {
	if cells, ok := v.(*ParallelResult); ok && !env.place.isolated {
		p.Cells = append(p.Cells, cells.Cells...)
		p.Values = append(p.Values, cells.Values...)
		p.Errors = append(p.Errors, cells.Errors...)
		return
	}
	p.Cells, p.Values, p.Errors = append(p.Cells, env), append(p.Values, v), append(p.Errors, err)
}
