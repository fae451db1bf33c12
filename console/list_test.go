package console

import "testing"

func TestList(t *testing.T) {
	rows := []Row{{"a", "red", "first"}, {"größer", "", "second"}, {"bare name", "grey", ""}, {"odd", "violet", "x"}}
	want := "\nnodes:\n  a        first\n  größer   second\n  bare name\n  odd      x\n"
	if got := (Layout{}).List("nodes:", rows); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want = "\nnodes:\n  \x1b[31ma\x1b[0m        first\n  größer   second\n  \x1b[90mbare name\x1b[0m\n  odd      x\n"
	if got := (Layout{Colour: true}).List("nodes:", rows); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Layout{}).List("nodes:", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// TestListInColumns lays rows out for terminals: nothing runs over the edge, and texts stay apart from names.
func TestListInColumns(t *testing.T) {
	hosts := Row{Name: "web", Text: "host: web1 (10.0.0.1), web2 (10.0.0.2), db1 (10.0.0.3)"}
	for _, tt := range []struct {
		name    string
		columns int
		rows    []Row
		want    string
	}{
		{"at words", 40, []Row{hosts, {Name: "production", Text: "short"}},
			"  web          host: web1 (10.0.0.1),\n" +
				"               web2 (10.0.0.2),\n" +
				"               db1 (10.0.0.3)\n" +
				"  production   short\n"},
		{"a set, after commas", 30, []Row{{Name: "web", Text: "host: web[1-3,7,9-12],db1,cache1 (9 hosts)"}},
			"  web   host:\n" +
				"        web[1-3,7,9-12],db1,\n" +
				"        cache1 (9 hosts)\n"},
		{"a long name", 40, []Row{{Name: "release VERSION [RESTART=true]", Text: "Install it."}, {Name: "stop", Text: "Stop it."}},
			"  release VERSION [RESTART=true]\n" +
				"         Install it.\n" +
				"  stop   Stop it.\n"},
		{"wide characters", 30, []Row{{Name: "日本", Text: "first and second and third"}, {Name: "a", Text: "x"}},
			"  日本   first and second and\n" +
				"         third\n" +
				"  a      x\n"},
		{"far too narrow", 8, []Row{{Name: "production", Text: "one two"}},
			"  production\n     one\n     two\n"},
	} {
		if got := (Layout{Columns: tt.columns}).List("", tt.rows); got != "\n\n"+tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}
