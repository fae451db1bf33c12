package deployer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
)

// alone is a place whose tree needs no host but this machine.
func alone(t *testing.T, tree string) place {
	t.Helper()
	dir := t.TempDir()
	p := place{dir: dir, home: dir}
	p.write(t, "deploy", tree)
	return p
}

const askingTree = `
def ask(env, go = True):
    c = env.console
    commit = c.input("commit", default = "main")
    where = c.choice("from where?", [("origin", 1), ("backup", 2)], default = 1)
    if go and not c.confirm("go on?"):
        return "no"
    return "%s from %d" % (commit, where)
def secret(env):
    env.host.run("cat; echo", initial_input = env.console.password("password"), interactive = False)
    env.console.warning("it was typed")
def each(env):
    return env.console.input("port")
def caught(env):
    return attempt(env.console.confirm, "go on?").error != None
Cells = parallel_node(actions = [each])
a = local_host("a")
b = local_host("b")
root = node(hosts = {"web": [a, b], "one": a}, web = Cells.array(hosts = map_roles("web")),
    one = node(hosts = map_roles("one"), actions = [ask, secret, caught]))
`

// TestQuestions asks at a real terminal.
func TestQuestionsOfActions(t *testing.T) {
	t.Parallel()
	p := alone(t, askingTree)
	t.Run("answered", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "ask")
		s.Expect("commit [main]: ")
		s.Send("v1\r")
		s.Expect("   1  origin\r\n   2  backup\r\nnumber or name [origin]: ")
		s.Send("backup\r")
		s.Expect("go on? [y/n] ")
		s.Send("\r")
		s.Expect("answer y or n")
		s.Send("y\r")
		s.Expect("v1 from 2")
		s.ends(0)
	})
	t.Run("password", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "--log", "log", "secret")
		s.Expect("password: ")
		s.Send("hunter2\r")
		s.Expect("********")
		s.Expect("it was typed")
		s.ends(0)
		log, err := os.ReadFile(filepath.Join(p.dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s.Output()+string(log), "hunter2") {
			t.Errorf("the password was shown, or is in the log:\n%s%s", s.Output(), log)
		}
	})
	t.Run("cells", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "web", "each")
		for range 2 {
			s.Expect("/web[")
			cell := s.Expect("]: port: ")
			s.Send("80" + cell + "\r")
		}
		s.Expect("a\t80a\r\nb\t80b\r\n")
		s.ends(0)
	})
}

// TestQuestionsOfActionsUnanswered ends the input, the program and the terminal in place of an answer.
func TestQuestionsOfActionsUnanswered(t *testing.T) {
	t.Parallel()
	p := alone(t, askingTree)
	t.Run("end of input", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "ask")
		s.Expect("commit [main]: ")
		s.Send("\x04")
		s.Expect(`"commit": the question was not answered`)
		s.ends(1)
	})
	t.Run("caught", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "caught")
		s.Expect("go on? [y/n] ")
		s.Send("\x04")
		s.Expect("true")
		s.ends(0)
	})
	t.Run("Ctrl-C", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "caught")
		s.Expect("go on? [y/n] ")
		s.Send("y\x03")
		s.Expect("interrupted")
		s.ends(130)
	})
	t.Run("window closed", func(t *testing.T) {
		s := p.sit(t, "run", "--path", "one", "ask")
		s.Expect("commit [main]: ")
		s.Hangup()
		if got := s.Wait(); got != 129 && got != 1 {
			t.Errorf("exit status %d", got)
		}
	})
	t.Run("while a host is at work", func(t *testing.T) {
		m := mark()
		p := alone(t, `
a = local_host("a")
b = local_host("b")
def go(env):
    if env.host.slug == "a":
        env.host.run("echo started; exec sleep `+m+`")
    else:
        env.console.confirm("go on?")
Go = parallel_node(actions = [go])
root = node(hosts = [a, b], all = Go.array())
`)
		s := p.sit(t, "run", "--path", "all", "go")
		s.Expect("/all[b]: go on? [y/n] ")
		s.Send("\x03")
		sshdtest.WaitGone(t, m, patience)
		s.ends(130)
	})
}

func TestQuestionsWithNobodyThere(t *testing.T) {
	t.Parallel()
	p := alone(t, askingTree)
	for _, tt := range []struct {
		args      string
		status    int
		out, errs string
	}{
		{"ask go=no", 0, "main from 1\n", "commit: main (nobody is asked)\nfrom where?: origin (nobody is asked)\n"},
		{"ask", 1, "", `"go on?": nobody is there to answer: run it at a terminal, or let the question have a default`},
		{"secret", 1, "", `"password": nobody is there to answer`},
		{"caught", 0, "true\n", ""},
	} {
		r := p.start(t, append([]string{"run", "--path", "one"}, strings.Fields(tt.args)...)...).wants(tt.status)
		if out, errs := r.out.String(), r.err.String(); out != tt.out || !strings.Contains(errs, tt.errs) {
			t.Errorf("%s printed\n%s%s", tt.args, out, errs)
		}
		s := p.sit(t, append([]string{"run", "--non-interactive", "--path", "one"}, strings.Fields(tt.args)...)...)
		if got := s.Wait(); got != tt.status {
			t.Errorf("%s at a terminal: status %d, printed\n%s", tt.args, got, s.Output())
		}
	}
}
