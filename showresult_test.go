package deployer_test

import (
	"strings"
	"testing"

	"deployer/console"
)

// resultTree has actions that return one thing or another.
const resultTree = `
fleet = [local_host("web1"), local_host("web2"), local_host("web3")]
key = secret("hunter2")
def text(env):
    return "a text"
def lines(env):
    return "a\nb\n"
def empty(env):
    return ""
def nothing(env):
    return None
def number(env):
    return 12345678901234567890
def fraction(env):
    return 1.0
def listed(env):
    return [1, "b", None, {"z": 1, "a": [True]}]
def hidden(env):
    return {"key": key, "all": "user:%s" % key}
def hiddenText(env):
    return "%s" % key
def node_of(env):
    return env.web
def shown(env):
    return env.web.hosts.run("echo shown")
def half(env):
    return env.web.hosts.run("echo shown") + ["more"]
def cell(env):
    return env.host.slug if env.host.slug != "web2" else None
def same(env):
    return {"version": 2}
def broken(env):
    if env.host.slug == "web2":
        fail("no")
    return "x\ny"
def said(env):
    return env.host.run("echo %s" % ("same" if env.host.slug != "web2" else "other"))
def unsaid(env):
    return env.host.run("echo %s" % env.host.slug, silent = True)
def suppressed(env):
    return "unseen"
root = node(
    actions = [text, lines, empty, nothing, number, fraction, listed, hidden, hiddenText, node_of, shown, half,
        action(suppressed, suppress_result = True)],
    web = parallel_node(actions = [cell, same, broken, said, unsaid, empty]).array(hosts = fleet),
)
`

// TestShowHasTheResult runs actions and shows their runs: the result is told in the same words, and nothing more is.
func TestShowHasTheResult(t *testing.T) {
	t.Parallel()
	p := lonePlace(t, resultTree)
	for _, line := range []string{"text", "lines", "empty", "nothing", "number", "fraction", "listed", "hidden", "hiddenText", "node_of",
		"shown", "half", "suppressed", "--path web cell", "--path web same", "--path web broken", "--path web said", "--path web unsaid",
		"--path web empty", "--path web[web1] cell"} {
		args := append([]string{"run", "--view", "merged"}, strings.Fields(line)...)
		r := p.start(t, args...)
		if status := r.status(); status != 0 && !strings.Contains(line, "broken") {
			t.Errorf("%s: exit status %d", line, status)
		}
		groups := strings.Split(r.out.String(), console.Rule)
		want := groups[len(groups)-1]
		for _, printed := range []string{"\nshown\n", "\nsame\n", "\nother\n"} { // by the last group, and not returned
			want = strings.TrimPrefix(want, printed)
		}
		show := p.start(t, "show", "last").wants(0)
		_, got, _ := strings.Cut(show.out.String(), console.Rule+"\nresult\n"+console.Rule+"\n")
		if strings.TrimPrefix(want, "\n") != got || strings.Contains(got, "hunter2") {
			t.Errorf("%s: its run showed %q, show shows %q:\n%s", line, want, got, &show.out)
		}
	}
}

// TestShowHostHasItsResult runs actions and shows what they did on some hosts: what was returned there is told as the run
// told it, and nothing of other hosts.
func TestShowHostHasItsResult(t *testing.T) {
	t.Parallel()
	p := lonePlace(t, resultTree)
	for _, test := range []struct{ line, on, want string }{
		{"--path web cell", "web1", "web1\tweb1\n"},
		{"--path web cell", "web2", ""},
		{"--path web cell", "web[2-3]", "web3\tweb3\n"},
		{"--path web same", "*", "web1\t{\"version\":2}\nweb2\t{\"version\":2}\nweb3\t{\"version\":2}\n"},
		{"--path web broken", "web3", "web3\t\"x\\ny\"\n"},
		{"--path web said", "web3", "same\n"},
		{"--path web empty", "web3", "web3\t\n"},
		{"--path web[web1] cell", "web1", "web1\n"},
		{"half", "*", "web1 | shown\nweb2 | shown\nweb3 | shown\n[\"shown\\n\",\"shown\\n\",\"shown\\n\",\"more\"]\n"},
		{"half", "web1", "shown\n"},
	} {
		args := append([]string{"run", "-s"}, strings.Fields(test.line)...)
		if status := p.start(t, args...).status(); status != 0 && !strings.Contains(test.line, "broken") {
			t.Errorf("%s: exit status %d", test.line, status)
		}
		show := p.start(t, "show", "last", test.on).wants(0)
		if got := show.out.String(); got != test.want {
			t.Errorf("%s on %s: %q, want %q", test.line, test.on, got, test.want)
		}
	}
	p.says(t, 2, []string{"show", "web1"}, `no journal of a run "web1": runs lists those there are; of the last run: show last web1`)
	p.says(t, 2, []string{"show", "web9"}, `no journal of a run "web9"`, "!of the last run")
}
