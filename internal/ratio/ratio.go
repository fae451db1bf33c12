// Package ratio measures one way of doing something against others, for benchmarks.
//
// How long anything takes depends on the machine and on what else it does; how two ways compare, in turns in one run,
// does so much less. So the benchmarks of this program report ratios, and no test asserts a time.
package ratio

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Way is a way of doing something.
type Way struct {
	Name string
	Do   func() error
	// Prepare comes before Do each time, and Check after it. They are not measured; each may be nil.
	Prepare, Check func() error
}

// Compare does something in all ways in turns, the given number of them for each iteration of b, after one turn that
// does not count. It reports the median time of each way in milliseconds, and for each of theirs the median of the
// ratios ours/theirs in the turns, which is above 1 where ours is slower. The log has how far they spread.
func Compare(b *testing.B, turns int, ours Way, theirs ...Way) {
	b.Helper()
	c := &comparison{b: b, ways: append([]Way{ours}, theirs...)}
	c.times = make([][]float64, len(c.ways))
	c.turn()
	clear(c.times)
	for b.Loop() {
		for range turns {
			c.turn()
		}
	}
	b.ReportMetric(0, "ns/op") // of all ways together: it means nothing
	for i, way := range c.ways {
		c.report(i, way)
	}
}

type comparison struct {
	b     *testing.B
	ways  []Way       // ours is the first
	times [][]float64 // of each way in each turn, in milliseconds
	turns int
}

// turn does it in all ways, each time beginning with another.
func (c *comparison) turn() {
	for i := range c.ways {
		i = (i + c.turns) % len(c.ways)
		c.times[i] = append(c.times[i], c.time(c.ways[i]))
	}
	c.turns++
}

// time does something and returns how long it took, in milliseconds.
func (c *comparison) time(w Way) float64 {
	if w.Prepare != nil {
		if err := w.Prepare(); err != nil {
			c.b.Fatalf("%s: prepare: %v", w.Name, err)
		}
	}
	begun := time.Now()
	if err := w.Do(); err != nil {
		c.b.Fatalf("%s: %v", w.Name, err)
	}
	took := time.Since(begun)
	if w.Check != nil {
		if err := w.Check(); err != nil {
			c.b.Fatalf("%s: %v", w.Name, err)
		}
	}
	return float64(took) / float64(time.Millisecond)
}

func (c *comparison) report(i int, way Way) {
	c.b.ReportMetric(median(c.times[i]), way.Name+"-ms")
	line := fmt.Sprintf("%-10s %8.2f ms (%.2f to %.2f)", way.Name, median(c.times[i]), slices.Min(c.times[i]),
		slices.Max(c.times[i]))
	if i > 0 {
		ratios := slices.Clone(c.times[0])
		for turn := range ratios {
			ratios[turn] /= c.times[i][turn]
		}
		c.b.ReportMetric(median(ratios), c.ways[0].Name+"/"+way.Name)
		line += fmt.Sprintf("   %s/%s %.2f (%.2f to %.2f)", c.ways[0].Name, way.Name, median(ratios), slices.Min(ratios),
			slices.Max(ratios))
	}
	c.b.Log(line)
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
