package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deployer/journal"
)

// suites is a JUnit file as other programs read it.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Name      string `xml:"name,attr"`
		Tests     int    `xml:"tests,attr"`
		Timestamp string `xml:"timestamp,attr"`
		Cases     []struct {
			Class     string     `xml:"classname,attr"`
			Name      string     `xml:"name,attr"`
			Time      float64    `xml:"time,attr"`
			Failure   *otherSide `xml:"failure"`
			Error     *otherSide `xml:"error"`
			Skipped   *otherSide `xml:"skipped"`
			SystemOut string     `xml:"system-out"`
			SystemErr string     `xml:"system-err"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type otherSide struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func (o *otherSide) String() string {
	if o == nil {
		return "-"
	}
	return fmt.Sprintf("%s/%s", o.Type, o.Message)
}

func readJUnit(t *testing.T, c *Collector) suites {
	t.Helper()
	var b bytes.Buffer
	if err := c.JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var all suites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil || len(all.Suites) != 1 {
		t.Fatalf("%v: %s", err, b.String())
	}
	counted := map[string]int{}
	for _, one := range all.Suites[0].Cases {
		for kind, problem := range map[string]*otherSide{"failure": one.Failure, "error": one.Error, "skipped": one.Skipped} {
			if problem != nil {
				counted[kind]++
			}
		}
	}
	if all.Tests != len(all.Suites[0].Cases) || all.Failures != counted["failure"] || all.Errors != counted["error"] || all.Skipped != counted["skipped"] {
		t.Errorf("it does not hold what it counts: %s", b.String())
	}
	return all
}

func casesOf(all suites) (lines []string) {
	for _, c := range all.Suites[0].Cases {
		lines = append(lines, fmt.Sprintf("%s %s %v %v %v %v %q %q", c.Class, c.Name, c.Time, c.Failure, c.Error, c.Skipped, c.SystemOut, c.SystemErr))
	}
	return lines
}

func TestJUnit(t *testing.T) {
	lost := hostEnd("web4", journal.Lost)
	lost.Error = &journal.Error{Kind: "lost", Message: "reset <by> \"peer\" & gone\x00"}
	all := readJUnit(t, recorded(t, Options{},
		start("go"),
		begin(1, 0, "/web", "", "go"),
		begin(2, 1, "/web[web1]", "web1", "go"),
		output(4, 2, "web1", journal.Stdout, "a <b> & ]]> \x1b[1m\xff\x07\nc\n"),
		output(4, 2, "web1", journal.Stderr, "e"),
		ended(4, 2, "web1"),
		over(2, 1, "/web[web1]", "web1", "go", journal.Done),
		output(5, 1, "web2", journal.Stdout, "partly\n"),
		hostEnd("web1", journal.Done), failed("web2", "exit status 3"), hostEnd("web3", journal.Unused), lost,
		hostEnd("web5", journal.WouldRun), hostEnd("web6", journal.Unknown),
		finish(journal.Failed, 1),
	))
	want := []string{
		"/web web1 4 - - - \"a <b> & ]]> \ufffd\ufffd\\nc\\n\" \"e\\n\"",
		`/web web2 0 failed/exit status 3 - - "partly\n" ""`,
		`/web web3 0 - - unused/unused "" ""`,
		"/web web4 0 - lost/reset <by> \"peer\" & gone\ufffd - \"\" \"\"",
		`/web web5 0 - - - "" ""`,
		`/web web6 0 - - unknown/unknown "" ""`,
	}
	if got := casesOf(all); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := all.Suites[0].Cases[1].Failure.Text; got != "exit status 3\nlook there" {
		t.Errorf("got %q", got)
	}
	if s := all.Suites[0]; s.Name != "/web go" || s.Timestamp != "2026-11-21T12:00:00" {
		t.Errorf("%s at %s", s.Name, s.Timestamp)
	}
}

// TestVerdicts says of every state what it is in a JUnit file.
func TestVerdicts(t *testing.T) {
	for want, states := range map[verdict][]journal.State{
		passed:  {journal.Done, journal.Unchanged, journal.WouldRun, journal.WouldChange},
		failure: {journal.Failed, journal.TimedOut, journal.Invalid},
		mistake: {journal.Unreachable, journal.Refused, journal.Lost, journal.Parked, journal.Interrupted, ""},
		skipped: {journal.Skipped, journal.Offline, journal.Unused, journal.NotBegun, journal.Unknown},
	} {
		for _, state := range states {
			if got := verdictOf(state); got != want {
				t.Errorf("%s: got %d, want %d", state, got, want)
			}
		}
	}
}

// TestJUnitOfSeveralActions has a test case for each action of a cell on a host, and one for what else failed there.
func TestJUnitOfSeveralActions(t *testing.T) {
	wrong := over(3, 1, "/db[web1]", "web1", "stop", journal.Failed)
	wrong.Error = &journal.Error{Kind: "failed", Message: "it does not stop"}
	all := readJUnit(t, recorded(t, Options{},
		start("go"),
		begin(1, 0, "/web", "", "go"),
		begin(2, 1, "/db[web1]", "web1", "start"), over(2, 1, "/db[web1]", "web1", "start", journal.Done),
		begin(3, 1, "/db[web1]", "web1", "stop"), output(4, 3, "web1", journal.Stdout, "stopping\n"), wrong,
		begin(5, 1, "/db[web2]", "web2", "start"), over(5, 1, "/db[web2]", "web2", "start", journal.Done),
		begin(6, 1, "/db[web2]", "web2", "start"), over(6, 1, "/db[web2]", "web2", "start", journal.Done),
		output(7, 1, "web2", journal.Stderr, "after\n"),
		failed("web1", "exit status 1"), failed("web2", "exit status 2"),
		finish(journal.Failed, 1),
	))
	want := []string{
		`/web web1 start 1 - - - "" ""`,
		`/web web1 stop 1 failed/it does not stop - - "stopping\n" ""`,
		`/web web2 start 1 - - - "" ""`,
		`/web web2 start #2 1 - - - "" ""`,
		`/web web2 3 failed/exit status 2 - - "" "after\n"`,
	}
	if got := casesOf(all); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestJUnitOfNoHost has a test case for the action where it is not a host that failed.
func TestJUnitOfNoHost(t *testing.T) {
	end := finish(journal.Failed, 1)
	end.Error = &journal.Error{Kind: "failed", Message: "fail: no"}
	got := casesOf(readJUnit(t, recorded(t, Options{}, start("go"), hostEnd("web1", journal.Unused), end)))
	want := []string{`/web web1 0 - - unused/unused "" ""`, `/web go 2.5 failed/fail: no - - "" ""`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add("plain", "web1")
	f.Add("]]>&lt;\x00\x1f\xc3\x28\ufffe", "<\"'>")
	f.Fuzz(func(t *testing.T, text, slug string) {
		wrong := failed("w"+slug, text)
		c := recorded(t, Options{}, start(text), output(1, 0, "w"+slug, journal.Stdout, text), wrong, finish(journal.Failed, 1))
		if all := readJUnit(t, c); len(all.Suites[0].Cases) != 1 || all.Failures != 1 {
			t.Errorf("got %v", casesOf(all))
		}
	})
}

func TestSummary(t *testing.T) {
	end := finish(journal.Failed, 1)
	end.Error = &journal.Error{Kind: "failed", Message: "web2: <no>"}
	c := recorded(t, Options{},
		start("go"),
		begin(1, 0, "/web", "", "go", "v1", "force=true"),
		begin(2, 1, "/web[web1]", "web1", "go"), over(2, 1, "/web[web1]", "web1", "go", journal.Done),
		journal.Event{Kind: journal.Result, Value: []byte(`{"b":1,"a":[2]}`)},
		hostEnd("web1", journal.Done), failed("web2", "exit status 3"), end,
	)
	var b bytes.Buffer
	if err := c.Summary(&b); err != nil {
		t.Fatal(err)
	}
	const want = `{"v":1,"run":"run1","tree":"deploy","node":"/web","action":"go","args":["v1","force=true"],"sandbox":false,` +
		`"started":"2026-11-21T12:00:00Z","ended":"2026-11-21T12:00:07Z","seconds":2.5,"exit":1,"state":"failed",` +
		`"error":{"kind":"failed","message":"web2: <no>"},"counts":{"done":1,"failed":1},"hosts":[` +
		`{"host":"web1","node":"/web[web1]","state":"done","seconds":1},` +
		`{"host":"web2","node":"/web","state":"failed","seconds":0,"error":{"kind":"command","message":"exit status 3","hint":"look there"}}],` +
		`"result":{"b":1,"a":[2]}}`
	var got bytes.Buffer
	if err := json.Compact(&got, b.Bytes()); err != nil || got.String() != want {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got.String(), want)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	name, link, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "link"), filepath.Join(dir, "new")
	if err := errors.Join(os.WriteFile(name, []byte("old"), 0o640), os.Symlink("old", link)); err != nil {
		t.Fatal(err)
	}
	hello := func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }
	for _, tt := range []struct {
		name, real string
		mode       os.FileMode
	}{{link, name, 0o640}, {fresh, fresh, 0o600}} {
		f, err := NewFile(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(hello); err != nil {
			t.Error(err)
		}
		content, err := os.ReadFile(tt.real)
		info, other := os.Lstat(tt.real)
		if err != nil || other != nil || string(content) != "hello" || info.Mode() != tt.mode {
			t.Errorf("%s: %v, %v, %q, %v", tt.name, err, other, content, info.Mode())
		}
		if err := f.Write(func(io.Writer) error { return io.ErrShortWrite }); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("got %v", err)
		}
		if content, err := os.ReadFile(tt.real); err != nil || string(content) != "hello" {
			t.Errorf("after an error it is %q, %v", content, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("there is %v, %v", left, err)
	}
}

func TestFileThatIsNone(t *testing.T) {
	for _, name := range []string{"/dev/null", "/dev/full"} {
		f, err := NewFile(name)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Write(func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err })
		if (err != nil) != (name == "/dev/full") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		filepath.Join(dir, "no", "file"): "/no/file cannot be written: no such file or directory",
		dir:                              "is a directory: name a file",
	} {
		if _, err := NewFile(name); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// TestSummaryIsDescribed checks that the document names every field.
func TestSummaryIsDescribed(t *testing.T) {
	text, err := os.ReadFile("../doc/results.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []any{summary{}, summaryHost{}, journal.Error{}} {
		for field := range reflect.TypeOf(of).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !regexp.MustCompile("`(hosts\\[\\])?\\.?" + name + "`").Match(text) {
				t.Errorf("doc/results.md does not say what %s is", name)
			}
		}
	}
}
