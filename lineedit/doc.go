// Package lineedit reads lines from a terminal, of this machine or at the far end of a connection: with editing,
// history, search and a menu of completions. Several may be read at once.
//
// The text, the cursor and most keys are those of github.com/elk-language/go-prompt, unmodified. It is made for one
// program on one terminal, and much of what it does is no use here. This package keeps that from its users:
//
//   - It is given one key at a time by a reader of our own (see keys), so that nothing typed ahead or pasted is lost.
//     Between lines nobody reads the terminal: what is typed then is left to the programs that run.
//   - Keys that mean something else here (see command) reach it as one key that no keyboard has, and are done by us. So
//     it is left: for Enter, Ctrl-C, the end of the input and the end of a context.
//   - It draws nothing: what it writes is dropped, and the line and its menu are drawn by a screen of our own. That one
//     knows of coloured prompts, of wide characters at the edge, of windows of any size and of a size that changes.
//
// The terminal is as it was before whenever no line is being read.
package lineedit
