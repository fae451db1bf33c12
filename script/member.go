package script

import (
	"fmt"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// memberSetter puts one member into a definition.
type memberSetter struct {
	site
	d    *nodes.Definition
	at   nodes.Pos
	key  string // as it is written: a__b__name
	name string
}

// meaning is what a key does that is no member, or nil.
func (m memberSetter) meaning() func(starlark.Value) []nodes.Problem {
	switch m.name {
	case "hosts":
		return m.hosts
	case "actions":
		return m.actions
	case "default":
		return m.defaultAction
	case "group":
		return m.group
	case "doc":
		return m.doc
	}
	return nil
}

func (m memberSetter) problem(hint, format string, args ...any) []nodes.Problem {
	return []nodes.Problem{{Pos: m.at, Message: fmt.Sprintf("%s: ", m.name) + fmt.Sprintf(format, args...), Hint: hint}}
}

// set adds a member that has no meaning of its own.
func (m memberSetter) set(v starlark.Value) []nodes.Problem {
	member := nodes.Member{Name: m.name, Pos: m.at}
	var problems []nodes.Problem
	switch v := v.(type) {
	case *template:
		member.Child = v.t
	case *property:
		member.Property = v.p
	case *rollingValue:
		if m.name == "rolling" {
			m.d.Rolling = &v.r
			return nil
		}
		return m.problem("it stands as rolling = rolling(…)", "how actions go over cells is no member")
	case required:
		member.Required = &nodes.Required{Why: string(v)}
	case *action, *boundAction:
		member.Action, problems = m.action(v)
	case *query:
		member.Query = m.query(v)
	case *starlark.Function:
		if !takesEnv(v) {
			return m.problem("name its first parameter env if it is an action; else wrap it: action(f) or property(f)",
				"the function %s does not take env first", v.Name())
		}
		member.Action, problems = m.action(v)
	case *hostValue:
		member.Constant = value{v: v}
	case groupValue, *rolesMap, allHosts:
		return m.problem("give groups as group = …, and roles as hosts = …", "a %s is no member", v.Type())
	case starlark.Callable:
		return m.problem("wrap a function: action(f) or property(f)", "a %s cannot be a member", v.Type())
	default:
		if holdsQuery(v, maxNesting) {
			return m.problem("write Q([…]) or Q({…}) around it", "a query inside a %s is never evaluated", v.Type())
		}
		m.keep(v)
		member.Constant = value{v: v}
	}
	m.d.Members = append(m.d.Members, member)
	return problems
}

// takesEnv reports whether a function is an action by its look.
func takesEnv(f *starlark.Function) bool {
	if f.NumParams() == 0 {
		return false
	}
	name, _ := f.Param(0)
	return name == "env" && positionalParams(f) > 0
}

// positionalParams is the number of parameters that can be given by position, without *args.
func positionalParams(f *starlark.Function) int {
	n := f.NumParams() - f.NumKwonlyParams()
	if f.HasVarargs() {
		n--
	}
	if f.HasKwargs() {
		n--
	}
	return n
}

// action makes the action that stands as a member under its name.
func (m memberSetter) action(v starlark.Value) (*nodes.Action, []nodes.Problem) {
	made, problems := m.toAction(v, m.at)
	if made == nil {
		return &nodes.Action{Name: m.name, Pos: m.at}, problems
	}
	own := *made
	if a, ok := v.(*action); ok && a.named && own.Name != m.name {
		problems = append(problems, m.problem("give more names with alias = ", "action(…) calls it %s", own.Name)...)
	}
	own.Name = m.name
	return &own, problems
}

// toAction makes an action of a function, or takes one that is made.
func (s site) toAction(v starlark.Value, at nodes.Pos) (*nodes.Action, []nodes.Problem) {
	switch v := v.(type) {
	case *action:
		return v.a, nil
	case *boundAction:
		return v.action, nil
	case *starlark.Function:
		if positionalParams(v) == 0 && !v.HasVarargs() {
			return nil, []nodes.Problem{{Pos: at, Message: fmt.Sprintf("the function %s takes no env", v.Name()),
				Hint: fmt.Sprintf("def %s(env, …)", v.Name())}}
		}
		return s.actionOf(v), nil
	case broken:
		return nil, nil
	}
	return nil, []nodes.Problem{{Pos: at, Message: fmt.Sprintf("got %s, want a function", v.Type())}}
}

// lambda is the name of a function without one.
const lambda = "lambda"

// actions is actions = [f, …].
func (m memberSetter) actions(v starlark.Value) []nodes.Problem {
	list, ok := v.(starlark.Sequence)
	if !ok {
		return m.problem("actions = [f, …]", "got %s, want a list of functions", v.Type())
	}
	var problems []nodes.Problem
	i := -1
	for one := range starlark.Elements(list) {
		i++
		m.at = m.element(m.key, i)
		made, more := m.toAction(one, m.at)
		problems = append(problems, more...)
		switch {
		case made == nil:
		case made.Name == lambda:
			problems = append(problems, m.problem(`action(f, name = "…")`, "a lambda has no name")...)
		case m.means(made.Name):
			problems = append(problems, m.problem(`give the action another name: action(f, name = "…")`,
				"%s = … has a meaning of its own in a node", made.Name)...)
		default:
			m.d.Members = append(m.d.Members, nodes.Member{Name: made.Name, Pos: m.at, Action: made})
		}
	}
	return problems
}

// means reports whether a name is a key that is no member.
func (m memberSetter) means(name string) bool {
	m.name = name
	return name != "hosts" && m.meaning() != nil // hosts is refused for all fronts
}

// defaultAction is default = f.
func (m memberSetter) defaultAction(v starlark.Value) []nodes.Problem {
	made, problems := m.toAction(v, m.at)
	if made != nil && made.Name == lambda {
		named := *made
		named.Name = "." // as a command line names it
		made = &named
	}
	m.d.Default = made
	return problems
}

func (m memberSetter) group(v starlark.Value) []nodes.Problem {
	g, ok := v.(groupValue)
	if !ok {
		return m.problem(`groups.production, or group("name", color = "red")`, "got %s, want a group", v.Type())
	}
	m.d.Group = &g.Group
	return nil
}

func (m memberSetter) doc(v starlark.Value) []nodes.Problem {
	s, ok := v.(starlark.String)
	if !ok {
		return m.problem("", "got %s, want a string", v.Type())
	}
	m.d.Doc = cleanDoc(string(s))
	return nil
}

// property is property(f).
type property struct{ p *nodes.Property }

func (p *property) String() string        { return "<property>" }
func (p *property) Type() string          { return "property" }
func (p *property) Truth() starlark.Bool  { return true }
func (p *property) Freeze()               {}
func (p *property) Hash() (uint32, error) { return 0, wrong("a property cannot be a key") }

// required is required("why").
type required string

func (r required) String() string        { return "<required>" }
func (r required) Type() string          { return "required" }
func (r required) Truth() starlark.Bool  { return true }
func (r required) Freeze()               {}
func (r required) Hash() (uint32, error) { return 0, wrong("required(…) cannot be a key") }

// broken stands where a value is missing because of a mistake that was told already. Whatever is done with it gives no
// second complaint.
type broken struct{}

func (broken) String() string                      { return "unavailable" }
func (broken) Type() string                        { return "unavailable" }
func (broken) Truth() starlark.Bool                { return false }
func (broken) Freeze()                             {}
func (broken) Hash() (uint32, error)               { return 0, nil }
func (broken) Name() string                        { return "unavailable" }
func (broken) Attr(string) (starlark.Value, error) { return broken{}, nil }
func (broken) AttrNames() []string                 { return nil }
func (broken) CallInternal(*starlark.Thread, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return broken{}, nil
}
