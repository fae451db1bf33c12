package ratio

import (
	"errors"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 100, 2}, 3},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("of %v: %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	var ours, theirs, others, prepared int
	r := testing.Benchmark(func(b *testing.B) {
		ours, theirs, others, prepared = 0, 0, 0, 0
		Compare(b, 2,
			Way{Name: "slow", Do: func() error { ours++; time.Sleep(2 * time.Millisecond); return nil }},
			Way{Name: "fast", Do: func() error { theirs++; return nil }},
			Way{Name: "prepared", Do: func() error {
				if others++; prepared != others {
					t.Errorf("prepared %d times, want %d", prepared, others)
				}
				return nil
			}, Prepare: func() error { prepared++; time.Sleep(4 * time.Millisecond); return nil }})
	})
	if ours != theirs || ours != others || ours < 3 || ours%2 == 0 {
		t.Errorf("done %d, %d and %d times, want all an odd number of times", ours, theirs, others)
	}
	if r.Extra["slow/fast"] <= 1 || r.Extra["slow/prepared"] <= 1 || r.Extra["slow-ms"] < 2 {
		t.Errorf("got %v", r.Extra)
	}
}

func TestEachWayIsTheFirstOne(t *testing.T) {
	var order string
	way := func(name string) Way { return Way{Name: name, Do: func() error { order += name; return nil }} }
	c := comparison{ways: []Way{way("a"), way("b"), way("c")}, times: make([][]float64, 3)}
	for range 4 {
		c.turn()
	}
	if order != "abc"+"bca"+"cab"+"abc" {
		t.Errorf("order %q", order)
	}
	for i, times := range c.times {
		if len(times) != 4 {
			t.Errorf("way %d: %d times", i, len(times))
		}
	}
}

func TestFailureEndsTheBenchmark(t *testing.T) {
	r := testing.Benchmark(func(b *testing.B) {
		Compare(b, 1, Way{Name: "a", Do: func() error { return nil }},
			Way{Name: "b", Do: func() error { return errors.New("no") }})
	})
	if len(r.Extra) > 0 {
		t.Errorf("got %v, want none", r.Extra)
	}
}
