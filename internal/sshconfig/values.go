package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"net"
	"strconv"
	"strings"
	"time"
)

// What a value may be. Each function returns the value in the one form that the rest of the package knows, or says what
// was expected.

// check is such a function.
type check func(value string) (string, error)

func text(value string) (string, error) { return value, nil }

func flag(value string) (string, error) { return choice()(value) }

// choice is for yes, no and the words given, in any case. A word after "=" is what the one before it stands for.
func choice(more ...string) check {
	known := map[string]string{"yes": "yes", "true": "yes", "no": "no", "false": "no"}
	words := []string{"yes", "no"}
	for _, word := range more {
		known[word] = word
		words = append(words, word)
	}
	return oneOf(known, words)
}

// only is for the words given and no others.
func only(words ...string) check {
	known := map[string]string{}
	for _, word := range words {
		known[word] = word
	}
	return oneOf(known, words)
}

func oneOf(known map[string]string, words []string) check {
	return func(value string) (string, error) {
		if word, ok := known[strings.ToLower(value)]; ok {
			return word, nil
		}
		return "", expected(strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1])
	}
}

// expected is the error of a value that is something else. Who knows the value and the keyword adds them.
func expected(what string) error { return &expectation{what} }

type expectation struct{ what string }

func (e *expectation) Error() string { return "expected " + e.what }

// number reads an integer as OpenSSH does: with blanks in front, and a sign.
func number(value string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(value, blank+"\f\v"), 10, 64)
	if err != nil || n < least || n > most {
		return 0, expected(fmt.Sprintf("a number from %d to %d", least, most))
	}
	return n, nil
}

func integer(value string) (string, error) {
	n, err := number(value, 0, math.MaxInt32)
	return strconv.FormatInt(n, 10), err
}

// port is for numbers, and for the names that services have.
func port(value string) (string, error) {
	if n, err := number(value, 0, math.MaxUint16); err == nil && n > 0 {
		return strconv.FormatInt(n, 10), nil
	}
	if _, err := strconv.Atoi(value); err != nil && value != "" {
		if n, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", value); err == nil && n > 0 {
			return strconv.Itoa(n), nil
		}
	}
	return "", expected("a port: a number from 1 to 65535, or the name of a service")
}

var units = map[byte]int64{
	's': 1, 'm': 60, 'h': 60 * 60, 'd': 24 * 60 * 60, 'w': 7 * 24 * 60 * 60,
}

// seconds reads a time such as 90, 1m30s or 2d.
func seconds(value string) (string, error) {
	wrong := expected("seconds, or a time such as 1m30s")
	rest, total := strings.ToLower(value), int64(0)
	for first := true; rest != "" || first; first = false {
		rest = strings.TrimPrefix(strings.TrimLeft(rest, blank+"\f\v"), "+")
		end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
		unit, next := int64(1), ""
		if end < 0 {
			end = len(rest)
		} else if unit, next = units[rest[end]], rest[end+1:]; unit == 0 {
			return "", wrong
		}
		n, err := strconv.ParseInt(rest[:end], 10, 32)
		if err != nil || n*unit > math.MaxInt32-total {
			return "", wrong
		}
		total, rest = total+n*unit, next
	}
	return strconv.FormatInt(total, 10), nil
}

// duration returns the time of a value that seconds returned.
func duration(value string) time.Duration {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0 // there is none
	}
	return time.Duration(n) * time.Second
}

// size reads a number of bytes such as 512, 1K or 1.5G.
func size(value string) (string, error) {
	wrong := expected("a number of bytes such as 64M or 1G")
	digits := strings.TrimLeft(value, blank+"\f\v")
	digits = strings.TrimPrefix(digits, "+")
	scale := int64(1)
	if digits != "" {
		if at := strings.IndexByte("bkmgtpe", digits[len(digits)-1]|0x20); at >= 0 {
			scale, digits = 1<<(10*at), digits[:len(digits)-1]
		}
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseUint("0"+whole, 10, 63)
	if err != nil || whole+fraction == "" || strings.Trim(fraction, "0123456789") != "" || n > math.MaxInt64/uint64(scale) {
		return "", wrong
	}
	return strconv.FormatInt(int64(n)*scale+part(fraction, scale), 10), nil
}

// part is how many of scale a decimal fraction is.
func part(fraction string, scale int64) int64 {
	const significant = 18 // digits
	fraction = fraction[:min(len(fraction), significant)]
	digits, whole := uint64(0), uint64(1)
	for i := range len(fraction) {
		digits, whole = 10*digits+uint64(fraction[i]-'0'), 10*whole
	}
	high, low := bits.Mul64(digits, uint64(scale))
	quotient, _ := bits.Div64(high, low, whole)
	return int64(quotient)
}

// domain is for the suffixes of CanonicalDomains.
func domain(value string) (string, error) {
	name := strings.ToLower(value)
	if name == "" || !isAlphanumeric(name[0]) || strings.Contains(name, "..") {
		return "", expected("a domain")
	}
	for i := range len(name) {
		if !isAlphanumeric(name[i]) && !strings.ContainsRune(".-_", rune(name[i])) {
			return "", expected("a domain")
		}
	}
	return strings.TrimSuffix(name, "."), nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isVariable reports whether name can be the name of a variable of the environment.
func isVariable(name string) bool {
	for i := range len(name) {
		if !isAlphanumeric(name[i]) && name[i] != '_' {
			return false
		}
	}
	return name != ""
}

// variable is for SetEnv.
func variable(value string) (string, error) {
	if !strings.Contains(value, "=") {
		return "", expected("NAME=value")
	}
	return value, nil
}

// variableName is for SendEnv, where "-" in front of a pattern takes names away again.
func variableName(value string) (string, error) {
	if value == "" || strings.Contains(value, "=") {
		return "", expected("names of variables")
	}
	return value, nil
}

// alias is for CanonicalizePermittedCNAMEs.
func alias(value string) (string, error) {
	if value == "*" || strings.EqualFold(value, "none") {
		return strings.ToLower(value), nil
	}
	if from, to, ok := strings.Cut(strings.ToLower(value), ":"); ok && to != "" {
		return from + ":" + to, nil
	}
	return "", expected("names:aliases")
}

// algorithms is for lists of algorithms. Which are known is for their users to say: newer ones come with every release.
func algorithms(value string) (string, error) {
	if rest := strings.TrimLeft(value[:1], "+^") + value[1:]; rest == "" || rest[0] == ',' {
		return "", expected("names of algorithms, separated by commas")
	}
	return value, nil
}

// agent is for sockets of agents: a file, whose name may contain ${VARIABLES}, or a $VARIABLE that holds the name.
func (l *Local) agent(value string) (string, error) {
	if _, err := l.variables(value); err != nil {
		return "", err
	}
	if name, ok := strings.CutPrefix(value, "$"); ok && !strings.HasPrefix(name, "{") && !isVariable(name) {
		return "", errors.New("it is not the name of a variable")
	}
	return value, nil
}
