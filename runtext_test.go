package deployer

import (
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
