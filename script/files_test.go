package script

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/journal"
	"deployer/nodes"
)

// writeFiles writes files below a new folder and returns it.
func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// report loads dir/deploy and returns what is wrong, a line for each problem, with names relative to dir.
func report(t testing.TB, dir string) []string {
	t.Helper()
	_, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{})
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), "\n")
}

func wantReport(t *testing.T, files map[string]string, want ...string) {
	t.Helper()
	if got := report(t, writeFiles(t, files)); !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLoadedFilesAreRelativeAndRunOnce(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"deploy":         "load('lib/a.star', 'A')\nload('lib/sub/b.star', other = 'B')\nroot = node(a = A, b = other)\n",
		"lib/a.star":     "load('sub/b.star', 'B')\nprint('a')\nA = node(b = B)\n",
		"lib/sub/b.star": "print('b')\nB = node()\n",
	})
	var printed []string
	loaded, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{
		Print: func(at nodes.Pos, text string) { printed = append(printed, filepath.Base(at.File)+": "+text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b.star: b", "a.star: a"}; !slices.Equal(printed, want) {
		t.Errorf("printed %q, want %q", printed, want)
	}
	root := loaded.Tree.Template
	if root.Member("a").Child.Member("b").Child.Name != "B" || loaded.Tree.Name != "deploy" {
		t.Errorf("the tree is not what was loaded: %q", loaded.Tree.Name)
	}
}

func TestCircle(t *testing.T) {
	wantReport(t, map[string]string{
		"deploy": "load('a.star', 'x')\nroot = node(x = x)\n",
		"a.star": "load('b.star', 'y')\nx = y\n",
		"b.star": "load('a.star', 'x')\ny = x\n",
	}, "b.star:1:6: files load each other in a circle: a.star → b.star → a.star (move what both need into a third file)")
}

func TestLoadMistakes(t *testing.T) {
	wantReport(t, map[string]string{
		"deploy": "load('a.star', 'Webb', 'y', z = 'Web')\nload('nowhere.star', 'x')\nload('', 'e')\nload('lib', 'l')\nroot = node(x = x, y = y.z())\n",
		"a.star": "Web = 1\n_private = 2\n",
		"lib/x":  "",
	},
		"deploy:1:17: a.star has no global Webb (did you mean Web?)",
		"deploy:1:25: a.star has no global y",
		"deploy:2:6: there is no file nowhere.star",
		"deploy:3:6: load needs the name of a file",
		"deploy:4:6: lib is not a file")
	wantReport(t, map[string]string{"deploy": "load('a.star', '_private')\n", "a.star": "_private = 2\n"},
		"deploy:1:17: load: names with leading underscores are not exported: _private")
}

// TestMistakesOfSeveralFiles wants the mistakes of all files, in the order in which the files are loaded.
func TestMistakesOfSeveralFiles(t *testing.T) {
	wantReport(t, map[string]string{
		"deploy":      "load('bad.star', 'T')\nload('syntax.star', 'U')\nh = ssh_host('h', prot = 1)\nroot = node(t = T, u = U(x = 1), group = group())\n",
		"bad.star":    "h = ssh_host('h', port = 0)\nT = node(x = 1 + '')\n",
		"syntax.star": "load('more.star', 'V')\nU = f'x'\nW = nod()\n",
		"more.star":   "V = node(host = 1)\n",
	},
		"deploy:3:19: ssh_host has no argument prot (did you mean port?)",
		"deploy:4:42: group: the argument name is missing",
		"bad.star:1:19: ssh_host: port: got 0, want 1 to 65535",
		"bad.star:2:16: unknown binary op: int + string",
		"syntax.star:2:5: there are no f-strings (write \"…%s…\" % x, or \"…{}…\".format(x))",
		"syntax.star:3:5: nod is not defined (did you mean node or None?)",
		"more.star:1:10: \"host\" cannot be the name of a member: it has a meaning inside actions (choose another name)",
	)
}

// TestPlacesInFunctionsOfFiles wants the place of a mistake, and the name of a node, in a function that another file calls
// when its own is done: in a def, in a lambda, and in a def inside another.
func TestPlacesInFunctionsOfFiles(t *testing.T) {
	wantReport(t, map[string]string{
		"deploy": "load('lib.star', 'host', 'made', 'other')\nhost('a')\nother(1)\nT = made()()\nroot = node(t = T)\n",
		"lib.star": "def host(name):\n    return ssh_host(name, prot = 1)\n\nother = lambda n: group(n)\n\n" +
			"def made():\n    def inner():\n        Web = node(web = parallel_node())\n        return Web\n    return inner\n",
	},
		"lib.star:2:27: ssh_host has no argument prot (did you mean port?)",
		"lib.star:4:25: group: name: got int, want a string",
		"lib.star:8:20: /t: \"web\" is a parallel_node inside a node (nest it as .array(…) for one cell per host, or "+
			".just_one(…) for exactly one host)",
	)
}

// TestWhatFollowsFromAMistake wants one complaint only of a mistake and all that follows from it.
func TestWhatFollowsFromAMistake(t *testing.T) {
	for _, use := range []string{
		"h.slug + 'x'", "h(port = 1).slug", "[x for x in h]", "h[0]", "len(h)", "node(x = h, hosts = h)", "node(hosts = [h, {}[1]])",
		"1 if h else 2", "{h: 1}", "str(h)", "h.slug.x.y()", "quote(h)", "action(h)", "node(actions = [h])", "map_roles(h)",
	} {
		want := 1
		if strings.Contains(use, "{}[1]") {
			want = 2 // which does not follow from it
		}
		got := report(t, writeFiles(t, map[string]string{"deploy": "h = ssh_host('h', prot = 1)\nx = " + use + "\nroot = node()\n"}))
		if len(got) != want || !strings.Contains(got[0], "has no argument prot") {
			t.Errorf("%s: got %q", use, got)
		}
	}
}

// TestTheSameMistakeAgain wants a mistake in a loop to be told once.
func TestTheSameMistakeAgain(t *testing.T) {
	wantReport(t, map[string]string{"deploy": "x = [ssh_host('h', prot = 1) for _ in range(10)]\nroot = node()\n"},
		"deploy:1:20: ssh_host has no argument prot (did you mean port?)")
}

func TestNoRoot(t *testing.T) {
	wantReport(t, map[string]string{"deploy": "x = node()\n"},
		"deploy: there is no root: a tree is the global root of its file (root = node(…))")
	wantReport(t, map[string]string{"deploy": ""},
		"deploy: there is no root: a tree is the global root of its file (root = node(…))")
}

func TestUnreadable(t *testing.T) {
	wantReport(t, map[string]string{"deploy": "x = 1\ny = 'é\xff'\nz = \x00"},
		"deploy:2:7: the byte 0xff is not text (save the file as UTF-8)")
	dir := t.TempDir()
	if got := report(t, dir); len(got) != 1 || got[0] != "deploy: there is no file deploy" {
		t.Errorf("a missing file: %q", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "deploy"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := report(t, dir); len(got) != 1 || got[0] != "deploy: deploy is not a file" {
		t.Errorf("a folder: %q", got)
	}
}

func TestWarnings(t *testing.T) {
	dir := writeFiles(t, map[string]string{"deploy": "root = node(hosts = {'web': []}, a = node(hosts = map_roles('wbe')))\n"})
	loaded, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{Check: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.Warnings) != 1 || !strings.Contains(loaded.Warnings[0].String(), "warning: ") ||
		!strings.Contains(loaded.Warnings[0].String(), "wbe") || loaded.Warnings[0].Line == "" {
		t.Errorf("got %v", loaded.Warnings)
	}
}

func TestFormat(t *testing.T) {
	dir := writeFiles(t, map[string]string{"deploy": `def make(name):
	return ssh_host(name, prot = 22)  # 日本
x = make("a")
y = 1; z = ["日本", ssh_host("b", password = "hunter2", prot = 1)]
root = node()
`})
	_, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{})
	var problems *Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	var b bytes.Buffer
	if err := problems.Format(&b); err != nil {
		t.Fatal(err)
	}
	want := `deploy:2:24: ssh_host has no argument prot
    	return ssh_host(name, prot = 22)  # 日本
    	                      ^
  called from deploy:3:9
  hint: did you mean port?

deploy:4:55: ssh_host has no argument prot
    y = 1; z = ["日本", ssh_host("b", password = "********", prot = 1)]
                                                             ^
  hint: did you mean port?
`
	if got := strings.ReplaceAll(b.String(), dir+"/", ""); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestSecretsAreNotInProblems wants no secret in what is told, even if it is told before it was declared one.
func TestSecretsAreNotInProblems(t *testing.T) {
	for _, text := range []string{
		"x = secret('hunter2') + 1\n",
		"x = [ssh_host('a', password = 'hunter2'), ssh_host('hunter2', prot = 1)]\n",
		"a = ssh_host('a', sudo_password = \"hunter2\", prt = f'x')\n",
		"s = secret('hunter2')\nfail('the password is hunter2')\n",
		"s = secret('hunter2')\ngroups.hunter2\n",
	} {
		dir := writeFiles(t, map[string]string{"deploy": text})
		_, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{})
		var problems *Problems
		if !errors.As(err, &problems) {
			t.Fatalf("%s: got %v", text, err)
		}
		var b bytes.Buffer
		if err := problems.Format(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String()+err.Error(), "hunter2") {
			t.Errorf("%s: told %s", text, b.String())
		}
	}
}

func TestEndlessLoopWhileLoading(t *testing.T) {
	cause := errors.New("a person pressed Ctrl-C")
	for _, text := range []string{
		"while True: pass\n",
		"def f():\n  for i in range(1 << 60): pass\nattempt(f)\nroot = node()\n",
	} {
		dir := writeFiles(t, map[string]string{"deploy": "load('a.star', 'x')\n", "a.star": text})
		ctx, cancel := context.WithCancelCause(context.Background())
		timer := time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
		_, err := Load(ctx, filepath.Join(dir, "deploy"), Options{})
		timer.Stop()
		if !errors.Is(err, cause) {
			t.Errorf("%s: got %v, want the cause", text, err)
		}
	}
}

func TestFind(t *testing.T) {
	dir := writeFiles(t, map[string]string{"deploy.star": "", "a/deploy": "", "a/deploy.star": "", "a/b/c/x": "", "d/deploy/x": ""})
	for from, want := range map[string]string{
		".": "deploy.star", "a": "a/deploy", "a/b/c": "a/deploy", "d": "deploy.star",
	} {
		got, err := Find(filepath.Join(dir, from))
		if err != nil || got != filepath.Join(dir, want) {
			t.Errorf("from %s: got %s, %v, want %s", from, got, err, want)
		}
	}
	t.Chdir(dir)
	if got, err := Find("."); got != "deploy.star" || err != nil {
		t.Errorf("from here: got %s, %v", got, err)
	}
}

func TestFindNothing(t *testing.T) {
	dir := t.TempDir()
	if got, err := Find("/"); err == nil {
		t.Skipf("this machine has a tree at %s", got)
	}
	_, err := Find(dir)
	var missing *NotFoundError
	if !errors.As(err, &missing) || missing.Looked[0] != dir || !strings.Contains(err.Error(), "neither deploy nor deploy.star in "+dir) {
		t.Errorf("got %v", err)
	}
}

func TestDocs(t *testing.T) {
	dir := writeFiles(t, map[string]string{"deploy": `"""
The tree.

    With a second line.
"""
def act(env, a, b = "x", c = True, d = 3, e = 1.5, f = ["p", 1], g = None, *args, h = 2, **kw):
    """Act.

    It acts.
    """
def short(env): pass
T = node(actions = [act], doc = """First.
    Second.""")
root = node(t = T(x = 1), short = short, act = action(act, name = "act", alias = ["b.c"], suppress_result = True, isolate = "one"))
`})
	loaded, err := Load(context.Background(), filepath.Join(dir, "deploy"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	root := loaded.Tree.Template
	if root.Doc != "The tree.\n\n    With a second line." {
		t.Errorf("doc of the root: %q", root.Doc)
	}
	if doc := root.Member("t").Child.Doc; doc != "First.\nSecond." {
		t.Errorf("doc of t: %q", doc)
	}
	a := root.Member("act").Action
	if a.Doc != "Act.\n\nIt acts." || !a.SuppressResult || a.Isolate != nodes.IsolateOne || !slices.Equal(a.Aliases, []string{"b.c"}) {
		t.Errorf("the action is %+v", a)
	}
	if a.Pos.Line != 6 || !a.Variadic || !a.Keywords {
		t.Errorf("the action is %+v", a)
	}
	got := nodes.Usage(a)
	for _, p := range a.Params {
		if p.NamedOnly != (p.Name == "h") || p.Optional != (p.Name != "a") {
			t.Errorf("parameter %+v", p)
		}
	}
	if len(a.Params) != 8 || !strings.HasPrefix(got, "act A ") {
		t.Errorf("usage: %s", got)
	}
	names := []string{}
	for _, m := range root.Members() {
		names = append(names, m.Name)
	}
	if !slices.Equal(names, []string{"t", "short", "act"}) {
		t.Errorf("members in the order %v", names)
	}
	if root.Name != "root" || root.Member("t").Child.Name != "t" || root.Member("t").Child.Base.Name != "T" {
		t.Errorf("names: %q %q", root.Name, root.Member("t").Child.Name)
	}
}

// FuzzLoad wants an answer for any text: a tree, or problems with places inside the file.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/mistakes/*.star", "testdata/run/*.star"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			for _, chunk := range strings.Split(string(text), "\n---\n") {
				f.Add(chunk)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		path := filepath.Join(writeFiles(t, map[string]string{"deploy": text}), "deploy")
		loaded, err := Load(ctx, path, Options{Secrets: journal.NewSecrets(), Check: true})
		if ctx.Err() != nil {
			return
		}
		var problems *Problems
		switch {
		case err == nil && loaded.Tree == nil:
			t.Error("no tree and no problem")
		case err != nil && !errors.As(err, &problems):
			t.Errorf("the error is a %T: %v", err, err)
		case err != nil:
			checkPlaces(t, text, problems.List)
		}
	})
}

func checkPlaces(t *testing.T, text string, list []Problem) {
	t.Helper()
	lines := len(newSource("", text).lines)
	for _, p := range list {
		if p.Message == "" || p.Pos.File == "" || p.Pos.Line < 0 || p.Pos.Line > lines+1 {
			t.Errorf("a problem at %v, of %d lines: %q", p.Pos, lines, p.Message)
		}
	}
}

// TestEndlessChains wants no overflow of the stack, which would end the program.
func TestEndlessChains(t *testing.T) {
	const n = 1 << 17
	for name, text := range map[string]string{
		"sum":        "x = 1" + strings.Repeat("-1", n),
		"attributes": "x = y" + strings.Repeat(".y", n),
		"calls":      "x = y" + strings.Repeat("()", n),
		"indexes":    "x = y" + strings.Repeat("[0]", n),
		"words":      "x = y" + strings.Repeat(" and y", n/2),
		"conditions": "x = " + strings.Repeat("1 if 1 else ", n/4) + "1",
		"elif":       "if 0: pass\n" + strings.Repeat("elif 0: pass\n", n/4),
		"brackets":   "x = " + strings.Repeat("[", n) + strings.Repeat("]", n),
		"signs":      "x = " + strings.Repeat("-", n) + "1",
		"lambdas":    "x = " + strings.Repeat("lambda: ", n/4) + "1",
	} {
		got := report(t, writeFiles(t, map[string]string{"deploy": text + "\n"}))
		if len(got) != 1 || !strings.Contains(got[0], "goes on for too long") && !strings.Contains(got[0], "excessive nesting") {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestLongTree loads a large tree that is written out.
func TestLongTree(t *testing.T) {
	text := "hosts = [\n" + strings.Repeat("    ssh_host('web', port = 22 + 1),\n", 20_000) + "]\nroot = node(n = len(hosts))\n"
	if got := report(t, writeFiles(t, map[string]string{"deploy": text})); got != nil {
		t.Errorf("got %q", got)
	}
}
