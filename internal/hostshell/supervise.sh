# deployer: run one command, and end its whole session when standard input ends
home=$1 lead=$2 tty=$3 shell=$4 dir=$5 word=$6 secrets=$7 input=$8 inner=$9 plain=${10}
CDPATH= i=0 stopped=
mark() { printf '\001%s:%.80s\001' "$word" "$1" >&2; }

if [ -z "$shell" ]; then
	shell=/bin/sh
	! command -v bash >/dev/null || shell=bash
fi
[ -z "$tty" ] || [ "$secrets$input" = 0 ] || stty -echo
SHLVL=1 # so that bash, seeing SSH_CLIENT, does not take itself for the login shell and read ~/.bashrc once more
export SHLVL
# who ends a terminal needs to know whom: a hang-up alone may be ignored
[ -z "$tty" ] || ! read -r stat 2>/dev/null </proc/$$/stat || { set -- ${stat##*') '}; mark "leader $$ ${20}"; }
mark started
while [ $i -lt "$secrets" ]; do
	i=$((i + 1))
	IFS= read -r line || exit 1
	value=$(printf '%b.' "$line")
	value=${value%.}
	eval "export deployer_$i=\$value"
done
[ "$input" != 1 ] || IFS= read -r input || exit 1
[ -z "$tty" ] || [ "$secrets" = 0 ] || stty echo

case $dir in
'~' | '~/'*) dir=$home${dir#'~'} ;;
'~'*)
	user=${dir%%/*}
	case $user in *[!~a-zA-Z0-9._@+-]*) ;; *) eval "home=$user" && dir=$home${dir#"$user"} ;; esac
	;;
esac
[ -z "$dir" ] || cd -- "$dir" 2>/dev/null || {
	why=$(LC_ALL=C ls -d -- "$dir/." 2>&1 >/dev/null) # the shell itself need not say why
	mark "directory ${why##*: }"
	exit 1
}
[ -z "$tty" ] || exec "$shell" -c "$inner"
[ "$input" != stream ] || exec "$shell" -c "$inner" # which ends by itself when its standard input does

@watch.sh@
endgroup() {
	for sig in INT TERM; do
		kill -s $sig 0
		sleep 5
	done
	kill -s KILL 0
}
# whether we may end the whole session, and not just the process group
leads() { read -r a b c d e session rest </proc/self/stat && [ "$session" = "$lead" ]; }
watch() {
	waiting=1
	trap 'waiting=' USR2
	while IFS= read -r line; do :; done
	trap '' INT TERM HUP
	kill -s USR1 $$
	if leads; then
		spared="$$ $PPID $session"
		end
	elif [ -n "$lead" ]; then
		endgroup
	fi
}

# whether the command needs no shell: its first word is a program of the system. One from elsewhere may be a script
# that does not say by what, which each shell then reads itself.
isProgram() {
	[ -n "$plain" ] && [ -z "$BASH_ENV" ] || return
	IFS=:
	for folder in $PATH; do
		[ ! -x "$folder/$plain" ] || break
		folder=
	done
	case $folder in /bin | /usr/bin | /sbin | /usr/sbin) ;; *) return 1 ;; esac
}
run() {
	exec 2>&4 4>&-
	isProgram || exec "$shell" -c "$inner"
	IFS=' '
	exec $inner
}

trap 'stopped=1' INT TERM HUP USR1
exec 4>&2 2>/dev/null 3<&0 </dev/null
(
	exec <&3 >/dev/null 3<&- 4>&- # without exec some shells keep copies of what the command prints to
	watch
) &
watcher=$!
exec 3<&-
if [ -n "$input" ]; then
	printf '%b' "${input#.}" | (run)
else
	(run)
fi
status=$?
if [ -z "$stopped" ]; then
	kill -s KILL $watcher # one that was just started may not have left our traps behind yet
elif leads; then
	kill -s USR2 $watcher
	while kill -s 0 $watcher; do wait $watcher; done # a trap ends one wait
fi
exit $status
