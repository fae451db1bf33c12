// Package scpshell is the secure-copy shell: a person looks around on a host and here, and gets and puts files. The same
// commands serve scripts, one at a time.
//
// A line is a command of the table in commands.go. Its words are split as sh does, and patterns in them are expanded, on
// the side that the command is about. What reaches a host is done by [Options].Run, as a run of its own. Names that a
// host gives are shown quoted, and can be typed so.
package scpshell
