package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"deployer/internal/drawn"
	"deployer/journal"
)

// testCase is a host, or one of several actions of cells on it, as JUnit files have them.
type testCase struct {
	XMLName   xml.Name `xml:"testcase"`
	Class     string   `xml:"classname,attr"`
	Name      string   `xml:"name,attr"`
	Time      string   `xml:"time,attr"`
	Failure   *problem `xml:"failure"`
	Error     *problem `xml:"error"`
	Skipped   *problem `xml:"skipped"`
	SystemOut *printed `xml:"system-out"`
	SystemErr *printed `xml:"system-err"`
}

// printed is text in an element.
type printed struct {
	Text string `xml:",innerxml"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",innerxml"`
}

// verdict is what a test case came to.
type verdict int

const (
	passed verdict = iota
	failure
	mistake // an error: it is not known whether it would have succeeded
	skipped
)

// verdictOf says what a state is in a JUnit file.
func verdictOf(s journal.State) verdict {
	switch s {
	case journal.Done, journal.Unchanged, journal.WouldRun, journal.WouldChange:
		return passed
	case journal.Failed, journal.TimedOut, journal.Invalid:
		return failure
	case journal.Unreachable, journal.Refused, journal.Lost, journal.Parked, journal.Interrupted, "":
		return mistake
	}
	return skipped
}

// unit is what a test case is made of.
type unit struct {
	class, name string
	state       journal.State
	err         *journal.Error
	seconds     float64
	parts       []*Part
}

// units are a host each; where several actions of cells ran on a host, each of them.
func (c *Collector) units() []unit {
	var all []unit
	for _, h := range c.Hosts() {
		all = append(all, c.unitsOf(h)...)
	}
	failed := func(u unit) bool { v := verdictOf(u.state); return v == failure || v == mistake }
	if c.End.Error != nil && !slices.ContainsFunc(all, failed) { // it is about no host
		all = append(all, unit{c.Start.Node, c.Start.Action, c.End.State, c.End.Error, c.End.Seconds, nil})
	}
	tellApart(all)
	return all
}

// tellApart numbers units of one class and name: an action may run in a cell more than once.
func tellApart(all []unit) {
	seen := map[[2]string]int{}
	for i, u := range all {
		key := [2]string{u.class, u.name}
		if seen[key]++; seen[key] > 1 {
			all[i].name = fmt.Sprintf("%s #%d", u.name, seen[key])
		}
	}
}

func (c *Collector) unitsOf(h *Host) []unit {
	whole := unit{c.Start.Node, h.Slug, h.State, h.Error, h.Seconds, h.Parts}
	var cells []unit
	for _, p := range h.Parts {
		if p.Action != "" {
			cells = append(cells, unit{p.Node, h.Slug + " " + p.Action, p.State, p.Error, p.Seconds, []*Part{p}})
		}
	}
	switch len(cells) {
	case 0:
		return []unit{whole}
	case 1:
		whole.class = cells[0].class
		return []unit{whole}
	}
	outside := slices.DeleteFunc(slices.Clone(h.Parts), func(p *Part) bool { return p.Action != "" })
	explained := slices.ContainsFunc(cells, func(u unit) bool { return u.state == h.State })
	if len(outside) > 0 || !explained {
		whole.parts = outside
		cells = append(cells, whole)
	}
	return cells
}

// testCase returns it as JUnit files have it.
func (u unit) testCase() (testCase, error) {
	t := testCase{Class: u.class, Name: u.name, Time: fmt.Sprintf("%.3f", u.seconds)}
	p := u.problem()
	switch verdictOf(u.state) {
	case failure:
		t.Failure = p
	case mistake:
		t.Error = p
	case skipped:
		t.Skipped = p
	}
	var err, otherErr error
	t.SystemOut, err = u.printed(func(p *Part) *Text { return p.Out })
	t.SystemErr, otherErr = u.printed(func(p *Part) *Text { return p.Err })
	return t, errors.Join(err, otherErr)
}

// printed is what was printed on a stream, nil if nothing was.
func (u unit) printed(stream func(*Part) *Text) (*printed, error) {
	var b bytes.Buffer
	for _, part := range u.parts {
		if _, err := stream(part).WriteTo(&b); err != nil {
			return nil, err
		}
	}
	if b.Len() == 0 {
		return nil, nil
	}
	return &printed{escaped(string(drawn.Plain(b.Bytes())))}, nil
}

func (u unit) problem() *problem {
	p := &problem{Message: cmp.Or(string(u.state), "its end is not known"), Type: string(u.state)}
	if u.err != nil {
		p.Message, p.Text = u.err.Message, escaped(strings.TrimSpace(u.err.Message+"\n"+u.err.Hint))
	}
	return p
}

// escaped is text as it is written in an element: with newlines and tabs as they are, which xml.EscapeText would write
// as numbers, and without what XML cannot hold.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return strings.NewReplacer("&#xA;", "\n", "&#x9;", "\t").Replace(b.String())
}

// JUnit writes what came of a run as a JUnit file: one suite with a test case for each host. A host that failed is a
// failure, one that could not be reached, was lost or was interrupted an error, one on which nothing was to run, or that
// was left out, skipped. What XML cannot hold is U+FFFD.
func (c *Collector) JUnit(w io.Writer) error {
	units := c.units()
	counts := map[verdict]int{}
	for _, u := range units {
		counts[verdictOf(u.state)]++
	}
	attributes := []xml.Attr{
		attribute("name", strings.TrimSpace(c.Start.Node+" "+c.Start.Action)),
		attribute("tests", len(units)), attribute("failures", counts[failure]),
		attribute("errors", counts[mistake]), attribute("skipped", counts[skipped]),
		attribute("time", fmt.Sprintf("%.3f", c.End.Seconds)),
	}
	suites := xml.StartElement{Name: xml.Name{Local: "testsuites"}, Attr: attributes}
	suite := xml.StartElement{Name: xml.Name{Local: "testsuite"},
		Attr: append(slices.Clip(attributes), attribute("timestamp", c.Start.Time.UTC().Format("2006-01-02T15:04:05")))}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := errors.Join(encoder.EncodeToken(suites), encoder.EncodeToken(suite)); err != nil {
		return err
	}
	for _, u := range units {
		t, err := u.testCase()
		if err == nil {
			err = encoder.Encode(t)
		}
		if err != nil {
			return err
		}
	}
	err := errors.Join(encoder.EncodeToken(suite.End()), encoder.EncodeToken(suites.End()), encoder.Close())
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

func attribute(name string, value any) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: name}, Value: fmt.Sprint(value)}
}
