// Package journal records what a run did, as a stream of events.
//
// A [Journal] belongs to one run. Whatever happens is written to it once, as an [Event]; the screen, the log file
// and the JSON output are all [Sink]s: readers of that one stream. The journal numbers and times the events, masks
// every known secret in them (see [Secrets]) and hands them to the sinks one at a time, so that a sink needs no lock.
//
// The journal imports nothing of this program.
package journal
