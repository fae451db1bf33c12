package shell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/nodes"
	"deployer/prompt"
)

// texts completes a line, in which | is the cursor, and returns the lines that come of it, up to the cursor.
func texts(s *Shell, marked string) []string {
	cursor := strings.IndexByte(marked, '|')
	start, all := s.Complete(strings.Replace(marked, "|", "", 1), cursor)
	lines := []string{}
	for _, c := range all {
		lines = append(lines, marked[:start]+c.Text)
	}
	return lines
}

func TestComplete(t *testing.T) {
	t.Parallel()
	commands := func(s *Shell) (all []string) {
		for _, c := range s.commands {
			if c.Name != "return" {
				all = append(all, c.Name)
			}
		}
		return all
	}
	s := newShell(t, "", true).Shell
	everything := append([]string{"staging", "production"}, commands(s)...)
	for _, test := range []struct {
		at, line string
		want     []string
	}{
		{"/", "|", everything},
		{"/", "   |", indent("   ", everything)},
		{"/", "st|", []string{"staging"}},
		{"/", "st| nowhere", []string{"staging"}},
		{"/", "--r|", []string{"--run", "--run-with-sudo"}},
		{"/", "nothing|", []string{}},
		{"/", "cd |", []string{"cd staging", "cd production"}},
		{"/", "cd pro|", []string{"cd production"}},
		{"/", "cd /|", []string{"cd /staging", "cd /production"}},
		{"/", "cd staging/|", []string{"cd staging/git", "cd staging/'an odd/name'"}},
		{"/", "cd staging/git|", []string{"cd staging/git[web1]", "cd staging/git[web2]", "cd staging/git"}},
		{"/", "cd staging/git[|", []string{"cd staging/git[web1]", "cd staging/git[web2]"}},
		{"/", "cd staging/git:web2|", []string{"cd staging/git:web2"}},
		{"/", "cd staging git :|", []string{"cd staging git :web1", "cd staging git :web2"}},
		{"/", "cd staging.g|", []string{"cd staging.git"}},
		{"/", "cd staging g|", []string{"cd staging git"}},
		{"/", "cd staging/_|", []string{"cd staging/_hidden"}},
		{"/", "cd staging/an|", []string{"cd staging/'an odd/name'"}},
		{"/", `cd staging/an\ o|`, []string{"cd staging/'an odd/name'"}},
		{"/", `cd staging/an\ odd\/n|`, []string{"cd staging/'an odd/name'"}},
		{"/", `staging/an\ odd\/name sto|`, []string{`staging/an\ odd\/name stop`}},
		{"/", `staging/an\ odd\/name/sto|`, []string{`staging/an\ odd\/name/stop`}},
		{"/", `cd staging/"an o|`, []string{"cd staging/'an odd/name'"}},
		{"/", `cd staging "an o|`, []string{"cd staging 'an odd/name'"}},
		{"/", `cd 'stag|`, []string{"cd staging"}},
		{"/", "cd staging/'an o|", []string{"cd staging/'an odd/name'"}},
		{"/", "cd nowhere/|", []string{}},
		{"/", "staging |", []string{"staging git", "staging 'an odd/name'", "staging start", "staging .", "staging ..", "staging /", "staging version="}},
		{"/", "staging st|", []string{"staging start"}},
		{"/", "staging/st|", []string{"staging/start"}},
		{"/", "staging.git.c|", []string{"staging.git.checkout", "staging.git.co"}},
		{"/", "staging git checkout |", []string{"staging git checkout commit=", "staging git checkout force="}},
		{"/", "staging git co master |", []string{"staging git co master force="}},
		{"/", "staging git co commit=x f|", []string{"staging git co commit=x force="}},
		{"/", "staging git co x force=|", []string{"staging git co x force=true", "staging git co x force=false"}},
		{"/", "staging git co x force=y|", []string{}},
		{"/", "staging git co -- |", []string{}},
		{"/", "sandbox sta|", []string{"sandbox staging"}},
		{"/", "sandbox staging git co c|", []string{"sandbox staging git co commit="}},
		{"/", "--inspect staging/u|", []string{"--inspect staging/url"}},
		{"/", "--inspect staging/a|", []string{"--inspect staging/address", "--inspect staging/'an odd/name'"}},
		{"/", "cd staging/u|", []string{}},
		{"/", "set-option |", []string{"set-option sandbox", "set-option view", "set-option hosts", "set-option batch",
			"set-option canary", "set-option max-fail", "set-option pause", "set-option check"}},
		{"/", "set-option max-fail |", []string{"set-option max-fail -"}},
		{"/staging", "set-option check st|", []string{"set-option check start"}},
		{"/", "set-option view t|", []string{"set-option view tree"}},
		{"/", "set-option view tree |", []string{}},
		{"/", "ls -|", []string{"ls -l"}},
		{"/", "ls -l st|", []string{"ls -l staging"}},
		{"/", "find group=st|", []string{"find group=staging"}},
		{"/", "find na|", []string{"find name="}},
		{"/", "help c|", []string{"help cd", "help clear"}},
		{"/", "exit |", []string{}},
		{"/staging", "cd |", []string{"cd git", "cd 'an odd/name'", "cd ..", "cd /", "cd -"}},
		{"/staging/git", "|", append([]string{":web1", ":web2", "checkout", "co", "stop", "..", "/", "-"}, commands(s)...)},
		{"/staging/git", ":|", []string{":web1", ":web2"}},
		{"/staging/git", "cd ../|", []string{"cd ../git", "cd ../'an odd/name'"}},
	} {
		to, err := s.resolve(test.at)
		if err != nil {
			t.Fatal(err)
		}
		s.here = place{at: to}
		if test.at != "/" {
			s.here.previous = to.Root()
		}
		if got := texts(s, test.line); !slices.Equal(sorted(got), sorted(test.want)) {
			t.Errorf("%s: %q\n got  %q\n want %q", test.at, test.line, got, test.want)
		}
	}
}

func indent(by string, lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, by+line)
	}
	return all
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

// TestCandidates looks at what a menu shows of candidates.
func TestCandidates(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", true).Shell
	for line, want := range map[string]prompt.Candidate{
		"stag":                     {Text: "staging", Shown: "staging", Kind: KindNode, Description: "A web site.", Group: "staging", Colour: "yellow"},
		"staging git co":           {Text: "co", Shown: "co", Kind: KindAction, Description: "COMMIT [FORCE=false]  Checks out one commit.", Group: "staging", Colour: "yellow"},
		"staging/git:web1":         {Text: "staging/git:web1", Shown: "git:web1", Kind: KindCell, Description: "localhost", Group: "staging", Colour: "yellow"},
		"pwd":                      {Text: "pwd", Shown: "pwd", Kind: KindCommand, Description: "print the path of a node"},
		"staging git co x for":     {Text: "force=", Shown: "force=", Kind: KindParameter, Description: "[FORCE=false]"},
		"--inspect staging.addr":   {Text: "staging.address", Shown: "address", Kind: KindQuery, Description: "url", Group: "staging", Colour: "yellow"},
		"staging git co x force=t": {Text: "force=true", Shown: "true", Kind: KindValue},
	} {
		_, all := s.Complete(line, len(line))
		if !slices.Contains(all, want) {
			t.Errorf("%q:\n got  %+v\n want %+v", line, all, want)
		}
	}
}

// TestQuotedPaths goes to a node, and runs its action, however its name is quoted.
func TestQuotedPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"'an odd/name'", `"an odd/name"`, `an\ odd\/name`, `an' 'odd"/"name`} {
		for _, line := range []string{"cd staging/%s", "cd staging %s", "cd /staging/%s ", "staging %s stop", "staging/%s.stop",
			"--run staging/%s -- true", "tree staging/%s 1", "find staging/%s name"} {
			s := newShell(t, "", true)
			line = fmt.Sprintf(line, name)
			if status := s.do(t.Context(), line); status != 0 {
				t.Errorf("%s: status %d: %s", line, status, &s.err)
			}
			if strings.HasPrefix(line, "cd") && s.here.at.Path() != "/staging/'an odd/name'" {
				t.Errorf("%s leads to %s", line, s.here.at.Path())
			}
		}
	}
}

// TestCompletedLines does what completion offers: every path that is offered leads somewhere.
func TestCompletedLines(t *testing.T) {
	t.Parallel()
	s := newShell(t, "", true)
	for _, line := range []string{"cd ", "cd staging/", "cd staging.", "cd staging/git", "cd staging/_", "cd staging git :", "cd 'st"} {
		_, all := s.Complete(line, len(line))
		if len(all) == 0 {
			t.Errorf("%q has no candidates", line)
		}
		start, _ := s.Complete(line, len(line))
		for _, c := range all {
			if status := s.do(t.Context(), line[:start]+c.Text); status != 0 {
				t.Errorf("%q: %s", line[:start]+c.Text, &s.err)
			}
			s.move(s.here.at.Root())
		}
	}
}

// largeTree is a tree of 100,000 nodes, 1,000 below the root with 99 below each.
func largeTree(t testing.TB) *nodes.Tree {
	t.Helper()
	below := func(count int, of *nodes.Template, name string) nodes.Definition {
		d := nodes.Definition{Doc: "Some nodes."}
		for i := range count {
			d.Members = append(d.Members, nodes.Member{Name: fmt.Sprintf("%s%05d", name, i), Child: of})
		}
		return d
	}
	leaf, problems := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Doc: "A leaf."})
	middle, more := nodes.NewTemplate(nodes.KindNormal, below(99, leaf, "leaf"))
	root, most := nodes.NewTemplate(nodes.KindNormal, below(1000, middle, "middle"))
	if all := slices.Concat(problems, more, most); len(all) > 0 {
		t.Fatal(all)
	}
	return &nodes.Tree{Template: root}
}

// BenchmarkComplete completes in a tree of 100,000 nodes, where most candidates are.
func BenchmarkComplete(b *testing.B) {
	tree := largeTree(b)
	s := New(Options{Tree: tree, Start: tree.Root()})
	for _, line := range []string{"", "cd m", "cd middle00500/", "middle00500 leaf"} {
		b.Run(line, func(b *testing.B) {
			var slowest time.Duration
			for b.Loop() {
				begun := time.Now()
				if _, all := s.Complete(line, len(line)); len(all) < 99 {
					b.Fatalf("%d candidates", len(all))
				}
				slowest = max(slowest, time.Since(begun))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
		})
	}
}
