package deployer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/nodes"
	"deployer/shell"
)

// runOptions are the options of the command run.
type runOptions struct {
	path           string
	hosts          string // the set that the run is limited to; "": it is not
	single         bool
	sandbox        bool
	nonInteractive bool
	log            string
	json           bool
	hostKeys       string
	allowEmpty     bool
	color          string
	view           string
	junit          string
	summary        string
	keepGoing      bool
	rolling        nodes.Rolling // what goes before how nodes and actions go over cells
	stuck          stuckOptions
	noJournal      bool
	repeated       []string // options that a run which continues this one is given too
	continues      string   // the run that this one continues, or ""
	brief          *brief   // not nil: failures, and what happens to files, are told by whom runs
}

// defaultOptions are the options where none were given.
func defaultOptions() runOptions { return runOptions{color: "auto", view: string(console.ViewLive)} }

func (o runOptions) check() error {
	if !slices.Contains([]string{"", "strict", "accept-new"}, o.hostKeys) {
		return fmt.Errorf("--host-keys is %q: use strict or accept-new", o.hostKeys)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, o.color) {
		return fmt.Errorf("--color is %q: use auto, always or never", o.color)
	}
	if !slices.Contains(console.Views(), o.view) {
		return fmt.Errorf("--view is %q: use %s", o.view, console.OneOf(console.Views()))
	}
	if o.junit != "" && o.junit == o.summary {
		return fmt.Errorf("--junit and --summary are the same file, %s: name two", o.junit)
	}
	return o.stuck.set(&hosts.Options{})
}

// given is the value of an option that must be something if the option is there: one that comes of a variable that is not
// set must not mean all hosts, or no file.
type given string

// Set implements pflag.Value.
func (g *given) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("it is empty: leave the option out, or say which")
	}
	*g = given(text)
	return nil
}

// String implements pflag.Value.
func (g *given) String() string { return string(*g) }

// Type implements pflag.Value.
func (g *given) Type() string { return "string" }

// settings are the options that a shell can change.
func (o runOptions) settings() shell.Settings {
	return shell.Settings{Sandbox: o.sandbox, View: o.view, Hosts: o.hosts, Rolling: o.rolling}
}

// limit returns a node as the run sees it: limited to the hosts of the options, of which some must be there unless none
// are allowed.
func (o runOptions) limit(n *nodes.Place) (*nodes.Place, error) {
	if o.hosts == "" {
		return n, nil
	}
	limited, err := n.Limit(o.hosts)
	if limited != nil && o.allowEmpty && errors.Is(err, nodes.ErrNoneLeft) {
		return limited, nil
	}
	return limited, err
}
