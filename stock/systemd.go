package stock

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// SystemdService is a service of systemd.
type SystemdService struct {
	nodes.Node  `deploy:"parallel"`
	Name        string `deploy:"required" doc:"the unit, with or without .service"`
	Unit        string `doc:"the text of the unit file; empty: a package brings it"`
	Directory   string `doc:"where unit files are; empty: /etc/systemd/system, or the folder of the login user's units"`
	WithoutSudo bool   `doc:"it is a service of the login user, of systemctl --user"`
}

// Actions name the parameters.
func (*SystemdService) Actions() nodes.Actions {
	return nodes.Actions{"Logs": {Params: []string{"lines=50"}}}
}

// GoSource implements nodes.WithSource.
func (*SystemdService) GoSource() fs.FS { return source }

func (s *SystemdService) options() hosts.RunOptions { return hosts.RunOptions{Sudo: !s.WithoutSudo} }

// name is the name of the unit in full.
func (s *SystemdService) name() string {
	if i := strings.LastIndexByte(s.Name, '.'); i >= 0 && slices.Contains(unitTypes, s.Name[i+1:]) {
		return s.Name
	}
	return s.Name + ".service"
}

var unitTypes = []string{"service", "socket", "timer", "path", "mount", "target"}

func (s *SystemdService) path() string {
	dir := "/etc/systemd/system"
	if s.WithoutSudo {
		dir = "~/.config/systemd/user"
	}
	return cmp.Or(s.Directory, dir) + "/" + s.name()
}

// ofUser is what commands for services of the login user need: a session that has no such folder is told of it.
const ofUser = "XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} "

// systemctl is a command of systemctl.
func (s *SystemdService) systemctl(words string) string {
	if s.WithoutSudo {
		return ofUser + "systemctl --user " + words
	}
	return "systemctl " + words
}

// forUnit is a command of systemctl for the unit.
func (s *SystemdService) forUnit(action string) string { return s.systemctl(action + quoted(s.name())) }

func (s *SystemdService) run(ctx context.Context, action string) error {
	return s.Host(ctx).With(s.options()).Run(s.forUnit(action))
}

func (s *SystemdService) is(ctx context.Context, state string) (bool, error) {
	return succeeds(s.Host(ctx), s.forUnit("is-"+state+" --quiet")+" 2>/dev/null", hosts.RunOptions{})
}

// Setup installs the unit, enables it and starts it; a service that runs is restarted if its unit was changed.
func (s *SystemdService) Setup(ctx context.Context) error {
	changed, err := s.install(ctx)
	if err != nil {
		return err
	}
	if err := s.Enable(ctx); err != nil {
		return err
	}
	active, err := s.IsActive(ctx)
	switch {
	case err != nil:
		return err
	case active && changed:
		return s.Restart(ctx)
	case active:
		return nil
	}
	return s.run(ctx, "start")
}

// Install writes the unit file, unless it is as it must be, and has systemd read it.
//
// What systemd-analyze finds wrong with the unit is an error, and the file stays as it was; what it warns of is shown.
func (s *SystemdService) Install(ctx context.Context) error {
	_, err := s.install(ctx)
	return err
}

func (s *SystemdService) install(ctx context.Context) (changed bool, err error) {
	if s.Unit == "" {
		return false, nil
	}
	if err := s.Verify(ctx); err != nil {
		return false, err
	}
	h := rooted(s.Host(ctx), !s.WithoutSudo)
	if _, err := h.Mkdir(path.Dir(s.path()), hosts.MkdirOptions{Parents: true}); err != nil {
		return false, err
	}
	changed, err = h.WriteFile(s.path(), []byte(s.Unit), hosts.WriteOptions{Mode: 0o644})
	if err == nil && !changed {
		changed, err = s.needsReload(ctx)
	}
	if err != nil || !changed {
		return false, err
	}
	return true, s.Host(ctx).With(s.options()).Run(s.systemctl("daemon-reload"))
}

// needsReload reports whether systemd has read another file than is there, as after a daemon-reload that failed.
func (s *SystemdService) needsReload(ctx context.Context) (bool, error) {
	show := s.forUnit("show --property=NeedDaemonReload --value")
	return succeeds(s.Host(ctx), `[ "$(`+show+` 2>/dev/null)" = yes ]`, hosts.RunOptions{})
}

// Verify has systemd-analyze look at the unit, where the host has it.
//
// The unit is not installed for that.
func (s *SystemdService) Verify(ctx context.Context) error {
	on, err := s.Host(ctx).Handle()
	if err != nil {
		return err
	}
	there, err := on.HasCommand(ctx, "systemd-analyze", false)
	if err != nil {
		return err
	}
	if !there || s.Unit == "" {
		nodes.Logf(ctx, "%s is not verified: there is no systemd-analyze, or no unit of our own", s.name())
		return nil
	}
	verify := "systemd-analyze verify --man=no"
	if s.WithoutSudo {
		verify = `XDG_RUNTIME_DIR="$dir" ` + verify + " --user"
	}
	name := hosts.Quote(s.name())
	const inNewFolder = `dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cat >"$dir"/`
	o := hosts.RunOptions{Reads: true, NoTerminal: true, Input: s.Unit}
	return s.Host(ctx).With(o).Run(inNewFolder + name + " && " + verify + ` "$dir"/` + name)
}

// Diff shows how the unit file would change.
func (s *SystemdService) Diff(ctx context.Context) error {
	return showDiff(ctx, s.Host(ctx), s.path(), s.Unit, !s.WithoutSudo)
}

// IsActive tells whether the service runs.
func (s *SystemdService) IsActive(ctx context.Context) (bool, error) { return s.is(ctx, "active") }

// IsEnabled tells whether the service is started when the host is.
func (s *SystemdService) IsEnabled(ctx context.Context) (bool, error) { return s.is(ctx, "enabled") }

// Start starts the service, unless it runs.
func (s *SystemdService) Start(ctx context.Context) error {
	return s.unless(ctx, "active", true, "start")
}

// Stop stops the service, if it runs.
func (s *SystemdService) Stop(ctx context.Context) error {
	return s.unless(ctx, "active", false, "stop")
}

// Enable has the service started when the host is.
func (s *SystemdService) Enable(ctx context.Context) error {
	return s.unless(ctx, "enabled", true, "enable")
}

// Disable has the service no longer started when the host is.
func (s *SystemdService) Disable(ctx context.Context) error {
	return s.unless(ctx, "enabled", false, "disable")
}

// unless runs a command of systemctl if the unit is not in a state already.
func (s *SystemdService) unless(ctx context.Context, state string, want bool, action string) error {
	is, err := s.is(ctx, state)
	if err != nil || is == want {
		return err
	}
	return s.run(ctx, action)
}

// Restart stops the service and starts it.
func (s *SystemdService) Restart(ctx context.Context) error { return s.run(ctx, "restart") }

// Reload has the service read its configuration again, or restarts it if it cannot.
func (s *SystemdService) Reload(ctx context.Context) error {
	return s.run(ctx, "reload-or-restart")
}

// Status shows how the service is.
func (s *SystemdService) Status(ctx context.Context) error {
	o := hosts.RunOptions{Reads: true, IgnoreStatus: true}
	return s.Host(ctx).With(o).Run(s.forUnit("--no-pager status"))
}

// Logs shows the last lines that the service wrote.
func (s *SystemdService) Logs(ctx context.Context, lines uint) error {
	unit := "--unit"
	if s.WithoutSudo {
		unit = "--user-unit"
	}
	o := s.options()
	o.Reads = true
	command := fmt.Sprintf("journalctl --no-pager --lines=%d %s=%s", lines, unit, hosts.Quote(s.name()))
	return s.Host(ctx).With(o).Run(command)
}
