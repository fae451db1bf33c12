// Package report says what came of a run, host by host. It is made of readers of the journal, of a run that goes on or
// of one that is stored.
//
// A [Collector] keeps what every host printed and how it ended. [Collector.Groups] puts the hosts together that
// printed the same and ended alike; [JUnit] and [Summary] are files for other programs. However much the hosts print,
// the memory for it has a bound for each of them: what is more goes to a temporary file, see [Spool], and what is too
// much for that is left out, with a line that says how much, see [Text].
package report
