package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/internal/nearest"
	"deployer/nodes"
	"deployer/prompt"
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
	before, name, ok := splitName(strings.Trim(path, prompt.Blanks))
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
	return member{}, noSuch("node or member", at, name, nearest.Names(name, all))
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
	return s.page(ctx, "--inspect", linesOf(r.String()))
}

// report is what --inspect shows, while it is made.
type report struct {
	strings.Builder
	ctx     context.Context
	layout  console.Layout
	session *hosts.Session
	run     *nodes.Run
}

// errNoHosts is why an attribute has no value in an inspection.
var errNoHosts = errors.New("an inspection reaches no hosts")

// newReport begins a report. What is evaluated for it reaches no host.
func (s *Shell) newReport(ctx context.Context) *report {
	session := hosts.NewSession(hosts.Options{Replace: noHost})
	return &report{ctx: ctx, layout: s.layout(), session: session,
		run: nodes.NewRun(nodes.Options{Session: session})}
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
	r.WriteString(r.layout.List(title, rows))
}

func (r *report) node(n *nodes.Place) {
	t := n.Template()
	fmt.Fprintln(r, PathSpans(n).Format(r.layout.Colour))
	r.doc(t.Documentation())
	r.field("defined", t.Pos.String())
	r.field("template", chain(t))
	r.field("kind", t.Kind.String())
	if g := n.Group(); g != nil {
		r.field("group", console.FormatName(g.Name, g.Color, r.layout.Colour))
	}
	if t.Rolling != nil {
		r.field("rolling", t.Rolling.String())
	}
	r.list("hosts:", hostRows(n))
	r.list("roles, of those of the node above:", mappingRows(t))
	r.children(n)
	r.list("actions:", actionRows(n, true))
	r.attributes(n)
}

// children lists the children of a node, those of each group apart.
func (r *report) children(n *nodes.Place) {
	var titles []string
	rows := map[string][]console.Row{}
	for _, c := range n.Children() {
		title := "nodes:"
		if c.Err == nil {
			if g := c.Place.Group(); g != nil && (n.Group() == nil || g.Name != n.Group().Name) {
				title = "nodes of the group " + g.Name + ":"
			}
		}
		if rows[title] == nil {
			titles = append(titles, title)
		}
		rows[title] = append(rows[title], childRow(n, c))
	}
	for _, title := range titles {
		r.list(title, rows[title])
	}
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

// fewHosts is how many hosts of a role are listed with their addresses.
const fewHosts = 4

// hostNames are the hosts of a role, with their addresses if they are few.
func hostNames(role hosts.Role) string {
	var names, slugs []string
	for _, h := range role.Hosts {
		names, slugs = append(names, hostName(h)), append(slugs, h.Slug())
	}
	switch {
	case len(names) == 0:
		return "no hosts"
	case len(names) > fewHosts:
		return fmt.Sprintf("%s (%d hosts)", hostset.Fold(slugs), len(slugs))
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
