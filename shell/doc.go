// Package shell is the deployment shell: a person walks through a tree as through directories, looks at its nodes, and
// runs their actions.
//
// A line is a command of the table in commands.go, or an action: a path, the action's name, its arguments. Lines come
// from a [prompt.LineReader]; what the shell prints goes to standard output, mistakes to standard error. What runs on
// hosts is run by [Options].Run, as a one-shot run would be.
package shell
