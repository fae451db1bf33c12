package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/journal"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// recorded is a collector of these events, a second apart.
func recorded(t testing.TB, o Options, events ...journal.Event) *Collector {
	t.Helper()
	c := NewCollector(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for i, e := range events {
		e.Time = noon.Add(time.Duration(i) * time.Second)
		if err := c.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func start(action string) journal.Event {
	return journal.Event{Kind: journal.RunStart, Run: "run1", Tree: "deploy", Node: "/web", Action: action}
}

func finish(state journal.State, exit int) journal.Event {
	return journal.Event{Kind: journal.RunEnd, State: state, Exit: &exit, Seconds: 2.5}
}

func begin(id, parent uint64, node, host, name string, args ...string) journal.Event {
	return journal.Event{Kind: journal.ActionStart, ID: id, Parent: parent, Node: node, Host: host, Action: name, Args: args}
}

func over(id, parent uint64, node, host, name string, state journal.State) journal.Event {
	return journal.Event{Kind: journal.ActionEnd, ID: id, Parent: parent, Node: node, Host: host, Action: name, State: state, Seconds: 1}
}

func output(id, parent uint64, host, stream, text string) journal.Event {
	return journal.Event{Kind: journal.CommandOutput, ID: id, Parent: parent, Host: host, Stream: stream, Data: []byte(text)}
}

func ended(id, parent uint64, host string) journal.Event {
	return journal.Event{Kind: journal.CommandEnd, ID: id, Parent: parent, Host: host, State: journal.Done}
}

func hostEnd(host string, state journal.State) journal.Event {
	return journal.Event{Kind: journal.HostEnd, Host: host, State: state}
}

func failed(host, message string) journal.Event {
	e := hostEnd(host, journal.Failed)
	e.Error = &journal.Error{Kind: commandFailed, Message: message, Hint: "look there"}
	return e
}

func textOf(t *testing.T, h *Host) (out, errs string) {
	t.Helper()
	var o, e strings.Builder
	if err := h.WriteOut(&o); err != nil {
		t.Error(err)
	}
	if err := h.WriteErr(&e); err != nil {
		t.Error(err)
	}
	return o.String(), e.String()
}

func TestCollector(t *testing.T) {
	quiet := output(9, 2, "web1", journal.Stdout, "captured\n")
	quiet.Quiet = true
	c := recorded(t, Options{},
		start("go"),
		begin(1, 0, "/web", "", "go", "v1"),
		begin(2, 1, "/web[web1]", "web1", "go"),
		begin(3, 1, "/web[web2]", "web2", "go"),
		output(4, 2, "web1", journal.Stdout, "one\ntw"),
		output(5, 3, "web2", journal.Stdout, "ONE"),
		output(4, 2, "web1", journal.Stderr, "warning"),
		quiet,
		output(4, 2, "web1", journal.Stdout, "o\r\n"),
		ended(4, 2, "web1"),
		journal.Event{Kind: journal.Message, Parent: 2, Host: "web1", Stream: journal.Stdout, Message: "printed"},
		journal.Event{Kind: journal.Message, Parent: 2, Host: "web1", Message: "logged"},
		journal.Event{Kind: journal.Message, Parent: 1, Stream: journal.Stdout, Message: "of all"},
		begin(6, 2, "/web[web1]/db", "web1", "inner"),
		output(7, 6, "web1", journal.Terminal, "inside\r\n"),
		ended(7, 6, "web1"),
		over(6, 2, "/web[web1]/db", "web1", "inner", journal.Done),
		over(2, 1, "/web[web1]", "web1", "go", journal.Done),
		output(8, 1, "web1", journal.Stdout, "after\n"),
		ended(8, 1, "web1"),
		over(1, 0, "/web", "", "go", journal.Done),
		journal.Event{Kind: journal.Result, Value: []byte(`{"web1":1}`)},
		hostEnd("web9", journal.Unused), hostEnd("web1", journal.Done),
	)
	var got []string
	for _, h := range c.Hosts() {
		out, errs := textOf(t, h)
		got = append(got, fmt.Sprintf("%s %s %q %q %s %v %d", h.Slug, h.Node, out, errs, h.State, h.Seconds, len(h.Parts)))
	}
	want := []string{
		`web9 /web "" "" unused 0 0`,
		`web1 /web[web1] "one\ntwo\nprinted\ninside\nafter\n" "warning\n" done 17 2`,
		`web2 /web[web2] "ONE\n" ""  0 1`, // it was cut off
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := c.General().String(); got != "of all\n" {
		t.Errorf("of no host: %q", got)
	}
	if got := fmt.Sprintln(c.Args, string(c.Result), c.Host("web1").Slug, c.Host("nobody") == nil); got != "[v1] {\"web1\":1} web1 true\n" {
		t.Error(got)
	}
	if len(c.streams) != 0 || len(c.actions) != 1 {
		t.Errorf("%d streams and %d actions are kept", len(c.streams), len(c.actions))
	}
}

func groupsOf(c *Collector) (all []string) {
	for _, g := range c.Groups() {
		all = append(all, fmt.Sprint(g.Slugs(), " ", g.State(), " ", g.Cause()))
	}
	return all
}

func TestGroups(t *testing.T) {
	both := func(id uint64, host, out, errs string) []journal.Event {
		return []journal.Event{
			output(id, 1, host, journal.Stdout, out), output(id, 1, host, journal.Stderr, errs), ended(id, 1, host),
		}
	}
	unreachable := func(host, message string) journal.Event {
		e := failed(host, message)
		e.State, e.Error.Kind = journal.Unreachable, "unreachable"
		return e
	}
	for _, tt := range []struct {
		name   string
		events [][]journal.Event
		want   []string
	}{
		{"the largest first, then the first", [][]journal.Event{
			both(1, "a", "x", ""), both(2, "b", "y", ""), both(3, "c", "z", ""), both(4, "d", "z", ""),
			{hostEnd("a", journal.Done), hostEnd("b", journal.Done), hostEnd("c", journal.Done), hostEnd("d", journal.Done)},
		}, []string{"[c d] done ", "[a] done ", "[b] done "}},
		{"standard error counts", [][]journal.Event{
			both(1, "a", "x", ""), both(2, "b", "", "x"),
			{hostEnd("a", journal.Done), hostEnd("b", journal.Done)},
		}, []string{"[a] done ", "[b] done "}},
		{"the state counts, and the exit status", [][]journal.Event{
			{hostEnd("a", journal.Done), failed("b", "exit status 1"), failed("c", "exit status 2"), failed("d", "exit status 1")},
		}, []string{"[b d] failed exit status 1", "[a] done ", "[c] failed exit status 2"}},
		{"messages may differ", [][]journal.Event{
			{unreachable("a", "no route to a"), unreachable("b", "no route to b")},
			{unreachable("c", "no route to c")},
		}, []string{"[a b c] unreachable "}},
		{"how the output came does not count", [][]journal.Event{
			{output(1, 1, "a", journal.Stdout, "1\n"), output(1, 1, "a", journal.Stderr, "2\n"), output(1, 1, "a", journal.Stdout, "3\n")},
			{output(2, 1, "b", journal.Stderr, "2\n"), output(2, 1, "b", journal.Stdout, "1\r\n3"), ended(2, 1, "b")},
		}, []string{"[a b]  "}},
		{"nothing", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := groupsOf(recorded(t, Options{}, slices.Concat(tt.events...)...)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestGroupsOfWhatWasLeftOut checks that texts are compared as a whole, also where they are not kept.
func TestGroupsOfWhatWasLeftOut(t *testing.T) {
	var events []journal.Event
	for id, host := range []string{"a", "b", "c"} {
		text := strings.Repeat("line\n", 10000) + map[bool]string{true: "other\n", false: "equal\n"}[host == "b"] + strings.Repeat("line\n", 10000)
		events = append(events, output(uint64(id+1), 1, host, journal.Stdout, text))
	}
	c := recorded(t, Options{Limit: 100}, events...)
	if got := groupsOf(c); !slices.Equal(got, []string{"[a c]  ", "[b]  "}) {
		t.Errorf("got %q", got)
	}
	if out, _ := textOf(t, c.Host("a")); len(out) > 6000 {
		t.Errorf("%d bytes are kept", len(out))
	}
}

// FuzzGroups checks that every host is in exactly one group, with hosts that printed what it printed.
func FuzzGroups(f *testing.F) {
	f.Add(uint64(1), uint(5), "a\nb")
	f.Add(uint64(2), uint(50), "a\rb\r\n\x00\xff")
	f.Fuzz(func(t *testing.T, seed uint64, hosts uint, text string) {
		random := rand.New(rand.NewPCG(seed, seed))
		hosts %= 100
		var events, ends []journal.Event
		for i := range hosts {
			slug, id := fmt.Sprint("host", i), uint64(i+1)
			for range random.IntN(3) {
				stream := []string{journal.Stdout, journal.Stderr}[random.IntN(2)]
				events = append(events, output(id, 0, slug, stream, text[:random.IntN(len(text)+1)]))
			}
			ends = append(ends, hostEnd(slug, []journal.State{journal.Done, journal.Failed}[random.IntN(2)]))
		}
		c := recorded(t, Options{}, slices.Concat(events, ends)...)
		seen, last := map[string]bool{}, int(hosts)
		for _, g := range c.Groups() {
			if len(g.Hosts) > last {
				t.Errorf("a group of %d comes after one of %d", len(g.Hosts), last)
			}
			last = len(g.Hosts)
			out, errs := textOf(t, g.Hosts[0])
			for _, h := range g.Hosts {
				if o, e := textOf(t, h); o != out || e != errs || h.State != g.State() {
					t.Errorf("%s is not like %s", h.Slug, g.Hosts[0].Slug)
				}
				if seen[h.Slug] {
					t.Errorf("%s is in two groups", h.Slug)
				}
				seen[h.Slug] = true
			}
		}
		if len(seen) != int(hosts) {
			t.Errorf("%d of %d hosts are in a group", len(seen), hosts)
		}
	})
}
