package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/journal"
)

// record writes events to the journal of a run, as the run would, and closes it.
func record(t *testing.T, s *Store, name string, events ...journal.Event) {
	t.Helper()
	w := begin(t, s, name, events...)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// begin writes events to the journal of a run that goes on.
func begin(t *testing.T, s *Store, name string, events ...journal.Event) *Writer {
	t.Helper()
	w, err := s.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	j := journal.New(name, nil, w)
	for _, e := range events {
		j.Write(e)
	}
	return w
}

func read(t *testing.T, s *Store, name string) *Run {
	t.Helper()
	r, err := s.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stands are the states of hosts, "web1 done, web2 failed".
func stands(hosts []Host) string {
	var all []string
	for _, h := range hosts {
		all = append(all, h.Slug+" "+string(h.State))
	}
	return strings.Join(all, ", ")
}

func start(hosts ...string) journal.Event {
	return journal.Event{Kind: journal.RunStart, Tree: "deploy", Node: "/web", Action: "start", Targets: hosts}
}

func ended(state journal.State, exit int) journal.Event {
	return journal.Event{Kind: journal.RunEnd, State: state, Exit: &exit, Seconds: 2}
}

func hostEnd(slug string, state journal.State) journal.Event {
	return journal.Event{Kind: journal.HostEnd, Host: slug, State: state}
}

// fork is the action as it begins in cells.
func fork(hosts ...string) journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: 1, Node: "/web", Action: "start", Targets: hosts}
}

func cell(id uint64, slug string) journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: id, Parent: 1, Node: "/web[" + slug + "]", Host: slug, Action: "start"}
}

func endOf(e journal.Event, state journal.State) journal.Event {
	e.State, e.Args = state, nil
	e.Kind = journal.Kind(strings.Replace(string(e.Kind), ".start", ".end", 1))
	if !Succeeded(state) {
		e.Error = &journal.Error{Kind: string(state), Message: "it went wrong"}
	}
	return e
}

func command(id, parent uint64, slug string) journal.Event {
	return journal.Event{Kind: journal.CommandStart, ID: id, Parent: parent, Host: slug, Command: "service start"}
}

func output(id, parent uint64, slug, text string) journal.Event {
	return journal.Event{Kind: journal.CommandOutput, ID: id, Parent: parent, Host: slug, Stream: journal.Stdout, Data: []byte(text)}
}

// whole is the action of a node that is not parallel.
func whole() journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: 1, Node: "/web", Action: "start"}
}

func TestHowHostsStand(t *testing.T) {
	t.Parallel()
	cells := []journal.Event{start("web1", "web2", "web3", "web4"), fork("web1", "web2", "web3", "web4"),
		cell(2, "web1"), command(3, 2, "web1"), endOf(command(3, 2, "web1"), journal.Done), endOf(cell(2, "web1"), journal.Done),
		cell(4, "web2"), command(5, 4, "web2"), endOf(command(5, 4, "web2"), journal.Failed), endOf(cell(4, "web2"), journal.Failed),
		cell(6, "web3"), command(7, 6, "web3"), endOf(command(7, 6, "web3"), journal.Done)}
	one := []journal.Event{start("web1", "web2", "web3"), whole(),
		command(2, 1, "web1"), endOf(command(2, 1, "web1"), journal.Done), command(3, 1, "web2")}
	nested := []journal.Event{start("web1", "web2"), whole(), // which calls an action that has cells
		{Kind: journal.ActionStart, ID: 2, Parent: 1, Node: "/web/git", Action: "start", Targets: []string{"web1", "web2"}},
		{Kind: journal.ActionStart, ID: 3, Parent: 2, Node: "/web/git[web1]", Host: "web1", Action: "start"},
		{Kind: journal.ActionEnd, ID: 3, Parent: 2, Node: "/web/git[web1]", Host: "web1", Action: "start", State: journal.Done}}
	inside := []journal.Event{start("web1", "web2"), fork("web1", "web2"), cell(2, "web1"),
		{Kind: journal.ActionStart, ID: 3, Parent: 2, Node: "/web[web1]", Host: "web1", Action: "stop"},
		{Kind: journal.ActionEnd, ID: 3, Parent: 2, Node: "/web[web1]", Host: "web1", Action: "stop", State: journal.Done},
		command(4, 2, "db1")} // a host that a cell uses
	for _, tt := range []struct {
		name   string
		events []journal.Event
		status Status
		want   string
	}{
		{"killed before", []journal.Event{start("web1", "web2")}, Killed, "web1 not begun, web2 not begun"},
		{"killed in cells", cells, Killed, "web1 done, web2 failed, web3 unknown, web4 not begun"},
		{"killed in one piece", one, Killed, "web1 unknown, web2 unknown, web3 not begun"},
		{"killed after cells of one piece", nested, Killed, "web1 unknown, web2 not begun"},
		{"killed after an inner action", inside, Killed, "web1 unknown, web2 not begun, db1 unknown"},
		{"ended", append(slices.Clone(one), hostEnd("web1", journal.Done), hostEnd("web2", journal.Lost),
			hostEnd("web3", journal.Unused), ended(journal.Lost, 3)), Ended, "web1 done, web2 lost, web3 not begun"},
		{"skipped by a person", []journal.Event{start("web1"), cell(0, ""), fork("web1"), cell(2, "web1"),
			endOf(cell(2, "web1"), journal.Skipped), hostEnd("web1", journal.Done), ended(journal.Done, 0)}, Ended, "web1 skipped"},
	} {
		s := &Store{Dir: t.TempDir()}
		record(t, s, "r", tt.events...)
		if r := read(t, s, "r"); r.Status != tt.status || stands(r.Hosts) != tt.want {
			t.Errorf("%s: %s, %s\nwant %s, %s", tt.name, r.Status, stands(r.Hosts), tt.status, tt.want)
		}
	}
}

func TestRunThatGoesOn(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: filepath.Join(t.TempDir(), "deployer", "runs")}
	w := begin(t, s, "20261121-120000-000000", start("web1", "web2"), fork("web1", "web2"), cell(2, "web1"))
	r := read(t, s, "2026")
	if r.Status != GoesOn || r.State() != "running" || stands(r.Hosts) != "web1 running, web2 not begun" {
		t.Errorf("while it goes on: %s, %s", r.State(), stands(r.Hosts))
	}
	if r.Start.Time = time.Now().Add(-time.Hour); r.Took() < time.Hour {
		t.Errorf("after an hour it goes on for %v", r.Took())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if r := read(t, s, "2026"); r.State() != "killed" || stands(r.Hosts) != "web1 unknown, web2 not begun" {
		t.Errorf("when its process is gone: %s, %s", r.State(), stands(r.Hosts))
	}
	for path, want := range map[string]os.FileMode{s.Dir: 0o700, filepath.Join(s.Dir, r.Name+".jsonl"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, error %v", path, info.Mode(), err)
		}
	}
}

// TestCutAnywhere cuts a journal at every byte: what is read is what its whole lines tell, and no host is ever done of
// which the end was cut off.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	record(t, s, "r", start("web1", "web2"), fork("web1", "web2"), cell(2, "web1"), output(9, 2, "web1", "begun\n"),
		cell(3, "web2"), endOf(cell(2, "web1"), journal.Done), endOf(cell(3, "web2"), journal.Failed),
		hostEnd("web1", journal.Done), hostEnd("web2", journal.Failed), ended(journal.Failed, 1))
	path := filepath.Join(s.Dir, "r.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(text) + 1 {
		kept := bytes.Count(text[:cut], []byte("\n"))
		r, err := readRun(bytes.NewReader(text[:cut]), "r", false, false)
		if kept == 0 {
			if !errors.Is(err, ErrNoStart) {
				t.Fatalf("cut at %d: got error %v", cut, err)
			}
			continue
		}
		want := []string{"", "web1 not begun, web2 not begun", "web1 not begun, web2 not begun", "web1 unknown, web2 not begun",
			"web1 unknown, web2 not begun", "web1 unknown, web2 unknown", "web1 done, web2 unknown"}
		if err != nil || stands(r.Hosts) != append(want, "web1 done, web2 failed")[min(kept, len(want))] {
			t.Fatalf("cut at %d, after %d lines: %s, error %v", cut, kept, stands(r.Hosts), err)
		}
		if (r.Status == Ended) != (cut == len(text)) {
			t.Fatalf("cut at %d: it is %s", cut, r.Status)
		}
	}
}

// count is how many events of a run can be read.
func count(t *testing.T, s *Store, name string) int {
	t.Helper()
	n := 0
	for _, err := range s.Events(name) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestDamage(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	record(t, s, "r", start("web1"), fork("web1"), cell(2, "web1"), endOf(cell(2, "web1"), journal.Done))
	path := filepath.Join(s.Dir, "r.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[3] = append(bytes.Repeat([]byte{0}, 300), '\n') // as a file system leaves it when the power fails
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := read(t, s, "r"); stands(r.Hosts) != "web1 unknown" || count(t, s, "r") != 3 {
		t.Errorf("got %s, %d events", stands(r.Hosts), count(t, s, "r"))
	}
}

func TestFindingRuns(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	if list, err := s.List(0, all); err != nil || len(list) > 0 {
		t.Fatalf("of no folder: %v, %v", list, err)
	}
	names := []string{"20261121-110000-aa0000", "20261121-110000-ab0000", "20261122-110000-aa0000"}
	for _, name := range names {
		record(t, s, name, start())
	}
	for name, content := range map[string]string{"20261123-000000-000000.jsonl": "", "notes.txt": "x", "20261124.jsonl": "{}\n"} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.List(2, all)
	if err != nil || len(list) != 2 || list[0].Name != names[2] || list[1].Name != names[1] {
		t.Errorf("the newest two are %v, error %v", list, err)
	}
	if r := read(t, s, "20261122"); r.Name != names[2] {
		t.Errorf("the prefix found %s", r.Name)
	}
	for name, want := range map[string]string{
		"20261121": "20261121 could be any of " + names[1] + ", " + names[0],
		"x":        `there is no journal of a run "x": runs lists those there are`,
		"":         `there is no journal of a run "": runs lists those there are`,
	} {
		if _, err := s.Read(name); err == nil || err.Error() != want {
			t.Errorf("%q: got error %v", name, err)
		}
	}
}

func all(journal.Event) bool { return true }

func TestOldJournalsAreRemoved(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir(), MaxRuns: 3}
	goesOn := begin(t, s, "r0", start())
	for i := range 6 {
		record(t, s, fmt.Sprintf("r%d", i+1), start())
	}
	if got := names(t, s); !slices.Equal(got, []string{"r6", "r5", "r4", "r0"}) {
		t.Errorf("left are %v: the newest three, and the one that goes on, were to stay", got)
	}
	if err := goesOn.Close(); err != nil {
		t.Fatal(err)
	}
	s.MaxRuns, s.MaxBytes = 0, 1000
	record(t, s, "r7", start(), journal.Event{Kind: journal.Message, Message: strings.Repeat("x", 900)})
	record(t, s, "r8", start())
	if got := names(t, s); !slices.Equal(got, []string{"r8"}) {
		t.Errorf("left are %v: all but the newest is beyond 1000 bytes", got)
	}
}

func names(t *testing.T, s *Store) []string {
	t.Helper()
	kept, err := s.all()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range kept {
		names = append(names, one.name)
	}
	return names
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir(), MaxRuns: 5}
	done := make(chan error)
	for i := range 20 {
		go func() {
			w, err := s.Create(fmt.Sprintf("r%02d", i))
			if err == nil {
				j := journal.New("r", nil, w)
				j.Write(start("web1"))
				for range 200 {
					j.Write(output(1, 0, "web1", strings.Repeat("x", 500)))
				}
				j.Write(ended(journal.Done, 0))
				err = w.Close()
			}
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s.prune()
	list, err := s.List(0, all)
	if err != nil || len(list) != 5 {
		t.Fatalf("%d are left, error %v", len(list), err)
	}
	for _, r := range list {
		if r.Status != Ended || count(t, s, r.Name) != 202 {
			t.Errorf("%s is %s, with %d events", r.Name, r.Status, count(t, s, r.Name))
		}
	}
}

func TestEventsAreThoseWritten(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	var lines bytes.Buffer
	w, err := s.Create("r")
	if err != nil {
		t.Fatal(err)
	}
	j := journal.New("r", nil, w, journal.NewJSON(&lines))
	for _, e := range []journal.Event{start("web1"), output(1, 0, "web1", "\xff\x00"),
		output(1, 0, "web1", strings.Repeat("long", 100_000)), ended(journal.Done, 0)} {
		j.Write(e)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got, want []journal.Event
	for e, err := range s.Events("r") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	for line := range bytes.Lines(lines.Bytes()) {
		var e journal.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		want = append(want, e)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("what is read is not what was written")
	}
}

func TestTimesOfHosts(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	record(t, s, "r", start("web1", "web2"), fork("web1", "web2"), cell(2, "web1"), command(3, 2, "web1"),
		endOf(command(3, 2, "web1"), journal.Failed), endOf(cell(2, "web1"), journal.Failed), hostEnd("web1", journal.Failed),
		hostEnd("web2", journal.Unused), ended(journal.Failed, 1))
	r := read(t, s, "r")
	web1, web2 := r.Host("web1"), r.Host("web2")
	if web1.Begun.Before(r.Start.Time) || web1.Ended.Before(web1.Begun) || !web2.Begun.IsZero() {
		t.Errorf("web1 from %v to %v, web2 from %v", web1.Begun, web1.Ended, web2.Begun)
	}
	if web1.Command != "service start" || web1.Reason != "it went wrong" {
		t.Errorf("web1 failed by %q: %q", web1.Command, web1.Reason)
	}
	if r.Took() != 2*time.Second || r.Host("db1") != nil {
		t.Errorf("it took %v", r.Took())
	}
}
