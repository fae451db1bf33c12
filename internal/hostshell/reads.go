package hostshell

import _ "embed"

//go:embed reads.sh
var readsScript string

// ReadsLine asks whether the program in front on a terminal reads what is typed: it prints yes or no, and nothing if that is
// not known. leader is what [MarkLeader] said of the session of the terminal.
func ReadsLine(leader string) string {
	return loginLine("set -- " + Quote(leader) + "\n" + readsScript)
}
