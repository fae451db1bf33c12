package nodes

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"deployer/hosts"
)

// TreeError is what is wrong with a tree in Go: all mistakes that were found.
type TreeError struct{ Problems []Problem }

func (e *TreeError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// binding is held while structs are bound: they have no place for a lock, since they may be copied until then.
var binding sync.Mutex

// Bind makes a tree of the struct that is its root. These are its members:
//
//   - An exported field that is a struct which embeds [Node], or a pointer to one, is a child; nil is none. So is an
//     [Array] and a [JustOne], an interface that holds a pointer to a struct, and a map[string]*T, which is a node with
//     a child for every key.
//   - Any other exported field is an attribute.
//   - An exported method that takes a context first is an action. Its other parameters are strings, bools, numbers,
//     durations, types that implement encoding.TextUnmarshaler, slices of these, and a last one of the type ...string.
//     It returns nothing, an error, a value, or a value and an error.
//   - An exported method that takes nothing and returns a value, or a value and an error, is a property.
//
// Names are those of Go in snake_case. Tags say more of fields (`deploy`, `doc`, `roles`, `group`), a method Actions of
// methods (see [Actions]). Fields and methods of embedded structs belong to the struct, as in Go.
//
// Every mistake is in one *TreeError, with the type and the field. A struct that is bound already is left as it is, so
// that Bind may be called again, by any goroutine.
func Bind(root Embedder) (*Tree, error) {
	at, err := bound(root)
	switch {
	case err != nil:
		return nil, err
	case at.parent != nil:
		return nil, fmt.Errorf("%T is no root: it is bound as %s already", root, at.path())
	}
	return at.tree, nil
}

// bound returns the place of a struct, which becomes the root of a tree if it is in none.
func bound(n Embedder) (*spot, error) {
	if reflect.ValueOf(n).IsNil() {
		return nil, fmt.Errorf("the %T is nil: it must point to a struct", n)
	}
	binding.Lock()
	defer binding.Unlock()
	if at := n.node().spot; at != nil && at.self == n {
		return at, nil
	}
	b := newTreeBinder()
	root := &spot{tree: b.tree}
	b.tree.Template = b.node(root, n, KindNormal, tags{})
	b.tree.Name = b.tree.Template.Name
	if len(b.problems) > 0 {
		return nil, &TreeError{b.problems}
	}
	b.tree.hosts = b.hosts
	for node, at := range b.nodes {
		node.spot = at
	}
	return root, nil
}

// TemplateOf returns the template of a struct that is in no tree, for a front that derives others from it. What [Bind]
// refuses is an error, and so is what it would warn of; but a required field may be empty: then a derived template must
// set it. The struct is only read, and stays as it is as long as there are templates of it.
func TemplateOf(n Embedder) (*Template, error) {
	b := newTreeBinder()
	b.open = true
	t := b.node(&spot{tree: b.tree}, n, KindNormal, tags{})
	if problems := append(b.problems, b.tree.warnings...); len(problems) > 0 {
		return nil, &TreeError{problems}
	}
	return t, nil
}

// treeBinder makes one tree. It changes no struct.
type treeBinder struct {
	open     bool // what is required may be set later
	tree     *Tree
	types    map[reflect.Type]*structType
	sources  *sources
	nodes    map[*Node]*spot
	hosts    map[string]hosts.Host // by slug
	problems []Problem
}

func newTreeBinder() *treeBinder {
	return &treeBinder{tree: &Tree{}, types: map[reflect.Type]*structType{}, sources: newSources(),
		nodes: map[*Node]*spot{}, hosts: map[string]hosts.Host{}}
}

func (b *treeBinder) wrong(at *spot, hint, format string, args ...any) {
	b.problems = append(b.problems, Problem{Message: at.path() + ": " + fmt.Sprintf(format, args...), Hint: hint})
}

// typeOf returns what is known of the type of a struct.
func (b *treeBinder) typeOf(n Embedder) *structType {
	key := reflect.TypeOf(n).Elem()
	t := b.types[key]
	if t == nil {
		t = newStructType(n, b.sources)
		b.types[key] = t
		b.problems = append(b.problems, t.problems...)
		b.tree.warnings = append(b.tree.warnings, t.warnings...)
	}
	return t
}
