package shell

import (
	"context"
	"errors"
	"strings"

	"deployer/prompt"
)

// Earlier is what is known of earlier runs. Its functions may be nil: then there is nothing.
type Earlier struct {
	// Do does a command about them, and returns its exit status, or what is wrong with its words.
	Do func(ctx context.Context, command string, words []string, s Settings) (status int, err error)
	// Runs offers names of runs, Hosts those of the hosts of a run, or with "" of the last one.
	Runs  func() []prompt.Candidate
	Hosts func(run string) []prompt.Candidate
}

// The kind of candidates that are runs.
const KindRun = "run"

func earlier() []*Command {
	return []*Command{
		{"runs", "", "list earlier runs of this tree",
			"The newest is the first: its name, when it began, how long it took, how it ended, what it ran, and how its " +
				"hosts stand.", asEarlier("runs"), nil},
		{"show", "[RUN] [HOST]", "show an earlier run, or all that it did on a host",
			"RUN is its name, the beginning of it, or last; without it the last run of this shell is meant. HOST may be a set " +
				"of hosts.", asEarlier("show"), completeShow},
		{"resume", "[RUN]", "run the action of an earlier run again where it did not succeed",
			"It has the same arguments, and runs on those hosts of it where it has not succeeded since. Without RUN the last " +
				"run of this shell is meant.", asEarlier("resume"), completeRun},
		{"retry", "[failed | RUN]", "run the action of an earlier run again where it failed",
			"Unlike resume it leaves out hosts where it was interrupted or did not begin, and those of which nobody knows.",
			asEarlier("retry"), completeRun},
	}
}

// asEarlier is a command about earlier runs.
func asEarlier(name string) func(*Shell, context.Context, arguments) error {
	return func(s *Shell, ctx context.Context, a arguments) error {
		if s.o.Earlier.Do == nil {
			return errors.New("no journals of runs are kept here")
		}
		var words []string
		for _, w := range a.words {
			words = append(words, w.Text)
		}
		status, err := s.o.Earlier.Do(ctx, name, words, s.settings)
		if err == nil && status != 0 {
			err = &prompt.Failed{Status: status}
		}
		return err
	}
}

// completeRun completes the name of a run.
func completeRun(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) > 0 || s.o.Earlier.Runs == nil {
		return nil
	}
	return beginWith(now.Text, s.o.Earlier.Runs())
}

// completeShow completes the name of a run, or of a host of the last one; after a run, of a host of it.
func completeShow(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) > 1 || s.o.Earlier.Hosts == nil {
		return nil
	}
	if len(before) == 1 {
		return beginWith(now.Text, s.o.Earlier.Hosts(before[0].Text))
	}
	return append(beginWith(now.Text, s.o.Earlier.Hosts("")), completeRun(s, before, now)...)
}

func beginWith(typed string, all []prompt.Candidate) []prompt.Candidate {
	var some []prompt.Candidate
	for _, c := range all {
		if strings.HasPrefix(c.Text, typed) {
			some = append(some, c)
		}
	}
	return some
}
