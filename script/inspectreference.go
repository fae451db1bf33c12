package script

// inspectSection is the chapter of the reference about inspection.
func inspectSection() section {
	return section{
		title: "Inspection",
		text: `What an action can ask about nodes: what they have, what is below them, what points at them. Nothing of
that is evaluated, and no host is asked. A child that cannot be made keeps no others away.

` + "```python" + `
def show(env):
    """Show the commit that is checked out."""
    return env.host.cd(env.location).output("git log -1 --format=%h", reads = True)

def checkouts(env):
    """Show what is checked out everywhere, public nodes of production only."""
    w = inspect(env).walk(filters.instance_of(Git) & filters.public & filters.in_group(groups.production))
    return w.call_action("show")

def config(env):
    """Put the configuration together of the parts of all children that have one."""
    return "\n".join([n.part for n in inspect(env).get_childnodes() if inspect(n).has_query("part")])

Git = parallel_node(location = "~/app", actions = [show])

root = node(
    hosts = local_host(),
    actions = [checkouts, config],
    group = groups.production,
    site = node(git = Git.array(), port = 80, part = Q("listen %d;") % Q.port),
    mail = node(git = Git.array(), group = groups.staging),
)
` + "```" + `

An action, property or query that an inspector gives has the attributes name, node and place (FILE:LINE:COL). An action
also has doc, usage and suppress_result, a property doc, a query expression. Calling it runs or evaluates it. env.NAME of
an action is the same.`,
		entries: append(append([]entry{
			{
				name: "inspect", usage: "inspect(env)",
				text: "An inspector of a node. It has these methods.",
			},
		}, inspectorEntries()...), walkEntries()...),
	}
}

func inspectorEntries() []entry {
	list := []entry{
		{name: "get_name", usage: "get_name()",
			text: "The name of the node in its parent; of the root that of its template."},
		{name: "get_full_name", usage: "get_full_name()",
			text: "The names from the root to the node, with dots between them."},
		{name: "get_path", usage: `get_path(path_type = "NAME_ONLY")`,
			text: `The way from the root to the node, as a tuple of names, with "NODE_ONLY" of nodes, with
"NODE_AND_NAME" of pairs.`},
		{name: "get_root", usage: "get_root()", text: "The root of the tree."},
		{name: "get_parent", usage: "get_parent()", text: "The node above. It is an error at the root."},
		{name: "get_group", usage: "get_group()",
			text: `The group of the node, with name and color: its own or that of the nearest node above; default if
there is none.`},
		{name: "get_childnodes", usage: "get_childnodes(include_private = True)", text: "The children, in definition order."},
		{name: "get_childnode", usage: "get_childnode(name)", text: "The child of that name, or an error."},
		{name: "has_childnode", usage: "has_childnode(name)", text: "Whether there is one."},
		{name: "get_errors", usage: "get_errors()", text: "A dict of messages by name, of the children that cannot be made."},
		{name: "get_actions", usage: "get_actions(include_private = True)",
			text: "The actions in definition order, each with its aliases after it; without the default action."},
		{name: "get_action", usage: "get_action(name)", text: "The action of that name or alias, or an error."},
		{name: "has_action", usage: "has_action(name)", text: "Whether there is one."},
		{name: "get_properties", usage: "get_properties(include_private = True)", text: "The properties."},
		{name: "get_property", usage: "get_property(name)", text: "The property of that name, or an error."},
		{name: "has_property", usage: "has_property(name)", text: "Whether there is one."},
		{name: "get_queries", usage: "get_queries(include_private = True)", text: "The queries."},
		{name: "get_query", usage: "get_query(name)", text: "The query of that name, or an error."},
		{name: "has_query", usage: "has_query(name)", text: "Whether there is one."},
		{name: "trace_query", usage: "trace_query(name)",
			text: `How a query comes to its value: a list of structs, one for each cell, with node, query, place, value,
error and steps; these are structs with query, value and error, of its parts in the order in which they were
evaluated.`},
		{name: "get_references", usage: "get_references()",
			text: `The queries of the whole tree that point at the node or an attribute of it, as far as that shows
without evaluating them: structs with node, name, query, place and attribute, which is empty for the node itself.`},
		{name: "is_callable", usage: "is_callable()", text: "Whether there is a default action."},
		{name: "suppress_result_for_action", usage: "suppress_result_for_action(name)",
			text: "Whether what the action returns is not printed."},
		{name: "iter_isolations", usage: `iter_isolations(kind = "slugs")`,
			text: `The cells of the node, as pairs of an identifier and an env. An identifier is a tuple with an entry for
each dimension: "slugs", "numbers" or "hosts". It is empty if the node is isolated.`},
		{name: "get_isolation", usage: "get_isolation(cell)", text: "A cell, by slug, by number or by host."},
		{name: "get_isolation_identifier", usage: "get_isolation_identifier()",
			text: "The slug of the cell that the node is, or None."},
		{name: "walk", usage: "walk(filter)",
			text: `The node and all below it, as envs: first the node, then its children, then theirs. Arrays are not
split into cells. Nodes are made while one goes over them.`},
	}
	for i := range list {
		list[i].usage = "inspect(env)." + list[i].usage
		list[i].name = "inspector." + list[i].name
	}
	return list
}

func walkEntries() []entry {
	return []entry{
		{name: "walk.filter", usage: "walk.filter(filter)",
			text: "The same without the nodes that the filter does not choose."},
		{name: "walk.prefer_isolation", usage: "walk.prefer_isolation(cell)",
			text: `The same with that cell in place of nodes that are not isolated, and without those that have no such
cell.`},
		{name: "walk.call_action", usage: "walk.call_action(name, *args, **kwargs)",
			text: `Runs an action of every node, one after the other, of arrays in all cells, in parallel. It gives a
parallel result whose cells are named by their paths. A cell that fails stops no other.`},
		{name: "walk.errors", usage: "walk.errors()", text: "Why nodes cannot be made: a list of messages."},
		{name: "filters", usage: "filters.public & ~filters.in_group(groups.staging)",
			text: "What chooses nodes of a walk. & is and, | is or, ~ is not."},
		{name: "filters.public", usage: "filters.public", text: "Nodes whose own name does not begin with _."},
		{name: "filters.private", usage: "filters.private", text: "Nodes whose own name begins with _."},
		{name: "filters.has_action", usage: "filters.has_action(name)",
			text: "Nodes that have an action of that name or alias."},
		{name: "filters.in_group", usage: "filters.in_group(group)",
			text: "Nodes that are in a group, their own or that of the nearest node above."},
		{name: "filters.instance_of", usage: "filters.instance_of(template)",
			text: "Nodes of a template, or of one derived from it."},
	}
}
