package nodes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// structType is what a tree needs to know of a type of structs that embed Node. It is found once for all of its values.
type structType struct {
	reflect.Type
	tags    tags // of the embedded Node
	fields  []structField
	methods []Member // actions and properties, which all nodes of the type share
	byName  map[string]string
	def     *Action
	source  Source
	// What is wrong with the type, and what may be.
	problems, warnings []Problem
}

// structField is an exported field that is a member.
type structField struct {
	tags
	index  []int
	goName string
	name   string
	kind   fieldKind
}

var (
	nodeType   = reflect.TypeFor[Node]()
	nestedType = reflect.TypeFor[nested]()
)

// wrong records a mistake in the type, at a field or method of it.
func (t *structType) wrong(name, hint, format string, args ...any) {
	t.problems = append(t.problems, t.problem(name, hint, format, args...))
}

func (t *structType) problem(name, hint, format string, args ...any) Problem {
	return Problem{Message: fmt.Sprintf("%s.%s: ", t, name) + fmt.Sprintf(format, args...), Hint: hint}
}

// newStructType looks at a type. Its methods have the options that its value self gives.
func newStructType(self Embedder, sources *sources) *structType {
	t := &structType{Type: reflect.TypeOf(self).Elem(), byName: map[string]string{}}
	for _, f := range reflect.VisibleFields(t.Type) {
		t.readField(f)
	}
	sources.embed(self)
	t.readMethods(self, sources)
	t.source = sources.ofType(t.Type)
	return t
}

// readField looks at a field. Fields of embedded structs are fields of the struct, as in Go.
func (t *structType) readField(f reflect.StructField) {
	if t.isNodes(f) || t.behindPointer(f) {
		return
	}
	tags, wrong := readTags(f.Tag)
	for _, w := range wrong {
		t.wrong(f.Name, "", "%s", w)
	}
	switch kind := kindOf(f.Type); {
	case f.Anonymous && f.Type == nodeType:
		t.tags = tags
		t.useless(f.Name, option{"required", tags.required}, option{"private", tags.private},
			option{"name", tags.name != ""}, option{"-", tags.skip}, option{"roles", tags.hosts != nil})
	case f.Anonymous && f.Type.Kind() == reflect.Pointer:
		t.wrong(f.Name, "embed it by value", "it is embedded as a pointer, which may be nil")
	case f.Anonymous && f.Type.Kind() == reflect.Struct && kind != nestedField:
		t.useless(f.Name, tags.all()...) // its fields come next
	case !f.IsExported():
		if kind != attributeField && kind != otherField && !tags.skip {
			t.wrong(f.Name, "begin its name with a capital, or tag it `deploy:\"-\"`",
				"it is a node that is not exported, so the tree cannot have it")
		}
	case !tags.skip:
		t.member(f, tags, kind)
	}
}

// isNodes reports whether a field is one of Node itself.
func (t *structType) isNodes(f reflect.StructField) bool {
	return len(f.Index) > 1 && t.FieldByIndex(f.Index[:len(f.Index)-1]).Type == nodeType
}

// behindPointer reports whether a field is one of a struct that is embedded as a pointer, which is a mistake.
func (t *structType) behindPointer(f reflect.StructField) bool {
	for i := 1; i < len(f.Index); i++ {
		if t.FieldByIndex(f.Index[:i]).Type.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// option is something that a tag can say, and whether it does.
type option struct {
	name string
	said bool
}

// useless complains of what a tag says that means nothing there.
func (t *structType) useless(name string, options ...option) {
	for _, o := range options {
		if o.said {
			t.wrong(name, "", "its tag says %s, which means nothing here", o.name)
		}
	}
}

// member adds an exported field.
func (t *structType) member(f reflect.StructField, tags tags, kind fieldKind) {
	field := structField{tags: tags, index: f.Index, goName: f.Name, kind: kind}
	field.name = t.nameOf(f.Name, tags.name, tags.private)
	t.useless(f.Name, option{"parallel", tags.parallel})
	switch kind {
	case attributeField:
		t.useless(f.Name, option{"roles", tags.hosts != nil}, option{"group", tags.group != nil}, option{"rolling", tags.rolling != nil})
	case ambiguousField:
		t.wrong(f.Name, "embed it once", "%s embeds nodes.Node more than once", f.Type)
		return
	case listField:
		t.wrong(f.Name, "use a map[string]*T, whose keys are the names of the nodes",
			"a %s of nodes gives them no names", f.Type.Kind())
		return
	case otherField:
		t.wrong(f.Name, "tag it `deploy:\"-\"`, or do not export it", "a %s cannot be an attribute", f.Type)
		return
	}
	if t.claim(f.Name, field.name) {
		t.fields = append(t.fields, field)
	}
}

// nameOf is the name in the tree.
func (t *structType) nameOf(goName, name string, private bool) string {
	if name == "" {
		name = snake(goName)
	}
	if private && !strings.HasPrefix(name, "_") {
		name = "_" + name
	}
	return name
}

// claim takes a name for a field or method, unless it is taken.
func (t *structType) claim(goName, name string) bool {
	if slices.Contains(reserved, name) {
		t.wrong(goName, "give it another name", "its name in the tree, %s, has a meaning of its own", name)
		return false
	}
	if other, taken := t.byName[name]; taken {
		t.wrong(goName, "give one of them another name", "its name in the tree, %s, is that of %s too", name, other)
		return false
	}
	t.byName[name] = goName
	return true
}

// fieldKind is what a field may be by its type.
type fieldKind int

const (
	attributeField fieldKind = iota
	childField               // a struct that embeds Node, or a pointer to one
	nestedField              // an Array or JustOne, or a pointer to one
	mapField                 // a map from names to pointers to nodes
	dynamicField             // an interface: its value says
	ambiguousField           // a struct that embeds Node more than once
	listField                // several nodes without names
	otherField               // what can be neither
)

func kindOf(t reflect.Type) fieldKind {
	of := t
	if t.Kind() == reflect.Pointer {
		of = t.Elem()
	}
	switch pointer := reflect.PointerTo(of); {
	case of == nodeType && t != of:
		return otherField
	case pointer.Implements(nestedType):
		return nestedField
	case pointer.Implements(embedderType):
		return childField
	case embedsNode(of):
		return ambiguousField
	case t.Kind() == reflect.Map:
		return kindOfMap(t)
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		if k := kindOf(t.Elem()); k == childField || k == nestedField {
			return listField
		}
	case t.Kind() == reflect.Interface && t != hostType && !t.Implements(errorType):
		return dynamicField
	}
	if !showable(t) {
		return otherField
	}
	return attributeField
}

func kindOfMap(t reflect.Type) fieldKind {
	switch of := kindOf(t.Elem()); {
	case t.Key().Kind() == reflect.String && of == childField && t.Elem().Kind() == reflect.Pointer:
		return mapField
	case of == childField || of == nestedField:
		return listField
	case !showable(t):
		return otherField
	}
	return attributeField
}

// embedsNode reports whether a struct embeds Node at any depth.
func embedsNode(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && (f.Type == nodeType || embedsNode(f.Type)) {
			return true
		}
	}
	return false
}
