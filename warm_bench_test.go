package deployer_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"deployer/internal/ratio"
	"deployer/pty"
)

// warmHosts is how many hosts the benchmark of a shell has.
const warmHosts = 100

// BenchmarkWarm runs hostname again and again on 100 hosts of a real sshd that are connected: in a shell, at a terminal
// with the live view, and by the least that a program can do, which is what sshd and its children take: with a terminal
// for each command, as the view has them, and without.
func BenchmarkWarm(b *testing.B) {
	lab := newColdLab(b)
	ways := lab.ways(b, warmHosts)
	tree := ways[0].line[1]
	theirs := ways[1].line[:len(ways[1].line):len(ways[1].line)]
	shell, bare := startShellAt(b, lab, tree), startBare(b, append(theirs, "warm"))
	minimal := startBare(b, append(theirs, "terminal", "warm"))
	if err := shell.run(); err != nil { // which connects, as the others have
		b.Fatal(err)
	}
	ratio.Compare(b, 4, ratio.Way{Name: "shell", Do: shell.run}, ratio.Way{Name: "minimal", Do: minimal.run},
		ratio.Way{Name: "bare", Do: bare.run})
}

// asked is a program that does something when it is given a line, and says when it has.
type asked struct {
	in   io.Writer
	out  *bufio.Reader
	line string
	done string // what it prints then
}

func (a *asked) run() error {
	if _, err := io.WriteString(a.in, a.line); err != nil {
		return err
	}
	return a.until(a.done)
}

// until reads until a text has come.
func (a *asked) until(text string) error {
	var seen strings.Builder
	for !strings.HasSuffix(seen.String(), text) {
		c, err := a.out.ReadByte()
		if err != nil {
			return fmt.Errorf("%w: %q", err, seen.String())
		}
		seen.WriteByte(c)
	}
	return nil
}

func startShellAt(b *testing.B, lab *coldLab, tree string) *asked {
	b.Helper()
	cmd := exec.Command(lab.deployer, tree)
	cmd.Env = []string{"HOME=" + lab.dir, "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	terminal, err := pty.Start(cmd, pty.Size{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = terminal.Close()
		_ = cmd.Wait()
	})
	const prompt = "/ > \r\x1b[4C\x1b[?7h\x1b[?25h" // with nothing typed yet
	a := &asked{in: terminal, out: bufio.NewReader(terminal), line: "name\r", done: prompt}
	if err := a.until(prompt); err != nil {
		b.Fatal(err)
	}
	return a
}

func startBare(b *testing.B, line []string) *asked {
	b.Helper()
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &asked{in: in, out: bufio.NewReader(out), line: "\n", done: "all done\n"}
}
