package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// RandomChoice is the index of a choice where any will do, noChoice where there is none.
const (
	RandomChoice = -1
	noChoice     = -2
)

// choice is a list of which one thing is chosen, by number or name.
type choice struct {
	options []string
	first   int  // the number of the first one
	empty   int  // the index that an empty answer means; noChoice: it is not taken
	random  bool // RandomChoice can be answered
	parts   bool // a part of a name will do, if no other name has it: the list may be long, and is not shown as a whole
}

// maxOptions is how many options of a long list are shown.
const maxOptions = 20

// question returns a question that puts the index of what is chosen into chosen.
func (c choice) question(title, text string, chosen *int) Question {
	before := append([]string{oneLine(title, maxCommand)}, c.list(c.all())...)
	return Question{Before: before, Text: text, complete: c.complete, Check: func(answer string) string {
		index, wrong := c.index(answer)
		if wrong != "" {
			return wrong
		}
		*chosen = index
		return ""
	}}
}

// maxDefault is how many columns of a question its default may take.
const maxDefault = 24

// brief is the default as the question shows it: where it is long, by its number.
func (c choice) brief(byDefault string) string {
	if c.empty != RandomChoice && !c.parts && Width(byDefault) > maxDefault {
		return strconv.Itoa(c.first + c.empty)
	}
	return byDefault
}

// all are the indices of all options.
func (c choice) all() []int {
	all := make([]int, len(c.options))
	for i := range all {
		all[i] = i
	}
	return all
}

// list shows options by their indices.
func (c choice) list(indices []int) []string {
	shown := indices
	if c.parts && len(indices) > maxOptions {
		shown = indices[:maxOptions]
	}
	var lines []string
	for _, i := range shown {
		lines = append(lines, fmt.Sprintf("%4d  %s", c.first+i, oneLine(c.options[i], maxCommand)))
	}
	if more := len(indices) - len(shown); more > 0 {
		lines = append(lines, fmt.Sprintf("      and %d more: type a part of the name", more))
	}
	return lines
}

// index returns what an answer means, or what is wrong with it. A name goes before a number; its first word is enough if
// no other begins with it.
func (c choice) index(answer string) (chosen int, wrong string) {
	if answer == "" && c.empty != noChoice {
		return c.empty, ""
	}
	if i := slices.Index(c.options, answer); i >= 0 {
		return i, ""
	}
	if i := c.byFirstWord(answer); i >= 0 {
		return i, ""
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= c.first && n < c.first+len(c.options) {
		return n - c.first, ""
	}
	if c.random && (answer == "r" || answer == "random") {
		return RandomChoice, ""
	}
	if !c.parts || answer == "" {
		return noChoice, c.hint()
	}
	found := c.containing(answer)
	switch len(found) {
	case 0:
		return noChoice, "no name has that in it"
	case 1:
		return found[0], ""
	}
	return noChoice, strings.Join(append(c.list(found), "which of these?"), "\n")
}

// byFirstWord is the index of the only option that begins with a word, or -1.
func (c choice) byFirstWord(word string) int {
	found := -1
	for i, option := range c.options {
		if !strings.HasPrefix(option, word+" ") {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// containing are the indices of the options that have a text in them, in whatever case.
func (c choice) containing(text string) []int {
	return slices.DeleteFunc(c.all(), func(i int) bool {
		return !strings.Contains(strings.ToLower(c.options[i]), strings.ToLower(text))
	})
}

// complete returns what was typed, with as much added as all names have in common that begin with it; and these names,
// or those that have it in them if none begins with it.
func (c choice) complete(typed string) (completed string, names []string) {
	for _, option := range c.options {
		if strings.HasPrefix(option, typed) {
			names = append(names, option)
		}
	}
	if len(names) > 0 {
		return commonStart(names), names
	}
	if c.parts {
		for _, i := range c.containing(typed) {
			names = append(names, c.options[i])
		}
	}
	return typed, names
}

// commonStart is what all texts begin with.
func commonStart(texts []string) string {
	start := texts[0]
	for _, text := range texts[1:] {
		for !strings.HasPrefix(text, start) {
			runes := []rune(start)
			start = string(runes[:len(runes)-1])
		}
	}
	return start
}

func (c choice) hint() string {
	hint := fmt.Sprintf("answer a number from %d to %d, a name of the list", c.first, c.first+len(c.options)-1)
	if c.parts {
		hint += " or a part of it"
	}
	if c.random {
		return hint + ", or r"
	}
	return hint
}
