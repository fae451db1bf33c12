package nodes

import (
	"cmp"
	"context"
	"errors"
	"reflect"
)

// Array is a child that has a cell for every host of its role "host". T embeds [Node]. Without a tag roles all hosts of
// the node above are in that role.
//
// All cells share the one value Cell: which of them is meant travels in the context. So methods of Cell are called with
// the context that Each or At gives; with any other, Cell is the array as a whole, of which Host fails.
type Array[T any] struct {
	Cell T
}

// JustOne is a child for exactly one host, the only one in its role "host". T embeds [Node]. Methods of Cell can be
// called as those of any other child.
type JustOne[T any] struct {
	Cell T
}

// nested is implemented by how parallel nodes nest in normal ones.
type nested interface {
	nested() (cell any, kind Kind)
}

func (a *Array[T]) nested() (any, Kind)   { return &a.Cell, KindArray }
func (o *JustOne[T]) nested() (any, Kind) { return &o.Cell, KindJustOne }

// Each calls do for every cell of the array, in parallel. An error of one stops no other; the error joins them all. In a
// context that is in a cell already, it is called for this one alone.
func (a *Array[T]) Each(ctx context.Context, do func(ctx context.Context, cell *T) error) error {
	_, err := Collect(ctx, a, func(ctx context.Context, cell *T) (struct{}, error) { return struct{}{}, do(ctx, cell) })
	return err
}

// Collect is [Array.Each] with results, in the order of the cells.
func Collect[T, R any](ctx context.Context, a *Array[T], do func(ctx context.Context, cell *T) (R, error)) ([]R, error) {
	env, err := a.env(ctx)
	if err != nil {
		return nil, err
	}
	cells, err := env.Cells()
	if err != nil {
		return nil, err
	}
	if len(cells) == 0 {
		env.Empty(ctx)
	}
	results := make([]R, len(cells))
	errs := env.each(ctx, nil, cells, func(ctx context.Context, i int) error {
		ctx = cells[i].enter(ctx)
		cell, err := cellOf(ctx, cells[i], a)
		if err == nil {
			results[i], err = do(ctx, cell)
		}
		return cells[i].failure(ctx, err)
	})
	return results, joined(errs)
}

// At calls do for one cell: by slug, by number from 0, or by host.
func (a *Array[T]) At(ctx context.Context, key any, do func(ctx context.Context, cell *T) error) error {
	env, err := a.env(ctx)
	if err != nil {
		return err
	}
	if h, ok := key.(Host); ok {
		if h.handle == nil {
			return cmp.Or(h.err, errNoHost)
		}
		key = h.handle.Host()
	}
	cell, err := env.Cell(key)
	if err != nil {
		return err
	}
	ctx = cell.enter(ctx)
	self, err := cellOf(ctx, cell, a)
	if err != nil {
		return err
	}
	return do(ctx, self)
}

// cellOf is the struct of a cell: the one of the array, or in a derived tree one that was made for the cell.
func cellOf[T any](ctx context.Context, cell *Env, a *Array[T]) (*T, error) {
	if cell.place.template.self == any(&a.Cell) {
		return &a.Cell, nil
	}
	self, err := cell.receiver(ctx)
	if err != nil {
		return nil, err
	}
	return any(self).(*T), nil
}

var errNoHost = errors.New("the nodes.Host is none: it comes from no node")

func (a *Array[T]) env(ctx context.Context) (*Env, error) {
	cell, ok := any(&a.Cell).(Embedder)
	if !ok {
		return nil, errNotNode(reflect.TypeFor[T]())
	}
	return EnvOf(ctx, cell)
}

// enter returns the context of what a Go program does at a node, without calling an action of it.
func (e *Env) enter(ctx context.Context) context.Context {
	return withFrame(e.scoped(ctx), frame{env: e, action: frameOf(ctx).action})
}

// failure says of an error where it happened, as errors of actions do.
func (e *Env) failure(ctx context.Context, err error) error {
	var told *ActionError
	if err == nil || errors.As(err, &told) {
		return err
	}
	action, state := frameOf(ctx).action, stateIn(ctx, err)
	return &ActionError{Node: e.place.Path(), Action: action, Host: e.cellSlug(), State: state, Err: err}
}

// errNotNode says that a type cannot be what it should.
func errNotNode(t reflect.Type) error {
	return Problem{Message: t.String() + " does not embed nodes.Node", Hint: "embed it, by value, in a struct"}
}
