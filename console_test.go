package deployer_test

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/pty"
	"deployer/pty/ptytest"
)

const progressTree = `
def copy(env):
    bar = env.console.progress_bar("copying", expected = 3)
    for name in ["a", "b", "c"]:
        env.host.run("echo " + name, interactive = False)
        bar.next()
        env.console.input("go on?", default = "yes")
    if env.console.confirm("fail?", default = True):
        fail("it failed")
def steps(env):
    env.console.progress_bar_with_steps("installing", {1: "download", 2: "unpack"}).next()
def garbage(env):
    env.host.run("printf '\\033[?2004hprompt'; exit 3")
def show(env):
    c = env.console
    left = [10]
    def count():
        left[0] -= 1
        return "%d left" % left[0] if left[0] else None
    c.lesspipe(count)
    print("%d counted" % (10 - left[0]))
    c.in_columns(["one", "two", "three", "four"])
root = node(hosts = local_host(), actions = [copy, steps, garbage, show])
`

// TestProgress shows bars on a narrow terminal that changes its width, and without one.
func TestProgress(t *testing.T) {
	t.Parallel()
	p := alone(t, progressTree)
	t.Run("terminal", func(t *testing.T) {
		term := ptytest.Start(t, p.command("run", "copy"), pty.Size{Rows: 5, Cols: 20})
		term.Expect("copying: 0/3 0%")
		term.Expect("a\r\n")
		for i, size := range []pty.Size{{Rows: 5, Cols: 60}, {Rows: 5, Cols: 20}, {Rows: 0, Cols: 0}} {
			term.Expect("go on? [yes]: ")
			term.Resize(size)
			term.Send("\r")
			term.Expect([]string{"copying: 1/3 [=====", "copying: 2/3 66%", "copying: 3/3 ["}[i])
		}
		term.Expect("fail? [Y/n] ")
		term.Send("\r")
		term.Expect("copying: 3/3 stopped ")
		term.Expect("it failed")
		if status := term.Wait(); status != 1 {
			t.Errorf("exit status %d", status)
		}
	})
	t.Run("without", func(t *testing.T) {
		r := p.start(t, "run", "copy").wants(1)
		if out, errs := r.out.String(), r.err.String(); out != "a\nb\nc\n" ||
			!strings.Contains(errs, "\ncopying: 0/3\n") || !strings.Contains(errs, "\ncopying: 3/3 stopped ") {
			t.Errorf("printed\n%s%s", out, errs)
		}
		r = p.start(t, "run", "steps").wants(0)
		errs := r.err.String()
		for _, want := range []string{"installing: 0/2\n", "installing: 1/2 download\n", "installing: 1/2 done "} {
			if !strings.Contains(errs, want) {
				t.Errorf("%q is missing in\n%s", want, errs)
			}
		}
	})
	t.Run("not interactive", func(t *testing.T) {
		term := ptytest.Start(t, p.command("run", "--non-interactive", "copy"), pty.Size{Rows: 5, Cols: 20})
		term.Expect("copying: 0/3 0%")
		term.Expect("copying: 3/3 stop")
		if status := term.Wait(); status != 1 {
			t.Errorf("exit status %d", status)
		}
	})
}

// TestProgressIsDrawn looks at the window while a bar stands below the lines, and its size changes.
func TestProgressIsDrawn(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def copy(env):
    bar = env.console.progress_bar("copying", expected = 4)
    for i in range(1, 5):
        bar.next()
        env.host.run("echo line %d; read x" % i)
        env.host.output("until test -e %d; do sleep 0.01; done" % i)
root = node(hosts = local_host(), actions = [copy])
`)
	term := ptytest.Start(t, p.command("run", "--color", "never", "copy"), pty.Size{Rows: 6, Cols: 48})
	for i, size := range []pty.Size{{Rows: 6, Cols: 20}, {Rows: 4, Cols: 30}, {Rows: 6, Cols: 48}, {Rows: 6, Cols: 48}} {
		term.Expect(fmt.Sprintf("line %d\r\n", i+1))
		term.Send("\r")
		term.Resize(size)
		bar := []string{"copying: 1/4 25%", "copying: 2/4 50% 0:0", "copying: 3/4 [======", "copying: 4/4 [======"}[i]
		drawn := func() bool {
			window := term.Drawn()
			last := window[strings.LastIndexByte(window, '\n')+1:]
			return strings.HasPrefix(last, bar) && strings.Count(window, "copying") == 1
		}
		for deadline := time.Now().Add(patience); !drawn(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the window shows\n%s\nwant at its end %s", term.Drawn(), bar)
			}
		}
		p.write(t, fmt.Sprint(i+1), "")
	}
	term.Expect("copying: 4/4 done ")
	if status := term.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestPagerAndColumns prints to a terminal of 20 columns, and to a file.
func TestPagerAndColumns(t *testing.T) {
	t.Parallel()
	p := alone(t, progressTree)
	for key, want := range map[string]string{"q": "5 counted", "\x03": "5 counted", " ": "10 counted"} {
		term := ptytest.Start(t, p.command("run", "show"), pty.Size{Rows: 5, Cols: 20})
		term.Expect("9 left\r\n8 left\r\n7 left\r\n6 left\r\n-- any key: more, …")
		term.Send(key)
		if key == " " {
			term.Expect("5 left\r\n4 left\r\n3 left\r\n2 left\r\n-- any key: more, …")
			term.Send(key)
			term.Expect("1 left")
		}
		term.Expect(want)
		term.Expect("one    three\r\ntwo    four\r\n")
		if status := term.Wait(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	}
	want := "9 left\n8 left\n7 left\n6 left\n5 left\n4 left\n3 left\n2 left\n1 left\n10 counted\none\ntwo\nthree\nfour\n"
	if got := p.start(t, "run", "show").wants(0).out.String(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	term := ptytest.Start(t, p.command("run", "--non-interactive", "show"), pty.Size{Rows: 5, Cols: 20})
	term.Expect("1 left\r\n10 counted\r\none    three")
	term.Wait()
}

// TestPagerEnds leaves a pager of lines without end, by other ways than its keys.
func TestPagerEnds(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def pages(env):
    n = [0]
    def line():
        n[0] += 1
        if n[0] == 2:
            env.console.input("name", default = "x")
        return "line %d" % n[0]
    env.console.lesspipe(line)
root = node(hosts = local_host(), actions = [pages])
`)
	for name, tt := range map[string]struct {
		end    func(*session)
		status int
	}{
		"SIGTERM": {func(s *session) { _ = syscall.Kill(s.pid, syscall.SIGTERM) }, 143},
		"SIGINT":  {func(s *session) { _ = syscall.Kill(s.pid, syscall.SIGINT) }, 130},
		"q":       {func(s *session) { s.Send("q") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := p.sit(t, "run", "pages")
			s.Expect("name [x]: ")
			s.Send("\r")
			s.Expect("any key")
			tt.end(s)
			s.ends(tt.status)
		})
	}
	t.Run("window closed", func(t *testing.T) {
		s := p.sit(t, "run", "pages")
		s.Expect("name [x]: ")
		s.Send("\r")
		s.Expect("any key")
		s.Hangup()
		if got := s.Wait(); got != 129 && got != 141 && got != 1 {
			t.Errorf("exit status %d", got)
		}
	})
	t.Run("closed output", func(t *testing.T) {
		cmd := p.command("run", "pages")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 1000)); err != nil {
			t.Error(err)
		}
		out.Close()
		_ = cmd.Wait() // its status counts
		if got := cmd.ProcessState.ExitCode(); got != 141 {
			t.Errorf("exit status %d", got)
		}
	})
}

// TestProgressIsInterrupted types Ctrl-C while a bar is shown.
func TestProgressIsInterrupted(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def wait(env):
    env.console.progress_bar("waiting")
    while True:
        pass
root = node(hosts = local_host(), actions = [wait])
`)
	s := p.sit(t, "run", "wait")
	s.Expect("waiting: 0 0:00:00")
	s.Send("\x03")
	s.Expect("waiting: 0 stopped ")
	s.ends(130)
}

// TestSelectNode chooses a node by a part of its path, and by Tab, and then its cell.
func TestSelectNode(t *testing.T) {
	t.Parallel()
	p := alone(t, `
def where(env):
    return env.console.select_node(env, prompt = "Where?", filter = filters.has_action("here")).here()
def here(env):
    return env
Web = parallel_node(actions = [here])
root = node(hosts = [local_host("a"), local_host("b")], actions = [where], web = Web.array(), wiki = node(actions = [here]))
`)
	term := ptytest.Start(t, p.command("run", "where"), pty.Size{Rows: 20, Cols: 20})
	term.Expect("Where?\r\n   1  /web\r\n   2  /wiki\r\npath, part of it, or number: ")
	term.Send("/\t")
	term.Expect("/w")
	term.Send("\t")
	term.Expect("/web   /wiki\r\n")
	term.Send("e\r")
	term.Expect("choose a host\r\n   1  a")
	term.Expect("number or name [random]: ")
	term.Send("b\r")
	term.Expect("/web[b]\r\n")
	if status := term.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	r := p.start(t, "run", "where").wants(1)
	if errs := r.err.String(); !strings.Contains(errs, `"Where?": nobody is there to answer`) {
		t.Errorf("printed\n%s", errs)
	}
}

// TestQuestionsAtOddTerminals asks where there is little place, and where nobody knows how much.
func TestQuestionsAtOddTerminals(t *testing.T) {
	t.Parallel()
	p := alone(t, askingTree)
	for _, size := range []pty.Size{{Rows: 5, Cols: 20}, {Rows: 1, Cols: 1}, {}} {
		term := ptytest.Start(t, p.command("run", "--path", "one", "ask"), size)
		term.Expect("commit [main]: ")
		term.Send("grö\x7fö😀\x7f日本\r")
		term.Expect("number or name [origin]: ")
		term.Send("ba\t\r")
		term.Expect("go on? [y/n] ")
		term.Send("y\r")
		term.Expect("grö日本 from 2")
		if status := term.Wait(); status != 0 {
			t.Errorf("%v: exit status %d", size, status)
		}
		term = ptytest.Start(t, p.command("run", "--path", "one", "secret"), size)
		term.Expect("password: ")
		term.Send("\x03")
		term.Expect("interrupted")
		if status := term.Wait(); status != 130 {
			t.Errorf("%v: exit status %d after Ctrl-C", size, status)
		}
	}
}

// TestReportWithoutTheTerminal fails a command that had the terminal: what it drew there is not repeated.
func TestReportWithoutTheTerminal(t *testing.T) {
	t.Parallel()
	s := alone(t, progressTree).sit(t, "run", "garbage")
	s.Expect("prompt")
	s.Expect("abort? ")
	s.Send("a\r")
	s.Expect("exit status 3")
	s.ends(1)
	if all := s.Output(); strings.Count(all, "prompt") != 3 || strings.Contains(all, "^[") {
		t.Errorf("the report repeats what was on the terminal:\n%s", all)
	}
}
