package nodes

import (
	"context"
	"fmt"

	"deployer/hosts"
)

// Pos is a place in a file. Line and Col count from 1; what is zero is not known. Of a tree in Go it may be a type or a
// field of it in the place of a file, such as "main.Site.Web".
type Pos struct {
	File      string
	Line, Col int
}

func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Kind says how a node stands to the hosts of its role "host".
type Kind int

// The kinds of nodes.
const (
	KindNormal   Kind = iota // one node for all hosts
	KindParallel             // one cell for every host
	KindArray                // parallel, nested in a normal node
	KindJustOne              // parallel, nested in a normal node, for exactly one host
)

// Template is the definition of a node. It is built with [NewTemplate] and [Template.Derive] and then never changed.
type Template struct {
	Name    string // what messages call it; "" if nothing names it
	Doc     string
	Pos     Pos
	Kind    Kind
	Base    *Template // what it was derived from; nil if from nothing
	Hosts   *HostsDef // nil: the parent's roles, unchanged (an array: all of them in the role "host")
	Group   *Group    // nil: the parent's
	Default *Action   // what calling the node itself runs; may be nil
	Rolling *Rolling  // how actions go over the cells; nil: all at once
	Source  Source    // may be nil

	self    Embedder           // of Go: the struct that it, or what it is derived from, was made of; else nil
	of      *structType        // of self
	members []*Member          // in definition order
	byName  map[string]*Member // nil while there are few
	aliases map[string]*Member // of actions; nil if there are none
	odd     []string           // names of children with separators of paths in them
}

// Documentation is Doc, or if that is empty what the source says.
func (t *Template) Documentation() string { return documentation(t.Doc, t.Source) }

// Source finds the text that defines a template, an action or a property. It looks for it no earlier than it is asked.
type Source interface {
	// Doc is the comment on it; "" where there is none, or the text is not at hand.
	Doc() string
	// Code is the text itself, and where it begins; "" where it is not at hand.
	Code() (string, Pos)
}

func documentation(doc string, s Source) string {
	if doc == "" && s != nil {
		return s.Doc()
	}
	return doc
}

// Definition is what a template is made of, or what a derived template changes. The template keeps Members: they must not
// be changed afterwards.
type Definition struct {
	Name    string
	Doc     string // "": the base's
	Pos     Pos
	Hosts   *HostsDef // nil: the base's
	Group   *Group    // nil: the base's
	Default *Action   // nil: the base's
	Rolling *Rolling  // nil: the base's
	Members []Member  // a name that the base has is replaced in its place, others are added at the end
	Inside  []*Inside // changes to children: what a__b = v means
}

// Inside changes the child of the name Step.
type Inside struct {
	Step string
	Pos  Pos
	Definition
}

// At returns the definition that changes the descendant at the path of steps, which it makes if need be.
func (d *Definition) At(pos Pos, steps ...string) *Definition {
	for _, step := range steps {
		d = d.inside(pos, step)
	}
	return d
}

func (d *Definition) inside(pos Pos, step string) *Definition {
	for _, in := range d.Inside {
		if in.Step == step {
			return &in.Definition
		}
	}
	in := &Inside{Step: step, Pos: pos, Definition: Definition{Pos: pos}}
	d.Inside = append(d.Inside, in)
	return &in.Definition
}

// Member is a named part of a template. Exactly one of its fields after Doc is set; a constant's may be nil.
type Member struct {
	Name     string
	Pos      Pos
	Doc      string // of an attribute; "" where its front has no place for it
	Child    *Template
	Action   *Action
	Property *Property
	Query    *Query
	Required *Required
	Constant any
}

// Action is a function of a node.
type Action struct {
	Name           string
	Doc            string
	Pos            Pos
	Aliases        []string
	Params         []Param // without env
	Variadic       bool    // takes more positional arguments
	Keywords       bool    // takes more named arguments
	SuppressResult bool    // the shell does not print what it returns
	Quiet          bool    // nobody wants to see that it begins or ends, only what it does
	Isolate        Isolate
	Rolling        *Rolling // how it goes over the cells, before what the node says; nil: as the node says
	Source         Source   // may be nil
	// Call runs it. Arguments and result are values of the front; arguments from a command line are those of Args.
	Call func(ctx context.Context, env *Env, args Args) (any, error)
}

// Documentation is Doc, or if that is empty what the source says.
func (a *Action) Documentation() string { return documentation(a.Doc, a.Source) }

// Isolate says what an action does on a parallel node that is not a cell.
type Isolate int

// The ways of isolation.
const (
	IsolateEach  Isolate = iota // run once in every cell
	IsolateLater                // run once, on the node that is not isolated
	IsolateOne                  // run in one cell, which a person chooses
)

// Param is a parameter of an action.
type Param struct {
	Name      string
	Optional  bool
	NamedOnly bool // given by name only: in a script, a parameter after *args or *
	// Default is of type string, bool, int64, float64 or []any, or nil. It decides how a word of a command line is read,
	// unless Read does.
	Default any
	// Read reads a word. want is not empty if it cannot: then it says what can be read. It may be nil.
	Read func(word string) (v any, want string)
}

// Args are the arguments of an action. From a command line they are string, bool, int64, float64 and []any.
type Args struct {
	Positional []any
	Named      []NamedArg // in the order given
}

// NamedArg is an argument given by name.
type NamedArg struct {
	Name  string
	Value any
}

// Property is an attribute that is evaluated whenever it is read.
type Property struct {
	Doc    string
	Source Source // may be nil
	Eval   func(ctx context.Context, env *Env) (any, error)
}

// Documentation is Doc, or if that is empty what the source says.
func (p *Property) Documentation() string { return documentation(p.Doc, p.Source) }

// isConstant reports whether the member is a value as it is.
func (m *Member) isConstant() bool {
	return m.Child == nil && m.Action == nil && m.Property == nil && m.Query == nil && m.Required == nil
}

// isAttribute reports whether the member is a constant, or stands where one may.
func (m *Member) isAttribute() bool { return m.Child == nil && m.Action == nil && m.Property == nil }

// Required is an attribute that a derived template must set.
type Required struct{ Why string }

// HostsDef says which hosts a node's roles hold.
type HostsDef struct {
	Roles []hosts.Role // own hosts; the parent's roles are not seen. Or:
	Map   []RoleMap    // the parent's roles, mapped

	Incomplete bool // parts of it were mistakes, which were told
}

// RoleMap fills a role from roles of the parent.
type RoleMap struct {
	Role string
	Pos  Pos
	From []string // roles of the parent
	All  bool     // every host of every role of the parent
}

// Group marks nodes that belong together, such as production; children inherit it.
type Group struct {
	Name  string
	Color string // one of Colors, or ""
}

// Groups are the groups every tree knows.
var groups = []Group{
	{"production", "red"}, {"staging", "yellow"}, {"beta", "green"},
	{"local", "green"}, {"other", "white"}, {"utility", "magenta"},
}

// Groups returns the groups that every tree knows, by definition order.
func Groups() []Group { return append([]Group(nil), groups...) }

// Colors are the colours a group may have.
func Colors() []string {
	return []string{"grey", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}
}

// Problem is one mistake in a tree, found while it was built or checked.
type Problem struct {
	Pos     Pos
	In      *Template // that has it; nil if it is of no template, or the message names the node
	Message string    // what is wrong and what was expected
	Hint    string    // what to do; may be ""
	Warning bool      // the tree works all the same
}

func (p Problem) Error() string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + ": " + p.Hint
}
