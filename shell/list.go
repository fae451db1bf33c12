package shell

import (
	"fmt"
	"strings"

	"deployer/console"
	"deployer/nodes"
)

// FormatPlace is what there is at a node: its children and actions, in the colours of their groups. title stands above
// the children.
func FormatPlace(n *nodes.Place, title string, l console.Layout) string {
	text := console.FormatName(n.Path(), GroupColour(n), l.Colour) + "\n"
	if doc := firstLine(n.Template().Documentation()); doc != "" {
		text += l.Paragraph(doc) + "\n"
	}
	return text + l.List(title, childRows(n)) + l.List("actions:", actionRows(n, false))
}

func childRows(n *nodes.Place) []console.Row {
	var rows []console.Row
	for _, c := range n.Children() {
		if !nodes.IsPrivate(c.Name) {
			rows = append(rows, childRow(n, c))
		}
	}
	return rows
}

func childRow(n *nodes.Place, c nodes.Child) console.Row {
	row := console.Row{Name: nodes.FormatStep(c.Name), Text: firstLine(n.Member(c.Name).Child.Documentation())}
	if c.Err != nil {
		row.Text, row.Colour = c.Err.Error(), GroupColour(n)
		return row
	}
	row.Colour = GroupColour(c.Place)
	if slugs := c.Place.Cells(); len(slugs) > 0 {
		row.Text = strings.TrimSpace(row.Text + " " + cellNames(slugs))
	}
	return row
}

// fewCells is how many cells a list names one by one, as they are written after the name of their node.
const fewCells = 4

// cellNames are the cells of a node.
func cellNames(slugs []string) string {
	if len(slugs) > fewCells {
		return fmt.Sprintf("on %s (%d cells)", console.List(slugs), len(slugs))
	}
	return "[" + strings.Join(slugs, "] [") + "]"
}

// actionRows are the actions of a node, the private ones only if that is asked for.
func actionRows(n *nodes.Place, private bool) []console.Row {
	var rows []console.Row
	add := func(name string, a nodes.Action) {
		a.Name = name
		rows = append(rows, console.Row{Name: nodes.Usage(&a), Colour: GroupColour(n), Text: firstLine(a.Documentation())})
	}
	if def := n.Template().Default; def != nil {
		add(".", *def)
	}
	for _, a := range n.Actions() {
		if private || !nodes.IsPrivate(a.Name) {
			add(a.Name, *a.Action)
		}
	}
	return rows
}

// GroupColour is the colour of the group that a node is in, or "".
func GroupColour(n *nodes.Place) string {
	if g := n.Group(); g != nil {
		return g.Color
	}
	return ""
}

func firstLine(doc string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return line
}
