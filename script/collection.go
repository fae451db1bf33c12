package script

import (
	"strings"

	"go.starlark.net/starlark"

	"deployer/internal/nearest"
	"deployer/nodes"
)

// collection is what an action returns that ran in every cell of a node: a value for each cell, in definition order.
type collection struct {
	call   *call
	result *nodes.ParallelResult
	values starlark.Tuple // None where the cell failed
}

var (
	_ starlark.HasAttrs = (*collection)(nil)
	_ starlark.Mapping  = (*collection)(nil)
	_ starlark.Sequence = (*collection)(nil)
)

func newCollection(c *call, r *nodes.ParallelResult) (starlark.Value, error) {
	out := &collection{call: c, result: r}
	for _, v := range r.Values {
		one, err := fromGo(c, v)
		if err != nil {
			return nil, err
		}
		out.values = append(out.values, one)
	}
	return out, nil
}

func (r *collection) String() string {
	var parts []string
	for i, v := range r.values {
		parts = append(parts, r.result.Name(i)+": "+v.String())
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (r *collection) Type() string          { return "parallel_result" }
func (r *collection) Truth() starlark.Bool  { return len(r.values) > 0 }
func (r *collection) Freeze()               { r.values.Freeze() }
func (r *collection) Hash() (uint32, error) { return 0, wrong("a parallel result cannot be a key") }

// Len is the number of cells.
func (r *collection) Len() int { return len(r.values) }

// Iterate yields the values.
func (r *collection) Iterate() starlark.Iterator { return r.values.Iterate() }

// Get is result["web1"], result[0], result[host] and result[cell].
func (r *collection) Get(key starlark.Value) (starlark.Value, bool, error) {
	at := -1
	switch key := key.(type) {
	case starlark.Int:
		i, err := index(key, len(r.values), "there is no result")
		if err != nil {
			return nil, false, err
		}
		at = i
	case starlark.String:
		at = r.result.At(string(key))
	case slugged:
		at = r.result.At(key.slug())
	case *envValue:
		for i, cell := range r.result.Cells {
			if cell.Place().Is(key.env.Place()) {
				at = i
			}
		}
	default:
		return nil, false, wrong("a result is chosen by slug, number, host or cell, not by a %s", key.Type())
	}
	if at < 0 {
		word := strings.Trim(key.String(), `"`)
		err := plainError{nodes.Problem{Message: "there is no result of " + key.String()}}
		return nil, false, err.hint(nearest.Hint(word, r.result.Names()))
	}
	return r.values[at], true, nil
}

func (r *collection) AttrNames() []string { return []string{"errors", "items", "keys", "values"} }

func (r *collection) Attr(name string) (starlark.Value, error) {
	switch name {
	case "keys":
		return r.method(name, func(i int) starlark.Value { return r.cell(i) }), nil
	case "values":
		return r.method(name, func(i int) starlark.Value { return r.values[i] }), nil
	case "items":
		return r.method(name, func(i int) starlark.Value { return starlark.Tuple{r.cell(i), r.values[i]} }), nil
	case "errors":
		return r.errors()
	}
	return nil, noAttr("a parallel result", name, r.AttrNames())
}

func (r *collection) cell(i int) starlark.Value { return &envValue{r.call, r.result.Cells[i]} }

func (r *collection) method(name string, of func(int) starlark.Value) starlark.Value {
	return builtin(func(s site) (starlark.Value, error) {
		if err := s.complain(s.bind(name, nil)...); err != nil {
			return nil, err
		}
		var out []starlark.Value
		for i := range r.values {
			out = append(out, of(i))
		}
		return starlark.NewList(out), nil
	}).value(name)
}

// errors are the messages of the cells that failed, by slug.
func (r *collection) errors() (starlark.Value, error) {
	out := starlark.NewDict(0)
	for i, err := range r.result.Errors {
		if err == nil {
			continue
		}
		if err := out.SetKey(starlark.String(r.result.Name(i)), starlark.String(err.Error())); err != nil {
			return nil, err
		}
	}
	return out, nil
}
