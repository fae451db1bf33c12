package hostshell

import (
	"os/exec"
	"strings"
	"testing"
)

// TestPlainWords compares the words that are left to a shell with those that bash itself names.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("bash", "-c", "compgen -bk").Output()
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(out)) {
		if (Request{Command: word + " x"}).plain() != "" {
			t.Errorf("%s is taken for a program", word)
		}
	}
	for command, want := range map[string]string{
		"hostname": "hostname", "ls  -l /tmp": "ls", "dd if=/dev/zero of=x": "dd", "apt-get install a=1.2": "apt-get",
		"": "", "a=b c": "", "echo hi": "", "/bin/ls": "", "ls *": "", "ls ~": "", "ls\n": "", "ls ": "", " ls": "", "ls; ls": "",
		"ls {a,b}": "", "ls #": "", "ls!": "", "ls 'a'": "", "ls\ta": "", "-n": "", "ls a\nls": "", "ls é": "",
	} {
		if got := (Request{Command: command}).plain(); got != want {
			t.Errorf("%q: program %q, want %q", command, got, want)
		}
	}
	if got := (Request{Command: "ls", Shell: "zsh"}).plain(); got != "" {
		t.Errorf("with a shell of the host's own: program %q", got)
	}
}
