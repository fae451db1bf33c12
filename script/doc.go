// Package script reads trees that are written in Starlark.
//
// [Load] turns a file into a [nodes.Tree]. Loading is hermetic: it runs no command, opens no connection and reads no
// clock, and what could do so does not exist while a file loads. A builtin that is called with a mistake records a
// [Problem] with its place and goes on with a harmless value, so that mistakes that have nothing to do with each other
// are reported together; all of them make up the error, a [*Problems].
//
// A loaded tree keeps its functions. When the nodes layer calls one, it runs in a Starlark thread of its own, bound to
// the context of the call (see call.go): cancelling the context stops the thread, also in an endless loop. What fails in
// it comes back as an [*Error], which knows the place in the script and unwraps to the cause.
//
// What a script may use is one table, in table.go: doc/script.md and [Help] are made from it.
//
// Starlark is used here and nowhere else.
package script
