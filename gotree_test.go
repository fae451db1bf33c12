package deployer_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer"
	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/nodes"
)

// Deaf is a node whose action heeds no context.
type Deaf struct {
	nodes.Node
	started, release chan struct{}
}

// Wait waits until it is released, whatever happens.
func (d *Deaf) Wait(context.Context) {
	close(d.started)
	<-d.release
}

// TestDeafActionIsLeftBehind interrupts an action that does not end, twice.
func TestDeafActionIsLeftBehind(t *testing.T) {
	t.Parallel()
	d := &Deaf{started: make(chan struct{}), release: make(chan struct{})}
	defer close(d.release)
	signals := make(chan os.Signal, 2)
	var waiter sync.WaitGroup
	waiter.Go(func() {
		<-d.started
		signals <- os.Interrupt
		signals <- os.Interrupt
	})
	var out, errs bytes.Buffer
	status := deployer.Program{Root: d}.Run(t.Context(), []string{"run", "wait"}, deployer.Stdio{Out: &out, Err: &errs, Signals: signals})
	waiter.Wait()
	if status != 130 || !strings.Contains(errs.String(), "the action did not end when it was interrupted, and was left behind") {
		t.Errorf("exit status %d:\n%s", status, errs.String())
	}
}

// TestCommandLineOfGoTree looks at the command line of a program that has its tree in itself.
func TestCommandLineOfGoTree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		exit int
		want []string // in what is printed
		not  []string
	}{
		{[]string{"--help"}, 0, []string{"shop runs the actions of a deployment tree", "  run ", "  check ", "  completion "}, []string{"TREE", "  init ", "  demo ", "deployer"}},
		{[]string{"--version"}, 0, []string{"shop "}, nil},
		{[]string{"run", "--help"}, 0, []string{"shop run [OPTIONS]"}, []string{"deployer"}},
		{[]string{"completion", "bash"}, 0, []string{"complete -o default -F __start_shop shop"}, nil},
		{[]string{"./deploy"}, 2, []string{`shop: "./deploy" is not a command: to run an action, write shop run ./deploy`, "try 'shop --help'"}, nil},
		{[]string{"-f", "deploy"}, 2, []string{"shop: there is no option -f", "try 'shop --help'"}, nil},
		{[]string{"init"}, 2, []string{`"init" is not a command`}, nil},
		{[]string{"run", "--color", "pink", "x"}, 2, []string{`shop: --color is "pink"`, "try 'shop run --help'"}, nil},
		{[]string{"check"}, 0, []string{"System: 13 nodes, 3 hosts, no mistakes"}, nil},
	} {
		var out, errs bytes.Buffer
		p := deployer.Program{Root: newSystem(), Name: "shop"}
		status := p.Run(t.Context(), tt.args, deployer.Stdio{Out: &out, Err: &errs})
		text := out.String() + errs.String()
		missing := func(want string) bool { return !strings.Contains(text, want) }
		if status != tt.exit || slices.ContainsFunc(tt.want, missing) || slices.ContainsFunc(tt.not, func(s string) bool { return !missing(s) }) {
			t.Errorf("%q: exit status %d, want %d and %q, not %q:\n%s", tt.args, status, tt.exit, tt.want, tt.not, text)
		}
	}
}

// kinds are the kinds of the events that a sink has got.
type kinds struct{ list []journal.Kind }

func (k *kinds) Write(e journal.Event) error {
	k.list = append(k.list, e.Kind)
	return nil
}

// TestTwoTreesInOneProcess runs two programs at once, each with a reader of its journal.
func TestTwoTreesInOneProcess(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for _, line := range []string{"run --path staging.database start", "run --path production.master hostname"} {
		wait.Go(func() {
			seen := &kinds{}
			var out, errs bytes.Buffer
			p := deployer.Program{Root: newSystem(), Sinks: []journal.Sink{seen}}
			if status := p.Run(t.Context(), strings.Fields(line), deployer.Stdio{Out: &out, Err: &errs}); status != 0 {
				t.Errorf("%s: exit status %d:\n%s", line, status, errs.String())
			}
			if n := len(seen.list); n < 4 || seen.list[0] != journal.RunStart || seen.list[n-1] != journal.RunEnd {
				t.Errorf("%s: the reader of the journal saw %q", line, seen.list)
			}
		})
	}
	wait.Wait()
}

// brokenSink fails at every event.
type brokenSink struct{ events int }

func (b *brokenSink) Write(journal.Event) error {
	b.events++
	return errors.New("no paper")
}

// TestFailingSink: a reader of the journal that fails is told of, and keeps neither the run nor other readers away.
func TestFailingSink(t *testing.T) {
	t.Parallel()
	broken, good := &brokenSink{}, &kinds{}
	var out, errs bytes.Buffer
	p := deployer.Program{Root: newSystem(), Name: "shop", Sinks: []journal.Sink{broken, good}}
	status := p.Run(t.Context(), strings.Fields("run --path staging.database start"), deployer.Stdio{Out: &out, Err: &errs})
	if want := "shop: a reader of the journal failed, and got no more of it: no paper\n"; status != 1 || !strings.HasSuffix(errs.String(), want) {
		t.Errorf("exit status %d, want 1 and at the end %q:\n%s", status, want, &errs)
	}
	if n := len(good.list); broken.events != 1 || n < 4 || good.list[n-1] != journal.RunEnd {
		t.Errorf("the broken reader got %d events, the good one %q", broken.events, good.list)
	}
}

// TestMistakesOfGoTree starts a program over a struct with mistakes.
func TestMistakesOfGoTree(t *testing.T) {
	t.Parallel()
	s := newSystem()
	s.Staging.Database.Name = ""
	s.Production.Roles[0].Hosts[0] = nodes.SSHHost(hosts.SSHOptions{Slug: "web1", Port: -1})
	for _, args := range [][]string{nil, {"check"}, {"run", "x"}} {
		var out, errs bytes.Buffer
		status := deployer.Program{Root: s}.Run(t.Context(), args, deployer.Stdio{Out: &out, Err: &errs})
		for _, want := range []string{"/staging/database: deployer_test.Service.Name is required", "  hint: the service to manage\n", "gotree_test.go:", `host "web1": port is -1`} {
			if status != 2 || !strings.Contains(errs.String(), want) {
				t.Errorf("%q: exit status %d, want %q in\n%s", args, status, want, errs.String())
			}
		}
	}
}

// TestGoTreeOverSSH runs actions of a tree in Go on a real sshd, and on a host that is not there.
func TestGoTreeOverSSH(t *testing.T) {
	t.Parallel()
	server := sshdtest.Start(t, sshdtest.Options{})
	machine := func(slug string, port int) hosts.Host {
		return nodes.SSHHost(hosts.SSHOptions{Slug: slug, Address: "127.0.0.1", Port: port, Username: me(),
			KeyFilename: server.ClientKeyFile, KnownHosts: []string{server.KnownHostsFile}, ConfigFilename: "none"})
	}
	web1, web2, down := machine("web1", server.Port), machine("web2", server.Port), machine("down1", deadPort(t))
	for _, tt := range []struct {
		web   []hosts.Host
		exit  int
		wants []string
	}{
		{[]hosts.Host{web1, web2}, 0, []string{"web1\tv1 false on ", "web2\tv1 false on "}},
		{[]hosts.Host{web1, down}, 3, []string{"web1\tv1 false on ", "down1", "refused"}},
	} {
		root := &System{Staging: webSystem("example.com", tt.web, web1), Production: webSystem("example.com", tt.web, web1)}
		var out, errs bytes.Buffer
		line := strings.Fields("run --non-interactive --path staging.git checkout v1")
		status := deployer.Program{Root: root, NoJournal: true}.Run(t.Context(), line,
			deployer.Stdio{Out: &out, Err: &errs, Getenv: os.Getenv})
		for _, want := range tt.wants {
			if status != tt.exit || !strings.Contains(out.String()+errs.String(), want) {
				t.Errorf("exit status %d, want %d and %q:\n%s%s", status, tt.exit, want, &out, &errs)
			}
		}
	}
}
