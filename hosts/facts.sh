# deployer: what this machine is, a name and a value a line
say() { printf '%s=%s\n' "$1" "$2"; }
say hostname "$(uname -n)"
say system "$(uname -s)"
say kernel "$(uname -r)"
say architecture "$(uname -m)"
say user "$(id -un)"
say uid "$(id -u)"
say home "${HOME-}"
say shell "$(command -v bash || echo /bin/sh)"
if [ -r /etc/os-release ]; then
	say distribution "$(. /etc/os-release && echo "$ID")"
	say release "$(. /etc/os-release && echo "${VERSION_ID-}")"
fi
say processors "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
say memory "$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)"
if command -v ip >/dev/null; then
	ip -o addr show scope global | while read -r index name family address rest; do
		say "address.$name" "${address%%/*}"
	done
fi
