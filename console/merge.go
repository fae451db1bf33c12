package console

import (
	"bytes"
	"fmt"
	"io"

	"deployer/internal/hostset"
	"deployer/internal/textdiff"
	"deployer/journal"
	"deployer/report"
)

// Merge shows what the hosts of a run printed, each text once, below the hosts that printed it:
//
//	----------------
//	web[01-07] (7)
//	----------------
//	nginx 1.24
//	----------------
//	web08 (1) FAILED exit status 127
//	----------------
//	web08 | sh: nginx: not found
//
// What was printed on standard error goes there, with the hosts before each line.
type Merge struct {
	Differences    bool // all but the largest group are shown as how they differ from that
	Stdout, Stderr Output
}

// Show shows what a collector knows. An error is that of writing.
func (m Merge) Show(c *report.Collector) error {
	return m.show(c, newSurface(m.Stdout), newSurface(m.Stderr), func(to *surface, lines []byte) error {
		_, err := to.W.Write(lines)
		return err
	})
}

// show shows it by a function that writes whole lines.
func (m Merge) show(c *report.Collector, out, err *surface, write func(*surface, []byte) error) error {
	p := &groupPrinter{out: out, err: err, write: write}
	p.print(p.out, "", func(w io.Writer) error { _, err := c.General().WriteTo(w); return err })
	groups := c.Groups()
	for i, g := range groups {
		if i == 0 || !m.Differences {
			p.group(g)
		} else {
			p.difference(groups[0], g)
		}
	}
	p.flush()
	return p.failed
}

// showMerged shows at the end of a run what its hosts printed.
func (s *Screen) showMerged() error {
	return Merge{Differences: s.differences}.show(s.merged, s.stdout, s.stderr, s.whole)
}

// maxPending is how many bytes are collected before they are written.
const maxPending = 32 << 10

// groupPrinter prints groups. After its first error it prints nothing.
type groupPrinter struct {
	out, err *surface
	write    func(*surface, []byte) error
	to       *surface // of what is pending
	pending  []byte
	failed   error
}

// line prints a line.
func (p *groupPrinter) line(to *surface, text string) {
	if to != p.to || len(p.pending) > maxPending {
		p.flush()
	}
	p.to, p.pending = to, append(append(p.pending, text...), '\n')
}

func (p *groupPrinter) flush() {
	if p.failed == nil && len(p.pending) > 0 {
		p.failed = p.write(p.to, p.pending)
	}
	p.pending = p.pending[:0]
}

// print prints a text, with something before every line.
func (p *groupPrinter) print(to *surface, before string, text func(io.Writer) error) {
	show := func(line []byte) error {
		shown := string(line)
		if to.Terminal {
			shown = clean(shown, to.Colour)
		}
		p.line(to, before+shown)
		return p.failed
	}
	l := &lines{}
	err := text(writerFunc(func(b []byte) error { return l.add(b, show) }))
	if rest := l.rest(show); err == nil {
		err = rest
	}
	if p.failed == nil {
		p.failed = err
	}
}

// writerFunc is a function as an io.Writer.
type writerFunc func([]byte) error

func (f writerFunc) Write(b []byte) (int, error) {
	if err := f(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Rule stands above and below what groups of hosts are called.
const Rule = "----------------"

// maxFolded is how many characters of folded hosts stand before a line.
const maxFolded = 40

// header prints the hosts of a group, all of them, how many there are and how they ended.
func (p *groupPrinter) header(g report.Group, remark string) {
	pal := p.out.palette
	text := pal.slug(hostset.Fold(g.Slugs())) + fmt.Sprintf(" (%d)", len(g.Hosts))
	if state := g.State(); state != journal.Done {
		text += " " + stateIn(pal, state)
		if cause := g.Cause(); cause != "" {
			text += " " + logText(cause)
		}
	}
	if remark != "" {
		text += ": " + remark
	}
	for _, line := range []string{Rule, text, Rule} {
		p.line(p.out, line)
	}
}

// stateIn is a state in its colour. "" is that of a host whose end is not in the journal.
func stateIn(p palette, s journal.State) string {
	switch {
	case s == "":
		return p.yellow("its end is not known")
	case s == journal.Done:
		return p.green(stateWord(s))
	case isFailure(s):
		return p.red(stateWord(s))
	}
	return p.yellow(stateWord(s))
}

// group prints a group with what its hosts printed.
func (p *groupPrinter) group(g report.Group) {
	remark := ""
	if g.Hosts[0].Size() == 0 {
		remark = "no output"
	}
	p.header(g, remark)
	p.print(p.out, "", g.Hosts[0].WriteOut)
	p.print(p.err, p.err.slug(hostset.FoldWithin(g.Slugs(), maxFolded))+" | ", g.Hosts[0].WriteErr)
}

// maxCompared is how large texts may be of which the difference is shown, in bytes.
const maxCompared = 1 << 20

// difference prints a group with how it differs from another one.
func (p *groupPrinter) difference(from, to report.Group) {
	names := [2]string{hostset.FoldWithin(from.Slugs(), maxFolded), hostset.FoldWithin(to.Slugs(), maxFolded)}
	a, b := from.Hosts[0], to.Hosts[0]
	if max(a.Size(), b.Size()) > maxCompared {
		p.header(to, fmt.Sprintf("other output than %s, %s", names[0], report.Bytes(b.Size())))
		return
	}
	out := p.diff(names, "", a.WriteOut, b.WriteOut)
	errs := p.diff(names, " (standard error)", a.WriteErr, b.WriteErr)
	remark := "the difference from "
	if out+errs == "" {
		remark = "the same output as "
	}
	p.header(to, remark+names[0])
	for _, text := range []string{out, errs} {
		for line := range bytes.Lines([]byte(text)) {
			p.line(p.out, diffLine(string(bytes.TrimSuffix(line, []byte("\n"))), p.out.palette))
		}
	}
}

// diff is the difference of two texts.
func (p *groupPrinter) diff(names [2]string, label string, old, given func(io.Writer) error) string {
	var texts [2]bytes.Buffer
	for i, text := range []func(io.Writer) error{old, given} {
		if err := text(&texts[i]); err != nil && p.failed == nil {
			p.failed = err
		}
	}
	return textdiff.Unified(names[0]+label, names[1]+label, texts[0].String(), texts[1].String())
}
