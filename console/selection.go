package console

import "strings"

// Node is a node of a tree that somebody chooses. [deployer/nodes.Place] is one.
type Node[N any] interface {
	Path() string
	// Isolations are the cells that an action of the node runs in; of one that has none itself alone.
	Isolations() ([]N, error)
	// CellSlugs name a cell among these, and CellAddresses say where its hosts are: one for each dimension.
	CellSlugs() []string
	CellAddresses() []string
}

// SelectNode asks for one of several nodes, by its path or a part of it that no other path has, and then, if it has
// several cells, for one of them. A single node is taken without asking.
func SelectNode[N Node[N]](c Console, prompt string, from []N) (node N, err error) {
	list := choice{first: 1, empty: noChoice, parts: true}
	for _, n := range from {
		list.options = append(list.options, c.shown(n.Path()))
	}
	chosen, err := c.choose(prompt, "path, part of it, or number", list)
	if err != nil {
		return node, err
	}
	return SelectIsolation(c, from[chosen])
}

// SelectIsolation asks for one of the cells of a node. A single one is taken without asking; where nobody is there, a
// random one.
func SelectIsolation[N Node[N]](c Console, of N) (cell N, err error) {
	cells, err := of.Isolations()
	if err != nil {
		return cell, err
	}
	list := choice{first: 1, empty: RandomChoice, random: true}
	for _, one := range cells {
		list.options = append(list.options, c.shown(cellName(one.CellSlugs(), one.CellAddresses())))
	}
	chosen, err := c.choose("choose a host", "number or name", list)
	if err != nil {
		return cell, err
	}
	return cells[chosen], nil
}

// cellName is a cell with the addresses of its hosts, where they say more than their slugs.
func cellName(slugs, addresses []string) string {
	name, place := strings.Join(slugs, ":"), strings.Join(addresses, ":")
	if place == name || strings.Trim(place, ":") == "" {
		return name
	}
	return name + " (" + place + ")"
}

// choose asks for one of a list; if that has one thing only, it is that.
func (c Console) choose(question, how string, list choice) (int, error) {
	switch len(list.options) {
	case 0:
		return noChoice, &QuestionError{c.shown(question), errNoOptions}
	case 1:
		return 0, nil
	}
	return c.askChoice(question, how, list)
}
