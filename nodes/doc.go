// Package nodes is the tree: nodes, roles, cells, actions, and running an action over hosts.
//
// A [Template] defines a node: its members (children, actions, properties, constants), the hosts of its roles, its
// group. Templates are derived from templates. A [Place] is a template at a place in the tree, with its hosts; places
// are made as they are reached. An [Env] is a place in a [Run]: what an action gets as its first argument.
//
// A parallel node has a [Place] of its own for every host of its role "host": its cells. Calling an action on a
// parallel node that is not yet a cell runs it once in every cell.
//
// Trees come from two fronts. Scripts are in package script. In Go a tree is a struct: what it embeds is [Node], and
// [Bind] makes templates of it and of all that is below it. The model knows no more of the one than of the other: a
// front gives it the functions of actions and properties, and values that may implement [Plainer].
package nodes
