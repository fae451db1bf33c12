package hostshell

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestDirectLooksForItsTerminal: the server is not asked whether it gave one.
func TestDirectLooksForItsTerminal(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{false, true} {
		r := Request{Command: "echo ran", Word: NewWord(), Terminal: terminal}
		var out, errs bytes.Buffer
		cmd := exec.Command("bash", "-c", r.Direct()(filepath.Join(t.TempDir(), "guard")))
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if terminal && (err == nil || errs.Len() > 0 || out.String() != Mark(r.Word, MarkAgain)) {
			t.Errorf("without a terminal: %q, %q, %v", out.String(), errs.String(), err)
		}
		if !terminal && (err != nil || out.String() != "ran\n") {
			t.Errorf("with none to look for: %q, %q, %v", out.String(), errs.String(), err)
		}
	}
}
