package nodes

import (
	"context"

	"deployer/internal/expr"
)

// Trace is how a query came to its value, in one cell.
type Trace struct {
	Env   *Env // the cell
	Name  string
	Query Query
	Steps []TraceStep // operands before their operators; what was not needed is not there
	Value any
	Err   error
}

// TraceStep is a part of a query and its value, or why it has none.
type TraceStep struct {
	Part  string
	Value any
	Err   error
}

// add notes a step. Without a trace it does nothing.
func (t *Trace) add(part expr.Expr, value any, err error) {
	if t != nil {
		t.Steps = append(t.Steps, TraceStep{part.String(), value, err})
	}
}

// TraceQuery evaluates a query as [Env.Query] does and tells how: one trace for every cell, in definition order. That
// the query fails is no error, it is in the traces.
func (e *Env) TraceQuery(ctx context.Context, name string) ([]*Trace, error) {
	m := e.place.template.Member(name)
	if m == nil || m.Query == nil {
		return nil, e.place.noName("query", name, e.place.names(func(m *Member) bool { return m.Query != nil }))
	}
	cells, err := e.Cells()
	if err != nil {
		return nil, err
	}
	traces := make([]*Trace, len(cells))
	for i, cell := range cells {
		t := &Trace{Env: cell, Name: name, Query: *m.Query}
		t.Value, t.Err = cell.read(ctx, name, func(ctx context.Context, env *Env) (any, error) {
			t.Steps = nil // of an evaluation that was tried before
			return t.Query.eval(ctx, env, name, t)
		})
		traces[i] = t
	}
	return traces, ctx.Err()
}
