package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// What is here runs when a secret is needed, never while a tree loads.

// variable is the value of a variable of this program's environment.
func variable(name string) (string, error) {
	v, ok := os.LookupEnv(name)
	if !ok {
		return "", fmt.Errorf("the environment variable %s is not set: export it before the run", name)
	}
	return v, nil
}

// commandOutput is what a command of this machine prints, without the line end.
func commandOutput(ctx context.Context, argv []string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
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
