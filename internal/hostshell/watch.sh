# each PID of this session but those spared and our own, to the function named first
each() {
	read -r me rest </proc/self/stat
	for entry in /proc/[0-9]*/stat; do
		{ IFS= read -r stat <"$entry"; } 2>/dev/null || continue
		pid=${stat%% *}
		set -- "$1" "$2" ${stat##*') '}
		[ "$6" = "$session" ] && [ "$3" != Z ] || continue
		case " $spared $me " in *" $pid "*) continue ;; esac
		"$1" "$2" "$pid"
	done
}
signal() { kill -s "$1" "$2"; }
count() { left=1; }
# end what is left of the session: INT, after 5 s TERM, after 5 s KILL
end() {
	for sig in INT TERM KILL; do
		each signal $sig
		for pause in 0.1 0.1 0.2 0.3 0.5 0.8 1 1 1; do
			left=
			each count -
			[ -z "$waiting" ] || kill -s 0 $$ || waiting= # who was to let us end was killed
			[ -n "$left$waiting" ] || return
			sleep $pause || sleep 1
		done
	done
}
