package script

import (
	"errors"
	"fmt"
	"math/big"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"deployer/hosts"
	"deployer/nodes"
)

// value is a value of a script on its way through the nodes layer.
type value struct{ v starlark.Value }

var (
	_ nodes.Plainer    = value{}
	_ nodes.Unknowable = value{}
)

// String is for messages and logs. It asks nothing of a value that is not known.
func (v value) String() string {
	if _, unknown := v.v.(*noValue); unknown {
		return "unknown"
	}
	return v.v.String()
}

// Unknown implements nodes.Unknowable.
func (v value) Unknown() error {
	if unknown, ok := v.v.(*noValue); ok {
		return unknown.err
	}
	return nil
}

// Plain implements nodes.Plainer.
func (v value) Plain() (any, error) { return plain(v.v, 0) }

// maxNesting is how deep lists and dicts may be nested to be shown. It also ends those that contain themselves.
const maxNesting = 100

var errNesting = errors.New("the value is nested too deeply to be shown, or contains itself")

func plain(v starlark.Value, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.String:
		return string(v), nil
	case starlark.Bytes:
		return []byte(v), nil
	case starlark.Bool:
		return bool(v), nil
	case starlark.Int:
		return plainInt(v), nil
	case starlark.Float:
		return float64(v), nil
	case *starlark.Dict:
		return plainDict(v.Items(), depth)
	case *starlarkstruct.Struct:
		return plainStruct(v, depth)
	case *starlark.List, starlark.Tuple, *starlark.Set:
		return plainList(v.(starlark.Iterable), depth)
	case *noValue:
		return plainUnknown(v)
	case *handle:
		return v.h, nil
	case *hostValue:
		return v.h.Slug(), nil
	case *hostSet:
		return plainSet(v), nil
	case *envValue:
		return v.env, nil
	case *collection:
		return v.result, nil
	case *failure:
		return v.String(), nil
	}
	return nil, fmt.Errorf("a result of the type %s cannot be shown: return a string, a number, a list, a dict or a struct",
		v.Type())
}

// plainUnknown shows nothing for the output of a command that was not run.
func plainUnknown(n *noValue) (any, error) {
	var unknown *nodes.UnknownError
	if errors.As(n.err, &unknown) {
		return nil, nil
	}
	return nil, n.err
}

func plainInt(i starlark.Int) any {
	if n, ok := i.Int64(); ok {
		return n
	}
	return new(big.Int).Set(i.BigInt())
}

func plainList(list starlark.Iterable, depth int) (any, error) {
	out := []any{}
	for one := range starlark.Elements(list) {
		v, err := plain(one, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func plainDict(items []starlark.Tuple, depth int) (any, error) {
	out := nodes.Dict{}
	for _, item := range items {
		k, err := plain(item[0], depth+1)
		if err != nil {
			return nil, err
		}
		v, err := plain(item[1], depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, nodes.Entry{Key: k, Value: v})
	}
	return out, nil
}

func plainStruct(s *starlarkstruct.Struct, depth int) (any, error) {
	var items []starlark.Tuple
	for _, name := range s.AttrNames() {
		v, err := s.Attr(name)
		if err != nil {
			return nil, err
		}
		items = append(items, starlark.Tuple{starlark.String(name), v})
	}
	return plainDict(items, depth)
}

func plainSet(s *hostSet) any {
	out := []any{}
	for _, h := range s.set.Handles() {
		out = append(out, h)
	}
	return out
}

// fromGo is a value of the nodes layer as scripts see it. c is the call that gets it; it may be nil for values that
// were made while loading.
func fromGo(c *call, v any) (starlark.Value, error) {
	switch v := v.(type) {
	case nil:
		return starlark.None, nil
	case value:
		return v.v, nil
	case string:
		return starlark.String(v), nil
	case []byte:
		return starlark.Bytes(v), nil
	case bool:
		return starlark.Bool(v), nil
	case int64:
		return starlark.MakeInt64(v), nil
	case *big.Int:
		return starlark.MakeBigInt(v), nil
	case float64:
		return starlark.Float(v), nil
	case []any:
		return fromList(c, v)
	case nodes.Dict:
		return fromDict(c, v)
	case *hosts.Handle:
		return &handle{c, v}, nil
	case *nodes.Env:
		return &envValue{c, v}, nil
	case *nodes.BoundAction:
		return (&envValue{c, v.Env}).action(v.Name), nil
	case *hosts.Set:
		return &hostSet{c, c.env.Place().Path(), v}, nil
	case *nodes.ParallelResult:
		return newCollection(c, v)
	case *nodes.Place:
		return &envValue{c, c.env.Run().Env(v)}, nil
	case hosts.Host:
		return newHostValue(v), nil
	}
	p, err := nodes.Plain(v)
	if err != nil {
		return nil, err
	}
	return fromGo(c, p)
}

func fromList(c *call, list []any) (starlark.Value, error) {
	var out []starlark.Value
	for _, one := range list {
		v, err := fromGo(c, one)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return starlark.NewList(out), nil
}

func fromDict(c *call, dict nodes.Dict) (starlark.Value, error) {
	out := starlark.NewDict(len(dict))
	for _, entry := range dict {
		k, err := fromGo(c, entry.Key)
		if err != nil {
			return nil, err
		}
		v, err := fromGo(c, entry.Value)
		if err != nil {
			return nil, err
		}
		if err := out.SetKey(k, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}
