// Package scale makes what benchmarks of large trees need: trees of 100,000 nodes, and hosts that cost nothing.
package scale

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Nodes is how many nodes the trees have, without their roots.
const Nodes = 100_000

// Sites is how many children the root of Made has. The other nodes are below them.
const Sites = 1000

// Made is a tree of 1,000 sites with 99 services each, every one a node(…) of its own, made by functions. Every service
// has an action and a query.
const Made = `
def start(env, how = "softly"):
    """Start it."""
    return how

def service(i):
    return node(port = 8000 + i, url = Q("http://%s:%s") % (Q.parent.domain, Q.port), actions = [start])

def site(i):
    return node(domain = "site%d.example.com" % i, **{"service%d" % j: service(j) for j in range(99)})

def count(env):
    """Count the services that can be started."""
    n = 0
    for service in inspect(env).walk(filters.public & filters.has_action("start")):
        n += 1
    return n

root = node(count = count, **{"site%d" % i: site(i) for i in range(1000)})
`

// files is how many files a tree has that is written out.
const files = 10

// Write writes a tree of as many nodes that is written out in a file for every 100 sites, 7 MB in all, and returns the
// path of the tree.
func Write(dir string) (string, error) {
	var root strings.Builder
	for f := range files {
		name := fmt.Sprintf("part%d", f)
		fmt.Fprintf(&root, "load(\"%s.star\", %s = \"root\")\n", name, name)
		if err := os.WriteFile(filepath.Join(dir, name+".star"), []byte(part()), 0o600); err != nil {
			return "", err
		}
	}
	root.WriteString("root = node(\n")
	for f := range files {
		fmt.Fprintf(&root, "    part%d = part%d,\n", f, f)
	}
	root.WriteString(")\n")
	path := filepath.Join(dir, "deploy")
	return path, os.WriteFile(path, []byte(root.String()), 0o600)
}

// part is a node with the sites of one file.
func part() string {
	var b strings.Builder
	b.WriteString("def start(env, how = \"softly\"):\n    \"\"\"Start it.\"\"\"\n    return how\n\nroot = node(\n")
	for i := range Sites / files {
		fmt.Fprintf(&b, "    site%d = node(\n        domain = \"site%d.example.com\",\n", i, i)
		for j := range 99 {
			fmt.Fprintf(&b, "        service%d = node(port = %d, url = Q(\"http://%%s\") %% Q.parent.domain, ", j, 8000+j)
			b.WriteString("actions = [start]),\n")
		}
		b.WriteString("    ),\n")
	}
	b.WriteString(")\n")
	return b.String()
}
