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
open) exec cat "$1" ;;
create)
	[ -z "$2" ] || umask "$2"
	set -C # never into a file that is there
	exec 3>"$1" || exit 1
	echo
	exec cat >&3
	;;
commit) # draft, target, size, owner, mode
	[ "$(wc -c <"$1")" -eq "$3" ] || fail 'not all of it has come'
	[ -z "$4" ] || chown "$4" "$1" || exit 1
	[ -z "$5" ] || chmod "$5" "$1" || exit 1
	sync "$1" 2>/dev/null || sync
	[ ! -d "$2" ] || fail 'Is a directory'
	mv -f "$1" "$2" || exit 1
	sync "${2%/*}/" 2>/dev/null || :
	;;
rename)
	mv -fT "$1" "$2" 2>/dev/null && exit
	[ ! -d "$2" ] || fail 'Is a directory'
	exec mv -f "$1" "$2"
	;;
remove) exec rm -f "$1" ;;
rmdir) exec rmdir "$1" ;;
mkdir)
	[ -z "$2" ] || exec mkdir -m "$2" "$1"
	exec mkdir "$1"
	;;
symlink) exec ln -s -- "$1" "$2" ;;
chmod) exec chmod "$2" "$1" ;;
chown) exec chown "$2" "$1" ;;
maywrite)
	[ -w "$1" ] && [ -x "$1" ] || fail 'Permission denied'
	exec id -u
	;;
esac
