// Package console talks with a person: what a run shows, and what it asks.
//
// # Where output goes
//
// Standard output carries what the run is for: what remote commands print on their standard output or terminal, what
// scripts print, and the result of the action after it. Standard error carries what remote commands print on their
// standard error, the log (what runs where, and how it ended), warnings, questions and the report of failures. The
// journal carries all of it, as events; a [Screen] is one of its readers, and nothing is shown that is not an event,
// except questions while they are asked and the report at the end.
//
// # What it looks like
//
// Messages are lower case, without a full stop, on one line, and say what, where, why, and what to do next. Lines of
// the log start with the slug of the host, or the path of the node:
//
//	/staging/git checkout v1.2
//	web1:~/app $ git fetch                 # instead of $ with sudo, (user) after it if it is not root
//	web1 ok 0.31s
//	web1 FAILED exit status 3, 0.31s       a state in capitals is a failure
//	warning: …
//
// With several hosts every line that one of them prints starts with its slug, "web1 | ", in a colour of its own. A
// line is shown when it is complete. One that is longer than 64 KiB is shown in pieces of that size, a prefix before
// each, so that no output can fill the memory; the last line of a command is shown when the command ends, with a
// newline if it has none. With one host there is no prefix, and every byte passes as it is; so too where a command has the
// terminal, while the lines of others return its carriage.
//
// # What is kept out
//
// Secrets are masked by the journal before an event gets here. Colour is used only where the caller says so. What
// hosts print cannot draw on a terminal outside of its own line: behind a prefix, colours pass and are reset at the
// end of the line, and every other control character and escape sequence is shown as text ("^[", "\u009b"). The log
// treats all text like that, also where it is not shown on a terminal, so that one event is one line.
//
// # Questions
//
// A [Person] asks one question at a time on the terminal, while the screen's lines appear above it. A question that
// is not answered (Ctrl-C, Ctrl-D, end of input) is [ErrNoAnswer], never a yes. However a question ends, the terminal
// is as it was before.
//
// # Progress
//
// A [Bar] stands below the lines of the run, and makes place for questions and for what a command prints that has the
// terminal. It is no event, but what is left of it is, and so is what the log tells of it where nothing can be drawn.
//
// fatih/color is used here and nowhere else.
package console
