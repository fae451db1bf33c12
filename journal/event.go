package journal

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Version is the version of the event format, written as the field v of every line.
const Version = 1

// Kind names what an event tells.
type Kind string

// The kinds of events. An end event has the same ID as its start event.
const (
	RunStart      Kind = "run.start"
	RunEnd        Kind = "run.end"
	ActionStart   Kind = "action.start"
	ActionEnd     Kind = "action.end"
	CommandStart  Kind = "command.start"
	CommandOutput Kind = "command.output"
	CommandEnd    Kind = "command.end"
	ConnectStart  Kind = "connect.start"
	ConnectEnd    Kind = "connect.end"
	Question      Kind = "question"
	Warning       Kind = "warning"
	Message       Kind = "message" // what a script prints or logs
	Result        Kind = "result"
	HostParked    Kind = "host.parked" // a command has been silent for long: others take its place
	HostBack      Kind = "host.back"   // and is not any more
	HostEnd       Kind = "host.end"
	BatchStart    Kind = "batch.start" // of some cells, where an action goes over all in batches
	BatchEnd      Kind = "batch.end"

	FileWrite  Kind = "file.write"
	FilePut    Kind = "file.put"
	FileGet    Kind = "file.get"
	FileMkdir  Kind = "file.mkdir"
	FileLink   Kind = "file.symlink"
	FileRename Kind = "file.rename"
	FileRemove Kind = "file.remove"
	FileChmod  Kind = "file.chmod"
	FileChown  Kind = "file.chown"
)

// State is how something ended. Every action, command, connection and host ends in exactly one.
type State string

// The states.
const (
	Done        State = "done"         // as asked
	Failed      State = "failed"       // a command or the script failed
	Unreachable State = "unreachable"  // never connected or never logged in
	Offline     State = "offline"      // not reached at all, and left out as was asked for
	Refused     State = "refused"      // its host key was refused
	Lost        State = "lost"         // the connection ended before the command's end was known
	TimedOut    State = "timed out"    // a command ran into its own time limit
	Parked      State = "parked"       // the run went on without it
	Interrupted State = "interrupted"  // ended by Ctrl-C or a signal
	Skipped     State = "skipped"      // a person chose to go on without it
	NotBegun    State = "not begun"    // the run ended before its turn came, or too many others had failed
	Unused      State = "unused"       // a target on which nothing was asked to run
	Unchanged   State = "unchanged"    // a file was as it should be
	WouldRun    State = "would run"    // sandbox: checked, not run
	WouldChange State = "would change" // sandbox: a file that is not as it should be
	Unknown     State = "unknown"      // sandbox: depends on something that was not run; or nobody knows how far it came
	Invalid     State = "invalid"      // sandbox: would certainly fail
)

// Streams of command.output.
const (
	Stdout   = "stdout"
	Stderr   = "stderr"
	Terminal = "terminal" // both, as a terminal mixed them
)

// Event is one entry of the journal, and one line of JSON. Fields that do not apply to its Kind are zero and left out.
type Event struct {
	V      int       `json:"v"`
	Time   time.Time `json:"time"`
	Run    string    `json:"run"`
	Seq    uint64    `json:"seq"`
	Kind   Kind      `json:"event"`
	ID     uint64    `json:"id,omitempty"`     // of the action, command or connection; unique in a run
	Parent uint64    `json:"parent,omitempty"` // ID of what this happened in
	Node   string    `json:"node,omitempty"`   // path
	Host   string    `json:"host,omitempty"`   // slug

	Tree     string   `json:"tree,omitempty"`
	Action   string   `json:"action,omitempty"`
	Hosts    string   `json:"hosts,omitempty"` // the set that a run is limited to, as it was given, or of a batch, folded
	Args     []string `json:"args,omitempty"`
	Command  string   `json:"command,omitempty"`
	Dir      string   `json:"dir,omitempty"` // working directory of a command; "" is where commands start
	Address  string   `json:"address,omitempty"`
	Sudo     bool     `json:"sudo,omitempty"`
	User     string   `json:"user,omitempty"`
	Sandbox  bool     `json:"sandbox,omitempty"`
	Terminal bool     `json:"terminal,omitempty"` // the command has a terminal
	Parallel bool     `json:"parallel,omitempty"` // several are at work at once, and this is in one of them
	Quiet    bool     `json:"quiet,omitempty"`    // not meant for the screen: captured output, the reading of a property
	Message  string   `json:"message,omitempty"`

	Path  string `json:"path,omitempty"`  // a file, absolute
	From  string `json:"from,omitempty"`  // where it comes from: a path on the other machine, or its old one
	Size  *int64 `json:"size,omitempty"`  // of what was written, in bytes
	Mode  string `json:"mode,omitempty"`  // permissions that it gets, "0644"
	Owner string `json:"owner,omitempty"` // user and group that it gets, "0:0"
	Diff  string `json:"diff,omitempty"`  // sandbox: what would change in it, as diff -u shows that

	Stream string `json:"stream,omitempty"`
	Data   []byte `json:"-"` // output; in JSON it is text, or base64 where it is not UTF-8

	Value json.RawMessage `json:"value,omitempty"` // a result, as JSON

	State   State         `json:"state,omitempty"`
	Status  *int          `json:"status,omitempty"` // exit status of a command
	Signal  string        `json:"signal,omitempty"` // "TERM": the command died by it
	Seconds float64       `json:"seconds,omitempty"`
	Error   *Error        `json:"error,omitempty"`
	Exit    *int          `json:"exit,omitempty"`    // exit status of the run
	Counts  map[State]int `json:"counts,omitempty"`  // targets by state; of a batch its cells
	Batch   int           `json:"batch,omitempty"`   // number of a batch, from 1
	Batches int           `json:"batches,omitempty"` // how many there are

	Targets   []string          `json:"targets,omitempty"`   // slugs: where a run, or an action in cells, is to work
	Options   []string          `json:"options,omitempty"`   // of a run, as a command line gives them again
	Sources   map[string]string `json:"sources,omitempty"`   // digests of the files that the tree was made of, by path
	Continues string            `json:"continues,omitempty"` // the run whose hosts this one goes on with
}

// Error is a failure as events carry it.
type Error struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // the next step for a person
}

// plain is an event without its methods.
type plain Event

// object is what an event is in JSON: output is text, or base64 where it is not UTF-8.
type object struct {
	plain
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
}

func (e Event) object() *object {
	out := &object{plain: plain(e)}
	out.Time = e.Time.UTC()
	if utf8.Valid(e.Data) {
		out.Text = string(e.Data)
	} else {
		out.Base64 = e.Data
	}
	return out
}

// MarshalJSON writes output as text, or as base64 where it is not UTF-8.
func (e Event) MarshalJSON() ([]byte, error) { return encode(e.object()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Event) UnmarshalJSON(b []byte) error {
	in := struct {
		*plain
		Text   string `json:"text"`
		Base64 []byte `json:"base64"`
	}{plain: (*plain)(e)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if e.Data = in.Base64; len(e.Data) == 0 && in.Text != "" {
		e.Data = []byte(in.Text)
	}
	return nil
}
