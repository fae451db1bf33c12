// Package deployertest tests trees, in Go or as scripts, without the machines that they are for.
//
// A [Host] stands for a host of the tree: it answers commands as the test says, and remembers them. [Run] runs an
// action as the command line would, and returns its exit status, its output, its result and the events of its journal.
// [Context] is for calling methods of a tree in Go as functions of Go. Questions are answered by [Options];
// [OnTerminal] has a real terminal instead.
package deployertest
