package hosts

import (
	"context"
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
	start, err := h.session.Handle(h.host).Cd(home).Getcwd(ctx)
	if err != nil {
		return "", err
	}
	return path.Join(start, name[len(home):]), nil
}
