package console

import (
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// BenchmarkLiveView shows lines of 1,000 hosts, 10,000 of them in a second, as they come from as many commands. It reports
// what share of a core the view takes, in per cent; and the same of the lines alone.
func BenchmarkLiveView(b *testing.B) {
	for name, live := range map[string]bool{"live": true, "lines": false} {
		b.Run(name, func(b *testing.B) {
			const hosts, perSecond = 1000, 10_000
			o := Output{W: io.Discard, Terminal: true, Colour: true, Size: func() pty.Size { return pty.Size{Rows: 50, Cols: 150} }}
			options := Options{Stdout: o, Stderr: o, Prefix: true}
			if live {
				options.Live = &Live{}
			}
			s := NewScreen(options)
			line := journal.Event{Kind: journal.CommandOutput, Stream: journal.Terminal, Data: []byte("unpacking something into /usr/share/something\r\n")}
			if !live {
				line.Stream = journal.Stdout
			}
			var events []journal.Event
			for i := range hosts {
				line.Host, line.ID = fmt.Sprintf("web%04d", i), uint64(i+1)
				events = append(events, line)
				if err := s.Write(begin(line.ID, line.Host, "upgrade")); err != nil {
					b.Fatal(err)
				}
			}
			before := cpuTime(b)
			lines := 0
			for b.Loop() {
				next := time.Now().Add(time.Second / 100)
				for range perSecond / 100 {
					if err := s.Write(events[lines%hosts]); err != nil {
						b.Fatal(err)
					}
					lines++
				}
				time.Sleep(time.Until(next))
			}
			took := cpuTime(b) - before
			b.ReportMetric(100*took.Seconds()/(float64(lines)/perSecond), "%-of-a-core")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// cpuTime is the time that this process has used of its cores.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
