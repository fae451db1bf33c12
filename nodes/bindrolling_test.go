package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/journal"
	"deployer/nodes"
)

// Cage has machines that are gone over in batches.
type Cage struct {
	nodes.Node
	Machines nodes.Array[Blade] `rolling:"batch=2 check=healthy"`
	Odd      nodes.Array[Blade]
}

// Blade is one of them.
type Blade struct {
	nodes.Node
	Bad []string
}

func (*Blade) Actions() nodes.Actions {
	return nodes.Actions{"Wipe": {Rolling: &nodes.Rolling{Canary: 1, MaxFail: nodes.Percent(50)}}}
}

// Restart goes wrong on some.
func (b *Blade) Restart(ctx context.Context) (string, error) {
	slug := b.Host(ctx).Slug()
	if slices.Contains(b.Bad, slug) {
		return "", errors.New(slug + " is broken")
	}
	return slug, nil
}

// Wipe goes wrong on the same.
func (b *Blade) Wipe(ctx context.Context) (string, error) { return b.Restart(ctx) }

// Healthy finds nothing wrong.
func (b *Blade) Healthy(context.Context) error { return nil }

func cageRun(t *testing.T, bad ...string) (context.Context, *Cage, func() string) {
	t.Helper()
	cage := &Cage{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("host", local("b1"), local("b2"), local("b3"), local("b4"))}}}
	cage.Machines.Cell.Bad, cage.Odd.Cell.Bad = bad, bad
	s, events := session(t)
	ctx, err := nodes.NewContext(t.Context(), cage, nodes.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, cage, func() string {
		var batches []string
		for _, e := range events.Events() {
			if e.Kind == journal.BatchStart {
				batches = append(batches, e.Action+" "+e.Hosts)
			}
		}
		return strings.Join(batches, ", ")
	}
}

func TestRollingInGo(t *testing.T) {
	ctx, cage, batches := cageRun(t, "b2")
	_, err := nodes.Call(ctx, &cage.Machines.Cell, "restart")
	if want := "b[3-4]: not begun: 1 of 4 cells failed, and none may"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the node says so: %v", err)
	}
	if _, err := nodes.Call(ctx, &cage.Odd.Cell, "wipe"); err == nil || strings.Contains(err.Error(), "not begun") {
		t.Errorf("half of them may fail: %v", err)
	}
	// What Go does in the cells is gone over as the node says, too.
	var mu sync.Mutex
	var begun []string
	err = cage.Machines.Each(ctx, func(ctx context.Context, b *Blade) error {
		mu.Lock()
		begun = append(begun, b.Host(ctx).Slug())
		mu.Unlock()
		_, err := b.Restart(ctx)
		return err
	})
	slices.Sort(begun)
	var left *nodes.NotBegunError
	if fmt.Sprint(begun) != "[b1 b2]" || !errors.As(err, &left) || left.Host != "b[3-4]" {
		t.Errorf("Each went to %s: %v", begun, err)
	}
	if got, want := batches(), "restart b[1-2], wipe b1, wipe b[2-4],  b[1-2]"; got != want {
		t.Errorf("the batches are %s, want %s", got, want)
	}
}

// TestLimitInGo limits a run, and chooses hosts in one.
func TestLimitInGo(t *testing.T) {
	ctx, cage, _ := cageRun(t)
	if got := cage.Hosts(ctx).Select("b[1-3]!b2").Slugs(); fmt.Sprint(got) != "[b1 b3]" {
		t.Errorf("selected %s", got)
	}
	if _, err := cage.Hosts(ctx).Select("b9").Set(); err == nil || !strings.Contains(err.Error(), `there is no host "b9"`) {
		t.Errorf("a host that is not there: %v", err)
	}
	limited, err := nodes.Limit(ctx, "b[2-3]")
	if err != nil {
		t.Fatal(err)
	}
	v, err := nodes.Call(limited, &cage.Odd.Cell, "restart")
	if text, _ := nodes.FormatResult(v); err != nil || text != "b2\tb2\nb3\tb3\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if got := cage.Hosts(limited).Select("b1,b2,@host").Slugs(); fmt.Sprint(got) != "[b2 b3]" {
		t.Errorf("selected %s in a limited run", got)
	}
	if _, err := nodes.Limit(limited, "b1"); !errors.Is(err, nodes.ErrNoneLeft) {
		t.Errorf("none left: %v", err)
	}
	if _, err := nodes.Limit(t.Context(), "b1"); err == nil {
		t.Error("a limit without a run")
	}
}
