package deployer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deployer/console"
	"deployer/internal/runs"
	"deployer/journal"
)

// earlierRuns are two runs as a list has them.
func earlierRuns() []*runs.Run {
	began := time.Date(2026, 11, 21, 10, 15, 2, 0, time.Local)
	run := func(name, action string, seconds float64, state journal.State, hosts ...runs.Host) *runs.Run {
		return &runs.Run{Name: name, Status: runs.Ended, Hosts: hosts,
			Start: journal.Event{Time: began, Node: "/web", Action: action}, End: journal.Event{State: state, Seconds: seconds}}
	}
	return []*runs.Run{
		run("20261121-101502-3f0cc2", "switch", 268, journal.Interrupted, runs.Host{Slug: "web1", State: journal.Interrupted}),
		run("20261121-101502-22f61e", "unpack", 0.05, journal.Done, runs.Host{Slug: "漢字", State: journal.Done}),
	}
}

// TestRunsFit lists runs in windows of several widths, and for no window.
func TestRunsFit(t *testing.T) {
	t.Parallel()
	whole := `20261121-101502-3f0cc2  2026-11-21 10:15:02   4m28s  interrupted  /web switch  1 interrupted: web1
20261121-101502-22f61e  2026-11-21 10:15:02   0.05s  done         /web unpack  1 done
`
	for columns, want := range map[int]string{
		0:   whole,
		200: whole,
		80: `20261121-101502-3f0cc2  2026-11-21 10:15:02   4m28s  interrupted  /web switch
    1 interrupted: web1
20261121-101502-22f61e  2026-11-21 10:15:02   0.05s  done         /web unpack
    1 done
`,
		40: `20261121-101502-3f0cc2
    2026-11-21 10:15:02   4m28s
    interrupted  /web switch
    1 interrupted: web1
20261121-101502-22f61e
    2026-11-21 10:15:02   0.05s  done
    /web unpack  1 done
`,
		20: `20261121-101502-3f0…
    2026-11-21 10:1…
     4m28s
    interrupted
    /web switch
    1 interrupted: …
20261121-101502-22f…
    2026-11-21 10:1…
     0.05s  done
    /web unpack
    1 done
`,
	} {
		if got := formatRuns(earlierRuns(), console.Layout{Columns: columns}); got != want {
			t.Errorf("in %d columns:\n%swant\n%s", columns, got, want)
		}
	}
}

// TestHostsFit lists hosts likewise: why a command failed is told before all of it is.
func TestHostsFit(t *testing.T) {
	t.Parallel()
	command := "test -e /nowhere && " + strings.Repeat("true;", 20)
	hosts := []runs.Host{
		{Slug: "web1", State: journal.Failed, Command: command, Reason: "exit status 4"},
		{Slug: "漢字", State: journal.Failed, Command: "false", Reason: "exit status 1"},
		{Slug: "db1", State: journal.Done},
	}
	for columns, want := range map[int]string{
		0:  "web1  failed    " + command + ": exit status 4\n漢字  failed    false: exit status 1\ndb1   done\n",
		60: "web1  failed    test -e /nowhere && true;tru…: exit status 4\n漢字  failed    false: exit status 1\ndb1   done\n",
		36: "web1  failed    exit status 4\n漢字  failed    false: exit status 1\ndb1   done\n",
		20: "web1  failed    exi…\n漢字  failed    exi…\ndb1   done\n",
	} {
		if got := formatHosts(hosts, console.Layout{Columns: columns}); got != want {
			t.Errorf("in %d columns:\n%swant\n%s", columns, got, want)
		}
	}
}

// TestManyHostsAreFolded has lines for those that stand alike where each host of its own would be too much.
func TestManyHostsAreFolded(t *testing.T) {
	t.Parallel()
	var all []runs.Host
	began := time.Date(2026, 11, 21, 10, 15, 2, 0, time.UTC)
	for i := range 1000 {
		h := runs.Host{Slug: fmt.Sprintf("web%04d", i+1), State: journal.Done, Begun: began, Ended: began.Add(time.Duration(i) * time.Second / 100)}
		switch {
		case i%100 == 7:
			h.State, h.Command, h.Reason = journal.Failed, "restart "+h.Slug, "exit status 3"
		case i%100 == 8:
			h.State, h.Command, h.Reason = journal.Failed, "test -e app", "exit status 1"
		case i >= 900:
			h = runs.Host{Slug: h.Slug, State: journal.NotBegun}
		}
		all = append(all, h)
	}
	whole := `web[0001-0007,0010-0107,0110-0207,0210-0307] and 581 more  882 done      8.99s
web[0008,0108,0208,0308,0408,0508,0608,0708,0808,0908]     10 failed     9.07s  restart …: exit status 3
web[0009,0109,0209,0309,0409,0509,0609,0709,0809,0909]     10 failed     9.08s  test -e app: exit status 1
web[0901-0907,0910-1000]                                   98 not begun
`
	narrow := `web0001 and 881 more       882 done      8.99s
web[0008,0108] and 8 more  10 failed     9.07s  restart …: exit status 3
web[0009,0109] and 8 more  10 failed     9.08s  test -e app: exit status 1
web[0901-0907,0910-1000]   98 not begun
`
	for columns, want := range map[int]string{0: whole, 80: narrow} {
		if got := formatHosts(all, console.Layout{Columns: columns}); got != want {
			t.Errorf("in %d columns:\n%swant\n%s", columns, got, want)
		}
	}
	few := all[:maxEach]
	if got := formatHosts(few, console.Layout{}); strings.Count(got, "\n") != maxEach || !strings.Contains(got, "restart web0008: exit status 3") {
		t.Errorf("of few hosts:\n%s", got)
	}
}
