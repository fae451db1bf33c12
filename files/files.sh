# deployer: one thing to do with files, by its name and its arguments, for hosts without SFTP and with sudo
LC_ALL=C
export LC_ALL
fail() {
	printf '%s\n' "$1" >&2
	exit 1
}
# what a path has, one line; of a symbolic link then what it says
format='%f %u %g %s %Y'
todo=$1
shift
case $todo in
stat) exec stat -L -c "$format" "$1" ;;
lstat)
	stat -c "$format" "$1" || exit 1
	[ ! -L "$1" ] || exec readlink "$1"
	;;
list)
	cd "$1" 2>/dev/null || {
		ls -d "$1/." >/dev/null # which, unlike cd, says why
		exit 1
	}
	[ -r . ] || fail 'Permission denied'
	# a name has no slash, so that two of them end it
	find . ! -name . -prune -exec stat -c "$format %n//" {} + 2>/dev/null
	exit 0 # what vanished meanwhile is not there
	;;
open) # file, first byte, counted from 1
	[ "$2" = 1 ] || exec tail -c "+$2" "$1"
	exec cat "$1"
	;;
sum) # file, bytes
	exec <"$1" || exit 1
	head -c "$2" | {
		sha256sum 2>/dev/null || openssl dgst -sha256 -r 2>/dev/null
	}
	;;
create) # draft, mask, bytes of it that are kept: of one that is there, and not empty
	[ -z "$2" ] || umask "$2"
	trap '' HUP INT TERM PIPE # which would leave an empty one behind
	if [ -n "$3" ]; then
		[ -f "$1" ] && [ ! -L "$1" ] || fail 'No such file or directory'
		exec 3<>"$1" || exit 1
		[ -s "$1" ] || {
			rm -f "$1"
			fail 'No such file or directory' # any more
		}
		# not at its end: where others go on with it too, all of them write the same to the same place
		dd bs=1 seek="$3" count=0 conv=notrunc >&3 2>/dev/null || exit 1
	else
		set -C # never into a file that is there
		exec 3>"$1" || exit 1
	fi
	echo
	IFS= read -r answer
	if [ "$answer" != go ]; then # nobody has heard of it, who would see to what becomes of it
		[ -s "$1" ] || rm -f "$1"
		exit 1
	fi
	trap - HUP INT TERM PIPE
	exec cat >&3
	;;
commit) # draft, target, size, owner, mode, time of change, whether it is waited for
	size=$(wc -c <"$1") || exit 1
	[ "$size" -eq "$3" ] || fail 'not all of it has come'
	[ -z "$4" ] || chown "$4" "$1" || exit 1
	[ -z "$5" ] || chmod "$5" "$1" || exit 1
	[ -z "$6" ] || TZ=UTC0 touch -c -m -t "$6" "$1" || exit 1
	[ -z "$7" ] || sync "$1" 2>/dev/null || sync
	mv -fT "$1" "$2" 2>/dev/null || {
		[ ! -d "$2" ] || fail 'Is a directory'
		mv -f "$1" "$2" || exit 1
	}
	[ -z "$7" ] || sync "${2%/*}/" 2>/dev/null || :
	;;
rename)
	mv -fT "$1" "$2" 2>/dev/null && exit
	[ ! -d "$2" ] || fail 'Is a directory'
	exec mv -f "$1" "$2"
	;;
remove) exec rm -f "$1" ;;
rmdir) exec rmdir "$1" ;;
rmtree) exec rm -rf "$1" ;;
mkdir)
	[ -z "$2" ] || exec mkdir -m "$2" "$1"
	exec mkdir "$1"
	;;
symlink) exec ln -s -- "$1" "$2" ;;
chmod) exec chmod "$2" "$1" ;;
chown) exec chown "$2" "$1" ;;
chtimes)
	TZ=UTC0
	export TZ
	exec touch -c -m -t "$2" "$1"
	;;
maywrite)
	[ -w "$1" ] && [ -x "$1" ] || fail 'Permission denied'
	exec id -u
	;;
esac
