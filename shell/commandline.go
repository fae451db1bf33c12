package shell

import (
	"deployer/nodes"
	"deployer/prompt"
)

// The command line of a one-shot run is completed as lines of the shell are, but its words come apart already.

// CompletePath returns what a path, typed so far, may become, from a node on.
func CompletePath(from *nodes.Place, typed string) []prompt.Candidate {
	return at(from).paths(nil, prompt.Literal(typed), nodesOnly)
}

// CompleteAction returns the actions of a node that begin with what was typed; "." is the default action.
func CompleteAction(n *nodes.Place, typed string) []prompt.Candidate {
	c := steps{at: n, prefix: typed}
	for _, m := range n.Template().Members() {
		if m.Action == nil {
			continue
		}
		for _, name := range names(m) {
			if c.offers(name) {
				c.add(name, name, inGroup(KindAction, memberDoc(m), n.Group()))
			}
		}
	}
	if d := n.Template().Default; d != nil && typed == "" {
		c.add(".", ".", inGroup(KindAction, d.Documentation(), n.Group()))
	}
	return c.all
}

// CompleteArgument returns what an argument of an action may become, after the arguments before it.
func CompleteArgument(a *nodes.Action, before []string, typed string) []prompt.Candidate {
	var given []prompt.Word
	for _, text := range before {
		given = append(given, prompt.Literal(text))
	}
	return parameters(a, given, prompt.Literal(typed))
}

// at is a shell that stands at a node, as far as completion needs one.
func at(n *nodes.Place) *Shell { return &Shell{here: place{at: n}} }
