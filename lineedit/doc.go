// Package lineedit reads lines from a terminal, of this machine or at the far end of a connection: with editing,
// history, search and a menu of completions. Several may be read at once.
//
// The text and the cursor in it are a buffer of github.com/elk-language/go-prompt, which knows what a person takes for one
// character. Its loop, which looks for keys every 10 ms, and what it draws are not used: this package takes one key at a
// time (see keys), so that nothing typed ahead or pasted is lost, and draws the line and its menu on a screen of its own.
// That one knows of coloured prompts, of wide characters at the edge, of windows of any size and of a size that changes.
// Between lines nobody reads the terminal: what is typed then is left to the programs that run.
//
// The terminal is as it was before whenever no line is being read.
package lineedit
