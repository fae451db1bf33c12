package hosts

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed facts.sh
var factsScript string

// Facts are what a host is. What the host does not tell is zero.
type Facts struct {
	Hostname     string
	System       string // "Linux"
	Kernel       string // "6.1.0-18-amd64"
	Architecture string // "x86_64"
	Distribution string // "debian"
	Release      string // "12"
	User         string
	UID          int
	Home         string
	Shell        string // what runs commands there unless the host's option shell says otherwise
	Processors   int
	Memory       int64       // bytes
	Addresses    []Interface // global ones
}

// Interface is an address of a network interface.
type Interface struct{ Name, Address string }

// Facts asks the host what it is, in one round trip. It only reads, so that it works in a sandbox too.
func (h *Handle) Facts(ctx context.Context) (Facts, error) {
	text, err := h.ask(ctx, factsScript)
	if err != nil {
		return Facts{}, err
	}
	var f Facts
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && value != "" {
			if err := f.set(name, value); err != nil {
				return Facts{}, fmt.Errorf("%s: fact %s: %w", h.Slug(), name, err)
			}
		}
	}
	return f, nil
}

func (f *Facts) set(name, value string) (err error) {
	texts := map[string]*string{
		"hostname": &f.Hostname, "system": &f.System, "kernel": &f.Kernel, "architecture": &f.Architecture,
		"distribution": &f.Distribution, "release": &f.Release, "user": &f.User, "home": &f.Home, "shell": &f.Shell,
	}
	if text := texts[name]; text != nil {
		*text = value
		return nil
	}
	switch name {
	case "uid":
		f.UID, err = strconv.Atoi(value)
	case "processors":
		f.Processors, err = strconv.Atoi(value)
	case "memory":
		f.Memory, err = strconv.ParseInt(value, 10, 64)
		f.Memory *= 1024
	default:
		if card, ok := strings.CutPrefix(name, "address."); ok {
			f.Addresses = append(f.Addresses, Interface{card, value})
		}
	}
	return err
}

// ask runs a command that only reads and of which nothing is shown, and returns its standard output.
func (h *Handle) ask(ctx context.Context, command string) (string, error) {
	out, err := h.Run(ctx, command, RunOptions{Silent: true, own: true, Reads: true})
	if err != nil {
		return "", err
	}
	return out.Stdout.String()
}

// test runs a command that answers by its exit status: 0 is yes, 1 is no, anything else is an error.
func (h *Handle) test(ctx context.Context, command string, sudo bool) (bool, error) {
	out, err := h.Run(ctx, command, RunOptions{Silent: true, own: true, Reads: true, IgnoreStatus: true, Sudo: sudo})
	if err != nil {
		return false, err
	}
	if out.Exit.Status > 1 {
		return false, &Error{Fault: Failed, Host: h.Slug(), Op: command, Exit: out.Exit}
	}
	return out.Exit.OK(), nil
}

// HasCommand reports whether the host's shell would find a command.
func (h *Handle) HasCommand(ctx context.Context, name string, sudo bool) (bool, error) {
	return h.test(ctx, "command -v "+Quote(name)+" >/dev/null || exit 1", sudo)
}

// Getcwd returns the absolute path of the directory that commands run in.
func (h *Handle) Getcwd(ctx context.Context) (string, error) {
	dir, err := h.ask(ctx, "pwd")
	return strings.TrimSuffix(dir, "\n"), err
}
