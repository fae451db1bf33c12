package generated

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// failures takes what a test would fail with.
type failures struct {
	testing.TB
	said []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func TestStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	const text = "written by hand\n<!-- made -->\nmade\n"
	write(t, path, text)
	File(t, path, text, "again")
	End(t, path, "<!-- made -->\n", "made\n", "again")
	f := &failures{TB: t}
	File(f, path, "other", "go test -update")
	End(f, path, "<!-- made -->\n", "new\n", "go test -update")
	if len(f.said) != 2 || f.said[0] != path+" is stale: go test -update" || f.said[1] != f.said[0] {
		t.Errorf("said %q", f.said)
	}
	*update = true
	defer func() { *update = false }()
	End(t, path, "<!-- made -->\n", "new\n", "again")
	if got := read(t, path); got != strings.Replace(text, "made\n", "new\n", 1) {
		t.Errorf("the file is %q", got)
	}
}
