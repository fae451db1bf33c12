package journal

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestTokens(t *testing.T) {
	s := NewSecrets()
	var calls atomic.Int32
	token := s.Token("DB_PASSWORD", func(context.Context) (string, error) {
		calls.Add(1)
		return "hunter2", nil
	})
	other := s.TokenOf("swordfish")
	for range 10 {
		s.TokenOf("more") // so that numbers have two digits
	}
	text := "user:" + token + "@" + other + token
	if got := s.Mask(text); got != "user:"+Masked+"@"+Masked+Masked {
		t.Errorf("the tokens are masked as %q", got)
	}
	if got := s.Mask("hunter2"); got != "hunter2" {
		t.Error("a value that nobody revealed is known")
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if got, err := s.Reveal(t.Context(), text); err != nil || got != "user:hunter2@swordfishhunter2" {
				t.Errorf("revealed %q, error %v", got, err)
			}
		})
	}
	wait.Wait()
	if calls.Load() != 1 {
		t.Errorf("the value was looked up %d times", calls.Load())
	}
	if got := s.Mask("hunter2"); got != Masked {
		t.Errorf("a value that was revealed is shown: %q", got)
	}
	if got, err := s.Reveal(t.Context(), "plain"); got != "plain" || err != nil {
		t.Errorf("without tokens: %q, %v", got, err)
	}
}

func TestBrokenTokens(t *testing.T) {
	s := NewSecrets()
	token := s.TokenOf("hunter2")
	for _, text := range []string{
		token[:len(token)-1], token[:len(token)-2], strings.ToUpper(token), strings.TrimSuffix(token, "x0x") + "x7x",
		strings.TrimSuffix(token, "x0x") + "x99999999999999999999x", token + token[:len(token)-1],
		token[1:], token[len("secret"):], token[len("secret")+4:], token[:len("secret")+12],
	} {
		if !s.Has(text) {
			t.Errorf("%q does not seem to have a token", text)
		}
		if got, err := s.Reveal(t.Context(), text); !errors.Is(err, ErrBroken) || got != "" {
			t.Errorf("%q: revealed %q, error %v, want ErrBroken", text, got, err)
		}
	}
	var none *Secrets
	if got, err := none.Reveal(t.Context(), token); got != token || err != nil || none.Has(token) {
		t.Errorf("without secrets: %q, %v", got, err)
	}
}

func TestErrorsOfSecretsNameThem(t *testing.T) {
	s := NewSecrets()
	missing := errors.New("it is not set")
	token := s.Token("DB_PASSWORD", func(context.Context) (string, error) { return "", missing })
	for range 2 {
		if _, err := s.Reveal(t.Context(), token); !errors.Is(err, missing) || !strings.HasPrefix(err.Error(), "DB_PASSWORD: ") {
			t.Errorf("got the error %v", err)
		}
	}
}

func TestInterruptedSecretIsLookedUpAgain(t *testing.T) {
	s := NewSecrets()
	token := s.Token("VAULT", func(ctx context.Context) (string, error) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		return "hunter2", nil
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Reveal(ended, token); !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v, want that the run was cancelled", err)
	}
	if got, err := s.Reveal(t.Context(), token); got != "hunter2" || err != nil {
		t.Errorf("in the next run: %q, %v", got, err)
	}
}
