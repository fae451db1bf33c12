package deployertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/console"
)

// Answer is the answer to a question.
type Answer struct {
	Question string // a part of it
	Answer   string // "" is Enter alone
}

// person answers questions as a test says.
type person struct {
	t    testing.TB
	mu   sync.Mutex
	left []Answer
}

// answer gives the first answer that was not given yet and fits.
func (p *person) answer(_ context.Context, q console.Question) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.Join(append(slices.Clone(q.Before), q.Text), "\n")
	at := slices.IndexFunc(p.left, func(a Answer) bool { return strings.Contains(text, a.Question) })
	if at < 0 {
		p.t.Errorf("the test has no answer to the question %q", text)
		return "", console.ErrNoAnswer
	}
	given := p.left[at].Answer
	p.left = slices.Delete(p.left, at, at+1)
	if wrong := q.Check(given); wrong != "" {
		p.t.Errorf("the answer %q to the question %q is not taken: %s", given, text, wrong)
	}
	return given, nil
}

// allAsked fails the test if a question was not asked.
func (p *person) allAsked() {
	p.t.Helper()
	for _, a := range p.left {
		p.t.Errorf("the question %q was not asked", a.Question)
	}
}
