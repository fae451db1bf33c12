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
	var ours, theirs int
	r := testing.Benchmark(func(b *testing.B) {
		ours, theirs = 0, 0
		Compare(b, 2,
			Way{"slow", func() error { ours++; time.Sleep(2 * time.Millisecond); return nil }},
			Way{"fast", func() error { theirs++; return nil }})
	})
	if ours != theirs || ours < 3 || ours%2 == 0 {
		t.Errorf("done %d and %d times, want both an odd number of times", ours, theirs)
	}
	if r.Extra["slow/fast"] <= 1 || r.Extra["slow-ms"] < 2 {
		t.Errorf("got %v", r.Extra)
	}
}

func TestFailureEndsTheBenchmark(t *testing.T) {
	r := testing.Benchmark(func(b *testing.B) {
		Compare(b, 1, Way{"a", func() error { return nil }}, Way{"b", func() error { return errors.New("no") }})
	})
	if len(r.Extra) > 0 {
		t.Errorf("got %v, want none", r.Extra)
	}
}
