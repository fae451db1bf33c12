// Package ratio measures one way of doing something against another, for benchmarks.
//
// How long anything takes depends on the machine and on what else it does; how two ways compare, in turns in one run,
// does so much less. So the benchmarks of this program report ratios, and no test asserts a time.
package ratio

import (
	"slices"
	"testing"
	"time"
)

// Way is a way of doing something.
type Way struct {
	Name string
	Do   func() error
}

// Compare does something both ways in turns, the given number of them for each iteration of b, after one turn that
// does not count. It reports the median time of each way in milliseconds, and of the ratios ours/theirs in the turns
// the median, which is above 1 where ours is slower.
func Compare(b *testing.B, turns int, ours, theirs Way) {
	b.Helper()
	compare := &comparison{b: b, ours: ours, theirs: theirs}
	compare.turn()
	compare.times = [3][]float64{}
	for b.Loop() {
		for range turns {
			compare.turn()
		}
	}
	b.ReportMetric(0, "ns/op") // of both ways together: it means nothing
	b.ReportMetric(median(compare.times[0]), ours.Name+"-ms")
	b.ReportMetric(median(compare.times[1]), theirs.Name+"-ms")
	b.ReportMetric(median(compare.times[2]), ours.Name+"/"+theirs.Name)
}

type comparison struct {
	b            *testing.B
	ours, theirs Way
	swap         bool
	times        [3][]float64 // ours, theirs, and their ratio
}

// turn does both, the one that came last first.
func (c *comparison) turn() {
	var ours, theirs float64
	if c.swap {
		theirs, ours = c.time(c.theirs), c.time(c.ours)
	} else {
		ours, theirs = c.time(c.ours), c.time(c.theirs)
	}
	c.swap = !c.swap
	for i, value := range []float64{ours, theirs, ours / theirs} {
		c.times[i] = append(c.times[i], value)
	}
}

// time does something and returns how long it took, in milliseconds.
func (c *comparison) time(w Way) float64 {
	begun := time.Now()
	if err := w.Do(); err != nil {
		c.b.Fatalf("%s: %v", w.Name, err)
	}
	return float64(time.Since(begun)) / float64(time.Millisecond)
}

// median returns the middle one of some values, of which there is at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
