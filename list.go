package deployer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

func listChildren(w io.Writer, n *nodes.Place) {
	var rows []string
	for _, name := range n.Steps() {
		if strings.HasPrefix(name, "_") {
			continue
		}
		doc := firstLine(n.Template().Member(name).Child.Documentation())
		if child, err := n.Step(name); err != nil {
			doc = err.Error()
		} else if slugs := child.Cells(); len(slugs) > 0 {
			doc = strings.TrimSpace(fmt.Sprintf("%s [%s]", doc, strings.Join(slugs, "] [")))
		}
		rows = append(rows, row(nodes.FormatStep(name), doc))
	}
	section(w, "nodes, to name with --path:", rows)
}

func listActions(w io.Writer, n *nodes.Place) {
	var rows []string
	if def := n.Template().Default; def != nil {
		usage := *def
		usage.Name = "."
		rows = append(rows, row(nodes.Usage(&usage), firstLine(def.Documentation())))
	}
	for _, name := range n.ActionNames() {
		if !strings.HasPrefix(name, "_") {
			action, _ := n.Action(name) // one of those that it has
			usage := *action
			usage.Name = name // or an alias
			rows = append(rows, row(nodes.Usage(&usage), firstLine(action.Documentation())))
		}
	}
	section(w, "actions:", rows)
}

func row(name, doc string) string { return strings.TrimSuffix(name+"\t"+doc, "\t") }

func section(w io.Writer, title string, rows []string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, r := range rows {
		fmt.Fprintf(w, "  %s\n", r)
	}
}

func firstLine(doc string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	return line
}

// allHosts are the different hosts of a node and of everything below it.
func allHosts(n *nodes.Place) []hosts.Host {
	all := n.Hosts()
	for _, name := range n.Steps() {
		child, err := n.Step(name)
		if err != nil {
			continue // it has no hosts to speak of
		}
		for _, h := range allHosts(child) {
			if !slices.ContainsFunc(all, func(have hosts.Host) bool { return have.Slug() == h.Slug() }) {
				all = append(all, h)
			}
		}
	}
	return all
}
