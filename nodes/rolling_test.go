package nodes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBatches(t *testing.T) {
	for _, test := range []struct {
		text  string
		cells int
		want  []int
	}{
		{"max_fail=1", 5, []int{5}},
		{"batch=2", 5, []int{2, 2, 1}},
		{"batch=9", 5, []int{5}},
		{"batch=25%", 10, []int{2, 2, 2, 2, 2}},
		{"batch=1%", 3, []int{1, 1, 1}},
		{"batch=100%", 3, []int{3}},
		{"canary=1", 5, []int{1, 4}},
		{"canary=9", 5, []int{5}},
		{"canary=0 batch=3", 5, []int{3, 2}},
		{"canary=2 batch=50%", 10, []int{2, 5, 3}},
	} {
		r, err := ParseRolling(test.text)
		if again, err := ParseRolling(r.String()); err != nil || again != r {
			t.Errorf("%s is written %s: %v", test.text, r, err)
		}
		if got := r.parts(test.cells); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s of %d: %v, %v; want %v", test.text, test.cells, got, err, test.want)
		}
	}
}

func TestMaxFail(t *testing.T) {
	for _, test := range []struct {
		text        string
		failed, all int
		want        bool
	}{
		{"", 0, 10, false},
		{"", 1, 10, true},
		{"max_fail=2", 2, 10, false},
		{"max_fail=2", 3, 10, true},
		{"max_fail=30%", 3, 10, false},
		{"max_fail=30%", 4, 10, true},
		{"max_fail=0%", 1, 10, true},
		{"max_fail=33.3%", 1, 3, true},
		{"max_fail=100%", 10, 10, false},
	} {
		r, err := ParseRolling(test.text)
		if got := r.tooMany(test.failed, test.all); err != nil || got != test.want {
			t.Errorf("%s: %d of %d are too many: %v, %v", test.text, test.failed, test.all, got, err)
		}
	}
}

func TestRollingOverOther(t *testing.T) {
	node, _ := ParseRolling("batch=5 canary=1 max_fail=10% pause=1m check=healthy")
	for _, test := range []struct{ over, want string }{
		{"", "5 1 10% 1m0s healthy"},
		{"batch=2 max_fail=0 check=other", "2 1 0 1m0s other"},
		{"canary=0 pause=0", "5 -1 10% -1ns healthy"},
	} {
		r, err := ParseRolling(test.over)
		r = r.over(&node).over(nil)
		if got := fmt.Sprint(r.Batch, r.Canary, " ", r.MaxFail, " ", r.Pause, " ", r.Check); err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.over, got, err, test.want)
		}
	}
}

func TestRollingAsText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "check=x pause=90s batch=5": "batch=5 pause=1m30s check=x", "max_fail=12.50%": "max_fail=12.5%",
		"canary=0 pause=0": "canary=0 pause=0s",
	} {
		if r, err := ParseRolling(text); err != nil || r.String() != want {
			t.Errorf("%q is written %q, %v; want %q", text, r, err, want)
		}
	}
}

func TestWrongRolling(t *testing.T) {
	for text, want := range map[string]string{
		"batch=0":        "a batch has at least one cell, not 0",
		"batch=0%":       "a batch has at least one cell, not 0%",
		"batch=-1":       `"-1" is no number of cells and no share: write 5 or 25%`,
		"batch=many":     `"many" is no number of cells and no share`,
		"max_fail=101%":  `"101%" is no share: write one from 0% to 100%`,
		"max_fail=NaN%":  `"NaN%" is no share`,
		"canary=10%":     `"10%" is no number of cells`,
		"pause=5":        `"5" is no time: write 30s, 1m30s or 2h`,
		"pause=-1s":      `"-1s" is no time`,
		"check=":         "the name of an action is missing",
		"maxfail=1":      `there is no option "maxfail": did you mean max_fail?`,
		"concurrently=1": `there is no option "concurrently": there is batch, canary, max_fail, pause, check`,
	} {
		if _, err := ParseRolling(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
