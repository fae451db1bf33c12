package console

import "testing"

func TestChoiceIndex(t *testing.T) {
	t.Parallel()
	c := choice{options: []string{"web1 (10.0.0.1)", "web10 (10.0.0.2)", "db1 master", "db1 copy", "3"}, first: 1, empty: noChoice, random: true}
	for answer, want := range map[string]int{
		"web1": 0, "web10": 1, "web10 (10.0.0.2)": 1, "db1 copy": 3, "2": 1, "3": 4, "5": 4, "r": RandomChoice, "random": RandomChoice,
	} {
		if got, ok := c.index(answer); !ok || got != want {
			t.Errorf("%q is %d, %v; want %d", answer, got, ok, want)
		}
	}
	for _, answer := range []string{"", "db1", "web", "web1 ", "0", "6", "(10.0.0.1)"} {
		if got, ok := c.index(answer); ok {
			t.Errorf("%q is %d", answer, got)
		}
	}
}
