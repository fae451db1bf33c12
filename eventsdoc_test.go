package deployer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deployer/journal"
)

// eventLog is the file to which the runs of a document write their events.
const eventLog = "events"

// perRun are the fields that no two runs have in common; examples may leave them out.
var perRun = []string{"v", "time", "run", "seq"}

// events checks a block of examples: each is an event of the runs before it. What differs from run to run is not
// compared.
func (r *reader) events(d *document, b *block) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.work, eventLog))
	if err != nil {
		r.t.Fatal(err)
	}
	log := splitLines(r.shown(string(text)))
	lines := slices.Clone(b.lines)
	for i, line := range b.lines {
		want := fields(r.t, line)
		happened := func(got string) bool { return reflect.DeepEqual(steadyEvent(fields(r.t, got)), steadyEvent(want)) }
		if slices.ContainsFunc(log, happened) {
			continue
		}
		if os.Getenv("DEPLOYER_UPDATE") == "" {
			r.t.Errorf("%s:%d: no run had such an event: %s", d.path, b.at+i+1, line)
			continue
		}
		lines[i] = example(r.t, line, log)
	}
	if !slices.Equal(lines, b.lines) {
		b.lines, d.changed = lines, true
	}
}

// fields reads an event. It must be one to the program too, without anything that the program does not know.
func fields(t *testing.T, line string) map[string]any {
	t.Helper()
	var e journal.Event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	again, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got, known map[string]any
	if err := errors.Join(json.Unmarshal([]byte(line), &got), json.Unmarshal(again, &known)); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if _, ok := known[name]; !ok {
			t.Errorf("events have no field %s: %s", name, line)
		}
	}
	return got
}

// steadyEvent is an event without what differs from run to run.
func steadyEvent(event map[string]any) map[string]any {
	event = maps.Clone(event)
	for _, name := range perRun {
		delete(event, name)
	}
	if _, timed := event["seconds"]; timed {
		event["seconds"] = "some"
	}
	for name, value := range event {
		if text, ok := value.(string); ok {
			event[name] = steady(text, nothing)
		}
	}
	for _, name := range []string{"error", "sources"} {
		inner, _ := event[name].(map[string]any)
		for name, value := range inner {
			inner[name] = steady(fmt.Sprint(value), nothing)
		}
	}
	return event
}

// example is the first real event that has all that the line says, without the fields of perRun if the line has none.
func example(t *testing.T, line string, log []string) string {
	t.Helper()
	want := steadyEvent(fields(t, line))
	for _, got := range log {
		all := steadyEvent(fields(t, got))
		differs := func(name string) bool { return !reflect.DeepEqual(all[name], want[name]) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(want)), differs) {
			if !strings.Contains(line, `"v":`) {
				got = "{" + got[strings.Index(got, `"event":`):]
			}
			return got
		}
	}
	t.Errorf("no run had an event like %s", line)
	return line
}

// TestEventsDocument wants all of the format in the document: kinds with an example each, fields, states, and faults.
func TestEventsDocument(t *testing.T) {
	t.Parallel()
	d := readDocument(t, "doc/events.md")
	text := strings.Join(d.lines, "\n")
	var examples []string
	for _, b := range d.blocks {
		if b.words[0] == "json" {
			examples = append(examples, b.lines...)
		}
	}
	for _, kind := range constants(t, "journal/event.go", "Kind") {
		if !strings.Contains(text, "\n### `"+kind+"`\n") {
			t.Errorf("%s has no heading for the kind %s", d.path, kind)
		}
		if !slices.ContainsFunc(examples, func(line string) bool { return strings.Contains(line, `"event":"`+kind+`"`) }) {
			t.Errorf("%s has no example of the kind %s", d.path, kind)
		}
	}
	for _, state := range constants(t, "journal/event.go", "State") {
		if !strings.Contains(text, "\n| `"+state+"` | ") {
			t.Errorf("%s does not say what the state %q means", d.path, state)
		}
	}
	for _, fault := range constants(t, "hosts/errors.go", "Fault") {
		if !strings.Contains(strings.ReplaceAll(text, "\n", " "), "`"+fault+"`") {
			t.Errorf("%s does not name the kind of errors %q", d.path, fault)
		}
	}
	for _, name := range fieldNames(t) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s does not say what the field %s means", d.path, name)
		}
	}
}

// fieldNames are the names of all fields that an event can have.
func fieldNames(t *testing.T) []string {
	t.Helper()
	names := []string{"text", "base64"}
	for _, of := range []reflect.Type{reflect.TypeFor[journal.Event](), reflect.TypeFor[journal.Error]()} {
		for i := range of.NumField() {
			if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "-" {
				names = append(names, name)
			}
		}
	}
	if len(names) < 20 || slices.Contains(names, "") {
		t.Fatalf("the fields are %q", names)
	}
	return names
}

// constants are the values of the constants of a type, as the file that defines them has them.
func constants(t *testing.T, file, typeName string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != typeName {
			return true
		}
		for _, v := range spec.Values {
			value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s defines no %s", file, typeName)
	}
	return values
}
