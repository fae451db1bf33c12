package script

import (
	"context"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"deployer/hosts"
	"deployer/nodes"
)

// command is what run, sudo, output and result were asked.
type command struct {
	text    string
	options hosts.RunOptions
}

// command reads the arguments of run and its kin.
func (s site) command(fn string, more ...param) (*command, error) {
	cmd := &command{}
	interactive := true
	problems := s.bind(fn, append(cmd.params(&interactive), more...))
	cmd.options.NoTerminal = !interactive
	if fn == "sudo" {
		cmd.options.Sudo = true
	}
	return cmd, s.complain(problems...)
}

// params are the parameters that all of them have.
func (cmd *command) params(interactive *bool) []param {
	o := &cmd.options
	return []param{
		{name: "command", set: text(&cmd.text)},
		option("user", someText(&o.User)),
		option("interactive", truth(interactive)),
		option("ignore_exit_status", truth(&o.IgnoreStatus)),
		option("initial_input", text(&o.Input)),
		option("silent", truth(&o.Silent)),
		option("timeout", seconds(&o.Timeout)),
		option("silence", patience(&o.Silence)),
		option("sandbox", truth(&o.Sandbox)),
		option("reads", truth(&o.Reads)),
	}
}

// run runs the command on every host and makes a value of what each gives.
func (cmd *command) run(s site, on machines, value func(*call, *hosts.Output) starlark.Value) (starlark.Value, error) {
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		out, err := h.Run(ctx, cmd.text, cmd.options)
		if err != nil {
			return nil, err
		}
		return value(s.call, out), nil
	})
}

func runMethod(s site, on machines) (starlark.Value, error) {
	return s.stream("run", on)
}

func sudoMethod(s site, on machines) (starlark.Value, error) {
	return s.stream("sudo", on)
}

// stream is run and sudo: the output is shown while it comes.
func (s site) stream(fn string, on machines) (starlark.Value, error) {
	cmd, err := s.command(fn)
	if err != nil {
		return nil, err
	}
	return cmd.run(s, on, func(c *call, out *hosts.Output) starlark.Value {
		return c.outputText(out, out.Stdout, "")
	})
}

func outputMethod(s site, on machines) (starlark.Value, error) {
	var sudo bool
	cmd, err := s.command("output", option("sudo", truth(&sudo)))
	if err != nil {
		return nil, err
	}
	cmd.options.Sudo, cmd.options.Quiet, cmd.options.NoTerminal = sudo, true, true
	return cmd.run(s, on, func(c *call, out *hosts.Output) starlark.Value {
		return c.outputText(out, out.Stdout, "\n")
	})
}

func resultMethod(s site, on machines) (starlark.Value, error) {
	var sudo bool
	cmd, err := s.command("result", option("sudo", truth(&sudo)))
	if err != nil {
		return nil, err
	}
	cmd.options.Sudo, cmd.options.IgnoreStatus, cmd.options.NoTerminal = sudo, true, true
	return cmd.run(s, on, (*call).resultStruct)
}

// outputText is what a command printed, without the end given, or a value that cannot be read.
func (c *call) outputText(out *hosts.Output, t hosts.Text, end string) starlark.Value {
	if out.Unknown {
		return c.unknown(out)
	}
	s, err := t.String()
	if err != nil {
		return &noValue{c, &hosts.Error{Fault: hosts.Failed, Host: out.Host, Op: out.Command, Err: err}}
	}
	return starlark.String(strings.TrimSuffix(s, end))
}

// unknown stands for what a command would have given that a sandbox did not run.
func (c *call) unknown(out *hosts.Output) starlark.Value {
	return &noValue{c, &nodes.UnknownError{Command: out.Command}}
}

// resultStruct is what result returns.
func (c *call) resultStruct(out *hosts.Output) starlark.Value {
	fields := starlark.StringDict{
		"host": starlark.String(out.Host), "seconds": starlark.Float(out.Seconds),
		"stdout": c.outputText(out, out.Stdout, ""), "stderr": c.outputText(out, out.Stderr, ""),
	}
	if out.Unknown {
		for _, name := range []string{"status", "signal", "ok", "truncated"} {
			fields[name] = c.unknown(out)
		}
		return newStruct(fields)
	}
	fields["status"] = starlark.MakeInt(out.Exit.Status)
	fields["signal"] = starlark.Value(starlark.None)
	if out.Exit.Signal != "" {
		fields["signal"] = starlark.String(out.Exit.Signal)
	}
	fields["ok"] = starlark.Bool(out.Exit.OK())
	fields["truncated"] = starlark.Bool(out.Stdout.Truncated() || out.Stderr.Truncated())
	return newStruct(fields)
}

func newStruct(fields starlark.StringDict) starlark.Value {
	return starlarkstruct.FromStringDict(starlarkstruct.Default, fields)
}
