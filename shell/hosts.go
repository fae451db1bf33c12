package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/nodes"
	"deployer/prompt"
)

// runCommand runs a command on all hosts of a node.
func (s *Shell) runCommand(ctx context.Context, a arguments, name string, sudo bool) error {
	path, command, given := cutCommand(a)
	at, err := s.resolve(path)
	if err != nil && !given {
		return fmt.Errorf("%w; a command comes after --: %s -- %s", err, name, strings.Trim(path, prompt.Blanks))
	}
	if err != nil {
		return err
	}
	if given && command == "" {
		return fmt.Errorf("%s: there is no command after --", name)
	}
	task := s.task(at, name, func(ctx context.Context, env *nodes.Env, _ nodes.Args) (any, error) {
		set := env.Hosts()
		if set.Len() == 0 {
			env.Empty(ctx)
			return nil, nil
		}
		if command == "" {
			var err error
			if command, err = askCommand(ctx, set, sudo); err != nil {
				return nil, err
			}
		}
		_, err := set.Run(ctx, command, hosts.RunOptions{Sudo: sudo})
		return nil, err
	})
	if given {
		task.Words = []string{command}
	}
	return s.start(ctx, task)
}

// cutCommand splits a path from the command after --, which is as it was typed.
func cutCommand(a arguments) (path, command string, given bool) {
	for _, w := range a.words {
		if w.Raw == "--" {
			at := w.Start - a.start
			return a.text[:at], strings.Trim(a.text[at+len(w.Raw):], prompt.Blanks), true
		}
	}
	return a.text, "", false
}

// askCommand asks for the command to run.
func askCommand(ctx context.Context, set *hosts.Set, sudo bool) (string, error) {
	var names []string
	for _, h := range set.Handles() {
		names = append(names, h.Slug())
	}
	label := "command to run"
	if sudo {
		label += " as root"
	}
	return console.From(ctx).Input(label+" on "+console.List(names), console.InputOptions{})
}

// task is an action that the shell itself brings. It runs once, also where the node has several cells. A question that is
// not answered ends it.
func (s *Shell) task(at *nodes.Place, name string, call func(context.Context, *nodes.Env, nodes.Args) (any, error)) Task {
	do := func(ctx context.Context, env *nodes.Env, args nodes.Args) (any, error) {
		result, err := call(ctx, env, args)
		if s.o.Interactive && errors.Is(err, console.ErrNoAnswer) {
			return nil, nil
		}
		return result, err
	}
	return Task{Node: at, Name: name, Settings: s.settings,
		Action: &nodes.Action{Name: name, Isolate: nodes.IsolateLater, SuppressResult: true, Quiet: true, Call: do}}
}

// connect opens a terminal on a host of a node.
func (s *Shell) connect(ctx context.Context, a arguments) error {
	at, err := s.resolve(a.text)
	if err != nil {
		return err
	}
	if !s.o.Interactive {
		return errors.New("--connect needs a terminal: use --run PATH -- COMMAND")
	}
	t := s.task(at, "--connect", func(ctx context.Context, env *nodes.Env, _ nodes.Args) (any, error) {
		handles := env.Hosts().Handles()
		if len(handles) == 0 {
			env.Empty(ctx)
			return nil, nil
		}
		chosen, err := chooseHost(ctx, handles)
		if err != nil {
			return nil, err
		}
		_, err = chosen.Shell(ctx, "", "") // how that shell ends is its person's business
		return nil, err
	})
	t.Alone = true
	return s.start(ctx, t)
}

// chooseHost asks for one of several hosts.
func chooseHost(ctx context.Context, handles []*hosts.Handle) (*hosts.Handle, error) {
	if len(handles) == 1 {
		return handles[0], nil
	}
	var names []string
	for _, h := range handles {
		names = append(names, hostName(h.Host()))
	}
	chosen, err := console.From(ctx).Choice("choose a host", names, console.ChoiceOptions{Random: true})
	if err != nil {
		return nil, err
	}
	return handles[chosen], nil
}

// scp opens the secure-copy shell for the hosts of a node.
func (s *Shell) scp(ctx context.Context, a arguments) error {
	at, err := s.resolve(a.text)
	if err != nil {
		return err
	}
	status, err := s.o.OpenScp(ctx, at, s.settings, s.loop.Reader)
	if err == nil && status != 0 {
		err = &prompt.Failed{Status: status}
	}
	return err
}
