package scpshell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestComplete completes lines, in which | is the cursor.
func TestComplete(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.write(b.here, "a.txt", "sub/x y", "sub/.hidden")
	b.write(b.there, "index.html", "it is/deep", "it's", "-dash", "\x1b[2Jred", "~tilde", "wild*", "sub/b", "sub/c/d")
	for _, test := range []struct {
		line string
		want []string
	}{
		{"p|", []string{"pwd", "put"}},
		{"lc|", []string{"lcd", "lchmod", "lchown", "lconnect"}},
		{"nothing |", nil},
		{"view i|", []string{"view index.html", "view 'it is/'", `view 'it'\''s'`}},
		{"view 'it |", []string{"view 'it is/'"}},
		{"view it\\ |", []string{"view 'it is/'"}},
		{"view sub/|", []string{"view sub/b", "view sub/c/"}},
		{"view ./sub/c/|", []string{"view ./sub/c/d"}},
		{"cd |", []string{"cd 'it is/'", "cd sub/"}},
		{"cd sub/|", []string{"cd sub/c/"}},
		{"lls |", []string{"lls a.txt", "lls sub/"}},
		{"lls sub/.|", []string{"lls sub/.hidden"}},
		{"lls 'sub/|", []string{"lls 'sub/x y'"}},
		{"put |", []string{"put a.txt", "put sub/"}},
		{"put a.txt sub|", []string{"put a.txt sub/", "put a.txt sub/"}},
		{"get w|", []string{"get 'wild*'"}},
		{"get '~|", []string{"get '~tilde'"}},
		{"get ~|", []string{"get ~/"}},
		{"get '-|", []string{"get '-dash'"}},
		{"get $'\\x1b|", []string{`get $'\x1b[2Jred'`}},
		{"pwd -|", []string{"pwd -S"}},
		{"put --v|", []string{"put --verify"}},
		{"put --exclude |", nil},
		{"put --exclude x a|", []string{"put --exclude x a.txt"}},
		{"put --exclude=x a|", []string{"put --exclude=x a.txt"}},
		{"get --re|", []string{"get --recursive", "get --resume"}},
		{"chmod i|", nil},
		{"chmod +x in|", []string{"chmod +x index.html"}},
		{"view nowhere/|", nil},
		{"pwd |", nil},
		{"help ls|", []string{"help ls", "help lstat"}},
		{"set-option |", []string{"set-option sudo", "set-option sandbox"}},
		{"set-option sudo o|", []string{"set-option sudo on", "set-option sudo off"}},
		{"!cat s|", []string{"!cat sub/"}},
		{"!c|", nil},
	} {
		cursor := strings.IndexByte(test.line, '|')
		start, all := b.Complete(test.line[:cursor], cursor)
		var got []string
		for _, c := range all {
			got = append(got, test.line[:start]+c.Text)
			for _, r := range c.Shown + c.Description {
				if r < ' ' {
					t.Errorf("%s: %q speaks to the terminal", test.line, c.Shown)
				}
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
}

// TestCandidates looks at what a menu shows of files.
func TestCandidates(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.write(b.there, "dir/", "file", "script")
	then := time.Date(2020, 1, 2, 3, 4, 5, 0, time.Local)
	for _, name := range []string{"file", "script"} {
		if err := os.Chtimes(filepath.Join(b.there, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(b.there, "script"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", filepath.Join(b.there, "link")); err != nil {
		t.Fatal(err)
	}
	_, all := b.Complete("ls ", 3)
	var got []string
	for _, c := range all {
		got = append(got, strings.Join([]string{c.Shown, c.Description, c.Colour}, "|"))
	}
	want := []string{"dir/|directory|blue", "file|4 B  2020-01-02 03:04|", "link|symbolic link|cyan", "script|6 B  2020-01-02 03:04|green"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
