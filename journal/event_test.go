package journal

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEventAsJSON(t *testing.T) {
	moment := time.Date(2026, 11, 21, 1, 2, 3, 456789012, time.FixedZone("", 3600))
	exit, status := 0, 3
	for _, tt := range []struct {
		event Event
		want  string
	}{
		{Event{V: 1, Time: moment, Run: "r", Seq: 5, Kind: CommandOutput, ID: 2, Host: "web1", Stream: Stdout, Data: []byte("ä\n")},
			`{"v":1,"time":"2026-11-21T00:02:03.456789012Z","run":"r","seq":5,"event":"command.output","id":2,"host":"web1","stream":"stdout","text":"ä\n"}`},
		{Event{V: 1, Time: moment, Run: "r", Seq: 6, Kind: CommandOutput, Stream: Stderr, Data: []byte("\xff\x00")},
			`{"v":1,"time":"2026-11-21T00:02:03.456789012Z","run":"r","seq":6,"event":"command.output","stream":"stderr","base64":"/wA="}`},
		{Event{V: 1, Time: moment, Run: "r", Seq: 7, Kind: CommandEnd, State: Failed, Status: &status, Seconds: 0.5, Error: &Error{Kind: "command", Message: "exit status 3"}},
			`{"v":1,"time":"2026-11-21T00:02:03.456789012Z","run":"r","seq":7,"event":"command.end","state":"failed","status":3,"seconds":0.5,"error":{"kind":"command","message":"exit status 3"}}`},
		{Event{V: 1, Time: moment, Run: "r", Seq: 9, Kind: CommandStart, Command: "a <b >c && d"},
			`{"v":1,"time":"2026-11-21T00:02:03.456789012Z","run":"r","seq":9,"event":"command.start","command":"a <b >c && d"}`},
		{Event{V: 1, Time: moment, Run: "r", Seq: 8, Kind: RunEnd, Exit: &exit, Counts: map[State]int{Lost: 1, Done: 2}},
			`{"v":1,"time":"2026-11-21T00:02:03.456789012Z","run":"r","seq":8,"event":"run.end","exit":0,"counts":{"done":2,"lost":1}}`},
	} {
		var line bytes.Buffer
		if err := NewJSON(&line).Write(tt.event); err != nil || line.String() != tt.want+"\n" {
			t.Errorf("error %v:\n got %s\nwant %s", err, line.String(), tt.want)
		}
	}
}

func TestReadingDoesNotKeepOldOutput(t *testing.T) {
	e := Event{Data: []byte("old")}
	if err := json.Unmarshal([]byte(`{"v":1,"time":"2026-11-21T00:02:03Z","event":"warning"}`), &e); err != nil || len(e.Data) > 0 {
		t.Errorf("got %+v, error %v", e, err)
	}
	if err := json.Unmarshal([]byte(`{"v":"x"}`), &e); err == nil {
		t.Error("what is no event was read as one")
	}
}

// FuzzEventRoundTrip: what is read from a line of JSON is what was written to it, and the line is one line.
func FuzzEventRoundTrip(f *testing.F) {
	f.Add("web1", "git fetch\n", []byte("text"), 0.25, 3, int64(1))
	f.Add("", "<&>\u2028", []byte("\xff\n"), -1.5, 0, int64(1<<40))
	f.Add("a", "b", []byte{}, 1e300, -1, int64(-5))
	f.Fuzz(func(t *testing.T, host, command string, data []byte, seconds float64, status int, at int64) {
		if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
			t.Skip("no duration")
		}
		valid := func(s string) string { return strings.ToValidUTF8(s, "?") } // only Data may be anything
		e := Event{
			V: Version, Time: time.Unix(at%(1<<36), at&0x3fffffff).UTC(), Run: "r", Seq: uint64(at), Kind: CommandOutput, ID: 3,
			Host: valid(host), Command: valid(command), Args: []string{valid(host), valid(command)}, Stream: Stdout,
			Data: data, State: Done, Status: &status, Seconds: seconds, Counts: map[State]int{Done: status},
			Value: json.RawMessage(`{"a":[1,"x"]}`), Error: &Error{Kind: "k", Message: valid(command)}, Sudo: true,
		}
		if len(data) == 0 {
			e.Data = nil
		}
		if year := e.Time.Year(); year < 0 || year > 9999 {
			t.Skip("no time of a run")
		}
		var line bytes.Buffer
		if err := NewJSON(&line).Write(e); err != nil {
			t.Fatal(err)
		}
		if n := bytes.IndexByte(line.Bytes(), '\n'); n != line.Len()-1 {
			t.Fatalf("more than one line: %q", line.String())
		}
		var got Event
		if err := json.Unmarshal(line.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, e) {
			t.Errorf("got  %+v\nwant %+v", got, e)
		}
	})
}
