package deployer_test

import (
	"regexp"
	"strings"
	"testing"

	"deployer/console"
)

// drawings are what a host prints that would draw on the terminal, ask it something or change how it is.
var drawings = map[string]string{
	"other screen": `\033[?1049h\033[?1049l`, "mouse": `\033[?1000h`, "no cursor": `\033[?25l`, "keys": `\033[>4;2m`,
	"clear": `\033[2J\033[H`, "scrolling": `\033[3;4r`, "title": `\033]0;evil\007`, "clipboard": `\033]52;c;ZXZpbA==\007`,
	"link": `\033]8;;http://evil\033\\`, "query": `\033P$qm\033\\`, "asked": `\033[6n\033[c`, "reset": `\033c`,
	"CSI of 8 bits": `\2331;31m\2332J`, "CSI as a character": `\302\2332J`, "OSC of 8 bits": `\2350;evil\234`,
	"charset": `\033(0`, "application": `\033\133?1h\033=`, "bell": `\007`, "shift": `\016\017`, "half": `\033[`,
	"half title": `\033]0;evil`, "direction": `\342\200\256`,
}

// ours are the sequences that the view itself draws with: erase below, wrap or not, go up.
var ours = regexp.MustCompile(`\r?\x1b\[J|\x1b\[\?7[lh]|\r?\x1b\[\d+A|\r\n?`)

// TestNothingDrawsOnTheTerminal lets hosts print what draws, in every view: nothing of it gets to the terminal.
func TestNothingDrawsOnTheTerminal(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	script := "printf 'begins\\n"
	for _, text := range drawings {
		script += "before" + text + "after\\n" + text + "\\n"
	}
	script += "ends\\n'; sleep 0.3; printf '\\033[?25l\\033[?1002hin the middle '; sleep 1"
	for _, view := range console.Views() {
		t.Run(view, func(t *testing.T) {
			t.Parallel()
			w := f.watch(t, []string{"--view", view}, script, script)
			w.ends(0)
			all := w.Output()
			if !strings.Contains(all, "ends") {
				t.Error("what the hosts printed is not shown")
			}
			all = ours.ReplaceAllString(all, "")
			if at := strings.IndexFunc(all, draws); at >= 0 {
				t.Errorf("the terminal got %q", all[max(0, at-60):min(len(all), at+60)])
			}
			w.recorded(succeeded, succeeded)
		})
	}
}

// draws reports whether a character may be no text: what is no UTF-8 is taken for a character that replaces it.
func draws(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0xfffd }
