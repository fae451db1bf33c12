package stock

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// SupervisorService is a program that supervisord runs.
type SupervisorService struct {
	nodes.Node  `deploy:"parallel"`
	Name        string   `deploy:"required" doc:"the name of the program"`
	Command     string   `deploy:"required" doc:"a program with arguments, as supervisord takes it: with %% for %"`
	Directory   string   `doc:"where it runs"`
	User        string   `doc:"the account that it runs as"`
	Settings    []string `doc:"more lines of its section, such as autorestart=true"`
	ConfigFile  string   `doc:"the file of the program; empty: /etc/supervisor/conf.d/NAME.conf, as Debian has it"`
	Control     string   `doc:"the command that controls supervisord; empty: supervisorctl"`
	WithoutSudo bool     `doc:"the login user may control supervisord and write the file, without sudo"`
}

// GoSource implements nodes.WithSource.
func (*SupervisorService) GoSource() fs.FS { return source }

func (s *SupervisorService) path() string {
	return cmp.Or(s.ConfigFile, "/etc/supervisor/conf.d/"+s.Name+".conf")
}

func (s *SupervisorService) options() hosts.RunOptions { return hosts.RunOptions{Sudo: !s.WithoutSudo} }

// control is a command of supervisorctl.
func (s *SupervisorService) control(words string) string {
	return cmp.Or(s.Control, "supervisorctl") + " " + words
}

func (s *SupervisorService) run(ctx context.Context, action string) error {
	return s.Host(ctx).With(s.options()).Run(s.control(action + quoted(s.Name)))
}

// Config is the file of the program.
func (s *SupervisorService) Config() (string, error) {
	lines := []string{"[program:" + s.Name + "]", "command=" + s.Command}
	if s.Directory != "" {
		lines = append(lines, "directory="+s.Directory)
	}
	if s.User != "" {
		lines = append(lines, "user="+s.User)
	}
	lines = append(lines, s.Settings...)
	for _, line := range lines {
		if strings.Contains(line, "\n") {
			return "", fmt.Errorf("%q is more than a line", line)
		}
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// Install installs Debian's supervisor, unless the host has one.
func (s *SupervisorService) Install(ctx context.Context) error {
	return installCommand(ctx, s.Host(ctx), "supervisorctl", "supervisor")
}

// Setup writes the file of the program, unless it is as it must be, and has supervisord run the program as it says.
func (s *SupervisorService) Setup(ctx context.Context) error {
	config, err := s.Config()
	if err != nil {
		return err
	}
	h := rooted(s.Host(ctx), !s.WithoutSudo)
	changed, err := h.WriteFile(s.path(), []byte(config), hosts.WriteOptions{Mode: 0o644})
	if err != nil {
		return err
	}
	if !nodes.Sandbox(ctx) { // after an update that failed, the file is right and supervisord still does not know it
		if changed, err = s.pending(ctx); err != nil {
			return err
		}
	}
	if changed {
		if err := s.run(ctx, "update"); err != nil || nodes.Sandbox(ctx) {
			return err
		}
	}
	return s.Start(ctx)
}

// pending reports whether supervisord runs the program as another file said, or not at all.
func (s *SupervisorService) pending(ctx context.Context) (bool, error) {
	o := s.options()
	o.Silent = true
	out, err := s.Host(ctx).With(o).Result(s.control("reread"))
	if err != nil {
		return false, err
	}
	text, err := out.Stdout.String()
	return strings.Contains("\n"+text, "\n"+s.Name+": "), err
}

// Remove stops the program, and removes its file.
func (s *SupervisorService) Remove(ctx context.Context) error {
	changed, err := rooted(s.Host(ctx), !s.WithoutSudo).Remove(s.path(), hosts.RemoveOptions{})
	if err != nil || !changed {
		return err
	}
	return s.run(ctx, "update")
}

// Diff shows how the file of the program would change.
func (s *SupervisorService) Diff(ctx context.Context) error {
	config, err := s.Config()
	if err != nil {
		return err
	}
	return showDiff(ctx, s.Host(ctx), s.path(), config, !s.WithoutSudo)
}

// state is what supervisord says of the program: RUNNING, STOPPED, FATAL and so on; "" if it does not know it.
func (s *SupervisorService) state(ctx context.Context) (string, error) {
	o := s.options()
	o.Silent, o.Reads, o.IgnoreStatus = true, true, true
	out, err := s.Host(ctx).With(o).Result(s.control("status" + quoted(s.Name)))
	if err != nil {
		return "", err
	}
	text, err := out.Stdout.String()
	if err != nil {
		return "", err
	}
	words := strings.Fields(text)
	switch {
	case strings.Contains(text, "ERROR (no such"):
		return "", nil
	case len(words) < 2 || !slices.Contains(programStates, words[1]):
		said := strings.TrimSpace(text + string(out.Stderr.Kept()))
		return "", fmt.Errorf("supervisord does not say how %s is: %s", s.Name, said)
	}
	return words[1], nil
}

// programStates are those of supervisord.
var programStates = []string{
	"STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN",
}

// IsRunning tells whether the program runs.
func (s *SupervisorService) IsRunning(ctx context.Context) (bool, error) {
	state, err := s.state(ctx)
	return state == "RUNNING" || state == "STARTING", err
}

// Start starts the program, unless it runs.
func (s *SupervisorService) Start(ctx context.Context) error {
	running, err := s.IsRunning(ctx)
	if err != nil || running {
		return err
	}
	failed := s.run(ctx, "start")
	if failed == nil {
		return nil
	}
	if running, err = s.IsRunning(ctx); err != nil || !running {
		return failed
	}
	return nil // supervisord was starting it by itself
}

// Stop stops the program, if it runs.
func (s *SupervisorService) Stop(ctx context.Context) error {
	running, err := s.IsRunning(ctx)
	if err != nil || !running {
		return err
	}
	return s.run(ctx, "stop")
}

// Restart stops the program and starts it.
func (s *SupervisorService) Restart(ctx context.Context) error { return s.run(ctx, "restart") }

// Status shows how the program is.
func (s *SupervisorService) Status(ctx context.Context) error {
	o := s.options()
	o.Reads, o.IgnoreStatus = true, true
	return s.Host(ctx).With(o).Run(s.control("status" + quoted(s.Name)))
}

// Logs shows the last of what the program printed.
func (s *SupervisorService) Logs(ctx context.Context) error {
	o := s.options()
	o.Reads = true
	return s.Host(ctx).With(o).Run(s.control("tail" + quoted(s.Name)))
}
