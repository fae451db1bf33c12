package console

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"deployer/journal"
	"deployer/report"
)

func ended(host string, state journal.State, cause string) journal.Event {
	e := journal.Event{Kind: journal.HostEnd, Host: host, State: state}
	if cause != "" {
		e.Error = &journal.Error{Kind: "command", Message: cause}
	}
	return e
}

// merging are the events of a run on five hosts, of which three agree.
func merging() []journal.Event {
	return []journal.Event{
		{Kind: journal.ActionStart, ID: 9, Node: "/web", Action: "go"},
		output(1, "web1", journal.Stdout, "one\r\ntwo\nthree\n"),
		output(2, "web2", journal.Stdout, "one\nTWO\nthree"),
		output(3, "web3", journal.Stdout, "one\n0%\r50%\rtwo\nthree\n"),
		output(4, "web4", journal.Stdout, "one\ntwo\nthree\n"),
		output(5, "db1", journal.Stderr, "no \x1b[2Jsuch file\n"),
		{Kind: journal.Message, Stream: journal.Stdout, Message: "printed"},
		end(1, "web1", journal.Done, 1),
		end(2, "web2", journal.Done, 1),
		ended("web1", journal.Done, ""), ended("web2", journal.Done, ""), ended("web3", journal.Done, ""),
		ended("web4", journal.Done, ""), ended("db1", journal.Failed, "exit status 2"), ended("db2", journal.Unused, ""),
		{Kind: journal.RunEnd},
	}
}

// mergedFirst is what both views print of most hosts.
const mergedFirst = `printed
----------------
web[1,3-4] (3)
----------------
one
two
three
----------------
`

const mergedOut = mergedFirst + `web2 (1)
----------------
one
TWO
three
----------------
db1 (1) FAILED exit status 2
----------------
----------------
db2 (1) unused: no output
----------------
`

func TestMerged(t *testing.T) {
	s := newShown(t, Options{Prefix: true, View: ViewMerged})
	events := merging()
	s.events(t, events[:len(events)-1]...)
	if got := s.out.String(); got != "" {
		t.Errorf("standard output got %q before the end", got)
	}
	const log = "/web go\nweb1 ok 1.00s\nweb2 ok 1.00s\n"
	if got := s.err.String(); got != log {
		t.Errorf("standard error got %q, want %q", got, log)
	}
	s.events(t, events[len(events)-1])
	if got := s.out.String(); got != mergedOut {
		t.Errorf("standard output got\n%s\nwant\n%s", got, mergedOut)
	}
	if got, want := s.err.String(), log+"db1 | no \x1b[2Jsuch file\n"; got != want {
		t.Errorf("standard error got %q, want %q", got, want)
	}
	wanted := "db1 (1) FAILED exit status 2\n" + Rule + "\ndb1 | no \x1b[2Jsuch file\n" + Rule + "\ndb2"
	if got := s.both.String(); !strings.Contains(got, wanted) {
		t.Errorf("%q is not in %q", wanted, got)
	}
}

func TestDifferences(t *testing.T) {
	s := newShown(t, Options{Prefix: true, View: ViewDiff})
	s.events(t, merging()...)
	const want = mergedFirst + `web2 (1): the difference from web[1,3-4]
----------------
--- web[1,3-4]
+++ web2
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
----------------
db1 (1) FAILED exit status 2: the difference from web[1,3-4]
----------------
--- web[1,3-4]
+++ db1
@@ -1,3 +0,0 @@
-one
-two
-three
--- web[1,3-4] (standard error)
+++ db1 (standard error)
@@ -0,0 +1 @@
+no ^[[2Jsuch file
----------------
db2 (1) unused: the difference from web[1,3-4]
----------------
--- web[1,3-4]
+++ db2
@@ -1,3 +0,0 @@
-one
-two
-three
`
	if got := s.out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDifferencesOfStates and of what is too large to compare.
func TestDifferencesOfStates(t *testing.T) {
	s := newShown(t, Options{Prefix: true, View: ViewDiff})
	s.events(t,
		ended("a", journal.Done, ""), ended("b", journal.Done, ""), ended("c", journal.Failed, "exit status 1"),
		output(1, "d", journal.Stdout, strings.Repeat("y\n", maxCompared)), ended("d", journal.Done, ""),
		journal.Event{Kind: journal.RunEnd})
	want := Rule + "\na,b (2): no output\n" + Rule + "\n" + Rule + "\nc (1) FAILED exit status 1: the same output as a,b\n" + Rule + "\n" +
		Rule + "\nd (1): other output than a,b, 2.0 MiB\n" + Rule + "\n"
	if got := s.out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestMergedOnATerminal cleans what hosts print, and passes at once what a person uses.
func TestMergedOnATerminal(t *testing.T) {
	s := newShown(t, Options{Prefix: true, View: ViewMerged, Stdout: Output{Terminal: true}, Stderr: Output{Terminal: true}})
	s.events(t, output(1, "web1", journal.Stdout, "a\x1b[2Jb\n"), output(2, "web2", journal.Terminal, "login: "))
	if got := s.out.String(); got != "login: " {
		t.Errorf("standard output got %q", got)
	}
	s.events(t, ended("web1", journal.Done, ""), journal.Event{Kind: journal.RunEnd})
	if got, want := s.out.String(), "login: \n"+Rule+"\nweb1 (1)\n"+Rule+"\na^[[2Jb\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMergedLeavesStandardOutput to whom it belongs.
func TestMergedLeavesStandardOutput(t *testing.T) {
	for _, view := range Views() {
		s := newShown(t, Options{Prefix: true, View: View(view), LogOnly: true})
		s.events(t, merging()...)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := s.out.String(); got != "" {
			t.Errorf("%s: standard output got %q", view, got)
		}
	}
}

func TestMergeShowsAnError(t *testing.T) {
	c := report.NewCollector(report.Options{})
	defer c.Close()
	for _, e := range merging() {
		if err := c.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := (Merge{Stdout: Output{W: broken{}}, Stderr: Output{W: &out}}).Show(c); !errors.Is(err, errBroken) || out.Len() > 0 {
		t.Errorf("got %v, and %q after it", err, out.String())
	}
	if err := (Merge{Stdout: Output{W: &out}, Stderr: Output{W: &out}}).Show(c); err != nil || !strings.HasPrefix(out.String(), "printed\n"+Rule+"\nweb[1,3-4] (3)\n") {
		t.Errorf("got %v and %q", err, out.String())
	}
}

// TestRedrawnLines are one line each where nothing is overwritten.
func TestRedrawnLines(t *testing.T) {
	s := newShown(t, Options{Prefix: true})
	for range 1000 {
		s.events(t, output(1, "web1", journal.Stdout, "working\r"))
	}
	s.events(t, output(1, "web1", journal.Stdout, "done\nat 1\rat 2"), end(1, "web1", journal.Done, 0))
	if got := s.out.String(); got != "web1 | done\nweb1 | at 2\n" {
		t.Errorf("got %q", got)
	}
}
