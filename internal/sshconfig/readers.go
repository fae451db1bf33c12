package sshconfig

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// arguments are what follows a keyword.
type arguments struct {
	local *Local
	words []string
	raw   string // as it stands in the file
}

// reader says what a line sets.
type reader func(arguments) ([]setting, error)

// setting is a value, or several, for one option.
type setting struct {
	option string // "": the one that the keyword is called after
	how    how
	values []string
}

// how a setting counts where others came before.
type how int

const (
	once     how = iota // not at all
	also                // it adds to them
	anew                // it adds to them, but not the same value again
	takeAway            // it takes away what it matches
)

// What can be wrong with any line.
var (
	errMissing = errors.New("has no value")
	errEmpty   = errors.New("has an empty value")
)

// table makes the keywords findable.
func table(groups ...[]keyword) map[string]*keyword {
	all := map[string]*keyword{}
	for _, one := range slices.Concat(groups...) {
		all[strings.ToLower(one.name)] = &one
	}
	return all
}

// lookUp returns what is known about a keyword, or nil.
func lookUp(name string) *keyword {
	if proper, ok := otherNames[name]; ok {
		name = proper
	}
	return keywords[name]
}

// single returns the one word that there must be.
func (a arguments) single() (string, error) {
	switch {
	case len(a.words) == 0:
		return "", errMissing
	case a.words[0] == "":
		return "", errEmpty
	case len(a.words) > 1:
		return "", fmt.Errorf("has more than one value: %q", a.words[1])
	}
	return a.words[0], nil
}

// ask adds to an error what the value was.
func (c check) ask(value string) (string, error) {
	good, err := c(value)
	if err != nil {
		return "", fmt.Errorf("is %q: %w", value, err)
	}
	return good, nil
}

// one reads keywords with one value, the first of which counts.
func one(c check) reader { return onceOr(once, c) }

// every reads keywords with one value on a line, all of which count.
func every(c check) reader { return onceOr(anew, c) }

func onceOr(h how, c check) reader {
	return func(a arguments) ([]setting, error) {
		value, err := a.single()
		if err != nil {
			return nil, err
		}
		value, err = c.ask(value)
		return []setting{{how: h, values: []string{value}}}, err
	}
}

// span reads times. "none" leaves the time to lines that follow.
func span(a arguments) ([]setting, error) {
	if slices.Equal(a.words, []string{"none"}) {
		return nil, nil
	}
	return one(seconds)(a)
}

// list reads keywords with any number of values on a line, of which the first line counts. "none" stands alone.
func list(c check) reader {
	return func(a arguments) ([]setting, error) {
		var values []string
		for _, word := range a.words {
			if word == "" {
				return nil, errEmpty
			}
			if len(a.words) > 1 && strings.EqualFold(word, "none") {
				return nil, errors.New(`has other values besides "none"`)
			}
			value, err := c.ask(word)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		return together(once, values), nil
	}
}

// together sets values, if there are any.
func together(h how, values []string) []setting {
	if len(values) == 0 {
		return nil
	}
	return []setting{{how: h, values: values}}
}

// several reads keywords whose values are of no interest, apart from their number.
func several(least, most int) reader {
	return func(a arguments) ([]setting, error) {
		switch {
		case len(a.words) < least:
			return nil, errMissing
		case slices.Contains(a.words, ""):
			return nil, errEmpty
		case len(a.words) > most:
			return nil, fmt.Errorf("has more than %d values: %q", most, a.words[most])
		}
		return together(also, []string{strings.Join(a.words, " ")}), nil
	}
}

func anything(a arguments) ([]setting, error) { return together(once, []string{a.raw}), nil }

// command reads keywords whose value is the rest of the line.
func command(a arguments) ([]setting, error) {
	return together(once, []string{strings.TrimLeft(a.raw, blank+"=")}), nil
}

// ProxyCommand and ProxyJump are two ways to say one thing, of which the first counts.
const (
	optionProxy  = "proxy"
	byCommand    = "command"
	byJump       = "jump"
	optionSocket = "forwardagent socket"
	optionPeriod = "rekeylimit period"
)

func proxyCommand(a arguments) ([]setting, error) {
	return []setting{{option: optionProxy, values: []string{byCommand, strings.TrimLeft(a.raw, blank+"=")}}}, nil
}

func proxyJump(a arguments) ([]setting, error) {
	chain, _, _ := strings.Cut(strings.TrimLeft(a.raw, blank+"="), "#")
	chain = strings.TrimRight(chain, blank)
	if _, err := parseJumps(chain); err != nil {
		return nil, fmt.Errorf("is %q: %w", chain, err)
	}
	return []setting{{option: optionProxy, values: []string{byJump, chain}}}, nil
}

// forwardAgent reads yes, no, or the socket of another agent.
func forwardAgent(a arguments) ([]setting, error) {
	value, err := a.single()
	if err != nil {
		return nil, err
	}
	if yes, err := flag(value); err == nil {
		return together(once, []string{yes}), nil
	}
	socket, err := check(a.local.agent).ask(value)
	return []setting{{values: []string{"yes"}}, {option: optionSocket, values: []string{socket}}}, err
}

func identityAgent(a arguments) ([]setting, error) { return one(a.local.agent)(a) }

// addKeys reads whether to, and for how long: a time alone means yes, and "confirm" may have one behind it. No time is
// for as long as the agent lives.
func addKeys(a arguments) ([]setting, error) {
	if len(a.words) == 2 && strings.EqualFold(a.words[0], "confirm") {
		life, err := check(seconds).ask(a.words[1])
		if life == "0" {
			return together(once, []string{"confirm"}), err
		}
		return together(once, []string{"confirm", life}), err
	}
	value, err := a.single()
	if err != nil {
		return nil, err
	}
	if value, err = seconds(value); err != nil {
		value, err = choice("ask", "confirm").ask(a.words[0])
	} else if value == "0" {
		value = "yes"
	}
	return together(once, []string{value}), err
}

// rekeyLimit reads an amount of data, and a time after it.
func rekeyLimit(a arguments) ([]setting, error) {
	amount, rest := a, a
	if len(a.words) > 1 {
		amount.words, rest.words = a.words[:1], a.words[1:]
	}
	value, err := amount.single()
	if err != nil {
		return nil, err
	}
	if value, err = check(dataLimit).ask(value); err != nil {
		return nil, err
	}
	settings := together(once, []string{value})
	if len(a.words) < 2 {
		return settings, nil
	}
	period, err := span(rest)
	for i := range period {
		period[i].option = optionPeriod
	}
	return append(settings, period...), err
}

func dataLimit(value string) (string, error) {
	if value == "default" {
		return "0", nil
	}
	value, err := size(value)
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseInt(value, 10, 64); err != nil || n != 0 && n < 16 {
		return "", expected("at least 16 bytes")
	}
	return value, nil
}

// sendEnv reads patterns that add up, and with "-" in front patterns that take earlier ones away.
func sendEnv(a arguments) ([]setting, error) {
	var all []setting
	for _, word := range a.words {
		if _, err := check(variableName).ask(word); err != nil {
			return nil, err
		}
		if pattern, ok := strings.CutPrefix(word, "-"); ok {
			all = append(all, setting{how: takeAway, values: []string{pattern}})
			continue
		}
		all = append(all, setting{how: also, values: []string{word}})
	}
	return all, nil
}

// setEnv reads variables. The first value of one counts.
func setEnv(a arguments) ([]setting, error) {
	var values []string
	known := map[string]bool{}
	for _, word := range a.words {
		if _, err := check(variable).ask(word); err != nil {
			return nil, err
		}
		if name, _, _ := strings.Cut(word, "="); !known[name] {
			known[name] = true
			values = append(values, word)
		}
	}
	return together(once, values), nil
}
