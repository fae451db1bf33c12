package deployer_test

import (
	"os/exec"
	"strings"
	"testing"

	"deployer/pty/ptytest"
)

const completionTree = `#!/usr/bin/env deployer
def release(env, version, force = False):
    """Install a version."""
    print("released %s in %s, %s" % (version, env.name, force))
Web = node(name = "the web", actions = [release])
root = node(production = node(web = Web()), staging = node(web = Web()))
`

// lonePlace is a place with a tree that needs no hosts.
func lonePlace(t *testing.T, tree string) place {
	p := place{dir: t.TempDir()}
	p.home = p.dir
	p.write(t, "deploy", tree)
	return p
}

// TestCompletionInShells types half of a line at real shells, lets them complete the rest, and runs it.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []struct {
		command []string
		load    string
	}{
		{[]string{"bash", "--norc", "--noprofile", "-i"}, "source /usr/share/bash-completion/bash_completion; source <(deployer completion bash)"},
		{[]string{"zsh", "-f", "-i"}, "autoload -U compinit; compinit -u -D; source <(deployer completion zsh)"},
		{[]string{"fish", "--no-config", "-i"}, "deployer completion fish | source"},
	} {
		for _, program := range []string{"deployer", "./deploy"} {
			t.Run(shell.command[0]+" "+program, func(t *testing.T) {
				t.Parallel()
				p := lonePlace(t, completionTree)
				cmd := exec.Command(shell.command[0], shell.command[1:]...)
				cmd.Dir, cmd.Env = p.dir, p.command().Env
				term := ptytest.Start(t, cmd, window)
				term.Send(shell.load + "; echo rea''dy\r")
				term.Expect("ready\r\n")
				term.Send(program + " run --path pro\t")
				term.Expect("uction")
				term.Send("/w\t rel\t")
				term.Expect("ease")
				term.Send("ver\t")
				term.Expect("sion=")
				term.Send("2.1 force=t\t\r")
				term.Expect("released 2.1 in the web, True")
				term.Send("exit\r")
				term.Wait()
			})
		}
	}
}

// TestCompletionRequests asks for completions as the scripts do.
func TestCompletionRequests(t *testing.T) {
	t.Parallel()
	p := lonePlace(t, completionTree)
	p.write(t, "broken.star", "root = nowhere\n")
	for _, test := range []struct {
		typed string // its words; the last is to be completed
		want  string
	}{
		{"run --path /", "/production /staging"},
		{"run --path st", "staging"},
		{"run --path staging.", "staging.web"},
		{"run --path nowhere/", ""},
		{"run ", ""},
		{"run --path staging/web ", "release"},
		{"run --path staging/web release ", "version= force="},
		{"run --path staging/web release 2.1 ", "force="},
		{"run --path staging/web release force=true ", "version="},
		{"run --path staging/web release force=", "force=true force=false"},
		{"run --path staging/web -- rel", "release"},
		{"-f deploy run --path st", "staging"},
		{"./deploy run --path st", "staging"},
		{"./broken.star run --path st", ""},
		{"run --view ", "live lines tree hosts merged diff"},
		{"run --color ", "auto always never"},
		{"run --host-keys ", "strict accept-new"},
		{"completion ", "bash zsh fish"},
		{"comp", "completion"},
	} {
		cmd := p.command(append([]string{"__complete"}, strings.Split(test.typed, " ")...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", test.typed, err)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if text, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); !strings.HasPrefix(text, ":") {
				got = append(got, text)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: got %q, want %q", test.typed, got, test.want)
		}
	}
	if out, err := p.command("completion", "tcsh").CombinedOutput(); err == nil || !strings.Contains(string(out), "bash, zsh or fish") {
		t.Errorf("completion tcsh: %v: %s", err, out)
	}
}
