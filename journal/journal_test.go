package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// kept is a sink that keeps the events.
type kept struct {
	events []Event
	fail   error
}

func (k *kept) Write(e Event) error {
	e.Data = bytes.Clone(e.Data)
	k.events = append(k.events, e)
	return k.fail
}

// output joins what a command printed on a stream.
func (k *kept) output(id uint64, stream string) string {
	var b strings.Builder
	for _, e := range k.events {
		if e.Kind == CommandOutput && e.ID == id && e.Stream == stream {
			b.Write(e.Data)
		}
	}
	return b.String()
}

func TestEventsAreNumberedAndTimed(t *testing.T) {
	sink := &kept{}
	j := New("run1", nil, sink)
	before := time.Now()
	for _, kind := range []Kind{RunStart, Warning, RunEnd} {
		j.Write(Event{Kind: kind, Seq: 99, Run: "other", V: 7})
	}
	for i, e := range sink.events {
		if e.Seq != uint64(i+1) || e.Run != "run1" || e.V != Version || e.Time.Before(before) || e.Time.After(time.Now()) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	first, second := j.NewID(), j.NewID()
	if len(sink.events) != 3 || j.Run() != "run1" || first == second {
		t.Errorf("got %d events, run %q", len(sink.events), j.Run())
	}
}

func TestFailingSinkStopsNoOther(t *testing.T) {
	failing, good := &kept{fail: errors.New("disk full")}, &kept{}
	j := New("run1", nil, failing, good)
	if errs := j.Errs(); !slices.Equal(errs, []error{nil, nil}) {
		t.Errorf("before any event: %v", errs)
	}
	for range 3 {
		j.Write(Event{Kind: Warning})
	}
	if len(failing.events) != 1 || len(good.events) != 3 {
		t.Errorf("the sinks got %d and %d events, want 1 and 3", len(failing.events), len(good.events))
	}
	if errs := j.Errs(); !slices.Equal(errs, []error{failing.fail, nil}) {
		t.Errorf("got the errors %v, want that of the first sink", errs)
	}
}

func TestManyGoroutines(t *testing.T) {
	secrets := NewSecrets()
	var text bytes.Buffer
	sink := &kept{}
	j := New("run1", secrets, sink, NewJSON(&text))
	var wait sync.WaitGroup
	const commands, parts = 16, 50
	for range commands {
		wait.Go(func() {
			id := j.NewID()
			j.Write(Event{Kind: CommandStart, ID: id})
			secrets.Add(fmt.Sprintf("password-%d", id))
			for i := range parts {
				j.Write(Event{Kind: CommandOutput, ID: id, Stream: Stdout, Data: []byte(fmt.Sprintf("%d passw", i))})
				j.Write(Event{Kind: CommandOutput, ID: id, Stream: Stderr, Data: []byte("x")})
				j.Write(Event{Kind: CommandOutput, ID: id, Stream: Stdout, Data: []byte(fmt.Sprintf("ord-%d\n", id))})
			}
			j.Write(Event{Kind: CommandEnd, ID: id, State: Done})
		})
	}
	wait.Wait()
	if err := errors.Join(j.Errs()...); err != nil {
		t.Fatal(err)
	}
	for i, e := range sink.events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
	}
	if n := strings.Count(text.String(), "\n"); n != len(sink.events) {
		t.Errorf("%d lines of JSON for %d events", n, len(sink.events))
	}
	var want strings.Builder
	for i := range parts {
		fmt.Fprintf(&want, "%d %s\n", i, Masked)
	}
	for id := range uint64(commands) {
		// A number above 9 has another's password at its start, and the longest is masked.
		if got := sink.output(id+1, Stdout); got != want.String() {
			t.Fatalf("command %d printed %q", id+1, got)
		}
		if got := sink.output(id+1, Stderr); got != strings.Repeat("x", parts) {
			t.Fatalf("command %d printed the errors %q", id+1, got)
		}
	}
	if len(j.streams) != 0 {
		t.Errorf("%d streams are kept after their commands ended", len(j.streams))
	}
}

func TestHeldOutputComesBeforeTheEnd(t *testing.T) {
	secrets := NewSecrets()
	secrets.Add("secret")
	sink := &kept{}
	j := New("run1", secrets, sink)
	for _, stream := range []string{Stdout, Stderr, Terminal} {
		j.Write(Event{Kind: CommandOutput, ID: 1, Stream: stream, Data: []byte("a sec\xc3")})
		j.Write(Event{Kind: CommandOutput, ID: 1, Stream: stream, Data: []byte("\xe2\x82")})
		j.Write(Event{Kind: CommandOutput, ID: 1, Stream: stream, Data: []byte("sec")})
	}
	j.Write(Event{Kind: CommandEnd, ID: 1, Host: "web1", Node: "/a", Parent: 7, Quiet: true})
	for _, stream := range []string{Stdout, Stderr, Terminal} {
		if got, want := sink.output(1, stream), "a sec\xc3\xe2\x82sec"; got != want {
			t.Errorf("%s is %q, want %q", stream, got, want)
		}
	}
	last := sink.events[len(sink.events)-1]
	rest := sink.events[len(sink.events)-2]
	if last.Kind != CommandEnd || rest.Stream != Terminal || string(rest.Data) != "\xe2\x82sec" ||
		rest.Host != "web1" || rest.Node != "/a" || rest.Parent != 7 || !rest.Quiet {
		t.Errorf("at the end came %+v and %+v", rest, last)
	}
}

// TestCharactersStayWhole: however the output of a command is split, UTF-8 remains text in JSON, and no byte changes.
func TestCharactersStayWhole(t *testing.T) {
	text := "ä€𝄞 plain ÿ\x00"
	for size := 1; size < len(text); size++ {
		sink := &kept{}
		j := New("run1", nil, sink)
		for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
			j.Write(Event{Kind: CommandOutput, ID: 1, Stream: Stdout, Data: []byte(rest[:min(size, len(rest))])})
		}
		j.Write(Event{Kind: CommandEnd, ID: 1})
		if got := sink.output(1, Stdout); got != text {
			t.Errorf("by %d: got %q, want %q", size, got, text)
		}
		for _, e := range sink.events {
			if !utf8.Valid(e.Data) {
				t.Errorf("by %d: a character was cut: %q", size, e.Data)
			}
		}
	}
}

// FuzzOutput: the output of a command, joined, is what it printed, masked, however it was split.
func FuzzOutput(f *testing.F) {
	f.Add([]byte("a\xc3\xa4b\xe2\x82\xac\xff"), "b", []byte{1, 2})
	f.Add([]byte("\xf0\x9d\x84\xf0\x9d\x84\x9e"), "\x84", []byte{3})
	f.Fuzz(func(t *testing.T, data []byte, secret string, sizes []byte) {
		secrets := NewSecrets()
		secrets.Add(secret)
		sink := &kept{}
		j := New("run1", secrets, sink)
		rest := bytes.Clone(data)
		for i := 0; len(rest) > 0; i++ {
			n := len(rest)
			if i < len(sizes) {
				n = min(n, int(sizes[i]))
			}
			j.Write(Event{Kind: CommandOutput, ID: 1, Stream: Stdout, Data: rest[:n]})
			rest = rest[n:]
		}
		j.Write(Event{Kind: CommandEnd, ID: 1})
		if got, want := sink.output(1, Stdout), secrets.Mask(string(data)); got != want {
			t.Errorf("%q in parts of %v: got %q, want %q", data, sizes, got, want)
		}
	})
}

func TestEveryFieldIsMasked(t *testing.T) {
	// What these hold comes from this program alone.
	fixed := map[string]bool{"Run": true, "Kind": true, "Stream": true, "State": true, "Signal": true}
	secrets := NewSecrets()
	secrets.Add("hunter2")
	sink := &kept{}
	j := New("run1", secrets, sink)
	e := Event{Args: []string{"x", "p=hunter2"}, Error: &Error{Kind: "k", Message: "wrong: hunter2"}, Value: []byte(`["hunter2"]`)}
	given := reflect.ValueOf(&e).Elem()
	for i := range given.NumField() {
		if name := given.Type().Field(i).Name; given.Field(i).Kind() == reflect.String && !fixed[name] {
			given.Field(i).SetString("a hunter2 b")
		}
	}
	args, failure := e.Args, e.Error
	j.Write(e)
	line, err := json.Marshal(sink.events[0])
	if err != nil || bytes.Contains(line, []byte("hunter2")) || bytes.Count(line, []byte(Masked)) < 8 {
		t.Errorf("the event is written as %s, error %v", line, err)
	}
	if args[1] != "p=hunter2" || failure.Message != "wrong: hunter2" {
		t.Error("masking changed what belongs to the caller")
	}
}

func TestMaskJSON(t *testing.T) {
	secrets := NewSecrets()
	for _, s := range []string{`a"b<c>`, "4711", `x","y`} {
		secrets.Add(s)
	}
	for value, want := range map[string]string{
		`{"k":"pre a\"b<c> post"}`:    `{"k":"pre ******** post"}`,
		`"a\"b\u003cc\u003e"`:         `"********"`,
		`"\u0061\"b<c>"`:              `"********"`,
		`{"a\"b<c>":1}`:               `{"********":1}`,
		`["x","y"]`:                   `["********"]`,
		`[14711]`:                     `"********"`,
		`["4711",1]`:                  `["********",1]`,
		`{"z":1.0,"a":"<&>\u2028\\"}`: `{"z":1.0,"a":"<&>\u2028\\"}`,
	} {
		if got := secrets.maskJSON(json.RawMessage(value)); string(got) != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}
