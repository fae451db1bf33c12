// Package drawn makes text of what was printed on a terminal, for places where nothing can be drawn: a log, a report, a
// line behind the name of a host.
//
// [Sequences] leaves out what only a terminal understands, and what programs draw that fill the window, as editors do.
// [Redraws] makes one line of one that is drawn again and again, as a progress bar is. [Terminal] does both.
package drawn
