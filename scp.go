package deployer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deployer/console"
	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/internal/nearest"
	"deployer/journal"
	"deployer/nodes"
	"deployer/prompt"
	"deployer/scpshell"
	"deployer/shell"
)

const scpHelp = `Copy files to and from a host, and look around there: a shell with cd, ls, put, get and more, which help
lists.

HOST is the slug of a host at or below the node of PATH, or what ssh could be given: a name, user@name or
ssh://user@name:port. It may be a set of hosts, as --hosts of run takes it: web[1-20]. Where there are several, or
without HOST, it is asked which one is meant; put --all copies to all of them.

With a COMMAND of that shell only this is done. Its words are taken as they are, but for patterns (*.log) and a
leading ~. Without one, lines are read from the terminal, or from a pipe or a file until one fails.

Exit status: as of run.`

func (p *program) scpCommand() *cobra.Command {
	o := defaultOptions()
	cmd := &cobra.Command{
		Use:                   "scp [OPTIONS] [HOST] [-- COMMAND...]",
		DisableFlagsInUseLine: true,
		Short:                 "copy files to and from a host",
		Long:                  scpHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			host, command, err := cutHost(args, cmd.ArgsLenAtDash())
			if err = errors.Join(err, o.check()); err != nil {
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			return p.scp(cmd.Context(), o, host, command)
		},
	}
	cmd.ValidArgsFunction = p.completeHost(&o)
	p.commonOptions(cmd, &o)
	return cmd
}

// cutHost splits arguments into a host and a command, which comes after --.
func cutHost(args []string, dash int) (host string, command []string, err error) {
	if dash < 0 {
		dash = len(args)
	} else if command = args[dash:]; len(command) == 0 {
		return "", nil, errors.New("there is no command after --")
	}
	switch meant := asScp(args[:dash]); {
	case meant != "":
		return "", nil, fmt.Errorf("HOST is no path, unlike with the scp of OpenSSH: scp %s", meant)
	case dash > 1:
		return "", nil, fmt.Errorf("expected one HOST, and there are %d words; a command comes after --: scp %s -- %s",
			dash, args[0], args[1])
	case dash == 1:
		host = args[0]
	}
	return host, command, nil
}

// asScp is how that is written which arguments of the scp of OpenSSH ask for; "" if they are none.
func asScp(args []string) string {
	if len(args) == 0 {
		return ""
	}
	var quoted []string
	for _, arg := range args {
		quoted = append(quoted, prompt.Quote(arg))
	}
	last := len(args) - 1
	if host, path, ok := cutRemote(args[last]); ok && last > 0 {
		return fmt.Sprintf("%s -- put %s %s", host, strings.Join(quoted[:last], " "), prompt.Quote(cmp.Or(path, ".")))
	}
	if host, path, ok := cutRemote(args[0]); ok {
		return fmt.Sprintf("%s -- get %s", host, strings.Join(append([]string{prompt.Quote(path)}, quoted[1:]...), " "))
	}
	return ""
}

// cutRemote splits HOST:PATH, where the path is one that no name of a host could be part of.
func cutRemote(arg string) (host, path string, ok bool) {
	host, path, ok = strings.Cut(arg, ":")
	return host, path, ok && host != "" && !strings.Contains(host, "/") && !strings.HasPrefix(path, "//") &&
		(path == "" || strings.ContainsAny(path, "/~."))
}

// completeHost completes the host.
func (p *program) completeHost(o *runOptions) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		n, err := p.completedNode(cmd, o.path)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault // what is put may be a file
		}
		return offer(shell.CompleteHosts(n, typed)), cobra.ShellCompDirectiveNoFileComp
	}
}

// scp opens the secure-copy shell, or does one command of it.
func (p *program) scp(ctx context.Context, o runOptions, host string, command []string) (err error) {
	secrets := journal.NewSecrets()
	tree, at, err := p.scpNode(ctx, o, host, secrets)
	if err != nil {
		return err
	}
	r := &shellRun{program: p, options: o, tree: tree, secrets: secrets, keep: hosts.NewKeeper()}
	defer func() { err = errors.Join(err, r.keep.Close()) }()
	read := func(complete completer) prompt.LineReader { return p.lineReader(ctx, o, scpHistory, secrets, complete) }
	if len(command) > 0 {
		read = func(completer) prompt.LineReader { return nil }
	}
	s, err := r.newScpShell(at, at.HostsBelow(), o.sandbox, read)
	if err != nil {
		return err
	}
	status := 0
	if len(command) > 0 {
		status = s.One(ctx, command)
	} else if status, err = s.Run(ctx); err != nil {
		return err
	}
	if status != exitOK {
		return &shownError{status}
	}
	return nil
}

// scpHistory is the file for the lines of the secure-copy shell, beside that of the deployment shell.
const scpHistory = "scp-history"

// scpNode is the node whose hosts are meant, limited to those that are. A host that no tree has is in one of its own.
func (p *program) scpNode(ctx context.Context, o runOptions, host string,
	secrets *journal.Secrets) (*nodes.Tree, *nodes.Place, error) {
	if host != "" && o.path == "" && p.Root == nil && p.tree == "" && !treeNearby() {
		return loneHost(host)
	}
	tree, err := p.load(ctx, secrets)
	if err != nil {
		return nil, nil, err
	}
	at, err := resolve(tree, o.path)
	if err == nil && o.hosts != "" {
		at, err = at.Limit(o.hosts)
	}
	if err != nil {
		return nil, nil, &usageError{err, ""}
	}
	var slugs []string
	for _, h := range at.HostsBelow() {
		slugs = append(slugs, h.Slug())
	}
	switch known := slices.Contains(slugs, host); {
	case len(slugs) == 0 && host == "":
		return nil, nil, &usageError{noHosts(at), ""}
	case known:
		host = hostset.Fold([]string{host}) // which quotes it
	case host != "" && !isSet(host) && o.path == "" && len(nearest.Names(host, slugs)) == 0:
		return loneHost(host)
	case host != "" && !isSet(host):
		hint := cmp.Or(nearest.Hint(host, slugs), "it has "+console.List(slugs))
		return nil, nil, &usageError{fmt.Errorf("%s has no host %q: %s", at.Path(), host, hint), ""}
	}
	if host != "" {
		if at, err = at.Limit(host); err != nil {
			return nil, nil, &usageError{err, ""}
		}
	}
	return tree, at, nil
}

// isSet reports whether a text that is no slug is written as a set of hosts, and not as ssh is given a host.
func isSet(text string) bool {
	return strings.ContainsAny(text, ",!&^*?[\"'") || strings.HasPrefix(text, "@") || strings.HasPrefix(text, "/")
}

func noHosts(at *nodes.Place) error {
	return fmt.Errorf("%s has no hosts to copy from or to: name another node, or a host", at.Path())
}

// loneHost is a tree of nothing but a host as ssh knows it.
func loneHost(name string) (*nodes.Tree, *nodes.Place, error) {
	h, err := hosts.NewSSH(target(name))
	if err != nil {
		return nil, nil, &usageError{err, ""}
	}
	root := &struct{ nodes.Node }{}
	root.Roles = nodes.Roles{nodes.Role(nodes.HostRole, h)}
	tree, err := nodes.Bind(root)
	if err != nil {
		return nil, nil, err
	}
	tree.Name = name
	return tree, tree.Root(), nil
}

// newScpShell returns a secure-copy shell for some of the hosts at a node. read returns the reader of its lines.
func (r *shellRun) newScpShell(at *nodes.Place, of []hosts.Host, sandbox bool,
	read func(completer) prompt.LineReader) (*scpshell.Shell, error) {
	p, o := r.program, r.options
	dir, err := os.Getwd()
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("the directory this was started in is not there any more: start it in another one")
	}
	if err != nil {
		return nil, err
	}
	inner := *r
	inner.options.brief = &brief{map[string]bool{}}
	var s *scpshell.Shell
	reader := read(func(line string, cursor int) (int, []prompt.Candidate) { return s.Complete(line, cursor) })
	s, err = scpshell.New(scpshell.Options{
		Hosts: of, Dir: dir, Reader: reader, Out: p.Out, Err: p.Err, Colour: p.output(p.Out, o.color).Colour,
		Terminal: isTerminal(p.Out), Events: o.json, Interactive: p.interactive(), KeepGoing: o.keepGoing, Name: p.Name,
		Secrets: r.secrets, Sandbox: sandbox, Columns: p.columns(), Interrupt: p.signals.inner,
		Run: func(ctx context.Context, job scpshell.Job) int { return inner.scpJob(ctx, at, job) }, Look: inner.look,
	})
	return s, err
}

// openScp opens a secure-copy shell inside of the deployment shell, whose lines come from the same place.
func (r *shellRun) openScp(ctx context.Context, at *nodes.Place, settings shell.Settings,
	outer prompt.LineReader) (int, error) {
	read := func(complete completer) prompt.LineReader {
		if plain, ok := outer.(*prompt.PlainReader); ok {
			return plain
		}
		return r.program.lineReader(ctx, r.options, scpHistory, r.secrets, complete)
	}
	if settings.Hosts != "" {
		var err error
		if at, err = at.Limit(settings.Hosts); err != nil {
			return 0, err
		}
	}
	of := at.HostsBelow()
	if len(of) == 0 {
		return 0, noHosts(at)
	}
	s, err := r.newScpShell(at, of, settings.Sandbox, read)
	if err != nil {
		return 0, err
	}
	return s.Run(ctx)
}

// look opens a session that asks nobody and tells nobody.
func (r *shellRun) look() *hosts.Session {
	return hosts.NewSession(hosts.Options{Journal: journal.New("", r.secrets), HostKeys: r.options.hostKeys, Keep: r.keep,
		Replace: r.program.Hosts})
}

// scpJob does a job of the secure-copy shell as a run.
func (r *shellRun) scpJob(ctx context.Context, at *nodes.Place, job scpshell.Job) int {
	action := &nodes.Action{Name: job.Name, Isolate: nodes.IsolateLater, SuppressResult: true, Quiet: true, Variadic: true,
		Call: func(ctx context.Context, env *nodes.Env, _ nodes.Args) (any, error) {
			return nil, job.Do(ctx, env.Run().Session())
		}}
	task := shell.Task{Node: at, Name: job.Name, Action: action, Alone: true}
	task.Sandbox, task.View = job.Sandbox, string(console.ViewLines)
	for _, arg := range job.Args {
		task.Args.Positional = append(task.Args.Positional, arg)
	}
	return r.run(ctx, task).Status
}

// briefScreen is a screen that shows nothing of what a command of the secure-copy shell tells itself: what becomes of
// files, but in a sandbox, of its connections, and the commands that it needs.
//
// That a connection was made anew is told: what was done on the one before has ended.
type briefScreen struct {
	*console.Screen
	of *brief
}

// brief is what the runs of a shell know of those before.
type brief struct {
	connected map[string]bool // hosts with their addresses
}

// Write implements journal.Sink.
func (s briefScreen) Write(e journal.Event) error {
	switch {
	case strings.HasPrefix(string(e.Kind), "file.") && e.State != journal.WouldChange:
		return nil
	case e.Kind == journal.ConnectEnd && e.State != journal.Done:
		e.State = journal.Done // what is shown of it that takes long ends with it
	case e.Kind == journal.ConnectEnd:
		to := e.Host + " " + e.Address
		if s.of.connected[to] {
			return errors.Join(s.Screen.Write(e), s.Screen.Write(journal.Event{Kind: journal.Message, Host: e.Host,
				Message: "the connection had ended, and is made anew"}))
		}
		s.of.connected[to] = true
	case (e.Kind == journal.CommandStart || e.Kind == journal.CommandEnd) && e.Message == "" && !e.Sandbox:
		return nil
	case e.Kind == journal.CommandEnd && e.State == journal.Lost:
		return nil // the error of the command tells that
	}
	return s.Screen.Write(e)
}
