package console

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"deployer/journal"
	"deployer/pty"
)

// paper is a terminal of which only what it shows counts. It knows the little that this package writes, and takes it ill
// if something else comes.
type paper struct {
	t    *testing.T
	mu   sync.Mutex
	size pty.Size
	rows []string // all since the beginning
	row  int
	col  int  // in runes, of width 1
	cuts bool // lines are not wrapped
}

func newPaper(t *testing.T, columns, rows int) *paper {
	return &paper{t: t, size: pty.Size{Cols: columns, Rows: rows}, rows: []string{""}}
}

var control = regexp.MustCompile(`^\x1b\[([0-9;?]*)([A-Za-z])`)

func (p *paper) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for text := string(data); text != ""; {
		if seq := control.FindStringSubmatch(text); seq != nil {
			p.control(seq[1], seq[2])
			text = text[len(seq[0]):]
			continue
		}
		for _, r := range text {
			p.put(r)
			text = text[len(string(r)):]
			break
		}
	}
	return len(data), nil
}

func (p *paper) control(number, name string) {
	switch name {
	case "A":
		n, _ := strconv.Atoi(number)
		if p.row -= n; p.row < 0 {
			p.t.Errorf("the cursor is moved above the first line, by %s", number)
			p.row = 0
		}
	case "K":
		p.cut()
	case "J":
		p.cut()
		p.rows = p.rows[:p.row+1]
	case "h", "l":
		p.cuts = name == "l"
	case "m":
	default:
		p.t.Errorf("the sequence %s%s", number, name)
	}
}

func (p *paper) cut() {
	line := []rune(p.rows[p.row])
	p.rows[p.row] = string(line[:min(p.col, len(line))])
}

func (p *paper) put(r rune) {
	switch r {
	case '\r':
		p.col = 0
		return
	case '\n':
		p.down()
		return
	}
	if p.col == p.size.Cols && p.cuts {
		p.col--
	} else if p.col == p.size.Cols {
		p.down()
	}
	line := []rune(p.rows[p.row])
	for len(line) <= p.col {
		line = append(line, ' ')
	}
	line[p.col] = r
	p.rows[p.row] = string(line)
	p.col++
}

func (p *paper) down() {
	p.row, p.col = p.row+1, 0
	if p.row == len(p.rows) {
		p.rows = append(p.rows, "")
	}
}

// resize changes the width. Lines that are too long are wrapped, and the cursor stays with its character, as in most
// terminals of today; or they are cut.
func (p *paper) resize(columns int, wrap bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size.Cols = columns
	var rows []string
	row := 0
	for i, line := range p.rows {
		if i == p.row {
			row = len(rows)
		}
		runes := []rune(line)
		for ; wrap && len(runes) > columns; runes = runes[columns:] {
			rows = append(rows, string(runes[:columns]))
		}
		rows = append(rows, string(runes[:min(len(runes), columns)]))
	}
	p.rows, p.row, p.col = rows, row, min(p.col, columns)
}

// text is what the paper shows, with | at the end of each line.
func (p *paper) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.rows, "|\n") + "|"
}

func (p *paper) shows(lines ...string) {
	p.t.Helper()
	if got, want := p.text(), strings.Join(lines, "|\n")+"|"; got != want {
		p.t.Errorf("the terminal shows\n%s\nwant\n%s", got, want)
	}
}

// output is a terminal of a screen.
func (p *paper) output() Output {
	return Output{W: p, Terminal: true, Size: func() pty.Size {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.size
	}}
}

// screenRun is a run whose journal has one reader, a screen.
type screenRun struct {
	screen  *Screen
	secrets *journal.Secrets
	where   journal.Event
	log     []string
}

func (r *screenRun) Secrets() *journal.Secrets { return r.secrets }

func (r *screenRun) At(context.Context) journal.Event { return r.where }

func (r *screenRun) Rest(context.Context) func() { return func() {} }

func (r *screenRun) Record(_ context.Context, e journal.Event) {
	r.log = append(r.log, strings.TrimPrefix(string(e.Kind)+": ", "message: ")+e.Message)
	e.Node, e.Parent = r.where.Node, r.where.Parent
	_ = r.screen.Write(e)
}

// onPaper returns a console whose screen is the paper.
func onPaper(t *testing.T, p *paper, o Options) (Console, *screenRun) {
	o.Stdout, o.Stderr = p.output(), p.output()
	return onScreen(t, NewScreen(o))
}

func onScreen(t *testing.T, s *Screen) (Console, *screenRun) {
	t.Cleanup(func() { s.Close() })
	run := &screenRun{screen: s, secrets: journal.NewSecrets(), where: journal.Event{Parent: 7}}
	return From(With(t.Context(), Setup{Run: run, Screen: s})), run
}
