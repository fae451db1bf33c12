#!/bin/sh
# The long tests, in MINUTES (20) altogether: every fault at every byte, every fuzz test, and all tests again and again,
# in random order, until the time is over. Arguments choose parts: faults, fuzz, repeat. What fails is told at once, and
# a summary of all that ran at the end; the logs stay in LOGS where something failed.
set -u
go=${GO:-go}
minutes=${MINUTES:-20}
logs=${LOGS:-$(mktemp -d)}
begun=$(date +%s)
failures=0
mkdir -p "$logs"
: >"$logs/summary"

now() { echo $(($(date +%s) - begun)); }

# NAME WHAT COMMAND...: a step, whose output goes to a log; WHAT is said of it in the summary.
step() {
	name=$1 what=$2 from=$(now)
	shift 2
	log=$logs/$(echo "$name" | tr -c 'A-Za-z0-9\n' _).log
	if "$@" >"$log.last" 2>&1; then
		verdict=0
	else
		verdict=1 failures=$((failures + 1))
		echo "FAILED: $name: $*"
		grep -E '^ *--- FAIL|_test.go:|^panic|WARNING: DATA RACE|Failing input|build failed' "$log.last" | head -20
	fi
	cat "$log.last" >>"$log"
	# what fuzzing did is in the last line that says so
	did=$(sed -n 's/^fuzz: elapsed.*execs: \([0-9]*\).*/\1 inputs/p' "$log.last" | tail -1)
	rm -f "$log.last"
	printf '%s\t%s\t%d\t%d\n' "$name" "${did:-$what}" $(($(now) - from)) $verdict >>"$logs/summary"
}

faults() {
	step "faults at every byte" '1 round' \
		env DEPLOYER_SOAK=1 "$go" test -race -count 1 -timeout 14m -run 'TestFaults' ./hosts
	step "copies cut at many bytes" '1 round' \
		env DEPLOYER_SOAK=1 "$go" test -race -count 1 -timeout 14m -run 'TestCopyIsCut' ./hosts
	step "the program, with its long tests" '1 round' \
		env DEPLOYER_SOAK=1 "$go" test -race -count 1 -timeout 14m .
}

# DIRECTORY NAME of every fuzz test
fuzzers() {
	for file in $(git grep -l '^func Fuzz' -- '*_test.go'); do
		sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\).*|./$(dirname "$file") \1|p" "$file"
	done
}

# A quarter of the time is for fuzzing.
fuzz() {
	each=${FUZZTIME:-$((minutes * 15 / $(fuzzers | wc -l) + 1))s}
	fuzzers >"$logs/fuzzers"
	while read -r dir name; do
		step "$name of $dir" '' "$go" test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "$each" </dev/null
	done <"$logs/fuzzers"
}

repeat() {
	packages=$("$go" list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...) || exit
	while :; do
		for package in $packages; do
			[ "$(now)" -lt $((minutes * 60)) ] || return
			step "$package" '1 round' "$go" test -race -count 1 -shuffle on -timeout 14m "$package"
		done
	done
}

summary() {
	awk -F '\t' '
		!($1 in seconds) { order[++n] = $1 }
		{ steps[$1]++; did[$1] = $2; seconds[$1] += $3; failed[$1] += $4; all += $3; bad += $4 }
		END {
			printf "\n%-44s %16s %9s %9s\n", "what", "did", "seconds", "failures"
			for (i = 1; i <= n; i++) {
				name = order[i]
				if (steps[name] > 1) did[name] = steps[name] " rounds"
				printf "%-44s %16s %9d %9d\n", name, did[name], seconds[name], failed[name]
			}
			printf "%-44s %16s %9d %9d\n", "all", "", all, bad
		}' "$logs/summary"
}

trap 'summary; exit 130' INT TERM
for part in ${*:-faults fuzz repeat}; do
	case $part in
	faults | fuzz | repeat) $part ;;
	*) echo "soak.sh: $part is no part: faults, fuzz, repeat" >&2; exit 2 ;;
	esac
done
summary
if [ "$failures" -gt 0 ]; then
	echo "logs: $logs"
	exit 1
fi
[ -n "${LOGS-}" ] || rm -rf "$logs"
