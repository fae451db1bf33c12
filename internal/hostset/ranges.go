package hostset

import (
	"fmt"
	"strings"
)

// numbers reads a range: [1-3,07,0-10/2].
func (p *parser) numbers() ([]string, error) {
	begin := p.at
	n := strings.IndexByte(p.text[begin:], ']')
	if n < 0 {
		return nil, p.fail(begin, `"[" has no end`, "a range is written [1-3,7]")
	}
	p.at = begin + n + 1
	var all []string
	at := begin + 1
	for _, part := range strings.Split(p.text[begin+1:begin+n], ",") {
		numbers, what := span(strings.TrimSpace(part))
		if what != "" {
			return nil, p.fail(at, what, "a range is written [1-3,7], [01-20] or [0-10/2]")
		}
		if all = append(all, numbers...); len(all) > MaxHosts {
			return nil, p.fail(begin, tooMany, "")
		}
		at += len(part) + 1
	}
	return all, nil
}

// tooMany says that something stands for more hosts than there ever are.
var tooMany = fmt.Sprintf("that is more than %d hosts", MaxHosts)

// span returns the numbers of 1, 1-3 or 0-10/2, or what is wrong with it.
func span(part string) (numbers []string, wrong string) {
	ends, every, stepped := strings.Cut(part, "/")
	first, last, ranged := strings.Cut(ends, "-")
	if !ranged {
		last = first
	}
	for _, digits := range []string{first, last, every} {
		if digits == "" && !stepped && first != "" && last != "" {
			continue // no step
		}
		if wrong := notNumber(part, digits); wrong != "" {
			return nil, wrong
		}
	}
	step := 1
	if stepped {
		step = value(every)
	}
	switch {
	case stepped && !ranged:
		return nil, fmt.Sprintf("%q has a step and no range", part)
	case step == 0:
		return nil, fmt.Sprintf("%q has a step of 0", part)
	case value(last) < value(first):
		return nil, fmt.Sprintf("%q ends before it begins", part)
	case last != fmt.Sprintf("%0*d", len(first), value(last)):
		return nil, fmt.Sprintf("%q does not say how many zeros there are: %s is %d long and %s %d", part, first, len(first),
			last, len(last))
	case (value(last)-value(first))/step >= MaxHosts:
		return nil, tooMany
	}
	for n := value(first); n <= value(last); n += step {
		numbers = append(numbers, fmt.Sprintf("%0*d", len(first), n))
	}
	return numbers, ""
}

// notNumber says why digits, of a part of a range, are no number.
func notNumber(part, digits string) string {
	switch {
	case part == "":
		return "a number is missing"
	case digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }):
		return fmt.Sprintf("%q is no number and no range of numbers", part)
	case len(digits) > maxDigits:
		return fmt.Sprintf("%q is too long a number", digits)
	}
	return ""
}
