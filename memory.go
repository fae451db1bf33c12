package deployer

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A run on many hosts takes most of its memory while it connects, and keeps nearly all of it until its end. Go collects
// garbage whenever the memory in use has doubled, from 4 MB on: on that way it would look at everything again and again
// and find little, for a seventh of the time of the run. Here it does so first when a run has taken what that much of it
// needs anyway.
const (
	memoryOfRun       = 40 << 20 // bytes that a run takes anyway
	memoryOfGoroutine = 20 << 10 // bytes for each: a connection has some, and buffers
)

// collectSeldom makes collections of garbage begin at what the constants say, or at twice what is in use. Who has set
// how Go does that is obeyed.
func collectSeldom() {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryOfRun)
	afterCollection()
}

// afterCollection says when the next one begins, once after each.
func afterCollection() {
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		used := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
		metrics.Read(used)
		inUse := used[0].Value.Uint64() + used[1].Value.Uint64()
		needed := memoryOfRun + memoryOfGoroutine*uint64(runtime.NumGoroutine())
		debug.SetMemoryLimit(int64(max(needed, 2*inUse)))
		afterCollection()
	}, struct{}{})
}
