# deployer: end the commands of this connection that still run when it ends, or that we are told to end
#
# Only bash reads this. The last part takes lines from a pipe: "run WORD PID START" from each command, and what comes
# over the connection from the first part, whose standard output is the way into the pipe: "end WORD". With the first
# part that way ends, so that no command can come in unseen: then the pipe does when the last line has been taken.
shopt -s lastpipe
exec 3>&1 >/dev/null 2>&1
declare -A commands

# whether the process PID is the one that began at START
lives() {
	read -r stat </proc/$1/stat || return
	set -- "$2" ${stat##*') '}
	[ "${21}" = "$1" ] && [ "$2" != Z ]
}
endCommand() {
	trap '' INT TERM HUP
	lives ${commands[$1]} || return
	session=${commands[$1]% *} spared= waiting=
	end
}
forget() {
	for word in "${!commands[@]}"; do
		[ "${commands[$word]}" = doomed ] || lives ${commands[$word]} || unset "commands[$word]"
	done
}
{
	exec 4>&1 # the way in: a printf that goes elsewhere has another standard output for a moment, in which we may be told
	printf 'guard %s\n' $BASHPID >&3
	while IFS= read -r line; do printf '%s\n' "$line"; done
} | while read -r verb word rest; do
	case $verb in
	run)
		known=${commands[$word]}
		commands[$word]=$rest
		[ "$known" = doomed ] && verb=end
		[ ${#commands[@]} -lt 100 ] || forget
		;;
	end) [ -n "${commands[$word]}" ] || commands[$word]=doomed ;; # it has yet to say that it runs
	esac
	[ "$verb" = end ] && [ "${commands[$word]}" != doomed ] || continue
	{ endCommand "$word"; printf 'ended %s\n' "$word" >&3; } &
done
for word in "${!commands[@]}"; do endCommand "$word" & done
wait
