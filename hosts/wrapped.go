package hosts

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
)

// WrappedOptions define a place that a command of this machine reaches, such as a container or a chroot.
type WrappedOptions struct {
	Common
	Slug string
	// Command runs a command there, with three pipes: {"docker", "exec", "-i", "web"}. The command to run is added as
	// the words /bin/sh -c LINE. Where the wrapper wants one string for a shell instead, that string replaces every
	// word {}, or is added alone after a last word -c: {"su", "web", "-c"}, {"ssh", "web", "{}"}.
	Command []string
}

// Wrapped is a place that a command of this machine reaches.
type Wrapped struct{ o WrappedOptions }

// NewWrapped returns a wrapped host.
func NewWrapped(o WrappedOptions) (*Wrapped, error) {
	switch {
	case o.Slug == "":
		return nil, errors.New("slug: a wrapped host needs a name")
	case len(o.Command) == 0 || o.Command[0] == "":
		return nil, errors.New(`command: expected the words of the wrapper, such as ["docker", "exec", "-i", "web"]`)
	}
	o.Command = slices.Clone(o.Command)
	return &Wrapped{o}, nil
}

// Options returns what the host was made of.
func (h *Wrapped) Options() WrappedOptions { return h.o }

// Slug implements Host.
func (h *Wrapped) Slug() string { return h.o.Slug }

// Address implements Host.
func (h *Wrapped) Address() string { return strings.Join(h.o.Command, " ") }

// Common implements Host.
func (h *Wrapped) Common() Common { return h.o.Common }

// Login implements Host.
func (h *Wrapped) Login() string { return "" }

// Start implements Host.
func (h *Wrapped) Start(_ context.Context, _ *Session, c Command) (Process, error) {
	argv := h.argv(c.Line)
	return startLocal(h, exec.Command(argv[0], argv[1:]...), c)
}

func (h *Wrapped) argv(line string) []string {
	words := slices.Clone(h.o.Command)
	switch last := words[len(words)-1]; {
	case slices.Contains(words, "{}"):
		for i, w := range words {
			if w == "{}" {
				words[i] = line
			}
		}
		return words
	case last == "-c":
		return append(words, line)
	}
	return append(words, "/bin/sh", "-c", line)
}
