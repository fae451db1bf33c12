package nodes_test

import (
	"fmt"
	"slices"
	"testing"

	"deployer/nodes"
)

// TestMembersOfAnyNumber finds members, replaces them in their place and adds to them, whether they are few or many.
func TestMembersOfAnyNumber(t *testing.T) {
	for n := range 20 {
		var members []nodes.Member
		var want []string
		for i := range n {
			members = append(members, nodes.Member{Name: fmt.Sprint("m", i), Constant: i})
			want = append(want, fmt.Sprint("m", i))
		}
		base := template(t, nodes.Definition{Members: members})
		changes := []nodes.Member{{Name: "new", Constant: "new"}}
		if n > 0 {
			changes = append(changes, nodes.Member{Name: "m0", Constant: "changed"})
		}
		derived, problems := base.Derive(nodes.Definition{Members: changes})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, tt := range []struct {
			of    *nodes.Template
			names []string
			first any // of m0
		}{{base, want, 0}, {derived, append(slices.Clone(want), "new"), "changed"}} {
			var names []string
			for _, m := range tt.of.Members() {
				names = append(names, m.Name)
				if tt.of.Member(m.Name) != m {
					t.Errorf("of %d members, %s is not found by its name", n, m.Name)
				}
			}
			if !slices.Equal(names, tt.names) {
				t.Errorf("got %q, want %q", names, tt.names)
			}
			if n > 0 && tt.of.Member("m0").Constant != tt.first {
				t.Errorf("of %d members, m0 is %v, want %v", n, tt.of.Member("m0").Constant, tt.first)
			}
		}
		if base.Member("new") != nil || base.Member("m") != nil {
			t.Errorf("of %d members, some are found that are not there", n)
		}
	}
}
