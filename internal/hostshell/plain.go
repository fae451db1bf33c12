package hostshell

import (
	"regexp"
	"strings"
)

// Most commands are a program and its arguments, and a shell that gets them only finds the program: starting one takes
// longer than many a program does. Where that is certain to make no difference the supervisor runs the program itself.

// plainWords matches words that mean nothing to a shell but themselves.
var plainWords = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*( +[A-Za-z0-9_./:=@%+,-]+)*$`)

// shellWords are the words that shells have a meaning of their own for, though they may be programs too.
var shellWords = words(`alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc
	declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash
	help history if in jobs kill let local logout mapfile newgrp popd print printf pushd pwd read readarray readonly return
	select set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until
	wait whence while`)

func words(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		all[word] = true
	}
	return all
}

// plain returns the program that a command names, or "" if a shell must read the command.
func (r Request) plain() string {
	if r.Shell != "" || r.preparation() != "" || !plainWords.MatchString(r.Command) {
		return ""
	}
	program, _, _ := strings.Cut(r.Command, " ")
	if shellWords[program] {
		return ""
	}
	return program
}
