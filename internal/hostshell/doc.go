// Package hostshell speaks with the shells of a host: it writes the line that runs a command there ([Request.Line]), and
// reads the marks that this prints between the output of the command ([Dialogue]).
//
// A command reaches the host through three shells.
//
// The login shell, which may be any, gets one line that all of them read alike: it hands an encoded script to /bin/sh
// (loginLine). That script finds out whether it leads a session of its own, then runs sudo where sudo is asked for
// (script). What it runs is supervise.sh, which changes the directory, takes the secrets from standard input, and
// executes the host's SHELL -c with the variables, prefixes and the command, each in an eval of its own so that no
// operator, comment or here-document of one reaches another (inner). A command that is just a program and its arguments
// it executes itself (plain). It ends the command, and all that the command began, when standard input ends.
//
// Where the login shell is bash, that takes longer than need be: see direct.go.
package hostshell
