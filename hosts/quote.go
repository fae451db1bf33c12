package hosts

import "deployer/internal/hostshell"

// Quote returns s as one word of a command line for any POSIX shell.
func Quote(s string) string { return hostshell.Quote(s) }
