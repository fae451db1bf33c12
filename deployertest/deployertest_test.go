package deployertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"deployer/console"
	"deployer/deployertest"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Shop is a tree whose hosts must not be reached.
type Shop struct {
	nodes.Node
	Web   nodes.Array[Web] `roles:"web"`
	Token nodes.Secret
}

// Web is a web server.
type Web struct{ nodes.Node }

// Version tells its version.
func (w *Web) Version(ctx context.Context) (string, error) { return w.Host(ctx).Output("cat VERSION") }

// Install installs a version.
func (w *Web) Install(ctx context.Context, version string) error {
	sure, err := console.From(ctx).Confirm("install "+version+"?", console.Yes)
	if err != nil || !sure {
		return err
	}
	return w.Host(ctx).Sudo().Cd("/srv").Run("install " + hosts.Quote(version))
}

// HasNotes looks for a file.
func (w *Web) HasNotes(ctx context.Context) (bool, error) {
	h, err := w.Host(ctx).Handle()
	if err != nil {
		return false, err
	}
	return h.Exists(ctx, "/notes", hosts.FileOptions{})
}

// Publish uses the token.
func (s *Shop) Publish(ctx context.Context) error {
	h := s.Web.Cell.Hosts(ctx).All()[0]
	return h.Env("TOKEN", s.Token.In(ctx)).With(hosts.RunOptions{Input: "page\n"}).Run("publish")
}

func newShop() *Shop {
	web1 := nodes.SSHHost(hosts.SSHOptions{Slug: "web1", Address: "web1.invalid"})
	web2 := nodes.SSHHost(hosts.SSHOptions{Slug: "web2", Address: "web2.invalid"})
	return &Shop{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("web", web1, web2)}}, Token: nodes.NewSecret("hunter2")}
}

func pair(t testing.TB) (web1, web2 *deployertest.Host) {
	return deployertest.NewHost(t, "web1"), deployertest.NewHost(t, "web2")
}

// shop is a new tree on hosts of a test.
func shop(on ...*deployertest.Host) deployertest.Options {
	return deployertest.Options{Root: newShop(), Hosts: on}
}

func TestRun(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("cat *", deployertest.Reply{Stdout: "1.0\n"})
	web2.On("cat *", deployertest.Reply{Stdout: "1.1\n", Stderr: "careful\n"})
	r := deployertest.Run(t, shop(web1, web2), "--path", "web", "version")
	var versions map[string]string
	r.Value(&versions)
	if want := map[string]string{"web1": "1.0", "web2": "1.1"}; r.Status != 0 || !reflect.DeepEqual(versions, want) {
		t.Errorf("got %v and the exit status %d", versions, r.Status)
	}
	if r.Stdout != "web1\t1.0\nweb2\t1.1\n" || !strings.Contains(r.Stderr, "web2 ok") {
		t.Errorf("printed was %s%s", r.Stdout, r.Stderr)
	}
	last := r.Events[len(r.Events)-1]
	if last.Kind != journal.RunEnd || last.Counts[journal.Done] != 2 {
		t.Errorf("the last event is %+v", last)
	}
	if got := web1.Commands(); !slices.Equal(got, []string{"cat VERSION"}) {
		t.Errorf("web1 got %q", got)
	}
}

func TestHostRemembers(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("publish")
	r := deployertest.Run(t, shop(web1, web2), "publish")
	want := []deployertest.Call{{Command: "publish", Env: map[string]string{"TOKEN": "hunter2"}, Input: "page\n"}}
	if got := web1.Calls(); r.Status != 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("exit status %d, web1 got %+v, want %+v", r.Status, got, want)
	}
	if len(web2.Calls()) > 0 || strings.Contains(fmt.Sprint(r), "hunter2") {
		t.Errorf("web2 got %v; the result is %v", web2.Calls(), r)
	}
}

func TestReplies(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("*", deployertest.Reply{Status: 3})
	web1.On("cat *", deployertest.Reply{Stdout: "1"}, deployertest.Reply{Stdout: "2"})
	web2.OnCall("cat *", func(ctx context.Context, c hosts.Call) (int, error) {
		_, err := fmt.Fprint(c.Stdout, "called with "+c.Command)
		return 0, err
	})
	root := newShop()
	ctx := deployertest.Context(t, deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2}})
	for _, want := range []string{"1", "2", "2"} {
		all, err := nodes.Collect(ctx, &root.Web, func(ctx context.Context, w *Web) (string, error) { return w.Version(ctx) })
		if err != nil || !slices.Equal(all, []string{want, "called with cat VERSION"}) {
			t.Errorf("got %q, %v, want %s first", all, err, want)
		}
	}
	err := root.Web.At(ctx, "web1", func(ctx context.Context, w *Web) error { return w.Host(ctx).Run("reboot\nnow") })
	if failed := hosts.Errors(err); len(failed) != 1 || failed[0].Exit.Status != 3 {
		t.Errorf("the command gave %v", err)
	}
}

func TestFaults(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("*", deployertest.Reply{Fault: hosts.Unreachable})
	web2.On("*", deployertest.Reply{Stdout: "1.1", Status: 137})
	r := deployertest.Run(t, shop(web1, web2), "--path", "web", "version")
	counts := r.Events[len(r.Events)-1].Counts
	if r.Status != 3 || counts[journal.Unreachable] != 1 || counts[journal.Failed] != 1 {
		t.Errorf("exit status %d, states %v:\n%s", r.Status, counts, r.Stderr)
	}
}

func TestAnswers(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("install '2.0'")
	root := newShop()
	o := deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2}, Answers: []deployertest.Answer{
		{Question: "/web[web2]: install 2.0?", Answer: "n"}, {Question: "/web[web1]: install 2.0?"},
	}}
	if r := deployertest.Run(t, o, "--path", "web", "install", "2.0"); r.Status != 0 {
		t.Errorf("exit status %d:\n%s", r.Status, r.Stderr)
	}
	call := deployertest.Call{Command: "install '2.0'", Dir: "/srv", Sudo: true, Env: map[string]string{}}
	if got := web1.Calls(); len(web2.Calls()) > 0 || !reflect.DeepEqual(got, []deployertest.Call{call}) {
		t.Errorf("web1 got %+v, web2 %+v", got, web2.Calls())
	}
	o.Answers = []deployertest.Answer{{Question: "install 3.0", Answer: "no"}}
	ctx := deployertest.Context(t, o)
	err := root.Web.At(ctx, 0, func(ctx context.Context, w *Web) error { return w.Install(ctx, "3.0") })
	if err != nil || len(web1.Calls()) != 1 {
		t.Errorf("got %v, and web1 %+v", err, web1.Calls())
	}
}

func TestNobodyIsThere(t *testing.T) {
	web1, web2 := pair(t)
	root := newShop()
	web1.On("install *")
	ctx := deployertest.Context(t, deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2}})
	if console.From(ctx).Interactive() {
		t.Error("somebody is there")
	}
	if err := root.Web.At(ctx, 0, func(ctx context.Context, w *Web) error { return w.Install(ctx, "3.0") }); err != nil {
		t.Error(err)
	}
}

const scriptTree = `
web1 = ssh_host("web1", address = "web1.invalid")
def install(env, version):
    """Install a version."""
    home = env.host.cd("~")
    if not home.exists("VERSION"):
        env.log("this is the first one")
    home.run("echo %s > VERSION" % quote(version))
    home.write_file("notes/log", "installed\n" * 3) if home.exists("notes") else None
    name = env.console.input("your name", default = "nobody")
    return {"version": home.output("cat VERSION", reads = True), "by": name}
root = node(hosts = web1, actions = [install])
`

// script writes a tree and returns its file.
func script(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deploy")
	if err := os.WriteFile(file, []byte(scriptTree), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestScriptOnAShell(t *testing.T) {
	web1 := deployertest.NewHost(t, "web1").Shell()
	if err := os.Mkdir(filepath.Join(web1.Home(), "notes"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := deployertest.Options{Script: script(t), Hosts: []*deployertest.Host{web1}}
	r := deployertest.Run(t, o, "install", "2.1")
	var got map[string]string
	r.Value(&got)
	if got["version"] != "2.1" || got["by"] != "nobody" || !strings.Contains(r.Stderr, "this is the first one") {
		t.Errorf("got %v:\n%s", got, r.Stderr)
	}
	text, err := os.ReadFile(filepath.Join(web1.Home(), "VERSION"))
	if err != nil || string(text) != "2.1\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	text, err = os.ReadFile(filepath.Join(web1.Home(), "notes", "log"))
	if err != nil || string(text) != "installed\ninstalled\ninstalled\n" {
		t.Errorf("the log holds %q, %v", text, err)
	}
	if got := web1.Commands(); len(got) != 2 {
		t.Errorf("web1 got %q", got)
	}
	web1.On("cat VERSION", deployertest.Reply{Stdout: "9\n"})
	deployertest.Run(t, o, "install", "2.2").Value(&got)
	if got["version"] != "9" || web1.Commands()[len(web1.Commands())-1] != "cat VERSION" {
		t.Errorf("got %v, web1 got %q", got, web1.Commands())
	}
	before := len(web1.Calls())
	r = deployertest.Run(t, o, "--sandbox", "install", "2.3")
	if r.Status != 0 || len(web1.Calls()) != before+1 {
		t.Errorf("dry, exit status %d, web1 got %q:\n%s", r.Status, web1.Commands()[before:], r.Stderr)
	}
}

func TestOnTerminal(t *testing.T) {
	web1 := deployertest.NewHost(t, "web1").Shell()
	o := deployertest.Options{Script: script(t), Hosts: []*deployertest.Host{web1}}
	term := deployertest.OnTerminal(t, o, "install", "2.1")
	term.Expect("your name [nobody]: ")
	term.Send("Jo\r")
	term.Expect(`{"version":"2.1","by":"Jo"}`)
	if status := term.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// strict notes what a test is told, in place of failing.
type strict struct {
	testing.TB
	told []string
}

func (s *strict) Errorf(format string, args ...any) {
	s.told = append(s.told, fmt.Sprintf(format, args...))
}

func TestWhatFailsATest(t *testing.T) {
	noAnswer := `the host %s has no answer to the command %q: give it one by On`
	for name, tt := range map[string]struct {
		spoil func(o *deployertest.Options, web1, web2 *deployertest.Host)
		line  string // after the path of a node
		want  string
	}{
		"no answer to a command": {func(_ *deployertest.Options, _, web2 *deployertest.Host) { web2.On("*") },
			"web version", fmt.Sprintf(noAnswer, "web1", "cat VERSION")},
		"no such host": {func(o *deployertest.Options, web1, _ *deployertest.Host) { *o = shop(web1.On("*")) },
			"web version", fmt.Sprintf(noAnswer, "web2", "cat VERSION")},
		"no files": {nil, "web[web1] has_notes", "the host web1 has no files and no facts: give it some by Shell"},
		"sudo in a shell": {func(_ *deployertest.Options, web1, _ *deployertest.Host) { web1.Shell() },
			"web[web1] install 1", fmt.Sprintf(noAnswer, "web1", "install '1'")},
		"no answer to a question": {answers(), "web[web1] install 1",
			`the test has no answer to the question "install 1? [Y/n] "`},
		"wrong answer": {answers(deployertest.Answer{Question: "install", Answer: "perhaps"}), "web[web1] install 1",
			`the answer "perhaps" to the question "install 1? [Y/n] " is not taken: answer y or n`},
		"no question": {answers(deployertest.Answer{Question: "why?"}), "web nothing", `the question "why?" was not asked`},
	} {
		s := &strict{TB: t}
		web1, web2 := pair(s)
		o := shop(web1, web2)
		if tt.spoil != nil {
			tt.spoil(&o, web1, web2)
		}
		if r := deployertest.Run(s, o, append([]string{"--path"}, strings.Fields(tt.line)...)...); r.Status == 0 {
			t.Errorf("%s: the run succeeded", name)
		}
		if !slices.Equal(s.told, []string{tt.want}) {
			t.Errorf("%s: the test was told %q, want %q", name, s.told, tt.want)
		}
	}
}

// answers has these answers given to questions.
func answers(all ...deployertest.Answer) func(o *deployertest.Options, _, _ *deployertest.Host) {
	return func(o *deployertest.Options, _, _ *deployertest.Host) {
		o.Answers = append([]deployertest.Answer{}, all...)
	}
}

// readers is a sink that counts.
type readers int

func (n *readers) Write(journal.Event) error { *n++; return nil }

func TestSinks(t *testing.T) {
	web1, web2 := pair(t)
	web1.On("*")
	web2.On("*")
	root := newShop()
	var n readers
	o := deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2}, Sinks: []journal.Sink{&n}}
	r := deployertest.Run(t, o, "--path", "web", "version")
	if int(n) != len(r.Events) || n == 0 {
		t.Errorf("the sink got %d events of %d", n, len(r.Events))
	}
	before := n
	ctx := deployertest.Context(t, o)
	if err := root.Web.Each(ctx, func(ctx context.Context, w *Web) error { return w.Host(ctx).Run("true") }); err != nil {
		t.Error(err)
	}
	if n == before {
		t.Error("the sink got no events of a context")
	}
}

func TestCancelledHost(t *testing.T) {
	web1, web2 := pair(t)
	root := newShop()
	ctx := deployertest.Context(t, deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2}})
	ctx, cancel := context.WithCancel(ctx)
	web1.OnCall("*", func(ctx context.Context, _ hosts.Call) (int, error) {
		cancel()
		<-ctx.Done()
		return 0, errors.New("ended")
	})
	err := root.Web.At(ctx, 0, func(ctx context.Context, w *Web) error { return w.Host(ctx).Run("sleep 9") })
	if failed := hosts.Errors(err); len(failed) != 1 || failed[0].Fault != hosts.Interrupted {
		t.Errorf("got %v", err)
	}
}
