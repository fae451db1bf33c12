package console

import (
	"fmt"
	"slices"
	"strings"

	"deployer/internal/drawn"
	"deployer/internal/hostset"
	"deployer/journal"
)

// Failure is what went wrong on one target of a run.
type Failure struct {
	Node    string // path
	Action  string
	Host    string // slug; "" where it is not about one host
	Command string // "" where it was not a command that failed
	State   journal.State
	Offline bool   // nothing answers at its address
	Cause   string // "exit status 3"
	Hint    string // the next step; may be ""
	Stderr  string // the last lines of its error output; may be ""
	Seconds float64
	// Readers are what waited for it, the innermost first.
	Readers []string
}

// maxTail is how many lines of error output a report shows for each failure.
const maxTail = 10

// FormatFailures is the report at the end of a run on so many targets, or "" without failures.
func FormatFailures(failures []Failure, targets int, colour bool) string {
	if len(failures) == 0 {
		return ""
	}
	p := palette{colour}
	var b strings.Builder
	a := tellApart(failures, targets)
	if failed := failedHosts(a.failed); len(failed) > 0 && targets > 1 {
		fmt.Fprintln(&b, p.red(fmt.Sprintf("%d of %d hosts failed:%s", len(failed), targets, severalHosts(failed))))
	}
	for _, f := range alike(briefly(a.failed)) {
		f.format(&b, p)
	}
	if len(a.parked) > 0 {
		fmt.Fprintln(&b, p.red(standing(a.parked, targets, "parked")))
	}
	for _, f := range alike(a.parked) {
		f.format(&b, p)
	}
	formatOffline(&b, a.offline, targets, p)
	return b.String()
}

// briefly leaves out of what was interrupted on many hosts at once in what they differ, since the cause was none of them:
// the command, as it may have the name of the host in it, and what they printed.
func briefly(failures []Failure) []Failure {
	same := map[string][]int{}
	for i, f := range failures {
		if f.State == journal.Interrupted && f.Host != "" {
			f.Command, f.Stderr = "", ""
			same[f.key()] = append(same[f.key()], i)
		}
	}
	brief := slices.Clone(failures)
	for _, at := range same {
		if len(at) <= maxListedBelow {
			continue
		}
		first := failures[at[0]]
		differ := func(of func(Failure) string) bool {
			return slices.ContainsFunc(at, func(i int) bool { return of(failures[i]) != of(first) })
		}
		commands, texts := differ(func(f Failure) string { return f.Command }), differ(func(f Failure) string { return f.Stderr })
		for _, i := range at {
			if commands {
				brief[i].Command = ""
			}
			if texts {
				brief[i].Stderr = ""
			}
		}
	}
	return brief
}

// alike makes one failure of those that are the same on so many hosts that nobody would read them one by one, in the
// place of the first: its hosts are folded, and its node is that of all their cells.
func alike(failures []Failure) []Failure {
	keys, groups := make([]string, len(failures)), map[string][]Failure{}
	for i, f := range failures {
		keys[i] = f.key()
		groups[keys[i]] = append(groups[keys[i]], f)
	}
	var all []Failure
	told := map[string]bool{}
	for i, f := range failures {
		switch group := groups[keys[i]]; {
		case f.Host == "" || len(group) <= maxListedBelow:
			all = append(all, f)
		case !told[keys[i]]:
			told[keys[i]] = true
			all = append(all, together(group))
		}
	}
	return all
}

// together is one failure for several that are alike.
func together(group []Failure) Failure {
	f := group[0]
	if slices.ContainsFunc(group, func(o Failure) bool {
		return o.Command != f.Command || o.Cause != f.Cause || o.Hint != f.Hint || o.Stderr != f.Stderr
	}) {
		f = f.nameless()
	}
	f.Node, f.Seconds = f.above(), 0
	var hosts []string
	for _, o := range group {
		hosts = append(hosts, o.Host)
	}
	f.Host = hostset.FoldWithin(hosts, maxHosts)
	return f
}

// key is the same for failures that differ in their hosts, and in how long they took, only.
func (f Failure) key() string {
	f = f.nameless()
	f.Node, f.Host, f.Seconds = f.above(), "", 0
	return fmt.Sprintf("%#v", f)
}

// nameless is a failure with an ellipsis for the name of its host, in what each host may have of its own.
func (f Failure) nameless() Failure {
	for _, text := range []*string{&f.Command, &f.Cause, &f.Hint, &f.Stderr} {
		*text = hostset.ReplaceName(*text, f.Host, "…")
	}
	return f
}

// above is the node without the cell of the host.
func (f Failure) above() string { return strings.TrimSuffix(f.Node, "["+f.Host+"]") }

// failedHosts are the different hosts that failed.
func failedHosts(failures []Failure) []string {
	var failed []string
	seen := map[string]bool{"": true}
	for _, f := range failures {
		if isFailure(f.State) && !seen[f.Host] {
			seen[f.Host] = true
			failed = append(failed, f.Host)
		}
	}
	return failed
}

// severalHosts names hosts where there are so many that one would look for them below.
func severalHosts(slugs []string) string {
	if len(slugs) <= maxListedBelow {
		return ""
	}
	return " " + clean(hostset.FoldWithin(slugs, maxHosts), false)
}

const (
	maxListedBelow = 3   // hosts that are seen at a glance in what follows
	maxHosts       = 200 // characters for the names of hosts
)

func (f Failure) format(b *strings.Builder, p palette) {
	name := "the run"
	if f.Host != "" {
		name = p.slug(f.Host)
	}
	where := strings.TrimSpace(clean(f.Node, false) + " " + oneLine(f.Action, maxCommand))
	switch {
	case f.Host == "" && where != "":
		name = where
	case f.Host != "" && where != "":
		name += " (" + where + ")"
	}
	fmt.Fprintf(b, "%s %s", name, f.word(p))
	if f.Seconds > 0 {
		fmt.Fprintf(b, " after %s", Duration(f.Seconds))
	}
	b.WriteByte('\n')
	field(b, "command", oneLine(f.Command, maxCommand))
	field(b, "cause", logText(f.Cause))
	for i, reader := range f.Readers {
		label := ""
		if i == 0 {
			label = "read by"
		}
		field(b, label, logText(reader))
	}
	field(b, "next", logText(f.Hint))
	for _, line := range lastLines(f.Stderr, maxTail) {
		fmt.Fprintf(b, "    | %s\n", line)
	}
}

func field(b *strings.Builder, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "    %-8s %s\n", label, text)
	}
}

func (f Failure) word(p palette) string {
	if isFailure(f.State) {
		return p.red(stateWord(f.State))
	}
	return p.yellow(stateWord(f.State))
}

// lastLines are the last lines of a text, as they can be shown.
func lastLines(text string, most int) []string {
	var t drawn.Terminal
	text = string(t.Pass([]byte(text))) + string(t.Rest())
	var shown []string
	for line := range strings.Lines(text) {
		shown = append(shown, clean(strings.TrimSuffix(line, "\n"), false))
	}
	for len(shown) > 0 && strings.TrimSpace(shown[len(shown)-1]) == "" {
		shown = shown[:len(shown)-1]
	}
	return shown[max(0, len(shown)-most):]
}
