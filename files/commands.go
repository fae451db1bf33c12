package files

import (
	"context"
	"io"
)

// Commands run scripts on a machine as the account whose files are used.
type Commands interface {
	// Ask runs a script of POSIX sh with arguments, and returns what it prints. reads says that the script only looks. A
	// script that fails is an error that says why, made by [SaidError].
	Ask(ctx context.Context, script string, args []string, reads bool) (string, error)
	// Stream is Ask for a script that reads and prints much. in is closed when it is no longer read; it may be nil.
	Stream(ctx context.Context, script string, args []string, reads bool, in io.ReadCloser, out io.Writer) error
	// Start is where the login user's commands begin; Home is that user's home directory.
	Start(ctx context.Context) (string, error)
	Home(ctx context.Context) (string, error)
}
