package script

// querySection is the chapter of the reference about queries.
func querySection() section {
	return section{
		title: "Queries",
		text: `A query is a member that is computed from other attributes whenever it is read, as a property is,
without a function. It must change nothing.

` + "```python" + `
Site = node(
    domain = "example.com",
    port = 8080,
    secure = False,
    url = Q("http://%s:%s") % (Q.domain, Q.port),
    web = node(
        count = 4,
        enabled = Q.parent.domain & ~Q.parent.secure,
        workers = Q.count * 2 + 1,
        busy = query("count > 3 and not parent.secure"),
        home = Q.parent.url + "/home",
    ),
)
root = Site(web__count = Q.parent.port // 1000)
` + "```" + `

A name is an attribute of the node that has the query: a constant, a property, another query, a child, parent, host,
hosts, sandbox. If the node is parallel and not a cell, the query is evaluated once in every cell and gives a parallel
result. A query that fails says where it stands and which part of it failed. deployer check tells of queries that can
never be evaluated: what they point at is not there, or they need their own value.`,
		entries: []entry{
			{
				name: "Q", usage: `Q.name, Q.child.action("x", y = 1), Q.web["web1"], Q(constant)`,
				text: `The node that has the query, and what is made of it: attributes, calls, entries of lists and
dicts, cells of nodes, and with + - * / // % what these give. a & b and a | b are "and" and "or": they evaluate b only
if need be, and give one of the two. ~a is "not". Q(x) makes a query of a constant, a list, a tuple or a dict, where an
operator would else be carried out at once: Q("%s:%s") % (Q.host, Q.port). Q.parent("T") is the nearest node, of the
node itself and those above it, whose template is called T or is derived from one that is.`,
			},
			{
				name: "query", usage: `query("count > 3 and parent.enabled")`,
				text: `A query as a text, for what operators cannot say: comparisons, in, and, or, not, a if b else
c. The names in it are attributes of the node; it may also say Q. It has no lambdas, comprehensions or slices.`,
			},
		},
	}
}
