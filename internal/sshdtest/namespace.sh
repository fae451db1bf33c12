# Makes this mount namespace private, with other account files, and runs what follows the first argument.
set -e
dir=$1
shift
mount --make-rprivate /
# /run for /run/sshd, and for the time stamps of sudo; /var/log for the log of logins.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 755 /run/sshd
mount -t tmpfs -o mode=755 tmpfs /var/log
: >/var/log/lastlog # without it sshd complains, on terminals too
if test -d /var/lib/sudo; then
	mount -t tmpfs -o mode=711 tmpfs /var/lib/sudo
fi
for name in passwd shadow group gshadow sudoers pam.d/sshd; do
	if test -e "$dir/etc/$name" && test -e "/etc/$name"; then
		mount --bind "$dir/etc/$name" "/etc/$name"
	fi
done
exec "$@"
