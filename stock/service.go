package stock

import (
	"cmp"
	"context"
	"io/fs"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// Service is a service of a host, which a command of the host starts and stops.
//
// It is one of sysvinit or upstart, or of anything else that knows the words start, stop, restart, reload and status,
// of which the last exits with 0 if the service runs.
type Service struct {
	nodes.Node  `deploy:"parallel"`
	Name        string `deploy:"required" doc:"the service to manage"`
	Command     string `doc:"what manages it, with {name} and {action} in it; empty: service {name} {action}"`
	WithoutSudo bool   `doc:"the login user may do it, without sudo"`
}

// GoSource implements nodes.WithSource.
func (*Service) GoSource() fs.FS { return source }

// line is the command for an action.
func (s *Service) line(action string) string {
	words := strings.NewReplacer("{name}", hosts.Quote(s.Name), "{action}", action)
	return words.Replace(cmp.Or(s.Command, "service {name} {action}"))
}

func (s *Service) run(ctx context.Context, action string) error {
	return s.Host(ctx).With(hosts.RunOptions{Sudo: !s.WithoutSudo}).Run(s.line(action))
}

// IsRunning tells whether the service runs.
func (s *Service) IsRunning(ctx context.Context) (bool, error) {
	return succeeds(s.Host(ctx), s.line("status")+" >/dev/null 2>&1", hosts.RunOptions{Sudo: !s.WithoutSudo})
}

// Status shows how the service is.
func (s *Service) Status(ctx context.Context) error {
	o := hosts.RunOptions{Sudo: !s.WithoutSudo, Reads: true, IgnoreStatus: true}
	return s.Host(ctx).With(o).Run(s.line("status"))
}

// Start starts the service, unless it runs.
func (s *Service) Start(ctx context.Context) error {
	running, err := s.IsRunning(ctx)
	if err != nil || running {
		return err
	}
	return s.run(ctx, "start")
}

// Stop stops the service, if it runs.
func (s *Service) Stop(ctx context.Context) error {
	running, err := s.IsRunning(ctx)
	if err != nil || !running {
		return err
	}
	return s.run(ctx, "stop")
}

// Restart stops the service and starts it.
func (s *Service) Restart(ctx context.Context) error { return s.run(ctx, "restart") }

// Reload has the service read its configuration again.
func (s *Service) Reload(ctx context.Context) error { return s.run(ctx, "reload") }
