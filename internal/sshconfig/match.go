package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
)

// criterion is a condition of a Match line.
type criterion struct {
	name     string // one of the following
	negated  bool
	argument string
}

// The criteria that are named in more than one place.
const (
	matchAll       = "all"
	matchCanonical = "canonical"
	matchFinal     = "final"
	matchExec      = "exec"
	matchNetwork   = "localnetwork"
)

// withArgument are the criteria that are followed by something to compare with, and whether that may be empty.
var withArgument = map[string]bool{
	"host": false, "originalhost": false, "user": false, "localuser": false, matchExec: false,
	"tagged": true, matchNetwork: false, "sessiontype": false, "command": true,
}

// parseMatch reads the criteria of a Match line. They are separated as keywords are, not as arguments: by "=" too.
func parseMatch(text string) ([]criterion, error) {
	var all []criterion
	for words := (&cursor{rest: text}); ; {
		word, ok := words.next()
		if !ok || word == "" || word[0] == '#' {
			if len(all) == 0 {
				return nil, errors.New("has no criteria")
			}
			return all, nil
		}
		name, negated := strings.CutPrefix(strings.ToLower(word), "!")
		c := criterion{name: name, negated: negated}
		if name == matchAll {
			return matchesAll(c, all, words)
		}
		if err := c.parse(words); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
}

// matchesAll ends a line with "all", which cannot be combined with more than one other criterion.
func matchesAll(c criterion, before []criterion, words *cursor) ([]criterion, error) {
	after, _ := words.next()
	if len(before) > 1 || after != "" && after[0] != '#' {
		return nil, errors.New(`"all" cannot be combined with other criteria`)
	}
	return append(before, c), nil
}

// parse reads the argument of a criterion, if it has one.
func (c *criterion) parse(words *cursor) error {
	if c.name == matchCanonical || c.name == matchFinal {
		return nil
	}
	empty, known := withArgument[c.name]
	if !known {
		return fmt.Errorf("%q is not known: expected all, canonical, command, exec, final, host, localnetwork, "+
			"localuser, originalhost, sessiontype, tagged or user", c.name)
	}
	argument, ok := words.next()
	if !ok || argument == "" && !empty || strings.HasPrefix(argument, "#") {
		return fmt.Errorf("%q is not followed by anything to compare with", c.name)
	}
	c.argument = argument
	if c.name == matchNetwork {
		_, err := networks(argument)
		return err
	}
	return nil
}

// match reports whether all criteria of a line are met. run says whether commands may be run: not where the result does
// not matter.
func (e *evaluation) match(ctx context.Context, l *line, run bool) (bool, error) {
	result := true
	for _, c := range l.criteria {
		if c.name == matchFinal {
			e.wantFinal = true
		}
		met, err := e.meets(ctx, c, run && result)
		if err != nil {
			return false, fmt.Errorf("in Match %s: %w", c.name, err)
		}
		if met == c.negated {
			result = false
		}
	}
	return result, nil
}

func (e *evaluation) meets(ctx context.Context, c criterion, run bool) (bool, error) {
	switch c.name {
	case matchAll:
		return true, nil
	case matchCanonical, matchFinal:
		return e.final, nil
	case "originalhost":
		return MatchesName(c.argument, e.query.Host), nil
	case "user":
		return matchesList(c.argument, e.user()), nil
	case "localuser":
		return matchesList(c.argument, e.config.local.User), nil
	case "tagged":
		return matchesOrEmpty(c.argument, e.first("tag")), nil
	case "command":
		return matchesOrEmpty(c.argument, e.query.Command), nil
	case "sessiontype":
		return matchesList(c.argument, "exec"), nil
	case matchNetwork:
		return isLocal(c.argument)
	}
	host, err := e.hostNow()
	if err != nil {
		return false, err
	}
	if c.name == matchExec {
		return e.exec(ctx, c.argument, host, run)
	}
	return MatchesName(c.argument, host), nil
}

// matchesOrEmpty is matchesList where an empty list is matched by nothing but an empty text.
func matchesOrEmpty(list, text string) bool {
	if text == "" {
		return list == ""
	}
	return matchesList(list, text)
}

// networks reads a list of addresses and networks, which may be negated.
func networks(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(one, "!")
		prefix, err := netip.ParsePrefix(one)
		if address, addressErr := netip.ParseAddr(one); addressErr == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil || prefix.Masked() != prefix {
			return nil, fmt.Errorf("%s is not a network: expected one such as 10.1.0.0/16", one)
		}
		all = append(all, prefix)
	}
	return all, nil
}

// isLocal reports whether this machine has an address in one of the networks of a list, and in none that is negated.
func isLocal(list string) (bool, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false, err
	}
	wanted, err := networks(list)
	if err != nil {
		return false, err
	}
	negated := strings.Split(list, ",")
	for _, address := range addresses {
		own, err := netip.ParsePrefix(address.String())
		if err == nil && within(own.Addr().Unmap(), wanted, negated) {
			return true, nil
		}
	}
	return false, nil
}

func within(address netip.Addr, wanted []netip.Prefix, texts []string) bool {
	found := false
	for i, network := range wanted {
		if !network.Contains(address) {
			continue
		}
		if strings.HasPrefix(texts[i], "!") {
			return false
		}
		found = true
	}
	return found
}

// exec runs a command and reports whether it succeeded. Only run says whether that is to be done.
func (e *evaluation) exec(ctx context.Context, command, host string, run bool) (bool, error) {
	alias := e.first("hostkeyalias")
	if alias == "" {
		alias = host
	}
	c := connection{local: &e.config.local, host: host, named: e.query.Host, port: e.port(), user: e.user(), alias: alias}
	command, err := c.expand(command, allTokens, false)
	if err != nil || !run {
		return false, err
	}
	shell, ok := e.config.local.Variable("SHELL")
	if !ok {
		shell = "/bin/sh"
	}
	cmd := exec.CommandContext(ctx, shell, "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the caller to handle, who ends ctx
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	var status *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.As(err, &status) && status.Exited():
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%q: %w", command, err)
	}
	return true, nil
}
