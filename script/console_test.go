package script

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/console"
	"deployer/journal"
	"deployer/nodes"
)

// TestQuestionsOfScripts asks somebody who is there.
func TestQuestionsOfScripts(t *testing.T) {
	r := newRun(t, `
def test(env):
    c = env.console
    if not c.is_interactive:
        fail("nobody is there")
    password = c.password("password")
    typed = c.input("code", is_password = True)
    env.hosts.run("cat", initial_input = password + " " + typed)
    first = [c.input("commit"), c.choice("which?", [("a", 1), ("b", 2)]), c.confirm("go on?")]
    return first + [attempt(c.confirm, "sure?").ok]

root = node(hosts = local_host(), actions = [test])
`, nodes.Options{})
	var asked []string
	answers := map[string]string{
		"password: ": "hunter2", "code: ": "swordfish", "commit: ": "main", "number or name: ": "2", "go on? [y/n] ": "y",
	}
	person := console.NewFunctionPerson(func(_ context.Context, q console.Question) (string, error) {
		asked = append(asked, q.Text)
		if answer, ok := answers[q.Text]; ok {
			return answer, nil
		}
		return "", console.ErrNoAnswer
	})
	ctx := console.With(t.Context(), console.Setup{Run: r.root.Run(), Person: person})
	value, err := r.root.Call(ctx, "test", nodes.Args{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nodes.JSONResult(value); err != nil || string(got) != `["main",2,true,false]` {
		t.Errorf("got %s, %v", got, err)
	}
	if len(asked) != len(answers)+1 {
		t.Errorf("asked was %q", asked)
	}
	want := []string{": password", ": code", ": commit", ": which?", ": go on?", ": sure?"}
	if got := r.said(journal.Question); !slices.Equal(got, want) {
		t.Errorf("the journal has the questions %q, want %q", got, want)
	}
	var output strings.Builder
	for _, e := range r.events.Events() {
		output.Write(e.Data)
	}
	if want := journal.Masked + " " + journal.Masked; output.String() != want {
		t.Errorf("cat printed %q, want %q", output.String(), want)
	}
	if all := fmt.Sprintf("%+v", r.events.Events()); strings.Contains(all, "hunter2") || strings.Contains(all, "swordfish") {
		t.Errorf("a password is in the journal: %s", all)
	}
}

// TestProgressOfScripts ends bars with their action: done where it was, stopped where it failed.
func TestProgressOfScripts(t *testing.T) {
	r := newRun(t, `
def test(env, ok):
    bar = env.console.progress_bar("copying", expected = 2, format_str = "%(message)s %(percentage)s%% %(status)s")
    bar.next()
    if not ok:
        fail("no")

root = node(hosts = local_host(), actions = [test])
`, nodes.Options{})
	ctx := console.With(t.Context(), console.Setup{Run: r.root.Run()})
	for _, ok := range []bool{true, false} {
		_, err := r.root.Call(ctx, "test", nodes.Args{Positional: []any{ok}})
		if (err == nil) != ok {
			t.Error(err)
		}
	}
	want := []string{": copying 0% ", ": copying 50% done", ": copying 0% ", ": copying 50% stopped"}
	if got := r.said(journal.Message); !slices.Equal(got, want) {
		t.Errorf("the journal has %q, want %q", got, want)
	}
}
