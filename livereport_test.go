package deployer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// drawing fills the window for a moment, draws a bar, and fails. What it draws is in octal, as printf takes it.
const drawing = `printf 'begun\r\n'
printf '\033[?1049h\033[22;0;0t\033[1;24r\033[H\033[2Jall of the window\033[5;10Hmore\033]0;title\007'
printf '\033[?1049l\033[23;0;0t\r\033[?1l\033>\033[31mno such file\033[m\r\n'
printf '10%%\r50%%\r100%%\r\n'
exit 3`

// TestReportOfWhatWasDrawn follows a run of programs that draw on their terminals: whatever tells of them afterwards has
// the text of it, and the journal has every byte.
func TestReportOfWhatWasDrawn(t *testing.T) {
	t.Parallel()
	w := startFleet(t).scripts(t, drawing, drawing).sitBefore(t, "go")
	w.ends(1)
	_, report, _ := strings.Cut(w.Output(), "2 of 2 hosts failed:")
	if want := "    | begun\r\n    | no such file\r\n    | 100%\r\n"; strings.Count(report, want) != 2 {
		t.Errorf("the report is\n%s\nwant twice\n%s", report, want)
	}
	text := []string{"begun\n", "no such file\n", "100%\n", "!window", "!^[", "!\x1b", "!50%"}
	w.says(t, 0, []string{"show", "last"}, append(text, "a,b (2) FAILED exit status 3")...)
	w.says(t, 0, []string{"show", "last", "a"}, append(text, "a FAILED exit status 3")...)
	w.says(t, 0, []string{"show", "last", "a,b"}, append(text, "a | no such file\n", "b | no such file\n")...)

	kept, err := filepath.Glob(filepath.Join(w.home, journals))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the journals are %q, error %v", kept, err)
	}
	journal, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`\u001b[?1049h`, `more\u001b]0;title\u0007`, `10%\r50%\r100%\r\r\n`} {
		if strings.Count(string(journal), want) != 2 {
			t.Errorf("the journal has %q %d times", want, strings.Count(string(journal), want))
		}
	}
}
