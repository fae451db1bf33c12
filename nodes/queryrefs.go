package nodes

import (
	"fmt"
	"math/big"

	"deployer/internal/expr"
)

// Reference says that a query points at an attribute, or at a node itself.
type Reference struct {
	From  *Place // the node that has the query
	Name  string // of the attribute that is the query
	Query Query
	To    *Place // where it points at: never a cell
	Attr  string // of To; "" if it is the node itself
}

// References are all that the queries of the tree point at, as far as that shows without evaluating them: not what is
// in the value of a property, nor what an action is given. They are in the order of a [Walk].
func (t *Tree) References() []Reference {
	var all []Reference
	for n := range t.Root().Walk().Places() {
		for _, m := range n.template.members {
			if m.Query != nil {
				all = append(all, m.references(n).refs...)
			}
		}
	}
	return all
}

// references finds what a query of a node points at. Where the node has cells, they are as one.
func (m *Member) references(n *Place) *pointing {
	p := &pointing{from: n, member: m, here: n}
	for !p.here.isolated && len(p.here.Cells()) > 0 {
		cell, err := p.here.Cell(0)
		if err != nil {
			return p
		}
		p.here = cell
	}
	if m.Query.expr != nil && p.here.isolated {
		p.sure = true
		p.expr(m.Query.expr)
	}
	return p
}

// pointing is what one query points at.
type pointing struct {
	from    *Place
	member  *Member
	here    *Place // from, or a cell of it, as an evaluation would be in
	sure    bool   // the part that is looked at is always evaluated
	silent  bool   // only the node is wanted that the query is
	refs    []Reference
	needs   []Reference // queries that are always evaluated with this one
	wrong   []wrongPart
	aliases []*Member // queries that are being looked through
}

// wrongPart is a part of a query that can never be evaluated.
type wrongPart struct {
	part expr.Expr
	err  error
}

func (p *pointing) fail(part expr.Expr, err error) {
	if p.sure && !p.silent {
		p.wrong = append(p.wrong, wrongPart{part, err})
	}
}

// expr looks at a part whose value is used.
func (p *pointing) expr(e expr.Expr) {
	if at := p.node(e); at != nil {
		p.note(at, "")
	}
}

func (p *pointing) note(to *Place, attr string) Reference {
	r := Reference{p.from, p.member.Name, *p.member.Query, to.bare(), attr}
	if !p.silent {
		p.refs = append(p.refs, r)
	}
	return r
}

// bare is the same node outside of any cell.
func (n *Place) bare() *Place {
	if n.CellHost() == nil {
		return n
	}
	if n.parent == nil {
		root := *n
		root.cell, root.isolated = nil, n.template.Kind == KindNormal
		return &root
	}
	above, err := n.parent.bare().Step(n.name)
	if err != nil {
		return n
	}
	return above
}

// node looks at a part and returns the node that it is, or nil.
func (p *pointing) node(e expr.Expr) *Place {
	switch e := e.(type) {
	case expr.Self:
		return p.here
	case *expr.Name:
		return p.attr(e, p.here, e.Name)
	case *expr.Wrapped:
		return p.node(e.X)
	case *expr.Attr:
		if x := p.owner(e); x != nil {
			return p.attr(e, x, e.Name)
		}
	case *expr.Index:
		p.expr(e.Key)
		if x := p.node(e.X); x != nil {
			return p.cell(e, x)
		}
	case *expr.Call:
		return p.call(e)
	case *expr.Cond:
		p.expr(e.If)
		p.perhaps(e.Then)
		p.perhaps(e.Else)
	case *expr.Binary:
		p.expr(e.X)
		switch e.Op {
		case expr.And, expr.Or, expr.Both, expr.Either:
			p.perhaps(e.Y)
		default:
			p.expr(e.Y)
		}
	default:
		for _, part := range expr.Parts(e) {
			p.expr(part)
		}
	}
	return nil
}

// owner is the node whose attribute is read, or nil. An action that was not called has none.
func (p *pointing) owner(e *expr.Attr) *Place {
	x := p.node(e.X)
	if x != nil {
		return x
	}
	at, name := p.here, ""
	switch action := e.X.(type) {
	case *expr.Name:
		name = action.Name
	case *expr.Attr:
		quiet := *p
		quiet.silent, quiet.sure = true, false
		at, name = quiet.node(action.X), action.Name
	}
	if at == nil || name == "" {
		return nil
	}
	if m := at.template.find(name); m != nil && m.Action != nil {
		p.fail(e, errNotCalled(name, e.Name))
	}
	return nil
}

// perhaps looks at a part that may not be evaluated.
func (p *pointing) perhaps(e expr.Expr) {
	sure := p.sure
	p.sure = false
	p.expr(e)
	p.sure = sure
}

// attr looks at an attribute of a node.
func (p *pointing) attr(part expr.Expr, x *Place, name string) *Place {
	m := x.template.find(name)
	switch {
	case m == nil:
		return p.common(part, x, name)
	case m.Child != nil:
		child, err := x.Step(name)
		if err != nil {
			return nil // it was told where the child is
		}
		return child
	case m.Query != nil:
		if to := p.note(x, name); p.sure {
			p.needs = append(p.needs, to)
		}
		return p.through(x, m)
	}
	p.note(x, name)
	return nil
}

// common looks at an attribute that every node has.
func (p *pointing) common(part expr.Expr, x *Place, name string) *Place {
	switch name {
	case "parent":
		if x.parent == nil {
			p.fail(part, fmt.Errorf("%s is the root, and has no parent", x.Path()))
		}
		return x.parent
	case "host", "hosts", "sandbox":
		p.note(x, name)
	default:
		p.fail(part, x.noAttr(name))
	}
	return nil
}

// through is the node that another query is, or nil.
func (p *pointing) through(x *Place, m *Member) *Place {
	for _, above := range p.aliases {
		if above == m {
			return nil
		}
	}
	other := &pointing{from: x, member: m, here: x, silent: true, aliases: append(p.aliases, m)}
	if m.Query.expr == nil || !x.isolated {
		return nil
	}
	return other.node(m.Query.expr)
}

// cell looks at a cell of a node. Which one it is shows only where the key is a constant.
func (p *pointing) cell(e *expr.Index, x *Place) *Place {
	key, ok := e.Key.(*expr.Literal)
	if !ok {
		return x
	}
	k := key.Value
	if n, ok := k.(*big.Int); ok {
		k = int(n.Int64())
	}
	cell, err := x.CellOf(k)
	if err != nil {
		p.fail(e, err)
	}
	return cell
}

// call looks at a call. What it gives is not known, unless it is a node above.
func (p *pointing) call(c *expr.Call) *Place {
	for _, arg := range expr.Parts(c)[1:] {
		p.expr(arg)
	}
	var x *Place
	name := ""
	switch fn := c.Fn.(type) {
	case *expr.Attr:
		x, name = p.owner(fn), fn.Name
	case *expr.Name:
		x, name = p.here, fn.Name
	default:
		p.expr(c.Fn)
	}
	if x == nil {
		return nil
	}
	if name == "parent" && len(c.Args) > 0 {
		return p.ancestor(c, x)
	}
	if m := x.template.find(name); m != nil && m.Action != nil {
		p.note(x, name)
		p.arguments(c, m.Action)
		return nil
	}
	if at := p.attr(c.Fn, x, name); at != nil {
		p.note(at, "")
	}
	return nil
}

// ancestor is the node that parent("T") is.
func (p *pointing) ancestor(c *expr.Call, x *Place) *Place {
	literal, ok := c.Args[0].(*expr.Literal)
	if !ok && len(c.Args)+len(c.Named) == 1 {
		return nil // it shows when it is evaluated
	}
	args := expr.Args{Positional: make([]any, len(c.Args)+len(c.Named))}
	if ok {
		args.Positional[0] = literal.Value
	}
	name, err := templateName(args)
	if err != nil {
		p.fail(c, err)
		return nil
	}
	above, err := x.named(name)
	if err != nil {
		p.fail(c, err)
	}
	return above
}

// arguments looks whether a call gives an action what it takes.
func (p *pointing) arguments(c *expr.Call, a *Action) {
	args := Args{Positional: make([]any, len(c.Args))}
	for _, n := range c.Named {
		args.Named = append(args.Named, NamedArg{Name: n.Name})
	}
	if err := CheckArgs(a, args); err != nil {
		p.fail(c, err)
	}
}
