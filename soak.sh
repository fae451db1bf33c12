#!/bin/sh
# The part of make soak that go test cannot do in one go: every fuzz test, for FUZZTIME each.
set -eu
for file in $(git grep -l '^func Fuzz' -- '*_test.go'); do
	dir=./$(dirname "$file")
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
		echo "$dir $name"
		${GO:-go} test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-20s}"
	done
done
