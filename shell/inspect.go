package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/nodes"
)

func information() []*Command {
	return []*Command{
		{"--inspect", "[PATH] [ACTION | PROPERTY | QUERY]", "show all that is known of a node, or of a member of it",
			"Properties and queries are evaluated as far as that goes without reaching a host; of a query it also shows how " +
				"it came to its value.", (*Shell).inspect, memberPath},
		{"--source-code", "[PATH] [ACTION | PROPERTY]", "show the text that defines a node, or a member of it",
			"Of a node that is derived from others one can choose which.", (*Shell).sourceCode, memberPath},
	}
}

// member is a node, or a member of it.
type member struct {
	at *nodes.Place
	of *nodes.Member // nil: the node itself
}

// member returns what a path leads to: a node, or a member of one.
func (s *Shell) member(path string) (member, error) {
	at, err := s.resolve(path)
	if err == nil {
		return member{at: at}, nil
	}
	before, name, ok := splitName(strings.Trim(path, blanks))
	if !ok {
		return member{}, err
	}
	at, failed := s.resolve(before)
	if failed != nil {
		return member{}, err
	}
	if m := at.Member(name); m != nil {
		return member{at, m}, nil
	}
	var all []string
	for _, m := range at.Template().Members() {
		all = append(all, names(m)...)
	}
	return member{}, noSuch("node or member", at, name, nodes.Nearest(name, all))
}

func (s *Shell) inspect(ctx context.Context, a arguments) error {
	m, err := s.member(a.text)
	if err != nil {
		return err
	}
	r := s.newReport(ctx)
	defer r.session.Close()
	if m.of == nil {
		r.node(m.at)
	} else {
		r.member(m)
	}
	return s.write(r.String())
}

// report is what --inspect shows, while it is made.
type report struct {
	strings.Builder
	ctx     context.Context
	colour  bool
	session *hosts.Session
	run     *nodes.Run
}

// errNoHosts is why an attribute has no value in an inspection.
var errNoHosts = errors.New("an inspection reaches no hosts")

// newReport begins a report. What is evaluated for it reaches no host.
func (s *Shell) newReport(ctx context.Context) *report {
	session := hosts.NewSession(hosts.Options{Replace: noHost})
	return &report{ctx: ctx, colour: s.o.Colour, session: session,
		run: nodes.NewRun(nodes.Options{Session: session, Sandbox: true})}
}

// noHost stands for a host that is not to be reached.
func noHost(h hosts.Host) hosts.Host {
	refuse := func(context.Context, hosts.Call) (int, error) {
		return 0, &hosts.Error{Fault: hosts.Refused, Host: h.Slug(), Op: "inspect", Err: errNoHosts}
	}
	none, err := hosts.NewFunc(hosts.FuncOptions{Slug: h.Slug(), Run: refuse})
	if err != nil {
		return h // its slug is that of a host that exists, and so is fine
	}
	return none
}

// field adds a line with a label.
func (r *report) field(label, text string) {
	if text != "" {
		fmt.Fprintf(r, "%-10s %s\n", label, text)
	}
}

// doc adds a documentation.
func (r *report) doc(text string) {
	if text = strings.TrimSpace(text); text != "" {
		fmt.Fprintf(r, "%s\n\n", text)
	}
}

// list adds rows under a title.
func (r *report) list(title string, rows []console.Row) {
	r.WriteString(console.FormatList(title, rows, r.colour))
}

func (r *report) node(n *nodes.Place) {
	t := n.Template()
	fmt.Fprintln(r, PathSpans(n).Format(r.colour))
	r.doc(t.Documentation())
	r.field("defined", t.Pos.String())
	r.field("template", chain(t))
	r.field("kind", t.Kind.String())
	if g := n.Group(); g != nil {
		r.field("group", console.FormatName(g.Name, g.Color, r.colour))
	}
	r.list("hosts:", hostRows(n))
	r.list("roles, of those of the node above:", mappingRows(t))
	r.list("nodes:", childRows(n))
	r.list("actions:", actionRows(n))
	r.list("attributes:", r.attributes(n))
}

// chain is a template with what it is derived from.
func chain(t *nodes.Template) string {
	var names []string
	for ; t != nil; t = t.Base {
		if t.Name != "" && (len(names) == 0 || names[len(names)-1] != t.Name) {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", derived from ")
}

func hostRows(n *nodes.Place) []console.Row {
	var rows []console.Row
	for _, role := range n.Roles() {
		rows = append(rows, console.Row{Name: role.Name, Text: hostNames(role)})
	}
	return rows
}

// mappingRows are the roles of a template with the roles that fill them.
func mappingRows(t *nodes.Template) []console.Row {
	if t.Hosts == nil {
		return nil
	}
	var rows []console.Row
	for _, m := range t.Hosts.Map {
		from := strings.Join(m.From, ", ")
		if m.All {
			from = "all hosts"
		}
		rows = append(rows, console.Row{Name: m.Role, Text: from})
	}
	return rows
}

// attributes are the attributes of a node with their values.
func (r *report) attributes(n *nodes.Place) []console.Row {
	var rows []console.Row
	for _, m := range n.Template().Members() {
		if m.Child != nil || m.Action != nil || nodes.IsPrivate(m.Name) {
			continue
		}
		rows = append(rows, console.Row{Name: m.Name, Text: r.value(n, m)})
	}
	return rows
}

// value is the value of an attribute, in a line, or why it has none.
func (r *report) value(n *nodes.Place, m *nodes.Member) string {
	if m.Required != nil {
		return "required, and not set: " + m.Required.Why
	}
	v, err := r.run.Env(n).Attr(r.ctx, m.Name)
	text := ""
	if err == nil {
		text, err = shown(v)
	}
	if err != nil {
		return "no value: " + cause(err)
	}
	return text
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
	fmt.Fprintf(r, "%s %s\n", PathSpans(n).Format(r.colour), of.Name)
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
		r.field("value", "no value: "+cause(err))
		return
	}
	for _, t := range traces {
		title := "how it comes to its value:"
		if len(traces) > 1 {
			title = "in " + strings.Join(t.Env.Place().CellSlugs(), ":") + ":"
		}
		var rows []console.Row
		for _, step := range t.Steps {
			rows = append(rows, console.Row{Name: step.Part, Text: stepText(step.Value, step.Err)})
		}
		r.list(title, append(rows, console.Row{Name: m.of.Name, Text: stepText(t.Value, t.Err)}))
	}
}

func stepText(v any, err error) string {
	text := ""
	if err == nil {
		text, err = shown(v)
	}
	if err != nil {
		return "no value: " + cause(err)
	}
	return text
}

// hostNames are the hosts of a role, with their addresses.
func hostNames(role hosts.Role) string {
	var names []string
	for _, h := range role.Hosts {
		names = append(names, hostName(h))
	}
	if len(names) == 0 {
		return "no hosts"
	}
	return strings.Join(names, ", ")
}

// hostName is a host with its address.
func hostName(h hosts.Host) string {
	if address := h.Address(); address != "" && address != h.Slug() {
		return h.Slug() + " (" + address + ")"
	}
	return h.Slug()
}
