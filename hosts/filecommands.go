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

// Run implements files.Commands.
func (c *fileCommands) Run(ctx context.Context, script string, args []string, reads bool, in io.ReadCloser,
	to io.Writer) error {
	line := "set --"
	for _, arg := range args {
		line += " " + Quote(arg)
	}
	o := RunOptions{Silent: true, own: true, posix: true, IgnoreStatus: true, Reads: reads, Sudo: c.sudo, User: c.user}
	out, err := c.h.stream(ctx, line+"\n"+script, o, in, to)
	var failure *Error
	if errors.As(err, &failure) {
		failure.Op = useFiles
		if failure.Fault == Lost {
			err = &files.LostError{Err: err}
		}
	}
	if err != nil || out.Exit.OK() {
		return err
	}
	return files.SaidError(string(out.Stderr.Kept()), out.Exit.text())
}

// useFiles is what was tried, for errors of those who do not know for what; see fileUse.fault.
const useFiles = "use files"

// Start implements files.Commands.
func (c *fileCommands) Start(ctx context.Context) (string, error) { return c.h.Getcwd(ctx) }

// Home implements files.Commands.
func (c *fileCommands) Home(ctx context.Context) (string, error) { return c.h.Cd("~").Getcwd(ctx) }
