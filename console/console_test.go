package console

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"deployer/journal"
	"deployer/pty"
)

// fakeRun is the run of the questions of a test.
type fakeRun struct {
	secrets *journal.Secrets
	among   string
	log     []string
	resting int
}

func (r *fakeRun) Record(_ context.Context, e journal.Event) {
	r.log = append(r.log, string(e.Kind)+": "+e.Message)
}
func (r *fakeRun) Secrets() *journal.Secrets { return r.secrets }
func (r *fakeRun) At(context.Context) journal.Event {
	return journal.Event{Node: r.among, Parallel: r.among != ""}
}
func (r *fakeRun) Rest(context.Context) func() { r.resting++; return func() { r.resting-- } }

func newFakeRun() *fakeRun { return &fakeRun{secrets: journal.NewSecrets()} }

// questions are all kinds of questions; they give their answers as texts.
var questions = map[string]func(Console) (string, error){
	"confirm":      func(c Console) (string, error) { return yesOrNo(c.Confirm("go on?", NoDefault)) },
	"confirm yes":  func(c Console) (string, error) { return yesOrNo(c.Confirm("go on?", Yes)) },
	"confirm no":   func(c Console) (string, error) { return yesOrNo(c.Confirm("go on?", No)) },
	"input":        func(c Console) (string, error) { return c.Input("commit", InputOptions{}) },
	"input main":   func(c Console) (string, error) { return c.Input("commit", InputOptions{Default: "main"}) },
	"input empty":  func(c Console) (string, error) { return c.Input("commit", InputOptions{Empty: true}) },
	"input S,L":    func(c Console) (string, error) { return c.Input("size", InputOptions{Answers: []string{"S", "L"}}) },
	"input hidden": func(c Console) (string, error) { return c.Input("code", InputOptions{Hidden: true, Default: "0"}) },
	"password":     func(c Console) (string, error) { return c.Password("password of the key") },
	"choice":       func(c Console) (string, error) { return chosen(c.Choice("which one?", fruit, ChoiceOptions{})) },
	"choice fig": func(c Console) (string, error) {
		return chosen(c.Choice("which one?", fruit, ChoiceOptions{Default: "fig"}))
	},
	"choice long": func(c Console) (string, error) {
		long := "a fruit whose name is longer than the question"
		i, err := c.Choice("which one?", []string{"apple", long}, ChoiceOptions{Default: long})
		return chosen(i, err)
	},
	"choice random": func(c Console) (string, error) {
		return chosen(c.Choice("which one?", fruit, ChoiceOptions{Random: true}))
	},
}

var fruit = []string{"apple", "fig", "1 lime"}

func chosen(i int, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return fruit[i], nil
}

func yesOrNo(yes bool, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return map[bool]string{true: "yes", false: "no"}[yes], nil
}

func TestConsoleAsksAtTheTerminal(t *testing.T) {
	list := "which one?\n   1  apple\n   2  fig\n   3  1 lime\n"
	for _, tt := range []struct {
		question string
		steps    []string
		want     string // any of these, with commas
	}{
		{"confirm", []string{"go on? [y/n] ", "\r", "answer y or n\ngo on? [y/n] ", "Yes\r"}, "yes"},
		{"confirm yes", []string{"go on? [Y/n] ", "\r"}, "yes"},
		{"confirm yes", []string{"go on? [Y/n] ", "N\r"}, "no"},
		{"confirm no", []string{"go on? [y/N] ", "x\r", "answer y or n\ngo on? [y/N] ", "\r"}, "no"},
		{"input", []string{"commit: ", " \r", "type something\ncommit: ", " größer 💾 \r"}, "größer 💾"},
		{"input main", []string{"commit [main]: ", "\r"}, "main"},
		{"input main", []string{"commit [main]: ", "v1\r"}, "v1"},
		{"input empty", []string{"commit: ", "\r"}, ""},
		{"input S,L", []string{"size (S, L): ", "M\r", "answer one of S, L\nsize (S, L): ", "L\r"}, "L"},
		{"input hidden", []string{"code: ", "12\r"}, "12"},
		{"input hidden", []string{"code: ", "\r"}, "0"},
		{"password", []string{"password of the key: ", "\r", "type something\npassword of the key: ", " x y\r"}, " x y"},
		{"choice", []string{list + "number or name: ", "4\r",
			"answer a number from 1 to 3, a name of the list\nnumber or name: ", "0\r",
			"answer a number from 1 to 3, a name of the list\nnumber or name: ", "r\r",
			"answer a number from 1 to 3, a name of the list\nnumber or name: ", "\r",
			"answer a number from 1 to 3, a name of the list\nnumber or name: ", "2\r"}, "fig"},
		{"choice", []string{"number or name: ", "1 lime\r"}, "1 lime"},
		{"choice fig", []string{list + "number or name [fig]: ", "\r"}, "fig"},
		{"choice fig", []string{"number or name [fig]: ", "apple\r"}, "apple"},
		{"choice long", []string{"number or name [2]: ", "\r"}, "fig"},
		{"choice random", []string{"number or name [random]: ", "\r"}, "apple,fig,1 lime"},
		{"choice random", []string{"number or name [random]: ", "x\r",
			"answer a number from 1 to 3, a name of the list, or r\nnumber or name [random]: ", "r\r"}, "apple,fig,1 lime"},
	} {
		d, run := newDesk(t), newFakeRun()
		got, err := answers(d, func(ctx context.Context) (string, error) {
			return questions[tt.question](From(With(ctx, Setup{Run: run, Person: d.Person})))
		}, tt.steps...)
		if err != nil || !slices.Contains(strings.Split(tt.want, ","), got) {
			t.Errorf("%s, %q: got %q, %v, want %q", tt.question, tt.steps, got, err, tt.want)
		}
		if len(run.log) != 1 || !strings.HasPrefix(run.log[0], "question: ") {
			t.Errorf("%s: the log has %q", tt.question, run.log)
		}
	}
}

// TestQuestionLongerThanALine: what is typed anew is erased on all lines that it takes.
func TestQuestionLongerThanALine(t *testing.T) {
	d, run := newDesk(t), newFakeRun()
	if err := pty.Resize(d.keyboard, pty.Size{Rows: 5, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	got, err := answers(d, func(ctx context.Context) (string, error) {
		return From(With(ctx, Setup{Run: run, Person: d.Person})).Input("commit", InputOptions{})
	},
		"commit: ", "12 columns ok", // 21 columns
		"commit: 12 columns ok", "\x7f", "\r\x1b[1A\x1b[Jcommit: 12 columns o",
		"\x7f", "\r\x1b[Kcommit: 12 columns ", // 20 columns: the cursor is in the first line still
		"日本語日本語日本語日本\x7f", "\r\x1b[2A\x1b[Jcommit: 12 columns 日本語日本語日本語日", "\r")
	if err != nil || got != "12 columns 日本語日本語日本語日" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "ä": 1, "a\u0308": 1, "日本": 4, "💾": 2, "…│": 2} {
		if got := Width(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}

func TestConsoleWithNobodyThere(t *testing.T) {
	for question, want := range map[string]string{
		"confirm": "", "confirm yes": "go on?: yes", "confirm no": "go on?: no",
		"input": "", "input main": "commit: main", "input empty": "commit: ", "input S,L": "",
		"input hidden": "code: " + journal.Masked,
		"password":     "", "choice": "", "choice fig": "which one?: fig", "choice random": "which one?: random",
	} {
		run := newFakeRun()
		c := From(With(t.Context(), Setup{Run: run, Person: nil}))
		if c.Interactive() {
			t.Error("somebody is there")
		}
		got, err := questions[question](c)
		if want == "" {
			if !errors.Is(err, ErrNobody) || !strings.Contains(err.Error(), "default") || len(run.log) > 0 {
				t.Errorf("%s: got %q, %v; the log has %q", question, got, err, run.log)
			}
			continue
		}
		if logged := []string{"message: " + want + " (nobody is asked)"}; err != nil || !slices.Equal(run.log, logged) {
			t.Errorf("%s: error %v; the log has %q, want %q", question, err, run.log, logged)
		}
		if last := want[strings.LastIndex(want, " ")+1:]; last != "random" && last != journal.Masked && got != last {
			t.Errorf("%s: got %q, want %q", question, got, last)
		}
	}
}

// TestConsoleEnds is about every way not to answer. Each leaves the terminal as it was.
func TestConsoleEnds(t *testing.T) {
	for question, ask := range questions {
		for how, end := range map[string]struct {
			do   func(*desk)
			want error
		}{
			"Ctrl-C":           {func(d *desk) { d.types("x\x03") }, errStopped},
			"Ctrl-D":           {func(d *desk) { d.types("\x04") }, ErrNoAnswer},
			"Ctrl-D elsewhere": {func(d *desk) { d.types("x\x7f\x04") }, ErrNoAnswer},
		} {
			d, run := newDesk(t), newFakeRun()
			ctx, stop := context.WithCancelCause(t.Context())
			d.interrupt = func() { stop(errStopped) }
			go func() {
				waitFor(t, func() bool { return strings.HasSuffix(d.text(), ": ") || strings.HasSuffix(d.text(), "] ") }, d.text)
				end.do(d)
			}()
			_, err := ask(From(With(ctx, Setup{Run: run, Person: d.Person})))
			var failed *QuestionError
			if !errors.Is(err, end.want) || end.want == ErrNoAnswer && !errors.As(err, &failed) {
				t.Errorf("%s, %s: got %v", question, how, err)
			}
			d.cooked()
			stop(nil)
		}
	}
}

var errStopped = errors.New("by Ctrl-C")

func TestConsoleAfterTheEndOfItsRun(t *testing.T) {
	asked := func(context.Context, Question) (string, error) {
		t.Error("somebody was asked")
		return "y", nil
	}
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errStopped)
	for name, ask := range questions {
		if _, err := ask(From(With(ctx, Setup{Run: newFakeRun(), Person: NewFunctionPerson(asked)}))); err != errStopped {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConsoleWithoutARun(t *testing.T) {
	c := From(t.Context())
	if _, err := c.Password("x"); !errors.Is(err, ErrNobody) || c.Interactive() {
		t.Error(err)
	}
	if got, err := c.Input("x", InputOptions{Default: "y"}); got != "y" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWrongQuestions(t *testing.T) {
	c := From(t.Context())
	wrong := func(_ any, err error) error { return err }
	for want, err := range map[string]error{
		`"size": its default is none of its answers`: wrong(c.Input("size", InputOptions{Default: "M", Answers: []string{"S"}})),
		`"x": there is nothing to choose from`:       wrong(c.Choice("x", nil, ChoiceOptions{Random: true})),
		`"x": its default is none of its options`:    wrong(c.Choice("x", fruit, ChoiceOptions{Default: "pear"})),
		`"x": its default is random: it cannot have another one`: wrong(
			c.Choice("x", fruit, ChoiceOptions{Default: "fig", Random: true})),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestQuestionsShowNoSecrets(t *testing.T) {
	run := newFakeRun()
	run.secrets.Add("hunter2")
	run.among = "/git[web1]"
	var seen []string
	person := NewFunctionPerson(func(_ context.Context, q Question) (string, error) {
		seen = append(seen, append(q.Before, q.Text)...)
		return "typed", nil
	})
	c := From(With(t.Context(), Setup{Run: run, Person: person}))
	if got, err := c.Input("hunter2?\x1b[2J\n", InputOptions{Default: "hunter2"}); got != "typed" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if want := []string{"/git[web1]: ********?^[[2J [********]: "}; !slices.Equal(seen, want) {
		t.Errorf("shown was %q, want %q", seen, want)
	}
	if got, err := c.Choice("which?", []string{"hunter2", "typed"}, ChoiceOptions{Default: "hunter2"}); got != 1 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	if got, err := c.Password("p"); got != "typed" || err != nil || run.secrets.Mask("typed") != journal.Masked {
		t.Errorf("a typed password is not masked: %q, %v", got, err)
	}
	if strings.Contains(strings.Join(append(seen, run.log...), ""), "hunter2") {
		t.Errorf("the secret is in %q or %q", seen, run.log)
	}
}

// TestQuestionsGivePlace wants that others work while somebody is asked.
func TestQuestionsGivePlace(t *testing.T) {
	run, asked := newFakeRun(), 0
	ctx := With(t.Context(), Setup{Run: run, Person: NewFunctionPerson(func(context.Context, Question) (string, error) {
		if asked++; run.resting != 1 {
			t.Errorf("it rests %d times", run.resting)
		}
		return "y", nil
	})})
	if yes, err := From(ctx).Confirm("go on?", NoDefault); !yes || err != nil || asked != 1 || run.resting != 0 {
		t.Errorf("got %t, error %v, asked %d times, rests %d times", yes, err, asked, run.resting)
	}
}

func TestFunctionPerson(t *testing.T) {
	p := NewFunctionPerson(func(_ context.Context, q Question) (string, error) { return "perhaps", nil })
	if _, err := p.Confirm(t.Context(), "go on?"); !errors.Is(err, ErrNoAnswer) || !strings.Contains(err.Error(), `"perhaps": answer y or n`) {
		t.Errorf("a wrong answer gave %v", err)
	}
	if _, err := p.Attach(nil, nil); err == nil || p.Size().Cols != 80 {
		t.Errorf("there is a terminal of %v, error %v", p.Size(), err)
	}
}
