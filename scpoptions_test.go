package deployer_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// below lists what is in a directory of the host, without directories.
func (b *scpBed) below(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	top := filepath.Join(b.there, dir)
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, strings.TrimPrefix(name, top+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestScpSelects copies some of what is in a directory.
func TestScpSelects(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	for _, name := range []string{"site/a.html", "site/b.log", "site/.git/x", "site/cache/c.html", "site/d/e.log"} {
		b.file(t, b.dir, name, name)
	}
	for i, tt := range []struct{ line, want string }{
		{"put -r --exclude .git --exclude=*.log site/ ", "a.html cache/c.html"},
		{"put -r site/ --exclude cache/ ", ".git/x a.html b.log d/e.log"},
		{"put --include *.html --exclude cache -r site/ ", "a.html"},
	} {
		to := "to" + string(rune('0'+i))
		b.says(t, 0, append([]string{"scp", "web1", "--"}, append(strings.Fields(tt.line), to)...))
		if got := b.below(t, to); got != tt.want {
			t.Errorf("%s: there are %q, not %q", tt.line, got, tt.want)
		}
	}
	for line, says := range map[string]string{
		"put -r site --exclude":    "--exclude needs a PATTERN: put ",
		"put -r --resume=yes site": "--resume takes nothing: put ",
		"put -r --exlude x site":   "put has no option '--exlude': did you mean --exclude",
	} {
		b.says(t, 2, append([]string{"scp", "web1", "--"}, strings.Fields(line)...), says)
	}
	b.says(t, 1, []string{"scp", "web1", "--", "put", "-r", "--exclude", "[", "site", "bad"}, `"[" is no pattern`)
}

// TestScpCompares copies what has the same size and time only where what is in files is compared, and links as they are
// but where they are followed.
func TestScpCompares(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.file(t, b.dir, "site/a", "new")
	b.file(t, b.there, "site/a", "old")
	if err := os.Symlink("a", filepath.Join(b.dir, "site/link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ line, says, a string }{
		{"put -r site/ site", "1 copied, 1 unchanged", "old"},
		{"put -rc site/ site", "1 copied, 1 unchanged", "new"},
		{"put --checksum --verify -r site/ site", "2 unchanged", "new"},
		{"put -rL site/ followed", "2 copied", "new"},
	} {
		b.says(t, 0, append([]string{"scp", "web1", "--"}, strings.Fields(tt.line)...), tt.says)
		if text, err := os.ReadFile(filepath.Join(b.there, "site/a")); string(text) != tt.a {
			t.Errorf("%s: a has %q, %v", tt.line, text, err)
		}
	}
	for name, link := range map[string]bool{"site/link": true, "followed/link": false} {
		info, err := os.Lstat(filepath.Join(b.there, name))
		if err != nil || info.Mode()&fs.ModeSymlink != 0 != link {
			t.Errorf("%s is %v, %v", name, info, err)
		}
	}
}

// TestScpLists lists in other orders and ways.
func TestScpLists(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	for i, name := range []string{"many/b", "many/a", "many/c"} {
		b.file(t, b.there, name, strings.Repeat("x", 2000))
		then := time.Date(2021, 1, 2+i, 0, 0, 0, 0, time.UTC)
		if err := os.Chtimes(filepath.Join(b.there, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]string{
		"ls -t many": "c\na\nb\n", "ls -1tr many": "b\na\nc\n", "ls -r many": "c\nb\na\n", "ls -d many": "many/\n",
		"ls -lh many/a": " 2 kB 2021-01-03 00:00:00 many/a\n", "ls many": "a\nb\nc\n",
	} {
		out, err := b.shell(append([]string{"web1", "--"}, strings.Fields(line)...)...).Output()
		if err != nil || !strings.HasSuffix(string(out), want) {
			t.Errorf("%s: %q, %v", line, out, err)
		}
	}
}

// TestScpLinks makes links, which take the place of others at once.
func TestScpLinks(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	b.says(t, 0, []string{"scp", "web1", "--", "mkdir", "1", "2", "dir"})
	for _, tt := range []struct {
		status           int
		line, name, text string
	}{
		{0, "ln -s 1 current", "current", "1"},
		{0, "ln -s 2 current", "current", "2"},
		{0, "ln -s ../nowhere/x dir", "dir/x", "../nowhere/x"},
		{1, "ln 1 current", "current", "2"},
		{1, "ln -s 1 www/item", "current", "2"},
	} {
		b.says(t, tt.status, append([]string{"scp", "web1", "--"}, strings.Fields(tt.line)...))
		if text, err := os.Readlink(filepath.Join(b.there, tt.name)); text != tt.text {
			t.Errorf("%s: %s says %q, %v", tt.line, tt.name, text, err)
		}
	}
	b.says(t, 1, []string{"scp", "web1", "--", "chown", "no-such-user", "www"}, "the host has no user no-such-user")
	b.says(t, 0, []string{"scp", "web1", "--", "chown", fmt.Sprint(os.Getuid()), "www"})
}

// TestScpViewsToTheByte prints a file as it is where nobody reads it at a terminal, but for secrets.
func TestScpViewsToTheByte(t *testing.T) {
	t.Parallel()
	b := newScpBed(t)
	tree, err := os.ReadFile(filepath.Join(b.dir, "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "deploy", string(tree)+"word = secret(\"hunter2-hunter2\")\n")
	text := strings.Repeat("a line longer than any buffer ", 10_000) + "\r\n\n\xff\x00\x1b[2J hunter2-hunter2 no end of line"
	b.file(t, b.there, "odd", text)
	b.file(t, b.dir, "odd", text)
	for _, command := range []string{"view", "lview"} {
		out, err := b.shell("web1", "--", command, "odd").Output()
		if want := strings.ReplaceAll(text, "hunter2-hunter2", "********"); err != nil || string(out) != want {
			t.Errorf("%s: %d bytes, not %d: %.60q…%q, %v", command, len(out), len(want), out, out[max(0, len(out)-60):], err)
		}
	}
}
