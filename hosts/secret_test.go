package hosts

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
)

const secretValue = "tr0ub4dor'&3\n\"second\" line"

// TestSecretsStayHidden gives a secret to commands in every allowed way, and looks for it wherever others could see it.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	for _, login := range loginShells {
		t.Run(login, func(t *testing.T) {
			s, seen := newSession(t, Options{})
			token := s.Secrets().TokenOf(secretValue)
			h, err := loginShell(t, s, login, "").Env("SECRET", "<"+token+">", false)
			if err != nil {
				t.Fatal(err)
			}
			word := mark()
			ended := make(chan struct{})
			var out *Output
			go func() {
				defer close(ended)
				out, err = h.Run(t.Context(), `printf %s "$SECRET"; cat; sleep `+word, RunOptions{Input: "in " + token, IgnoreStatus: true})
			}()
			eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+word)) > 0 })
			lines := strings.Join(sshdtest.Processes(t, ""), "\n")
			s.Abandon()
			<-ended
			if got, want := string(out.Stdout.Kept()), "<"+secretValue+">in "+secretValue; got != want {
				t.Errorf("the command got %q, want %q", got, want)
			}
			for _, part := range append(strings.Split(secretValue, "\n"), secretValue, "tr0ub4dor") {
				if strings.Contains(lines, part) {
					t.Errorf("%q is on a command line", part)
				}
				if part != "tr0ub4dor" && strings.Contains(textOf(t, seen), part) {
					t.Errorf("%q is in the journal", part)
				}
			}
		})
	}
}

func TestSecretsAreRefusedOnCommandLines(t *testing.T) {
	t.Parallel()
	s, seen := newSession(t, Options{})
	token := s.Secrets().TokenOf("s3cr3t-value")
	h := localHandle(t, s, "")
	tests := map[string]func() error{
		"command":   func() error { _, err := h.Run(t.Context(), "echo "+token, RunOptions{}); return err },
		"directory": func() error { _, err := h.Cd(token).Run(t.Context(), "true", RunOptions{}); return err },
		"prefix":    func() error { _, err := h.Prefix("A="+token).Run(t.Context(), "true", RunOptions{}); return err },
		"user": func() error {
			_, err := h.Run(t.Context(), "true", RunOptions{Sudo: true, User: token})
			return err
		},
		"raw variable": func() error { _, err := h.Env("A", token, true); return err },
		"cut token":    func() error { _, err := h.Run(t.Context(), "echo "+token[:len(token)-2], RunOptions{}); return err },
	}
	for name, run := range tests {
		err := run()
		var failed *Error
		if err == nil || errors.As(err, &failed) && failed.Fault != Refused {
			t.Errorf("%s: got %v; want it refused", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
	if text := textOf(t, seen); text != "" {
		t.Errorf("something was run: %s", text)
	}
}

func TestSecretThatCannotBeFound(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	token := s.Secrets().Token("from_env(NOPE)", func(context.Context) (string, error) { return "", errors.New("it is not set") })
	h, err := localHandle(t, s, "").Env("A", token, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, h, "echo ran", RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "from_env(NOPE): it is not set") || out != "" {
		t.Errorf("got %q, %v", out, err)
	}
}
