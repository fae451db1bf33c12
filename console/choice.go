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
}

// question returns a question that puts the index of what is chosen into chosen.
func (c choice) question(title, text string, chosen *int) Question {
	before := []string{oneLine(title, maxCommand)}
	for i, option := range c.options {
		before = append(before, fmt.Sprintf("%4d  %s", c.first+i, oneLine(option, maxCommand)))
	}
	return Question{Before: before, Text: text, Check: func(answer string) string {
		index, ok := c.index(answer)
		if !ok {
			return c.hint()
		}
		*chosen = index
		return ""
	}}
}

// index returns what an answer means. A name goes before a number; its first word is enough if no other begins with it.
func (c choice) index(answer string) (chosen int, ok bool) {
	if answer == "" && c.empty != noChoice {
		return c.empty, true
	}
	if i := slices.Index(c.options, answer); i >= 0 {
		return i, true
	}
	if i := c.byFirstWord(answer); i >= 0 {
		return i, true
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= c.first && n < c.first+len(c.options) {
		return n - c.first, true
	}
	return RandomChoice, c.random && (answer == "r" || answer == "random")
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

func (c choice) hint() string {
	hint := fmt.Sprintf("answer a number from %d to %d, a name of the list", c.first, c.first+len(c.options)-1)
	if c.random {
		return hint + ", or r"
	}
	return hint
}
