package shell

import (
	"strings"

	"deployer/nodes"
	"deployer/prompt"
)

// completeAction completes a line that is an action.
func completeAction(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) == 0 {
		return s.paths(nil, now, andActions)
	}
	return s.actionLine(before, now)
}

func completeHelp(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	all := s.paths(before, now, andActions)
	if len(before) == 0 {
		all = append(all, s.commandNames(now.Raw)...)
	}
	return all
}

func completeList(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) > 0 && before[0].Raw == "-l" {
		return nodePath(s, before[1:], now)
	}
	all := nodePath(s, before, now)
	if len(before) == 0 && strings.HasPrefix("-l", now.Raw) {
		all = append(all, prompt.Candidate{Text: "-l", Shown: "-l", Description: "with hosts", Kind: KindValue})
	}
	return all
}

// completeFind completes a path, and then filters with their values.
func completeFind(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if key, value, ok := strings.Cut(now.Raw, "="); ok {
		return values(key+"=", value, s.filterValues(key)...)
	}
	all := nodePath(s, before, now)
	for _, key := range searchKeys {
		if strings.HasPrefix(key, now.Raw) {
			all = append(all, prompt.Candidate{Text: key + "=", Shown: key + "=", Description: "only nodes with that " + key, Kind: KindParameter})
		}
	}
	return all
}

// filterValues are what a filter of find can be given, as far as that is a short list.
func (s *Shell) filterValues(key string) []string {
	switch key {
	case "group":
		var all []string
		for _, g := range nodes.Groups() {
			all = append(all, g.Name)
		}
		return all
	case "host":
		return slugs(s.here.at)
	case "action":
		return s.here.at.ActionNames()
	}
	return nil
}

func completeOption(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	var all []prompt.Candidate
	for _, o := range settings() {
		switch {
		case len(before) == 0 && strings.HasPrefix(o.name, now.Raw):
			all = append(all, prompt.Candidate{Text: o.name, Shown: o.name, Description: o.help, Kind: KindParameter})
		case len(before) == 1 && before[0].Text == o.name:
			all = append(all, o.complete(s, now.Raw)...)
		}
	}
	return all
}
