// Package sshconfig reads ssh_config as OpenSSH does.
//
// Read reads the files once: all that can be wrong with them whatever the host is told then, as ssh tells it, for the
// lines that are not about a host too. Evaluate answers for one host what the files say: it runs the commands of
// "Match exec", looks names up for CanonicalizeHostname, expands tokens, and reads everything a second time where
// OpenSSH does.
//
// The rule is OpenSSH 9.2, and the oracle of the tests is its "ssh -G". It is left in some places, for what only
// newer releases know and what an older one got wrong: keywords and criteria of Match of newer releases are known,
// "ProxyJump none # comment" means none, and a line that begins with a quote that nobody closes is an error. What
// cannot be seen in an answer is left out: a "Match exec" that cannot matter is not run. Aliases are followed
// (CanonicalizePermittedCNAMEs) only where names are completed at all. Whether a name can be one at all is for the caller
// to say.
//
// Nothing that a file says is passed over in silence. A keyword that OpenSSH does not know is an error, unless
// IgnoreUnknown names it. One that means nothing to a program that only runs commands is listed in Options.Unused, and
// one that would mean something, but is not supported, in Options.Unsupported.
package sshconfig
