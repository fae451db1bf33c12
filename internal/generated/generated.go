// Package generated compares files, for tests, with what they are made from: tables of the program. With the flag -update
// a test writes its file anew.
package generated

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files anew that are made from tables")

// File wants a file to be as given. again is the command that makes it anew.
func File(t testing.TB, path, want, again string) {
	t.Helper()
	if *update {
		write(t, path, want)
	}
	if read(t, path) != want {
		t.Errorf("%s is stale: %s", path, again)
	}
}

// End wants the end of a file, which follows a line with a mark, to be as given.
func End(t testing.TB, path, mark, want, again string) {
	t.Helper()
	head, _, found := strings.Cut(read(t, path), mark)
	if !found {
		t.Fatalf("%s has no line %q", path, mark)
	}
	File(t, path, head+mark+want, again)
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
