package hostshell

import (
	"os/exec"
	"strings"
	"testing"
)

// FuzzQuote checks that what is quoted arrives as it was, through a real shell.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a b", "'", `\`, "!", "\n\n", "$(id)", "\xff\x01", "-n", "~", "%s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			return
		}
		for _, shell := range []string{"dash", "bash"} {
			out, err := exec.Command(shell, "-c", "printf %s "+Quote(text)).Output()
			if err != nil || string(out) != text {
				t.Errorf("%s: got %q, %v; want %q", shell, out, err, text)
			}
		}
	})
}

// FuzzLoginLine checks that a script reaches /bin/sh whole, whatever the login shell.
func FuzzLoginLine(f *testing.F) {
	for _, seed := range []string{"a b", `'"\`, "!x\n\n", "$(id) `id`", "\xff\x01 %d %%", "~ * ? {a,b} <>|&;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) {
			return
		}
		for _, shell := range []string{"dash", "bash", "fish", "csh"} {
			out, err := exec.Command(shell, "-c", loginLine("printf %s "+Quote(text))).Output()
			if err != nil || string(out) != text {
				t.Errorf("%s: got %q, %v; want %q", shell, out, err, text)
			}
		}
	})
}
