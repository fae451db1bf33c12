package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"deployer/nodes"
	"deployer/prompt"
)

func running() []*Command {
	return []*Command{
		{"sandbox", "[PATH] ACTION [ARGUMENT...]", "run an action that checks everything and changes nothing",
			"Hosts are connected to, and commands are checked by their shells, but not run.", (*Shell).sandbox, completeAction},
		{"--run", "[PATH] [-- COMMAND...]", "run a shell command on all hosts of a node",
			"Without a command it asks for one. What follows -- is given to the shell of the hosts as it was typed.",
			func(s *Shell, ctx context.Context, a arguments) error { return s.runCommand(ctx, a, "--run", false) }, nodePath},
		{"--run-with-sudo", "[PATH] [-- COMMAND...]", "run a shell command as root on all hosts of a node", "",
			func(s *Shell, ctx context.Context, a arguments) error {
				return s.runCommand(ctx, a, "--run-with-sudo", true)
			}, nodePath},
		{"--connect", "[PATH]", "open a terminal on a host of a node",
			"It asks which host where there are several. Leaving that terminal leads back to this shell.", (*Shell).connect, nodePath},
		{"--scp", "[PATH]", "open the secure-copy shell for a host of a node",
			"It copies files to and from the host: see help there. It asks which host where there are several.", (*Shell).scp, nodePath},
	}
}

func (s *Shell) sandbox(ctx context.Context, a arguments) error {
	if len(a.words) == 0 {
		return errors.New("sandbox needs an action: sandbox [PATH] ACTION [ARGUMENT...]")
	}
	settings := s.settings
	settings.Sandbox = true
	return s.call(ctx, a.words, settings)
}

// call runs the action that the words of a line name.
func (s *Shell) call(ctx context.Context, line []prompt.Word, settings Settings) error {
	t, err := s.target(line)
	if err != nil {
		return err
	}
	words := argumentWords(t.rest)
	args, err := nodes.BindArgs(t.named(), words)
	if err != nil {
		return err
	}
	return s.start(ctx, Task{Node: t.at, Name: t.name, Action: t.action, Args: args,
		Words: nodes.CommandLine(t.named(), words), Settings: settings})
}

// argumentWords are words as arguments of an action: a quoted word is never name=value, and none is after --.
func argumentWords(words []prompt.Word) []nodes.Word {
	var args []nodes.Word
	literal := false
	for _, w := range words {
		if w.Raw == "--" && !literal {
			literal = true
			continue
		}
		named := strings.IndexByte(w.Text, '=') < w.Plain
		args = append(args, nodes.Word{Text: w.Text, Literal: literal || !named})
	}
	return args
}

// start runs a task. A result that is a node, or a list of nodes, is gone to.
func (s *Shell) start(ctx context.Context, t Task) error {
	out := s.o.Run(ctx, t)
	if out.Err != nil {
		return out.Err
	}
	if out.Status != 0 {
		return &prompt.Failed{Status: out.Status}
	}
	if !t.Action.SuppressResult {
		for _, at := range Nodes(out.Value) {
			s.enter(at)
			if s.o.Interactive {
				fmt.Fprintf(s.o.Err, "a sub-shell at %s; return, or Ctrl-D, leaves it\n", at.Path())
			}
		}
	}
	return nil
}

// Nodes are the nodes that a result of an action is: the node itself, or those of a list of nothing else.
func Nodes(result any) []*nodes.Place {
	plain, err := nodes.Plain(result)
	if err != nil {
		return nil
	}
	list, isList := plain.([]any)
	if !isList {
		list = []any{plain}
	}
	var all []*nodes.Place
	for _, one := range list {
		one, err := nodes.Plain(one)
		if err != nil {
			return nil
		}
		switch one := one.(type) {
		case *nodes.Env:
			all = append(all, one.Place())
		case *nodes.Place:
			all = append(all, one)
		default:
			return nil
		}
	}
	return all
}
