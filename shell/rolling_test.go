package shell

import (
	"strings"
	"testing"
)

// TestRollingSettings says how tasks go over cells, bit by bit, and leaves it to the tree again.
func TestRollingSettings(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", false)
	for _, step := range []struct{ line, want string }{
		{"set-option batch 25%", "batch=25%"},
		{"set-option canary 1", "batch=25% canary=1"},
		{"set-option max-fail 2", "batch=25% canary=1 max_fail=2"},
		{"set-option pause 30s", "batch=25% canary=1 max_fail=2 pause=30s"},
		{"set-option check start", "batch=25% canary=1 max_fail=2 pause=30s check=start"},
		{"set-option batch 5", "batch=5 canary=1 max_fail=2 pause=30s check=start"},
		{"set-option canary 0", "batch=5 canary=0 max_fail=2 pause=30s check=start"},
		{"set-option canary -", "batch=5 max_fail=2 pause=30s check=start"},
		{"set-option pause 0", "batch=5 max_fail=2 pause=0s check=start"},
		{"set-option check -", "batch=5 max_fail=2 pause=0s"},
		{"set-option batch -", "max_fail=2 pause=0s"},
	} {
		if status := s.do(t.Context(), step.line); status != 0 {
			t.Fatalf("%s: status %d: %s", step.line, status, &s.err)
		}
		if got := s.settings.Rolling.String(); got != step.want {
			t.Errorf("%s: got %q, want %q", step.line, got, step.want)
		}
	}
	s.do(t.Context(), "show-options")
	for _, want := range []string{"  batch -  ", "  canary -  ", "  max-fail 2  ", "  pause 0s  ", "  check -  "} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("show-options has no %q: %s", want, &s.out)
		}
	}
	for line, want := range map[string]string{
		"set-option batch 0":        "batch: a batch has at least one cell, not 0",
		"set-option batch 150%":     `batch: "150%" is no share`,
		"set-option canary 10%":     `canary: "10%" is no number of cells`,
		"set-option max-fail few":   `max-fail: "few" is no number of cells and no share`,
		"set-option pause 30":       `pause: "30" is no time`,
		"set-option check ''":       "check: the name of an action is missing",
		"set-option max_fail 1":     "did you mean max-fail?",
		"set-option batch 1 2":      "takes a name and a value",
		"set-option max-fail ' - '": "is no number of cells",
	} {
		s.err.Reset()
		if status := s.do(t.Context(), line); status == 0 || !strings.Contains(s.err.String(), want) {
			t.Errorf("%s: status %d, %q, want %q", line, status, &s.err, want)
		}
	}
	if got, want := s.settings.Rolling.String(), "max_fail=2 pause=0s"; got != want {
		t.Errorf("after refusals: got %q, want %q", got, want)
	}
}

// TestRollingSettingsOfTasks gives tasks what was set.
func TestRollingSettingsOfTasks(t *testing.T) {
	t.Parallel()
	s := newShell(t, "staging start\nset-option batch 2\nstaging start\nset-option batch -\nstaging start\n", false)
	if status, err := s.Run(t.Context()); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s", status, err, &s.err)
	}
	var got []string
	for _, task := range s.tasks {
		got = append(got, task.Rolling.String())
	}
	if want := "|batch=2|"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
}
