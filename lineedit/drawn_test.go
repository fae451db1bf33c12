package lineedit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deployer/pty"
	"deployer/pty/ptytest"
)

// nodes are candidates as the nodes of a tree are.
var nodes = []Candidate{
	{Text: "staging", Description: "Where changes are tried.", Style: "33"},
	{Text: "stable/web", Shown: "web", Description: "The web servers, one cell each, behind a balancer.", Style: "31"},
	{Text: "stable/database", Shown: "database", Description: "The database.", Style: "31"},
	{Text: "stop", Shown: "stop"},
}

// offering completes the last word to those candidates that begin with it.
func offering(all []Candidate) Completer {
	return func(line string, cursor int) (int, []Candidate) {
		start := strings.LastIndexByte(line[:cursor], ' ') + 1
		var found []Candidate
		for _, c := range all {
			if strings.HasPrefix(c.Text, line[start:cursor]) {
				found = append(found, c)
			}
		}
		return start, found
	}
}

func numbered(count int) (all []Candidate) {
	for i := range count {
		all = append(all, Candidate{Text: fmt.Sprintf("web%03d", i), Description: fmt.Sprintf("10.0.%d.%d", i/256, i%256)})
	}
	return all
}

var wideNames = []Candidate{
	{Text: "café", Description: "naïve"},
	{Text: "a-name-that-is-longer-than-the-window", Description: "short"},
}

// TestDrawn draws the line and its menu in windows of many sizes, on a terminal and on a stream. Below each screen is
// how it is coloured, see ptytest.Terminal.Styles.
func TestDrawn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		size  pty.Size
		typed string
		of    []Candidate
		want  string
	}{
		{"menu", pty.Size{Rows: 10, Cols: 80}, "cd st", nodes, `
here > cd st
          staging   Where changes are tried.
          web       The web servers, one cell each, behind a balancer.
          database  The database.
          stop
gggg . .. ..
         yyyyyyyyyy ..... ....... ... ......
         rrrrrrrrrr ... ... ........ ... .... ..... ...... . .........
         rrrrrrrrrr ... .........
          ....
cursor 0,12`},
		{"chosen", pty.Size{Rows: 10, Cols: 80}, "cd st\t\t", nodes, `
here > cd stable/web
          staging   Where changes are tried.
          web       The web servers, one cell each, behind a balancer.
          database  The database.
          stop
gggg . .. ..........
         yyyyyyyyyy ..... ....... ... ......
         RRRRRRRRRR ... ... ........ ... .... ..... ...... . .........
         rrrrrrrrrr ... .........
          ....
cursor 0,20`},
		{"20 columns", pty.Size{Rows: 10, Cols: 20}, "cd st\t", nodes, `
here > cd staging
          staging
          web
          database
          stop
gggg . .. .......
         RRRRRRRRRR
         rrrrrrrrrr
         rrrrrrrrrr
          ....
cursor 0,17`},
		{"5 rows", pty.Size{Rows: 5, Cols: 40}, "cd w\t\t", numbered(500), `
here > cd web000
          web000  10.0.0.0
          web001  10.0.0.1
          web002  10.0.0.2
          web003  10.0.0.3
gggg . .. ......
         RRRRRRRR ........ R
          ......  ........
          ......  ........
          ......  ........
cursor 0,16`},
		{"500 candidates, down", pty.Size{Rows: 8, Cols: 40}, "cd web\t\t\t\t\t\t\t\t\t\t", numbered(500), `
here > cd web009
          web003  10.0.0.3
          web004  10.0.0.4
          web005  10.0.0.5
          web006  10.0.0.6
          web007  10.0.0.7
          web008  10.0.0.8
          web009  10.0.0.9
gggg . .. ......
          ......  ........ R
          ......  ........
          ......  ........
          ......  ........
          ......  ........
          ......  ........
         RRRRRRRR ........
cursor 0,16`},
		{"500 candidates, by pages", pty.Size{Rows: 8, Cols: 40}, "cd web\x1b[6~\x1b[6~", numbered(500), `
here > cd web019
          web013  10.0.0.13
          web014  10.0.0.14
          web015  10.0.0.15
          web016  10.0.0.16
          web017  10.0.0.17
          web018  10.0.0.18
          web019  10.0.0.19
gggg . .. ......
          ......  ......... R
          ......  .........
          ......  .........
          ......  .........
          ......  .........
          ......  .........
         RRRRRRRR .........
cursor 0,16`},
		{"500 candidates, the last", pty.Size{Rows: 8, Cols: 40}, "cd web\x1b[Z", numbered(500), `
here > cd web499
          web493  10.0.1.237
          web494  10.0.1.238
          web495  10.0.1.239
          web496  10.0.1.240
          web497  10.0.1.241
          web498  10.0.1.242
          web499  10.0.1.243
gggg . .. ......
          ......  ..........
          ......  ..........
          ......  ..........
          ......  ..........
          ......  ..........
          ......  ..........
         RRRRRRRR .......... R
cursor 0,16`},
		{"names wider than the window", pty.Size{Rows: 6, Cols: 30}, "cd \t", wideNames, `
here > cd café
 café                   naïve
 a-name-that-is-lon...  short
gggg . .. ....
RRRRRRRRRRRRRRRRRRRRRRR .....
 .....................  .....
cursor 0,14`},
		{"the cursor alone opens none", pty.Size{Rows: 5, Cols: 40}, "cd st\x01", nodes, `
here > cd st
gggg . .. ..
cursor 0,7`},
		{"a line of the history has none", pty.Size{Rows: 5, Cols: 40}, "cd st\r\x1b[A", nodes, `
here > cd st
[cd st]
here > cd st
gggg . .. ..
... ...
gggg . .. ..
cursor 2,12`},
		{"a line of two rows", pty.Size{Rows: 6, Cols: 20}, "echo abcdefghijklmnopqrstuvw\x1b[D", nil, `
here > echo abcdefgh
ijklmnopqrstuvw
gggg . .... ........
...............
cursor 1,14`},
		{"a menu below two rows", pty.Size{Rows: 6, Cols: 20}, "echo abcdefghi st\t", nodes, `
here > echo abcdefgh
i staging
  staging
  web
  database
  stop
gggg . .... ........
. .......
 RRRRRRRRRR
 rrrrrrrrrr
 rrrrrrrrrr
  ....
cursor 1,9`},
		{"2 rows, 8 columns", pty.Size{Rows: 2, Cols: 8}, "cd st\t", nodes, `
...> cd
staging
.... ..
.......
cursor 1,7`},
		{"1 row", pty.Size{Rows: 1, Cols: 10}, "cd st\t", nodes, `
taging
......
cursor 0,6`},
	} {
		for at, typist := range map[string]typistOn{"terminal": typistAt, "stream": typistAtStream} {
			t.Run(test.name+" on a "+at, func(t *testing.T) {
				t.Parallel()
				term := typist(t, test.size, Options{Complete: offering(test.of)})
				term.Expect(">")
				term.Send(test.typed)
				expectScreen(t, term, test.want)
			})
		}
	}
}

// expectScreen waits until the window is drawn like that: what it shows, how it is coloured, and where the cursor is.
func expectScreen(t *testing.T, term *ptytest.Terminal, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		row, col := term.Cursor()
		got = fmt.Sprintf("\n%s\n%s\ncursor %d,%d", term.Drawn(), term.Styles(), row, col)
		if got == want {
			return
		}
	}
	t.Errorf("drawn is%s\nwant%s", got, want)
}

// patience is how long a test waits for what must come.
const patience = 60 * time.Second
