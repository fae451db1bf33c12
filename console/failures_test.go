package console

import (
	"strings"
	"testing"

	"deployer/journal"
)

func TestFormatFailures(t *testing.T) {
	tail := "one\ntwo\n" + strings.Repeat("more\n", 8) + "10%\rfatal: \x1b[31mno\x1b[0m remote\x1b[2J\r\n\n"
	failures := []Failure{
		{Node: "/staging/git[web1]", Action: "checkout", Host: "web1", Command: "git fetch\ngit checkout v1", State: journal.Failed,
			Cause: "exit status 128", Stderr: tail, Seconds: 0.314},
		{Node: "/staging/git[web2]", Action: "checkout", Host: "web2", State: journal.Unreachable,
			Cause: "dial tcp 10.0.0.2:22: connection refused", Hint: "is sshd running there? try ssh web2"},
		{Node: "/staging", Action: "report", State: journal.Failed, Cause: "deploy:3:5: no such name",
			Readers: []string{"/ a: query Q.b", "/ c: query Q.\x1b[31md"}},
	}
	want := `2 of 4 hosts failed:
web1 (/staging/git[web1] checkout) FAILED after 0.31s
    command  git fetch\ngit checkout v1
    cause    exit status 128
    | two
` + strings.Repeat("    | more\n", 8) + `    | fatal: no remote
web2 (/staging/git[web2] checkout) UNREACHABLE
    cause    dial tcp 10.0.0.2:22: connection refused
    next     is sshd running there? try ssh web2
/staging report FAILED
    cause    deploy:3:5: no such name
    read by  / a: query Q.b
             / c: query Q.d
`
	if got := FormatFailures(failures, 4, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	many := []Failure{}
	for _, slug := range []string{"db1", "web1", "web2", "web3"} {
		many = append(many, Failure{Host: slug, State: journal.Failed})
	}
	if got := FormatFailures(many, 9, false); !strings.HasPrefix(got, "4 of 9 hosts failed: db1,web[1-3]\ndb1,web[1-3] FAILED\n") {
		t.Errorf("several are %s", got)
	}
	one := FormatFailures([]Failure{{Host: "web1", State: journal.Interrupted}}, 1, false)
	if want := "web1 interrupted\n"; one != want {
		t.Errorf("got %q, want %q", one, want)
	}
	if got := FormatFailures(nil, 4, true); got != "" {
		t.Errorf("without failures: got %q", got)
	}
}

func TestFormatFailuresInColour(t *testing.T) {
	failures := []Failure{{Host: "web1", State: journal.Failed, Cause: "x"}, {Host: "web2", State: journal.Lost}}
	got := FormatFailures(failures, 2, true)
	if !strings.Contains(got, "\x1b[31;1m2 of 2 hosts failed:") || !strings.Contains(got, "\x1b[31;1mLOST") {
		t.Errorf("failures are not red: %q", got)
	}
	var plain []string
	for line := range strings.SplitSeq(got, "\n") {
		plain = append(plain, clean(line, false))
	}
	if want := FormatFailures(failures, 2, false); strings.Join(plain, "\n") != want {
		t.Errorf("in colour it reads %q, want %q", plain, want)
	}
}

// TestFailureOfTheRun wants a name also where neither a host nor an action is to blame.
func TestFailureOfTheRun(t *testing.T) {
	got := FormatFailures([]Failure{{State: journal.Failed, Cause: "out of luck"}}, 1, false)
	if want := "the run FAILED\n    cause    out of luck\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFailuresAlike tells once what went wrong on many hosts, and for each of a few.
func TestFailuresAlike(t *testing.T) {
	var failures []Failure
	add := func(slug, stderr string) {
		failures = append(failures, Failure{Node: "/web[" + slug + "]", Action: "start", Host: slug, Command: "nginx",
			State: journal.Failed, Cause: "exit status 1", Stderr: stderr, Seconds: float64(len(failures))})
	}
	add("web1", "no space left\n")
	for _, slug := range []string{"web2", "web4", "web5", "web6"} {
		add(slug, "no such file\n")
	}
	for _, slug := range []string{"web3", "web7"} {
		add(slug, "no space left\n")
	}
	failures = append(failures, Failure{Node: "/", Action: "a", State: journal.Failed}, Failure{Node: "/", Action: "a", State: journal.Failed})
	single := func(slug, after string) string {
		return slug + " (/web[" + slug + "] start) FAILED" + after + "\n    command  nginx\n    cause    exit status 1\n    | no space left\n"
	}
	want := "7 of 9 hosts failed: web[1-7]\n" + single("web1", "") +
		"web[2,4-6] (/web start) FAILED\n    command  nginx\n    cause    exit status 1\n    | no such file\n" +
		single("web3", " after 5.00s") + single("web7", " after 6.00s") + "/ a FAILED\n/ a FAILED\n"
	if got := FormatFailures(failures, 9, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestInterruptedOnMany tells once of hosts that were interrupted together, whatever each of them did.
func TestInterruptedOnMany(t *testing.T) {
	var failures []Failure
	for _, slug := range []string{"web1", "web2", "web3", "web4"} {
		failures = append(failures, Failure{Node: "/web[" + slug + "]", Action: "restart", Host: slug, Command: "restart " + slug,
			State: journal.Interrupted, Cause: "by Ctrl-C", Stderr: "step 1\n", Seconds: float64(len(failures))})
	}
	if got, want := FormatFailures(failures, 9, false), `web[1-4] (/web restart) interrupted
    cause    by Ctrl-C
    | step 1
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	failures[1].Stderr, failures[2].Cause = "step 2\n", "by SIGTERM"
	failures = append(failures, Failure{Node: "/web[db1]", Action: "restart", Host: "db1", Command: "restart db1",
		State: journal.Interrupted, Cause: "by Ctrl-C"})
	if got, want := FormatFailures(failures, 9, false), `web[1-2,4],db1 (/web restart) interrupted
    cause    by Ctrl-C
web3 (/web[web3] restart) interrupted after 2.00s
    command  restart web3
    cause    by SIGTERM
    | step 1
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := FormatFailures(failures[:3], 9, false); strings.Count(got, "command ") != 3 || strings.Count(got, "| step") != 3 {
		t.Errorf("of few hosts not all is told:\n%s", got)
	}
}

// TestFailedAlikeButForNames tells once of hosts whose commands differ in their own names only.
func TestFailedAlikeButForNames(t *testing.T) {
	var failures []Failure
	for _, slug := range []string{"web1", "web2", "web3", "web10"} {
		failures = append(failures, Failure{Host: slug, Command: "restart " + slug + " at web1", State: journal.Failed,
			Cause: "exit status 3", Stderr: slug + ": no\n"})
	}
	failures[0].Command = "restart web1 at web2"
	if got, want := FormatFailures(failures, 9, false), `4 of 9 hosts failed: web[1-3,10]
`; !strings.HasPrefix(got, want) || strings.Count(got, "command ") != 4 {
		t.Errorf("what differs is told of each:\n%s", got)
	}
	for i := range failures {
		failures[i].Command = "restart " + failures[i].Host
	}
	if got, want := FormatFailures(failures, 9, false), `4 of 9 hosts failed: web[1-3,10]
web[1-3,10] FAILED
    command  restart …
    cause    exit status 3
    | …: no
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for i := range failures {
		failures[i].Command, failures[i].Stderr = "restart web1", ""
	}
	failures = append(failures[1:], Failure{Host: "db1", Command: "restart web1", State: journal.Failed, Cause: "exit status 3"})
	if got := FormatFailures(failures, 9, false); !strings.Contains(got, "    command  restart web1\n") || strings.Count(got, "command ") != 1 {
		t.Errorf("of others the name is told:\n%s", got)
	}
}
