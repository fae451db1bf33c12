package shell

import (
	"errors"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/nodes"
)

// attributes lists the attributes of a node with their values.
func (r *report) attributes(n *nodes.Place) {
	var properties, queries, constants []console.Row
	for _, m := range n.Template().Members() {
		if m.Child != nil || m.Action != nil {
			continue
		}
		row := console.Row{Name: m.Name, Text: r.value(n, m)}
		switch {
		case m.Property != nil:
			properties = append(properties, row)
		case m.Query != nil:
			queries = append(queries, row)
		default:
			constants = append(constants, row)
		}
	}
	r.list("properties:", properties)
	r.list("queries:", queries)
	r.list("constants:", constants)
}

// value is the value of an attribute, in a line, or why it has none.
func (r *report) value(n *nodes.Place, m *nodes.Member) string {
	if m.Required != nil {
		return "required, and not set: " + m.Required.Why
	}
	v, err := r.run.Env(n).Attr(r.ctx, m.Name)
	return valueText(v, err)
}

// shown is a value in a line.
func shown(v any) (string, error) {
	raw, err := nodes.JSONResult(v)
	return string(raw), err
}

// cause is what is wrong, without where, which is known.
func cause(err error) string {
	var action *nodes.ActionError
	for errors.As(err, &action) {
		err = action.Err
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

func (r *report) member(m member) {
	n, of := m.at, m.of
	fmt.Fprintf(r, "%s %s\n", PathSpans(n).Format(r.layout.Colour), of.Name)
	switch {
	case of.Action != nil:
		r.doc(of.Action.Documentation())
		r.field("action", nodes.Usage(of.Action))
		r.field("aliases", strings.Join(of.Action.Aliases, ", "))
		r.field("defined", of.Action.Pos.String())
	case of.Query != nil:
		r.doc(of.Doc)
		r.field("query", of.Query.String())
		r.field("defined", of.Query.Pos().String())
		r.trace(m)
	case of.Property != nil:
		r.doc(of.Property.Documentation())
		r.field("property", r.value(n, of))
		r.field("defined", of.Pos.String())
	default:
		r.doc(of.Doc)
		r.field("value", r.value(n, of))
		r.field("defined", of.Pos.String())
	}
}

// trace adds how a query comes to its value, in every cell.
func (r *report) trace(m member) {
	traces, err := r.run.Env(m.at).TraceQuery(r.ctx, m.of.Name)
	if err != nil {
		r.field("value", noValue+cause(err))
		return
	}
	for _, t := range traces {
		title := "how it comes to its value:"
		if len(traces) > 1 {
			title = "in " + strings.Join(t.Env.Place().CellSlugs(), ":") + ":"
		}
		var rows []console.Row
		told := ""
		for _, step := range append(t.Steps, nodes.TraceStep{Part: m.of.Name, Value: t.Value, Err: t.Err}) {
			text := valueText(step.Value, step.Err)
			if why, isError := strings.CutPrefix(text, noValue); isError && told != "" && strings.HasSuffix(why, told) {
				text = "no value, as above"
			} else if isError {
				told = why
			}
			rows = append(rows, console.Row{Name: step.Part, Text: text})
		}
		r.list(title, rows)
	}
}

// noValue begins what is shown in the place of a value that there is not.
const noValue = "no value: "

// valueText is a value in a line, or why there is none.
func valueText(v any, err error) string {
	text := ""
	if err == nil {
		text, err = shown(v)
	}
	if err != nil {
		return noValue + cause(err)
	}
	return text
}
