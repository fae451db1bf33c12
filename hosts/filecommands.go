package hosts

import (
	"context"
	"errors"
	"io"

	"deployer/files"
)

// fileCommands are the scripts by which files are used that nothing else reaches.
type fileCommands struct {
	h    *Handle // without directory, variables and prefixes
	sudo bool
	user string
}

func newFileCommands(h *Handle, o FileOptions) *fileCommands {
	return &fileCommands{h.session.Handle(h.host), o.Sudo, o.User}
}

func newShellFiles(h *Handle, o FileOptions) *files.Shell {
	return files.NewShell(newFileCommands(h, o))
}

// Ask implements files.Commands.
func (c *fileCommands) Ask(ctx context.Context, script string, args []string, reads bool) (string, error) {
	out, err := c.h.Run(ctx, scriptLine(script, args), c.options(reads))
	if err = judge(out, err); err != nil {
		return "", err
	}
	return out.Stdout.String()
}

// Stream implements files.Commands.
func (c *fileCommands) Stream(ctx context.Context, script string, args []string, reads bool, in io.ReadCloser,
	to io.Writer) error {
	return c.stream(ctx, scriptLine(script, args), c.options(reads), in, to, nil)
}

// stream runs a command with a standard input and output of its own; came is that of [Handle.stream].
func (c *fileCommands) stream(ctx context.Context, line string, o RunOptions, in io.ReadCloser, to io.Writer,
	came func() bool) error {
	return judge(c.h.stream(ctx, line, o, in, to, came))
}

func (c *fileCommands) options(reads bool) RunOptions {
	return RunOptions{Silent: true, own: true, posix: true, IgnoreStatus: true, Reads: reads, Sudo: c.sudo, User: c.user}
}

// scriptLine is a script with its arguments.
func scriptLine(script string, args []string) string {
	line := "set --"
	for _, arg := range args {
		line += " " + Quote(arg)
	}
	return line + "\n" + script
}

// judge makes an error of what a script that failed said.
func judge(out *Output, err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		unnamed := *failure
		unnamed.Op = useFiles
		return lostFiles(&unnamed)
	}
	if err != nil || out.Exit.OK() {
		return err
	}
	return files.SaidError(string(out.Stderr.Kept()), out.Exit.text())
}

// lostFiles marks an error after which the same may succeed over another connection.
func lostFiles(err error) error {
	var failure *Error
	if !errors.As(err, &failure) || failure.Fault != Lost && failure.Fault != Unreachable {
		return err
	}
	lost := *failure
	if lost.Fault == Lost {
		lost.Hint = "" // what is done with files can be done again
	}
	return &files.LostError{Err: &lost}
}

// useFiles is what was tried, for errors of those who do not know for what; see fileUse.fault.
const useFiles = "use files"

// Start implements files.Commands.
func (c *fileCommands) Start(ctx context.Context) (string, error) { return c.h.Getcwd(ctx) }

// Home implements files.Commands.
func (c *fileCommands) Home(ctx context.Context) (string, error) { return c.h.Cd("~").Getcwd(ctx) }
