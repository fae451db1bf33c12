# deployer: say whether what is in front on the terminal of a session reads there: yes or no, nothing if that is not known
leader=${1%% *} began=${1#* } says=no seen=
exec 2>/dev/null
IFS=' '
# what a thread does: reads a terminal or a socket, waits for several things, or something else
look() {
	read -r stat <"$1/stat" || return
	set -- "$1" "$2" ${stat##*') '}
	[ "$3" = S ] || return
	where=0
	read -r where <"$1/wchan"
	case $where in
	n_tty_read) says=yes ;;
	wait_woken) hasSocket "$2" || says=yes ;;
	'' | 0 | *poll* | *select* | io_*) ;;
	*) return ;;
	esac
	[ $says = yes ] || says=
}
hasSocket() {
	for file in "$1"/fd/*; do
		[ ! -S "$file" ] || return 0
	done
	[ ! -e "$file" ] # that we may not look is as if it had one
}

read -r stat <"/proc/$leader/stat" || exit
set -- ${stat##*') '}
[ "${20}" = "$began" ] && [ -e "/proc/$leader/task/$leader/children" ] || exit
front=$6 queue=$leader
while set -- $queue && [ $# -gt 0 ] && [ "$says" != yes ]; do
	pid=$1
	shift
	queue=$*
	for task in "/proc/$pid/task"/*; do
		children=
		read -r children <"$task/children"
		queue="$queue $children"
		read -r stat <"$task/stat" || continue
		set -- ${stat##*') '}
		[ "$3" != "$front" ] || { seen=1 && look "$task" "/proc/$pid"; }
	done
done
[ -z "$seen" ] || printf '%s' "$says"
