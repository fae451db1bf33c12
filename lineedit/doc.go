// Package lineedit reads lines from a terminal: with editing, history, search and a menu of completions.
//
// The editing is that of github.com/elk-language/go-prompt, unmodified. It is made for one program on one terminal,
// and some of what it does is no use here. This package keeps that from its users:
//
//   - It is given one key at a time by a reader of our own (see keys), so that nothing typed ahead or pasted is lost.
//     Between lines nobody reads the terminal: what is typed then is left to the programs that run.
//   - It draws with a writer of our own, to any terminal, with the colours of the prompt and of the candidates.
//   - It is left by a key that no keyboard has, for Ctrl-C, the end of the input, a new size and the end of a context.
//
// The terminal is as it was before whenever no line is being read.
package lineedit
