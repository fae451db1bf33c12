package lineedit

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"deployer/pty"
	"deployer/pty/ptytest"
)

// typist reads lines on a terminal until the end of the input, and prints each between brackets.
func typist(t *testing.T, o Options) *ptytest.Terminal {
	t.Helper()
	return typistAt(t, pty.Size{Rows: 24, Cols: 80}, o)
}

func typistAt(t *testing.T, size pty.Size, o Options) *ptytest.Terminal {
	t.Helper()
	return ptytest.Func(t, size, func(tty *os.File) int {
		o.Terminal = pty.NewTerminal(tty)
		return typeLines(tty, New(o))
	})
}

func TestLines(t *testing.T) {
	for name, test := range map[string]struct{ typed, want string }{
		"a line":              {"ls -l\r", "[ls -l]"},
		"wide characters":     {"日本 é 🇩🇪\r", "[日本 é 🇩🇪]"},
		"a whole emoji":       {"a🇩🇪\x7fb\r", "[ab]"},
		"cursor keys":         {"abcdef\x1b[D\x1b[D\x1b[DX\r", "[abcXdef]"},
		"beginning and end":   {"bc\x01a\x05d\r", "[abcd]"},
		"home of some":        {"bc\x1bOHa\r", "[abc]"},
		"delete under cursor": {"abc\x01\x04\r", "[bc]"},
		"cut and put back":    {"one two\x17\x15\x19\x19\r", "[one one ]"},
		"cut to the end":      {"one two\x01\x0b\x19!\r", "[one two!]"},
		"cut a word ahead":    {"one two\x01\x1bd\x05\x19\r", "[ twoone]"},
		"swapped":             {"ab\x14\r", "[ba]"},
		"interrupted":         {"abc\x03def\r", "[def]"},
		"an unknown key":      {"a\x1b[99;7xb\r", "[ab]"},
		"pasted":              {"\x1b[200~abc\x1b[201~d\r", "[abcd]"},
		"a tab":               {"a\tb\r", "[ab]"},
		"Ctrl-Z":              {"ab\x1ac\r", "[abc]"},
		"screen cleared":      {"abc\x0cd\r", "[abcd]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := typist(t, Options{})
			term.Expect(" > ")
			term.Send(test.typed)
			term.Expect(test.want)
			term.Send("\x04")
			term.Expect("[end]")
			term.ExpectCooked()
			if status := term.Wait(); status != 0 {
				t.Errorf("ended with %d", status)
			}
		})
	}
}

func TestFiftyLinesAtOnce(t *testing.T) {
	var lines []string
	for i := range 50 {
		lines = append(lines, fmt.Sprintf("line%d", i))
	}
	for name, typed := range map[string]string{
		"typed":  strings.Join(lines, "\r") + "\r",
		"pasted": "\x1b[200~" + strings.Join(lines, "\r") + "\x1b[201~\r",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := typist(t, Options{})
			term.Expect(" > ")
			term.Send(typed)
			for _, line := range lines {
				term.Expect("[" + line + "]")
			}
			term.Send("\x04")
			term.Expect("[end]")
		})
	}
}

func TestTypedAhead(t *testing.T) {
	goOn := make(chan struct{})
	term := ptytest.Func(t, pty.Default, func(tty *os.File) int {
		e := New(Options{Terminal: pty.NewTerminal(tty)})
		for range 3 {
			line, err := e.Read(context.Background(), "> ")
			if err != nil {
				fmt.Fprintln(tty, err)
				return 1
			}
			fmt.Fprintf(tty, "[%s]\n", line)
			<-goOn
		}
		return 0
	})
	term.Expect("> ")
	term.Send("one\rtwo\r")
	term.Expect("[one]")
	term.Send("three\r")
	close(goOn)
	term.Expect("[two]")
	term.Expect("[three]")
}

func TestEndTypedAhead(t *testing.T) {
	typed := make(chan struct{})
	term := ptytest.Func(t, pty.Default, func(tty *os.File) int {
		<-typed // while the terminal is not raw
		_, err := New(Options{Terminal: pty.NewTerminal(tty)}).Read(context.Background(), "> ")
		fmt.Fprintf(tty, "[%v]\n", err)
		return 0
	})
	term.Send("\x04")
	close(typed)
	term.Expect("[EOF]")
}

func TestCompletion(t *testing.T) {
	words := []string{"production", "staging", "my node", "pro"}
	o := Options{Complete: func(line string, cursor int) (int, []Candidate) {
		start := strings.LastIndexAny(line[:cursor], " /") + 1
		var found []Candidate
		for _, w := range words {
			if strings.HasPrefix(w, line[start:cursor]) {
				if strings.Contains(w, " ") {
					w = `"` + w + `"`
				}
				found = append(found, Candidate{Text: w, Description: "about " + w, Style: "35"})
			}
		}
		return start, found
	}}
	for name, test := range map[string]struct{ typed, want string }{
		"the only one":         {"cd st\t x\r", "[cd staging x]"},
		"the next word":        {"cd st\t\tx\r", "[cd staging x]"},
		"as far as it is sure": {"cd p\td\t x\r", "[cd production x]"},
		"the first":            {"cd p\t\t x\r", "[cd production x]"},
		"the second":           {"cd p\t\t\t x\r", "[cd pro x]"},
		"round":                {"cd p\t\t\t\t\t x\r", "[cd production x]"},
		"back to the first":    {"cd p\t\t\t\x1b[Z x\r", "[cd production x]"},
		"arrows":               {"cd p\t\t\x1b[B\x1b[A x\r", "[cd production x]"},
		"the last":             {"cd p\t\x1b[Z x\r", "[cd pro x]"},
		"given up":             {"cd p\t\t\x07z x\r", "[cd proz x]"},
		"given up, again":      {"cd p\t\t\x07\t\t\t x\r", "[cd pro x]"},
		"with a space":         {"cd my\t x\r", `[cd "my node" x]`},
		"after a slash":        {"cd a/st\t/pro\t\t x\r", "[cd a/staging/pro x]"},
		"in the middle":        {"cd st x\x1b[D\x1b[D\t\x05y\r", "[cd staging xy]"},
		"enter takes it":       {"cd pro\t\r x\r", "[cd production x]"},
		"enter runs it":        {"cd st\t\r", "[cd staging]"},
		"all of them":          {"\t\t\t x\r", "[staging x]"},
		"nothing to add":       {"zzz\ty\r", "[zzzy]"},
		"typed over":           {"cd pro\tX\r", "[cd productionX]"},
		"after the wide one":   {"日本 st\t x\r", "[日本 staging x]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := typist(t, o)
			term.Expect(" > ")
			for _, key := range split(test.typed) { // as fast as a person
				term.Send(key)
				settle(t, term)
			}
			term.Expect(test.want)
		})
	}
}

// settle waits until what was typed is drawn and nothing more comes.
func settle(t *testing.T, term *ptytest.Terminal) {
	t.Helper()
	before := ""
	for now := term.Output(); now != before; now = term.Output() {
		before = now
		time.Sleep(60 * time.Millisecond) // longer than go-prompt takes from a key to its drawing
	}
}

func TestMenuHasColours(t *testing.T) {
	term := typist(t, Options{Complete: func(string, int) (int, []Candidate) {
		return 0, []Candidate{{Text: "web", Description: "the web server", Style: "35"}, {Text: "work"}}
	}})
	term.Expect("\x1b[32mhere\x1b[0m > ")
	term.Send("w")
	term.Expect("\x1b[35m web ")
	term.Expect("the web server")
}

func TestHistoryAndSearch(t *testing.T) {
	h := &History{}
	for _, line := range []string{"cd web", "ls -l", "start now", "ls"} {
		if err := h.Add(line); err != nil {
			t.Fatal(err)
		}
	}
	up, down := "\x1b[A", "\x1b[B"
	for name, test := range map[string]struct{ typed, want string }{
		"up":              {up + up + " x\r", "[start now x]"},
		"up and down":     {"new" + up + up + down + down + " x\r", "[new x]"},
		"search":          {"\x12web\r", "[cd web]"},
		"search again":    {"\x12ls\x12\r", "[ls -l]"},
		"search shorter":  {"\x12startx\x7f\x7f\r", "[start now]"},
		"search given up": {"abc\x12web\x07d\r", "[abcd]"},
		"search, edited":  {"\x12web\x05 x\r", "[cd web x]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := &History{lines: h.Lines()}
			term := typist(t, Options{History: own})
			term.Expect(" > ")
			term.Send(test.typed)
			term.Expect(test.want)
		})
	}
}

func TestResizeStorm(t *testing.T) {
	editors := make(chan *Editor, 1)
	term := ptytest.Func(t, pty.Default, func(tty *os.File) int {
		e := New(Options{Terminal: pty.NewTerminal(tty)})
		editors <- e
		line, err := e.Read(context.Background(), "> ")
		fmt.Fprintf(tty, "[%s %v]\n", line, err)
		return 0
	})
	e := <-editors
	term.Expect("> ")
	term.Send("ab")
	settle(t, term)
	for i := range 100 {
		term.Resize(pty.Size{Rows: 10 + i%5, Cols: 20 + i%60})
		e.Resized()
	}
	settle(t, term)
	term.Send("\x1b[Dc\r")
	term.Expect("[acb <nil>]")
	term.ExpectCooked()
}
