package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ten thousand entries in one directory, and directories as deep as a path may be long.
func TestManyAndDeepEntries(t *testing.T) {
	t.Parallel()
	many := t.TempDir()
	for i := range 10_000 {
		if err := os.Symlink("x", filepath.Join(many, fmt.Sprintf("n%05d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := file(filepath.Join(many, "n77777"), "one of many", 0o644); err != nil {
		t.Fatal(err)
	}
	everyCopy(t, func(b *wayBed) {
		own := b.from
		b.from = many
		r := b.copied("", "many", CopyOptions{Include: []string{"n777*"}, Exclude: []string{"n?????.x", "n0*", "n[1-6]*", "n[8-9]*"}})
		if r.Copied != 1 || r.Made != 1 {
			b.Errorf("the result is %+v", *r)
		}
		b.from = own
		deep := strings.Repeat(strings.Repeat("d", 99)+"/", 25) // beyond what a command line could hold many of
		b.made(file(filepath.Join(b.from, "top", deep, "file"), "deep", 0o644))
		b.copied("top", "deep", CopyOptions{})
		b.same("top", "deep")
	})
}
