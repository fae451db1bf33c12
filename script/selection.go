package script

import (
	"slices"

	"go.starlark.net/starlark"

	"deployer/console"
	"deployer/nodes"
)

// selectNode is env.console.select_node(root_node, prompt = "Select a node", filter = None).
func (consoleValue) selectNode(s site) (starlark.Value, error) {
	var root *envValue
	var f filter
	var filtered bool
	prompt := "Select a node"
	err := s.complain(s.bind("select_node", []param{
		{name: "root_node", set: one(&root, "a node, such as env")},
		{name: "prompt", optional: true, set: text(&prompt)},
		{name: "filter", optional: true, set: unlessNone(&filtered, one(&f, "a filter: filters.public"))},
	})...)
	if err != nil {
		return nil, err
	}
	places := slices.Collect(root.env.Walk().Filter(f.f).Places())
	chosen, err := console.SelectNode(console.From(s.call.ctx), prompt, places)
	return s.chosen(root, chosen, err)
}

// selectIsolation is env.console.select_node_isolation(node).
func (consoleValue) selectIsolation(s site) (starlark.Value, error) {
	var node *envValue
	err := s.complain(s.bind("select_node_isolation", []param{{name: "node", set: one(&node, "a node, such as env")}})...)
	if err != nil {
		return nil, err
	}
	chosen, err := console.SelectIsolation(console.From(s.call.ctx), node.env.Place())
	return s.chosen(node, chosen, err)
}

// chosen is a node that was chosen, in the run of another.
func (s site) chosen(of *envValue, chosen *nodes.Place, err error) (starlark.Value, error) {
	if err != nil {
		return nil, err
	}
	return &envValue{s.call, of.env.Run().Env(chosen)}, nil
}
