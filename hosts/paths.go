package hosts

import (
	"context"
	"errors"
	"path"
	"strings"
)

// StartPath returns the absolute path of the directory that commands run in where nobody changed it: the home directory
// of the login user, or on this machine the directory of this program.
func (h *Handle) StartPath(ctx context.Context) (string, error) {
	return h.session.Handle(h.host).Getcwd(ctx)
}

// ExpandPath returns a path as an absolute one: joined to the directory that commands run in, with a leading ~ or ~user
// replaced by the home directory. What it leads to need not be there.
func (h *Handle) ExpandPath(ctx context.Context, name string) (string, error) {
	name = h.Cd(name).dir
	if path.IsAbs(name) {
		return name, nil
	}
	home := strings.TrimSuffix(homeDir.FindString(name), "/")
	start, err := h.homeOf(ctx, home)
	if err != nil {
		return "", err
	}
	return path.Join(start, name[len(home):]), nil
}

// FilePath returns a path as an absolute one, as it stands for a file: like ExpandPath, but without running a command where
// the way to the files tells. An account may have files and no commands.
func (h *Handle) FilePath(ctx context.Context, name string, o FileOptions) (string, error) {
	var full string
	err := h.withFiles(ctx, "find", name, o, func(u *fileUse) error {
		full = u.path
		return nil
	})
	return full, err
}

// homeOf is the home directory that "~" or "~user" stands for, which need not be one that may be entered; of "" it is
// the directory that commands run in where nobody changed it.
func (h *Handle) homeOf(ctx context.Context, home string) (string, error) {
	if home == "" {
		return h.StartPath(ctx)
	}
	found, err := h.session.Handle(h.host).ask(ctx, "printf '%s\\n' "+home) // the shell replaces it
	if found = strings.TrimSuffix(found, "\n"); err == nil && !path.IsAbs(found) {
		err = &Error{Fault: Directory, Host: h.Slug(), Op: "find " + home, Err: errors.New("there is no such home directory")}
	}
	return found, err
}
