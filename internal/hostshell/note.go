package hostshell

// noteScript writes the line, or prints a mark that says why it cannot. It leaves no variables behind, and no arguments.
// It is one line, since lines are counted.
func (r Request) noteScript() string {
	if r.Note == "" {
		return ""
	}
	const file = `"$HOME/.deployer/history"`
	return `{ set -- "$({ umask 077; ` +
		`if [ -z "${HOME-}" ]; then echo "HOME is not set"; false; ` +
		`elif [ -e ` + file + ` ] && ! [ -f ` + file + ` ]; then echo "it is not a file"; false; ` +
		`else { [ -d "$HOME/.deployer" ] || mkdir -p "$HOME/.deployer"; } && ` +
		`printf '%s\n' ` + Quote(r.Note) + ` >>` + file + `; ` +
		`fi && echo noted; } 2>&1)"; } 2>/dev/null; ` +
		`[ "$1" = noted ] || printf '\001%s:history %.60s\001' ` + r.Word + ` "${1##*: }" >&2; set --; `
}
