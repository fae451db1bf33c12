package lineedit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"deployer/pty"
)

// typistName makes the program of the tests read lines on its terminal, in place of running the tests.
const typistName = "LINEEDIT_TYPIST"

func TestMain(m *testing.M) {
	if os.Getenv(typistName) == "" {
		os.Exit(m.Run())
	}
	e := New(Options{Terminal: pty.NewTerminal(os.Stdin), Complete: offering(append(nodes, wideNames...))})
	sizes := make(chan os.Signal, 1)
	signal.Notify(sizes, syscall.SIGWINCH)
	go func() {
		for range sizes {
			e.Resized()
		}
	}()
	os.Exit(typeLines(os.Stdin, e))
}

// typeLines reads lines until the end of the input, and prints each between brackets.
func typeLines(tty io.Writer, e *Editor) int {
	for {
		line, err := e.Read(context.Background(), "\x1b[32mhere\x1b[0m > ")
		switch {
		case errors.Is(err, ErrInterrupted):
			fmt.Fprintf(tty, "[interrupted]\r\n")
		case errors.Is(err, io.EOF):
			fmt.Fprintf(tty, "[end]\r\n")
			return 0
		case err != nil:
			fmt.Fprintf(tty, "[%v]\r\n", err)
			return 1
		default:
			fmt.Fprintf(tty, "[%s]\r\n", line)
		}
	}
}
