package console

import (
	"fmt"
	"strings"
	"time"

	"deployer/journal"
)

// logLine is the line of the log for an event, or "" for one that the log does not show.
func logLine(e journal.Event, p palette) string {
	switch e.Kind {
	case journal.ActionStart:
		return actionLine(e, p)
	case journal.CommandStart:
		return commandLine(e, p)
	case journal.CommandEnd:
		return p.slug(e.Host) + " " + verdict(e, p)
	case journal.ConnectStart:
		return fmt.Sprintf("%s connecting to %s …", p.slug(e.Host), oneLine(e.Address, maxCommand))
	case journal.ConnectEnd:
		if e.State != journal.Done {
			return p.slug(e.Host) + " " + verdict(e, p)
		}
	case journal.BatchStart:
		return batchLine(e, p)
	case journal.HostParked:
		return p.slug(e.Host) + " " + p.yellow("parked: "+logText(e.Message))
	case journal.HostBack:
		return p.slug(e.Host) + " " + p.yellow("back")
	case journal.Warning:
		return p.yellow("warning: ") + about(e, p) + logText(e.Message)
	case journal.Message:
		return about(e, p) + logText(e.Message)
	}
	if isFile(e) {
		return strings.Join(fileLines(e, p), "\n")
	}
	return ""
}

func actionLine(e journal.Event, p palette) string {
	words := []string{e.Action}
	for _, arg := range e.Args {
		words = append(words, word(arg))
	}
	line := p.green(clean(e.Node, false) + " " + oneLine(strings.Join(words, " "), maxCommand))
	if e.Sandbox {
		line += " (sandbox)"
	}
	return line
}

// batchLine says which hosts come next.
func batchLine(e journal.Event, p palette) string {
	kind := ""
	if e.Message != "" {
		kind = " (" + clean(e.Message, false) + ")"
	}
	return p.green(fmt.Sprintf("%s batch %d of %d%s: ", clean(e.Node, false), e.Batch, e.Batches, kind)) +
		oneLine(e.Hosts, maxCommand)
}

// word is an argument as it could be typed.
func word(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\r\n'\"\\$`;&|<>()*?[]#~") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func commandLine(e journal.Event, p palette) string {
	if e.Message != "" {
		return p.yellow(oneLine(e.Message, maxCommand)) + "; exit, or Ctrl-D, leaves it"
	}
	place := p.slug(e.Host)
	if e.Dir != "" {
		place += ":" + oneLine(e.Dir, maxCommand)
	}
	return place + " " + marked(e, p)
}

// marked is a command after the mark that says as whom it runs: "# (postgres) psql".
func marked(e journal.Event, p palette) string {
	mark := "$ "
	if e.Sudo {
		mark = "# "
	}
	if e.User != "" && (!e.Sudo || e.User != "root") {
		mark += "(" + clean(e.User, false) + ") "
	}
	return mark + p.yellow(oneLine(e.Command, maxCommand))
}

// about is the host that a message is about, if it is about one.
func about(e journal.Event, p palette) string {
	if e.Host == "" {
		return ""
	}
	return p.slug(e.Host) + ": "
}

// maxMessage is how many characters of a message are shown in one line of the log.
const maxMessage = 2000

func logText(s string) string { return oneLine(s, maxMessage) }

// verdict says how a command or a connection ended, and after how long.
func verdict(e journal.Event, p palette) string {
	cause, took := causeOf(e), ""
	if e.Seconds > 0 {
		took = " " + Duration(e.Seconds)
	}
	if e.Kind == journal.CommandEnd && e.Message != "" && e.State == journal.Done { // how a shell ends is its person's business
		return p.green("left") + " after" + took
	}
	if cause != "" {
		cause = " " + cause
		took = strings.Replace(took, " ", ", ", 1)
	}
	word := stateWord(e.State)
	switch {
	case e.State == journal.Done:
		return p.green(word) + cause + took
	case isFailure(e.State):
		return p.red(word + cause + took)
	}
	return p.yellow(word + cause + took)
}

// stateWord is how the log names a state: failures in capitals.
func stateWord(s journal.State) string {
	switch {
	case s == journal.Done:
		return "ok"
	case isFailure(s):
		return strings.ToUpper(string(s))
	}
	return string(s)
}

func isFailure(s journal.State) bool {
	switch s {
	case journal.Done, journal.Unchanged, journal.WouldRun, journal.WouldChange, journal.Unused, journal.Skipped, journal.Offline,
		journal.NotBegun, journal.Unknown, journal.Interrupted:
		return false
	}
	return true
}

// causeOf says why: the exit status or the signal, else the error.
func causeOf(e journal.Event) string {
	switch {
	case e.Signal != "":
		return "killed by SIG" + e.Signal
	case e.Status != nil && *e.Status != 0:
		return fmt.Sprintf("exit status %d", *e.Status)
	case e.Error != nil:
		return logText(e.Error.Message)
	case e.Message != "":
		return logText(e.Message)
	}
	return ""
}

// Duration is a time in seconds for people: "0.31s", "2m03s", "1h02m".
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
