// Package nodes is the tree: nodes, roles, cells, actions, and running an action over hosts.
//
// A [Template] defines a node: its members (children, actions, properties, constants), the hosts of its roles, its
// group. Templates are derived from templates. A [Place] is a template at a place in the tree, with its hosts; places
// are made as they are reached. An [Env] is a place in a [Run]: what an action gets as its first argument.
//
// A parallel node has a [Place] of its own for every host of its role "host": its cells. Calling an action on a
// parallel node that is not yet a cell runs it once in every cell.
//
// Trees come from two fronts, scripts (package script) and Go structs; this package knows neither. What a front must
// give are the functions of actions and properties; what they return is a value of the front, which may implement
// [Plainer].
package nodes
