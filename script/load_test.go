package script

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMistakes loads the chunks of testdata/mistakes/*.star and compares what is reported with what their lines expect.
func TestMistakes(t *testing.T) {
	eachChunk(t, "testdata/mistakes/*.star", func(t *testing.T, _, chunk string, line int) { checkChunk(t, chunk, line) })
}

var (
	expectation = regexp.MustCompile(" *### (`.*`)$")
	oneOfThem   = regexp.MustCompile("`[^`]*`")
)

func checkChunk(t *testing.T, chunk string, first int) {
	want := map[int][]string{}
	lines := strings.Split(chunk, "\n")
	for i, line := range lines {
		if m := expectation.FindStringSubmatch(line); m != nil {
			want[i+1] = oneOfThem.FindAllString(m[1], -1)
			lines[i] = line[:len(line)-len(m[0])]
		}
	}
	if !strings.Contains(chunk, "root =") {
		lines = append(lines, "root = node()")
	}
	path := filepath.Join(t.TempDir(), "deploy")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[int][]string{}
	for _, p := range problemsOf(t, path) {
		hint := ""
		if p.Hint != "" {
			hint = " (" + p.Hint + ")"
		}
		warning := ""
		if p.Warning {
			warning = "warning: "
		}
		got[p.Pos.Line] = append(got[p.Pos.Line], warning+p.Message+hint)
	}
	for n := 0; n <= len(lines)+1; n++ {
		compareLine(t, first+n-1, got[n], want[n])
	}
}

func problemsOf(t *testing.T, path string) []Problem {
	t.Helper()
	loaded, err := Load(context.Background(), path, Options{Check: true})
	if err == nil {
		return loaded.Warnings
	}
	problems, ok := err.(*Problems)
	if !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return problems.List
}

func compareLine(t *testing.T, line int, got, want []string) {
	t.Helper()
	for _, w := range want {
		found := false
		for i, g := range got {
			if regexp.MustCompile(strings.Trim(w, "`")).MatchString(g) {
				got = append(got[:i:i], got[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("line %d: missing %s, got %q", line, w, got)
		}
	}
	for _, g := range got {
		t.Errorf("line %d: unexpected %q", line, g)
	}
}
