package nodes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"deployer/journal"
)

// Secret is a text that is masked wherever it would be shown or stored: as a field of a struct, as a result, and in what
// commands print. It reaches a host in a variable or in the input of a command, never in a command line:
//
//	w.Host(ctx).Env("TOKEN", w.Token.In(ctx)).Run("./publish")
type Secret struct{ of *secret }

type secret struct {
	name string // what errors call it
	get  func(context.Context) (string, error)
}

// NewSecret is the secret of a value.
func NewSecret(value string) Secret {
	return Secret{&secret{"secret", func(context.Context) (string, error) { return value, nil }}}
}

// SecretFromEnv is the value of a variable of this program's environment, which is read when it is first needed.
func SecretFromEnv(name string) Secret {
	return Secret{&secret{"from_env(" + name + ")", func(context.Context) (string, error) {
		if v, ok := os.LookupEnv(name); ok {
			return v, nil
		}
		return "", fmt.Errorf("the environment variable %s is not set: export it before the run", name)
	}}}
}

// SecretFromCommand is what a command of this machine prints, without the line end. It is run when the secret is first
// needed.
func SecretFromCommand(name string, args ...string) Secret {
	return Secret{&secret{"from_command " + name, func(ctx context.Context) (string, error) {
		return commandOutput(ctx, name, args)
	}}}
}

func commandOutput(ctx context.Context, name string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err == nil {
		return strings.TrimRight(string(out), "\r\n"), nil
	}
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if !errors.As(err, &exit) {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
	return "", fmt.Errorf("%v: %s", err, lines[len(lines)-1])
}

// Format implements fmt.Formatter: no verb shows a secret.
func (s Secret) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, journal.Masked) }

// String is journal.Masked.
func (s Secret) String() string { return journal.Masked }

// Token returns the word that stands for the secret where those secrets are known: see [journal.Secrets].
func (s Secret) Token(in *journal.Secrets) string {
	if s.of == nil {
		return in.Token("secret", func(context.Context) (string, error) { return "", errNoSecret })
	}
	return in.Token(s.of.name, s.of.get)
}

var errNoSecret = errors.New("the nodes.Secret was not set: make it with nodes.NewSecret, SecretFromEnv or " +
	"SecretFromCommand")

// In returns the word that stands for the secret in the run of a context. It may be joined with other texts. It panics if
// the context is of no run.
func (s Secret) In(ctx context.Context) string {
	run := mustRun(ctx).run
	run.mu.Lock()
	defer run.mu.Unlock()
	token, known := run.tokens[s.of]
	if !known {
		token = s.Token(run.Journal().Secrets())
		run.tokens[s.of] = token
	}
	return token
}
