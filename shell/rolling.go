package shell

import (
	"cmp"
	"fmt"
	"strings"

	"deployer/nodes"
	"deployer/prompt"
)

// RollingOption is what the option for a field of a [nodes.Rolling] is called.
func RollingOption(field string) string { return strings.ReplaceAll(field, "_", "-") }

// asDefined leaves a field of how tasks go over cells to the tree.
const asDefined = "-"

// rollingSettings are the settings of how tasks go over cells.
func rollingSettings() []setting {
	amount, orNot := "a number, or a share as 25%", "; "+asDefined+" for what the tree says"
	return []setting{
		rollingSetting("batch", "how many cells at a time; it stops when one has failed", amount+orNot),
		rollingSetting("canary", "how many cells come first; if one fails no other begins", "a number"+orNot),
		rollingSetting("max_fail", "how many cells may fail before it stops", amount+orNot),
		rollingSetting("pause", "how long to wait after each batch", "a time as 30s or 5m"+orNot),
		rollingSetting("check", "the action that runs in each batch after it", "an action"+orNot),
	}
}

func rollingSetting(field, help, takes string) setting {
	return setting{RollingOption(field), help, takes,
		func(s Settings) string { return cmp.Or(s.Rolling.Said(field), asDefined) },
		func(s *Shell, value string) error { return s.roll(field, value) },
		func(s *Shell, typed string) []prompt.Candidate {
			all := values("", typed, asDefined)
			if field == "check" {
				all = append(all, CompleteAction(s.here.at, typed)...)
			}
			return all
		},
	}
}

// roll says how tasks go over cells, as far as a field goes.
func (s *Shell) roll(field, value string) error {
	var r nodes.Rolling
	for _, name := range nodes.RollingFields() {
		said := s.settings.Rolling.Said(name)
		if name == field {
			said = value
		}
		if said == asDefined || name != field && said == "" {
			continue
		}
		if err := r.Set(name, said); err != nil {
			return fmt.Errorf("%s: %w", RollingOption(name), err)
		}
	}
	s.settings.Rolling = r
	return nil
}
