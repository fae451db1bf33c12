// Package prompt is what the shells of the program share: lines that come from a [LineReader], words as sh would split
// them, and a [Loop] that does one line after the other.
package prompt
