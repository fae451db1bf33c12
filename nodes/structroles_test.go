package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

// Holder is a node without more.
type Holder struct{ nodes.Node }

// Mapped has a child for every form of the tag roles. Its own roles are web (a, b), db (c, b) and empty.
type Mapped struct {
	nodes.Node
	Plain      Holder
	Positional Holder `roles:"web"`
	Union      Holder `roles:"db web"`
	Named      Holder `roles:"x=web"`
	NamedUnion Holder `roles:"x=web+db y=db"`
	Both       Holder `roles:"web x=db"`
	All        Holder `roles:"ALL_HOSTS"`
	AllNamed   Holder `roles:"x=ALL_HOSTS y=empty"`
	None       Holder `roles:""`
	Unknown    Holder `roles:"wbe"`
	Half       Holder `roles:"x=queue+web"`
	Map        Holder
	Own        Holder
	Cells      nodes.Array[Holder]
	OfCells    nodes.Array[Holder] `roles:"web x=db"`
}

func newMapped() *Mapped {
	a, b, c := local("a"), local("b"), local("c")
	return &Mapped{
		Node: nodes.Node{Roles: nodes.Roles{nodes.Role("web", a, b), nodes.Role("db", c, b), nodes.Role("empty")}},
		Map:  Holder{nodes.Node{Map: []nodes.RoleMap{{Role: "x", From: []string{"db"}}, {Role: "y", All: true}}}},
		Own:  Holder{nodes.Node{Roles: nodes.Roles{nodes.Role("z", b)}}},
	}
}

func rolesOf(n *nodes.Place) string {
	var roles []string
	for _, r := range n.Roles() {
		var slugs []string
		for _, h := range r.Hosts {
			slugs = append(slugs, h.Slug())
		}
		roles = append(roles, r.Name+": "+strings.Join(slugs, " "))
	}
	return strings.Join(roles, ", ")
}

// TestMappingsOfStructs looks at every form of mapping that a struct can have.
func TestMappingsOfStructs(t *testing.T) {
	tree, err := nodes.Bind(newMapped())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"plain": "web: a b, db: c b, empty: ", "positional": "host: a b", "union": "host: c b a", "named": "x: a b",
		"named_union": "x: a b c, y: c b", "both": "host: a b, x: c b", "all": "host: a b c",
		"all_named": "x: a b c, y: ", "none": "", "unknown": "host: ", "half": "x: a b", "map": "x: c b, y: a b c",
		"own": "z: b", "cells": "host: a b c", "of_cells": "host: a b, x: c b",
	}
	children := tree.Root().Children()
	for _, c := range children {
		if got := rolesOf(c.Place); got != want[c.Name] {
			t.Errorf("%s has %s, want %s", c.Name, got, want[c.Name])
		}
	}
	if len(children) != len(want) {
		t.Errorf("there are %d children, want %d", len(children), len(want))
	}
	cell, err := children[len(children)-1].Place.CellOf("b")
	if err != nil || rolesOf(cell) != "host: b, x: c b" {
		t.Errorf("the roles of a cell are %s, error %v", rolesOf(cell), err)
	}
}

// Unsound has mistakes that do not keep its other nodes from working.
type Unsound struct {
	nodes.Node
	Mapped *Mapped
	Two    nodes.JustOne[Holder] `roles:"web"`
	One    nodes.JustOne[Holder] `roles:"db"`
}

// TestCheckOfStructs wants a warning of roles that nothing fills, and the mistakes of a just_one.
func TestCheckOfStructs(t *testing.T) {
	root := &Unsound{
		Node:   nodes.Node{Roles: nodes.Roles{nodes.Role("web", local("a"), local("b")), nodes.Role("db", local("c"))}},
		Mapped: newMapped(),
	}
	tree, err := nodes.Bind(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range tree.Check() {
		got = append(got, fmt.Sprint(p.Warning, " ", p.Pos, ": ", p))
	}
	want := []string{
		`false nodes_test.Unsound.Two: /two has 2 hosts in its role "host", and just_one needs exactly one: map another role to it, or use array`,
		`true nodes_test.Mapped.Unknown: /mapped/unknown maps its role "host" from "wbe", but /mapped has no such role, so it holds no hosts: did you mean web?`,
		`true nodes_test.Mapped.Half: /mapped/half maps its role "x" from "queue", but /mapped has no such role, so it gets none from there: it has web, db, empty`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	ctx := runOf(t, root)
	if slug := root.One.Cell.Host(ctx).Slug(); slug != "c" {
		t.Errorf("beside a just_one that is wrong, the host is %q", slug)
	}
	var count *nodes.HostCountError
	if err := root.Two.Cell.Host(ctx).Run("true"); !errors.As(err, &count) || count.Count != 2 || count.Node != "/two" {
		t.Errorf("got %v", err)
	}
}

func runOf(t *testing.T, root nodes.Embedder) context.Context {
	t.Helper()
	s, _ := session(t)
	ctx, err := nodes.NewContext(t.Context(), root, nodes.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// Grid has two arrays over the same machines, and one inside the other.
type Grid struct {
	nodes.Node
	A nodes.Array[Cell] `roles:"a"`
	B nodes.Array[Cell] `roles:"b"`
}

// Cell is a cell of Grid.
type Cell struct {
	nodes.Node
	Below Below
	Wide  Wide
}

// Below is in the cell that it is below.
type Below struct{ nodes.Node }

// Wide has cells of its own in every cell.
type Wide struct {
	nodes.Node
	Inner nodes.Array[Below] `roles:"host"`
}

// Where tells the way of a cell.
func (b *Below) Where(ctx context.Context) (string, error) {
	env, err := nodes.EnvOf(ctx, b)
	if err != nil {
		return "", err
	}
	return env.Place().Path() + " on " + b.Host(ctx).Slug(), nil
}

// Around goes from a cell to what is above, beside and below it.
func (c *Cell) Around(ctx context.Context) ([]string, error) {
	grid := nodes.Parent[*Grid](c)
	below, err := c.Below.Where(ctx)
	if err != nil {
		return nil, err
	}
	found := []string{below, fmt.Sprint(grid.Hosts(ctx).Slugs())}
	err = grid.B.At(ctx, c.Host(ctx), func(ctx context.Context, other *Cell) error {
		env, err := nodes.EnvOf(ctx, other)
		found = append(found, env.Place().Path())
		return err
	})
	return found, err
}

func newGrid() *Grid {
	a, b, c := local("h1"), local("h2"), local("h3")
	return &Grid{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("a", a, b), nodes.Role("b", c, b, a)}}}
}

// TestWaysBetweenCells goes from cells to their parents, siblings and children.
func TestWaysBetweenCells(t *testing.T) {
	grid := newGrid()
	ctx := runOf(t, grid)
	got, err := nodes.Collect(ctx, &grid.A, func(ctx context.Context, c *Cell) (string, error) {
		around, err := c.Around(ctx)
		return strings.Join(around, ", "), err
	})
	want := []string{"/a[h1]/below on h1, [h1 h2 h3], /b[h1]", "/a[h2]/below on h2, [h1 h2 h3], /b[h2]"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, error %v, want %q", got, err, want)
	}
	for of, want := range map[nodes.Embedder]string{
		&grid.A.Cell.Below:           "h1\t/a[h1]/below on h1\nh2\t/a[h2]/below on h2\n",
		&grid.A.Cell.Wide.Inner.Cell: "h1:h1\t/a[h1]/wide/inner[h1] on h1\nh2:h2\t/a[h2]/wide/inner[h2] on h2\n",
	} {
		value, err := nodes.Call(ctx, of, "where")
		text, formatErr := nodes.FormatResult(value)
		if text != want || err != nil || formatErr != nil {
			t.Errorf("got %q, errors %v, %v, want %q", text, err, formatErr, want)
		}
	}
}

// TestIdentifiersOfCells names the cells of two dimensions in three ways, which all lead back.
func TestIdentifiersOfCells(t *testing.T) {
	grid := newGrid()
	if _, err := nodes.Bind(grid); err != nil {
		t.Fatal(err)
	}
	inner, err := nodes.Inspect(&grid.B.Cell.Wide.Inner.Cell)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := inner.Isolations()
	if err != nil || len(cells) != 3 {
		t.Fatalf("got %d cells, error %v", len(cells), err)
	}
	for i, cell := range cells {
		for _, id := range [][]any{anys(cell.CellNumbers()), anys(cell.CellSlugs()), anys(cell.CellHosts())} {
			back, err := inner.CellOf(id)
			if err != nil || !back.Is(cell) || cell.CellNumbers()[0] != i {
				t.Errorf("%v leads to %v, error %v, want %s", id, back, err, cell.Path())
			}
		}
	}
}

func anys[T any](list []T) []any {
	all := make([]any, len(list))
	for i, one := range list {
		all[i] = one
	}
	return all
}

// TestHostsForInitialize makes a node of the hosts that another has in some roles.
func TestHostsForInitialize(t *testing.T) {
	grid := newGrid()
	ctx := runOf(t, grid)
	stray := &Holder{nodes.Node{Roles: grid.Hosts(ctx).Filter("b", "none").Roles()}}
	inside, err := nodes.Initialize(ctx, stray)
	if err != nil {
		t.Fatal(err)
	}
	env, err := nodes.EnvOf(inside, stray)
	if err != nil || rolesOf(env.Place()) != "b: h3 h2 h1, none: " || env.Place().Path() != "<Holder>" {
		t.Errorf("%s has %s, error %v", env.Place().Path(), rolesOf(env.Place()), err)
	}
	other := nodes.SSHHost(hosts.SSHOptions{Slug: "h1", Address: "10.0.0.1"})
	_, err = nodes.Initialize(ctx, &Holder{nodes.Node{Roles: nodes.Roles{nodes.Role("host", other)}}})
	var wrong *nodes.TreeError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), `the slug "h1" of a host of Holder names another one of Grid: this machine and 10.0.0.1 behind SSH`) {
		t.Errorf("a host of the slug of another machine of the tree: %v", err)
	}
}

// Reserved has names that mean something in scripts.
type Reserved struct {
	nodes.Node
	Hosts   string
	Console Holder
	JustOne string
}

func (*Reserved) Actions() nodes.Actions {
	return nodes.Actions{"Act": {Alias: []string{"host"}}, "Run": {Name: "sandbox"}}
}

func (*Reserved) Act(context.Context) {}
func (*Reserved) Run(context.Context) {}

func TestReservedNamesInStructs(t *testing.T) {
	got := mistakes(t, &Reserved{})
	want := `nodes_test.Reserved.Hosts: its name in the tree, hosts, has a meaning of its own: give it another name
nodes_test.Reserved.Console: its name in the tree, console, has a meaning of its own: give it another name
nodes_test.Reserved.JustOne: its name in the tree, just_one, has a meaning of its own: give it another name
nodes_test.Reserved.Act: its name in the tree, host, has a meaning of its own: give it another name
nodes_test.Reserved.Run: its name in the tree, sandbox, has a meaning of its own: give it another name`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
