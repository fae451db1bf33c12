package deployertest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"deployer/console"
	"deployer/deployertest"
	"deployer/nodes"
)

const consoleTree = `
def restart(env):
    env.hosts.run("restart")
def some(env):
    c = env.console
    bar = c.progress_bar("looking", expected = 2)
    bar.next()
    node = c.select_node(env, filter = filters.has_action("restart"))
    bar.done()
    node.restart()
    c.lesspipe(["one", "two"])
    c.in_columns(["a", "b"])
    return str(c.select_node_isolation(env.web))
Web = parallel_node(actions = [restart])
root = node(hosts = [ssh_host("web1"), ssh_host("web2")], actions = [some], web = Web.array(), one = node(actions = [restart]))
`

// TestConsole answers what a console asks, without a terminal and at one.
func TestConsole(t *testing.T) {
	t.Setenv("TERM", "xterm") // a dumb terminal shows no bars
	web1, web2 := pair(t)
	web1.On("restart")
	web2.On("restart")
	file := filepath.Join(t.TempDir(), "deploy")
	if err := os.WriteFile(file, []byte(consoleTree), 0o600); err != nil {
		t.Fatal(err)
	}
	o := deployertest.Options{Script: file, Hosts: []*deployertest.Host{web1, web2}, Answers: []deployertest.Answer{
		{Question: "Select a node", Answer: "/web"}, {Question: "choose a host", Answer: "web2"},
		{Question: "choose a host", Answer: "1"},
	}}
	r := deployertest.Run(t, o, "some")
	if want := "one\ntwo\na\nb\n/web[web1]\n"; r.Status != 0 || r.Stdout != want {
		t.Errorf("exit status %d, printed %q, want %q; and\n%s", r.Status, r.Stdout, want, r.Stderr)
	}
	if len(web1.Calls()) != 0 || len(web2.Calls()) != 1 {
		t.Errorf("web1 got %+v, web2 %+v", web1.Calls(), web2.Calls())
	}

	term := deployertest.OnTerminal(t, o, "some")
	term.Expect("path, part of it, or number: ")
	term.Send("one\r")
	term.Expect("looking: 1/2 done")
	term.Expect("one\r\ntwo\r\na  b\r\n")
	term.Expect("number or name [random]: ")
	term.Send("web1\r")
	term.Expect("/web[web1]")
	if status := term.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestSelectNode chooses a node of a tree in Go, and calls an action of it.
func TestSelectNode(t *testing.T) {
	web1, web2 := pair(t)
	web2.On("cat VERSION", deployertest.Reply{Stdout: "1.1"})
	root := newShop()
	ctx := deployertest.Context(t, deployertest.Options{Root: root, Hosts: []*deployertest.Host{web1, web2},
		Answers: []deployertest.Answer{{Question: "which?", Answer: "web"}, {Question: "choose a host", Answer: "web2"}}})
	env, err := nodes.EnvOf(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	place, err := console.SelectNode(console.From(ctx), "which?", slices.Collect(env.Place().Walk().Places()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := env.Run().Env(place).Call(ctx, "version", nodes.Args{}); err != nil || got != "1.1" {
		t.Errorf("got %v, %v", got, err)
	}
}
