package nodes

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"deployer/internal/nearest"
)

// Rolling says how an action goes over the cells of a node: batch after batch, in definition order, and when it stops.
// Its zero value is all cells at once, whatever fails. What is said by an action goes before what its node says, and what
// a run says before both, each field by itself.
type Rolling struct {
	Batch  Amount // how many cells a batch has; a share is one of all cells, rounded down, and at least one
	Canary int    // how many cells come before the others, as a batch of their own; none may fail. Below 0: none
	// MaxFail is how many cells may fail: once more have, no other begins. Where it is not said and anything else is, it
	// is none.
	MaxFail Amount
	// Pause is how long a batch is left alone before its check, or without one before the next batch. Below 0: not at all.
	Pause time.Duration
	// Check is the name of an action of the node. It runs in every cell of a batch that did not fail; if it fails in one,
	// no other batch begins.
	Check string
}

// Amount is a number of cells, or a share of all. Its zero value says nothing.
type Amount struct {
	said    bool
	share   bool
	of      int     // cells
	percent float64 // of a share
}

// Count returns an amount of n cells.
func Count(n int) Amount { return Amount{said: true, of: n} }

// Percent returns an amount of so many of 100 cells.
func Percent(p float64) Amount { return Amount{said: true, share: true, percent: p} }

// ParseAmount reads "5" or "25%".
func ParseAmount(text string) (Amount, error) {
	digits, share := strings.CutSuffix(text, "%")
	if share {
		p, err := strconv.ParseFloat(digits, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return Amount{}, fmt.Errorf("%q is no share: write one from 0%% to 100%%", text)
		}
		return Percent(p), nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return Amount{}, fmt.Errorf("%q is no number of cells and no share: write 5 or 25%%", text)
	}
	return Count(n), nil
}

// String is the amount as [ParseAmount] reads it; "" if it says nothing.
func (a Amount) String() string {
	switch {
	case !a.said:
		return ""
	case a.share:
		return strconv.FormatFloat(a.percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(a.of)
}

// cells is how many of so many cells that is at most.
func (a Amount) cells(all int) int {
	if a.share {
		return int(a.percent * float64(all) / 100)
	}
	return a.of
}

// String is what it says, as [ParseRolling] reads it.
func (r Rolling) String() string {
	var said []string
	for _, name := range RollingFields() {
		if value := r.Said(name); value != "" {
			said = append(said, name+"="+value)
		}
	}
	return strings.Join(said, " ")
}

// Said is the field of a name as [Rolling.Set] takes it; "" if that says nothing.
func (r Rolling) Said(name string) string {
	switch {
	case name == "batch":
		return r.Batch.String()
	case name == "max_fail":
		return r.MaxFail.String()
	case name == "canary" && r.Canary != 0:
		return strconv.Itoa(max(r.Canary, 0))
	case name == "pause" && r.Pause != 0:
		return max(r.Pause, 0).String()
	case name == "check":
		return r.Check
	}
	return ""
}

// over returns what r says, and where it says nothing what base does, which may be nil.
func (r Rolling) over(base *Rolling) Rolling {
	if base == nil {
		return r
	}
	if !r.Batch.said {
		r.Batch = base.Batch
	}
	if !r.MaxFail.said {
		r.MaxFail = base.MaxFail
	}
	r.Canary, r.Pause = cmp.Or(r.Canary, base.Canary), cmp.Or(r.Pause, base.Pause)
	r.Check = cmp.Or(r.Check, base.Check)
	return r
}

// wrong says what is wrong with the options, or nothing.
func (r Rolling) wrong() string {
	if r.Batch.said && r.Batch.cells(math.MaxInt32) < 1 {
		return fmt.Sprintf("a batch has at least one cell, not %s", r.Batch)
	}
	return ""
}

// parts are the sizes of the batches of so many cells.
func (r Rolling) parts(cells int) []int {
	var sizes []int
	if r.Canary > 0 {
		sizes = append(sizes, min(r.Canary, cells))
		cells -= sizes[0]
	}
	size := cells
	if r.Batch.said {
		size = max(1, r.Batch.cells(cells+sum(sizes)))
	}
	for ; cells > 0; cells -= size {
		sizes = append(sizes, min(size, cells))
	}
	return sizes
}

func sum(numbers []int) int {
	total := 0
	for _, n := range numbers {
		total += n
	}
	return total
}

// tooMany reports whether more have failed, of so many cells, than may.
func (r Rolling) tooMany(failed, all int) bool {
	if r.MaxFail.share {
		return float64(failed)*100 > r.MaxFail.percent*float64(all)
	}
	return failed > r.MaxFail.of
}

// RollingFields are what the fields of a [Rolling] are called in tags and scripts. On the command line and in the shell _
// is -.
func RollingFields() []string { return []string{"batch", "canary", "max_fail", "pause", "check"} }

// ParseRolling reads "batch=25% canary=1 max_fail=0 pause=30s check=healthy", as the tag rolling has it.
func ParseRolling(text string) (r Rolling, err error) {
	for _, item := range strings.Fields(text) {
		name, value, _ := strings.Cut(item, "=")
		if err := r.Set(name, value); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Set sets the field of a name, batch, canary, max_fail, pause or check, to a value as it is typed. A canary or pause of
// 0 is none, also where what comes after has one.
func (r *Rolling) Set(name, value string) (err error) {
	switch name {
	case "batch":
		r.Batch, err = ParseAmount(value)
		if wrong := r.wrong(); err == nil && wrong != "" {
			return errors.New(wrong)
		}
	case "max_fail":
		r.MaxFail, err = ParseAmount(value)
	case "canary":
		n, wrong := strconv.Atoi(value)
		if wrong != nil || n < 0 {
			return fmt.Errorf("%q is no number of cells", value)
		}
		r.Canary = cmp.Or(n, -1)
	case "pause":
		d, wrong := time.ParseDuration(value)
		if value == "0" {
			d, wrong = 0, nil
		}
		if wrong != nil || d < 0 {
			return fmt.Errorf("%q is no time: write 30s, 1m30s or 2h", value)
		}
		r.Pause = cmp.Or(d, -1)
	case "check":
		if r.Check = value; value == "" {
			return errors.New("the name of an action is missing")
		}
	default:
		hint := cmp.Or(nearest.Hint(name, RollingFields()), "there is "+strings.Join(RollingFields(), ", "))
		return fmt.Errorf("there is no option %q: %s", name, hint)
	}
	return err
}

// rolling is how an action goes over the cells of a node; nil stands for what a struct does in them without an action.
func (e *Env) rolling(a *Action) Rolling {
	r := e.run.options.Rolling
	if a != nil {
		r = r.over(a.Rolling)
	}
	for at := e.place; at != nil && !at.isolated; at = at.parent {
		r = r.over(at.template.Rolling)
	}
	return r
}

// checkAction returns the action of a name that the node has, or else the nearest node above it that is split into the
// same cells, and where that is; nil if there is none.
func (n *Place) checkAction(name string) (*Place, *Action) {
	for at := n; at != nil; at = at.parent {
		if m := at.template.find(name); m != nil && m.Action != nil {
			return at, m.Action
		}
		if at.template.Kind == KindArray || at.template.Kind == KindJustOne {
			break
		}
	}
	return nil, nil
}

// noCheck says that the check of a node is none of its actions.
func (n *Place) noCheck(name string) Problem {
	return Problem{Message: fmt.Sprintf("the check of rolling, %q, is no action of %s", name, n.Path()),
		Hint: nearest.Hint(name, n.ActionNames())}
}

// rolls tells of checks that are no action.
func (c *checker) rolls(n *Place) {
	try := func(r *Rolling, at Pos) {
		if r == nil || r.Check == "" {
			return
		}
		if _, a := n.checkAction(r.Check); a == nil {
			p := n.noCheck(r.Check)
			p.Pos = at
			c.tell(p)
		}
	}
	if n.template.Kind != KindNormal { // of which that is told already
		try(n.template.Rolling, n.pos())
	}
	for _, m := range n.template.members {
		if m.Action != nil {
			try(m.Action.Rolling, m.Pos)
		}
	}
}
