package scpshell

import (
	"context"
	"errors"
	"strings"

	"deployer/hosts"
	"deployer/prompt"
)

// connect opens a terminal in the directory of one side.
func connect(w *work, p place) error {
	if !w.o.Interactive {
		return errors.New(w.name() + " needs a terminal")
	}
	_, err := p.handle().Cd(p.dir).Shell(w.ctx, "", "") // how that shell ends is its person's business
	return err
}

// shellCommand runs a command of the shell of this machine.
func (s *Shell) shellCommand(ctx context.Context, command string) error {
	if command = strings.Trim(command, prompt.Blanks); command == "" {
		return errors.New("a command follows ! at once: !make")
	}
	return s.job(ctx, Job{Name: "!", Args: []string{command}, Sandbox: s.settings.sandbox,
		Do: func(ctx context.Context, session *hosts.Session) error {
			defer s.listings.forget()
			_, err := session.Handle(s.here.host).Cd(s.here.dir).Run(ctx, command, hosts.RunOptions{})
			return err
		}})
}
