package scale

import (
	"syscall"
	"testing"
	"time"
)

// Meter measures a benchmark whose iterations do something many times. CPU time says what it costs also on a machine
// that does other things at once.
type Meter struct {
	cpu time.Duration
}

// Start begins the measurement.
func Start() Meter { return Meter{cpuTime()} }

// Report reports what each of the times in every iteration took, in wall and in CPU time, and what it should take at
// most, in microseconds.
func (m Meter) Report(b *testing.B, times int, mark float64) {
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(times) / float64(b.N) }
	b.ReportMetric(0, "ns/op") // of all of them
	b.ReportMetric(each(b.Elapsed()), "µs")
	b.ReportMetric(each(cpuTime()-m.cpu), "cpu-µs")
	b.ReportMetric(mark, "µs-mark")
}

// cpuTime is the user and system time of this process so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // of this process: it cannot fail
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
