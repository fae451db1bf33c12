package console

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deployer/journal"
	"deployer/pty"
)

func message(text string) journal.Event { return journal.Event{Kind: journal.Message, Message: text} }

func TestBarBelowTheLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaper(t, 60, 24)
		c, run := onPaper(t, p, Options{})
		write := func(e journal.Event) {
			if err := run.screen.Write(e); err != nil {
				t.Error(err)
			}
		}
		write(message("before"))
		bar := c.Progress("Looking for nodes", ProgressOptions{Expected: 10})
		p.shows("before", "Looking for nodes: 0/10 [                      ] 0% 0:00:00")
		bar.Next()
		bar.Set(5)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p.shows("before", "Looking for nodes: 5/10 [==========           ] 50% 0:00:02")
		write(message("a line"))
		write(output(1, "web1", journal.Stdout, "whole\n"))
		bar.Set(10)
		bar.Redraw()
		p.shows("before", "a line", "whole", "Looking for nodes: 10/10 [===================] 100% 0:00:02")
		write(output(1, "web1", journal.Stderr, "part"))
		bar.Redraw()
		p.shows("before", "a line", "whole", "part")
		write(output(1, "web1", journal.Stderr, " and the rest\n"))
		bar.Done()
		bar.Stop()
		bar.Next()
		bar.Redraw()
		p.shows("before", "a line", "whole", "part and the rest", "Looking for nodes: 10/10 done 2.00s", "")
	})
}

// A question and a command that has the terminal take the place of bars.
func TestBarsMakePlace(t *testing.T) { synctest.Test(t, barsMakePlace) }

func barsMakePlace(t *testing.T) {
	p := newPaper(t, 30, 24)
	c, run := onPaper(t, p, Options{})
	bar := c.Progress("copying", ProgressOptions{})
	p.shows("copying: 0 0:00:00")
	if err := run.screen.showQuestion("sure? "); err != nil {
		t.Error(err)
	}
	bar.Redraw()
	p.shows("sure? ")
	if err := run.screen.Write(message("a line")); err != nil {
		t.Error(err)
	}
	if err := run.screen.showQuestion("sure? y"); err != nil {
		t.Error(err)
	}
	p.shows("a line", "sure? y")
	if err := run.screen.endQuestion(); err != nil {
		t.Error(err)
	}
	p.shows("a line", "sure? y", "copying: 0 0:00:00")
	if err := run.screen.lend(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	bar.Next()
	bar.Redraw()
	other := c.Progress("another", ProgressOptions{Clear: true})
	p.shows("a line", "sure? y", "copying: 1 0:00:00", "another: 0 0:00:00")
	for _, text := range []string{"\r\n", "printed by a command\r\n"} {
		if err := run.screen.Write(output(1, "web1", journal.Terminal, text)); err != nil {
			t.Error(err)
		}
	}
	bar.Next()
	bar.Redraw()
	p.shows("a line", "sure? y", "", "printed by a command", "")
	run.screen.getBack()
	p.shows("a line", "sure? y", "", "printed by a command", "copying: 2 0:00:00", "another: 0 0:00:00")
	other.Done()
	bar.Stop()
	p.shows("a line", "sure? y", "", "printed by a command", "copying: 2 stopped 0.00s", "")
}

func TestBarsWhenTheWindowChanges(t *testing.T) {
	for _, wrap := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPaper(t, 60, 24)
			c, run := onPaper(t, p, Options{})
			if err := run.screen.Write(message("a line")); err != nil {
				t.Error(err)
			}
			one := c.Progress("one", ProgressOptions{Expected: 2})
			two := c.Progress("two", ProgressOptions{Expected: 2})
			graph := "[" + strings.Repeat(" ", 37) + "]"
			p.shows("a line", "one: 0/2 "+graph+" 0% 0:00:00", "two: 0/2 "+graph+" 0% 0:00:00")
			p.resize(20, wrap)
			time.Sleep(time.Second)
			synctest.Wait()
			p.shows("a line", "one: 0/2 0% 0:00:01", "two: 0/2 0% 0:00:01")
			p.resize(100, wrap)
			time.Sleep(time.Second)
			synctest.Wait()
			graph = "[" + strings.Repeat(" ", maxGraph) + "]"
			p.shows("a line", "one: 0/2 "+graph+" 0% 0:00:02", "two: 0/2 "+graph+" 0% 0:00:02")
			one.Done()
			two.Done()
			p.shows("a line", "one: 0/2 done 2.00s", "two: 0/2 done 2.00s", "")
		})
	}
}

// The window becomes narrower after the program has asked for its size.
func TestBarsInAWindowThatJustChanged(t *testing.T) {
	p := newPaper(t, 20, 24)
	wrong := p.output()
	wrong.Size = func() pty.Size { return pty.Size{Rows: 24, Cols: 60} }
	c, _ := onScreen(t, NewScreen(Options{Stdout: wrong, Stderr: wrong}))
	one := c.Progress("one", ProgressOptions{Expected: 2, Clear: true})
	two := c.Progress("two", ProgressOptions{Expected: 2, Clear: true})
	if got := strings.Count(p.text(), "\n"); got != 1 {
		t.Errorf("two bars take %d lines:\n%s", got+1, p.text())
	}
	one.Done()
	two.Done()
	p.shows("")
}

func TestProgressLine(t *testing.T) {
	long := Progress{Message: "Installing", Count: 3, Expected: 9, Elapsed: 3725 * time.Second, Status: "configure"}
	wide := Progress{Message: "日本語のノードを探す", Count: 7}
	for _, tt := range []struct {
		p       Progress
		columns int
		want    string
	}{
		{long, 79, "Installing: 3/9 [=============                          ] 33% 1:02:05 configure"},
		{long, 46, "Installing: 3/9 [==    ] 33% 1:02:05 configure"},
		{long, 45, "Installing: 3/9 33% 1:02:05 configure"},
		{long, 39, "Installing: 3/9 33% 1:02:05 configure"},
		{long, 36, "Installing: 3/9 33% 1:02:05 configu…"},
		{long, 27, "Installing: 3/9 33% 1:02:05"},
		{long, 19, "Installing: 3/9 33%"},
		{long, 15, "Instal… 3/9 33%"},
		{long, 4, "… 3…"},
		{long, 1, "…"},
		{long, 0, ""},
		{wide, 40, "日本語のノードを探す: 7 0:00:00"},
		{wide, 19, "日本語のノードを… 7"},
		{Progress{Message: "m", Count: 30, Expected: 10}, 30, "m: 30/10 [======] 300% 0:00:00"},
	} {
		got := tt.p.line(tt.columns)
		if got != tt.want {
			t.Errorf("in %d columns %q, want %q", tt.columns, got, tt.want)
		}
		if Width(got) > tt.columns {
			t.Errorf("%q has %d columns, more than %d", got, Width(got), tt.columns)
		}
	}
}

func TestProgressSteps(t *testing.T) { synctest.Test(t, progressSteps) }

func progressSteps(t *testing.T) {
	p := newPaper(t, 60, 24)
	c, _ := onPaper(t, p, Options{})
	bar := c.Progress("Installing", ProgressOptions{Steps: map[int]string{1: "download", 2: "unpack", 4: "configure"}})
	for count, want := range []string{
		"Installing: 0/4 [                              ] 0% 0:00:00",
		"Installing: 1/4 [=====               ] 25% 0:00:00 download",
		"Installing: 2/4 [===========           ] 50% 0:00:00 unpack",
		"Installing: 3/4 [================      ] 75% 0:00:00 unpack",
		"Installing: 4/4 [==================] 100% 0:00:00 configure",
	} {
		bar.Set(count)
		bar.Redraw()
		p.shows(want)
	}
	bar.Done()
	p.shows("Installing: 4/4 done 0.00s", "")
}

func TestProgressWithoutATerminal(t *testing.T) {
	for name, o := range map[string]Output{"file": {}, "dumb": {Terminal: true, Dumb: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				o.W = &out
				c, run := onScreen(t, NewScreen(Options{Stdout: o, Stderr: o}))
				bar := c.Progress("copying", ProgressOptions{Expected: 100})
				for range 42 {
					time.Sleep(time.Second)
					bar.Next()
					bar.Redraw()
				}
				bar.Stop()
				steps := c.Progress("installing", ProgressOptions{Steps: map[int]string{0: "look", 2: "unpack"}})
				steps.Next()
				steps.Next()
				steps.Done()
				want := "copying: 0/100\ncopying: 10/100\ncopying: 20/100\ncopying: 30/100\ncopying: 40/100\n" +
					"copying: 42/100 stopped 42.00s\n" +
					"installing: 0/2 look\ninstalling: 2/2 unpack\ninstalling: 2/2 done 0.00s\n"
				if got := out.String(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if got := strings.Join(run.log, "\n") + "\n"; got != want {
					t.Errorf("the journal has %s, want %s", got, want)
				}
			})
		})
	}
}

func TestProgressClearAndFormat(t *testing.T) { synctest.Test(t, progressClearAndFormat) }

func progressClearAndFormat(t *testing.T) {
	p := newPaper(t, 24, 24)
	c, run := onPaper(t, p, Options{})
	run.secrets.Add("hunter2")
	format := func(q Progress) string {
		return fmt.Sprintf("%s\x1b[2J hunter2 %d of %d, %d%% %s", q.Message, q.Count, q.Expected, q.Percent(), q.Status)
	}
	clear := c.Progress("cleared\n", ProgressOptions{Clear: true})
	bar := c.Progress("a", ProgressOptions{Expected: 8, Format: format})
	bar.Next()
	bar.Redraw()
	p.shows("cleared: 0 0:00:00", "a^[[2J ******** 1 of 8…")
	clear.Done()
	p.shows("a^[[2J ******** 1 of 8…")
	bar.Done()
	if want := []string{"a\x1b[2J hunter2 1 of 8, 12% done"}; !slices.Equal(run.log, want) {
		t.Errorf("the log is %q, want %q", run.log, want)
	}
}

// A bar that nobody ended ends with its action, and with the screen.
func TestForgottenBars(t *testing.T) { synctest.Test(t, forgottenBars) }

func forgottenBars(t *testing.T) {
	p := newPaper(t, 30, 24)
	c, run := onPaper(t, p, Options{})
	bar := c.Progress("one", ProgressOptions{})
	run.where.Parent = 8
	c.Progress("two", ProgressOptions{})
	p.shows("one: 0 0:00:00", "two: 0 0:00:00")
	if err := run.screen.Write(journal.Event{Kind: journal.ActionEnd, ID: 7, State: journal.Done}); err != nil {
		t.Error(err)
	}
	p.shows("two: 0 0:00:00")
	bar.Next()
	bar.Redraw()
	p.shows("two: 0 0:00:00")
	if err := run.screen.Close(); err != nil {
		t.Error(err)
	}
	late := c.Progress("late", ProgressOptions{Clear: true})
	late.Redraw()
	time.Sleep(time.Second)
	late.Done()
	p.shows("")
}

func TestManyBars(t *testing.T) { synctest.Test(t, manyBars) }

func manyBars(t *testing.T) {
	p := newPaper(t, 20, 6)
	c, run := onPaper(t, p, Options{Prefix: true})
	var all sync.WaitGroup
	var bars []*Bar
	for i := range 5 {
		run.where = journal.Event{Parallel: true, Node: "/web", Host: []string{"a", "b", "c", "d", ""}[i]}
		bars = append(bars, c.Progress("m", ProgressOptions{Expected: 1000}))
	}
	p.shows("a: m: 0/1000 0%", "b: m: 0/1000 0%", "c: m: 0/1000 0%", "… and 2 more")
	for _, b := range bars {
		all.Go(func() {
			for i := range 1000 {
				b.Next()
				if i%100 == 0 {
					b.Redraw()
				}
			}
		})
	}
	all.Wait()
	for _, b := range bars[:2] {
		b.Done()
	}
	bars[4].Redraw()
	p.shows("/web: m: 1000/1000 d", "one 0.00s", "/web: m: 1000/1000 d", "one 0.00s",
		"c: … 1000/1000 100%", "d: … 1000/1000 100%", "/we… 1000/1000 100%")
}
