package script

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"deployer/internal/nearest"
	"deployer/nodes"
	"deployer/stock"
)

// stockPrefix is what load names the stock nodes by: load("@stock//git.star", "Git").
const stockPrefix = "@stock//"

// named loads what a load statement of a file names: another file, or stock nodes.
func (l *loader) named(file, name string, at nodes.Pos) *module {
	if strings.HasPrefix(name, "@") {
		return l.library(name, at)
	}
	return l.module(relativeTo(file, name), at)
}

// library is a file of stock nodes. Its globals are templates of Go.
func (l *loader) library(name string, at nodes.Pos) *module {
	if m := l.modules[name]; m != nil {
		return m
	}
	var names []string
	for _, f := range stock.Files() {
		if stockPrefix+f.Name == name {
			m := &module{source: &source{path: name}, full: name, globals: l.templates(f, at), done: true}
			l.modules[name] = m
			return m
		}
		names = append(names, stockPrefix+f.Name)
	}
	p := nodes.Problem{Pos: at, Message: "there are no stock nodes " + name, Hint: nearest.Hint(name, names)}
	if p.Hint == "" {
		slices.Sort(names)
		p.Hint = fmt.Sprintf("there are %s", strings.Join(names, ", "))
	}
	l.record(p, nil)
	return nil
}

// stockHint says how to load the stock node of a name; "" if there is none.
func stockHint(name string) string {
	for _, f := range stock.Files() {
		for _, n := range f.Nodes {
			if reflect.TypeOf(n).Elem().Name() == name {
				return fmt.Sprintf("load(%q, %q)", stockPrefix+f.Name, name)
			}
		}
	}
	return ""
}

func (l *loader) templates(f stock.File, at nodes.Pos) starlark.StringDict {
	globals := starlark.StringDict{}
	for _, n := range f.Nodes {
		t, err := nodes.TemplateOf(n)
		if err != nil {
			l.record(nodes.Problem{Pos: at, Message: fmt.Sprintf("%s%s: %v", stockPrefix, f.Name, err)}, nil)
			continue
		}
		globals[t.Name] = &template{t, l.prog}
	}
	return globals
}
