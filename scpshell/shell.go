package scpshell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/prompt"
)

// Options are what a shell is made with.
type Options struct {
	Hosts       []hosts.Host // one of them is chosen; put --all sends to all
	Dir         string       // where it begins here: an absolute path
	Reader      prompt.LineReader
	Out, Err    io.Writer
	Colour      bool // of Out
	Terminal    bool // Out is a terminal
	Events      bool // Out is for the events of runs, and nothing else
	Interactive bool // a person reads; else the first line that fails ends the shell
	KeepGoing   bool // a line that fails does not end the shell
	Name        string
	Secrets     *journal.Secrets
	Sandbox     bool // at the start: nothing is changed
	// Columns returns the width of the window; nil where there is none.
	Columns func() int
	// Run does a job as a run of its own, and returns its exit status. The error of the job is told by this shell.
	Run func(context.Context, Job) int
	// Look opens a session that asks nobody, for completion; nil: paths are not completed. No job runs before it is closed.
	Look func() *hosts.Session
	// Interrupt is as in [prompt.Loop].
	Interrupt func(context.Context) (inner context.Context, release func())
}

// Job is something to do on hosts.
type Job struct {
	Name    string
	Args    []string
	Sandbox bool // change nothing
	Do      func(context.Context, *hosts.Session) error
}

// Shell is a secure-copy shell. It is for one goroutine.
type Shell struct {
	o        Options
	commands []*Command
	loop     prompt.Loop
	here     *side
	there    *side // nil until a host is chosen
	settings settings
	listings *listings
	left     bool
	single   bool // messages begin with the name of the program
}

// New returns a shell.
func New(o Options) (*Shell, error) {
	local, err := hosts.NewLocal(hosts.LocalOptions{})
	if err != nil {
		return nil, err
	}
	s := &Shell{o: o, commands: Commands(), here: &side{host: local, label: "local", dir: o.Dir},
		settings: settings{sandbox: o.Sandbox}, listings: newListings(o.Look)}
	s.loop = prompt.Loop{
		Reader: o.Reader, Err: o.Err, Interactive: o.Interactive, KeepGoing: o.KeepGoing, Name: o.Name, Mask: o.Secrets.Mask,
		Interrupt: o.Interrupt, Prompt: s.prompt, Do: s.try, Leave: func() { s.left = true },
		Left: func() bool { return s.left },
	}
	return s, nil
}

// Run connects to the host, and does line after line; see [prompt.Loop.Run].
func (s *Shell) Run(ctx context.Context) (status int, err error) {
	defer s.listings.rest()
	if s.o.Reader == nil {
		return 0, errors.New("there is nothing on standard input: a command comes after --")
	}
	if s.o.Interactive || len(s.o.Hosts) == 1 {
		if status := s.open(ctx); status != 0 {
			return status, nil
		}
	}
	return s.loop.Run(ctx)
}

// open chooses the host and connects to it.
func (s *Shell) open(ctx context.Context) int {
	if s.o.Interrupt != nil {
		inner, release := s.o.Interrupt(ctx)
		defer release()
		ctx = inner
	}
	err := s.job(ctx, Job{Name: "open", Do: s.choose})
	var failed *prompt.Failed
	if errors.As(err, &failed) {
		return failed.Status
	}
	return 0
}

// One does one command, given as words that a program has split already, and returns its exit status.
func (s *Shell) One(ctx context.Context, args []string) int {
	s.single = true
	var words []prompt.Word
	for _, arg := range args {
		words = append(words, prompt.Literal(arg))
	}
	err := s.do(ctx, words)
	var failed *prompt.Failed
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.Status
	}
	s.tell(err)
	return prompt.StatusUsage
}

// try does a line.
func (s *Shell) try(ctx context.Context, line string) error {
	s.listings.rest()
	if command, ok := strings.CutPrefix(strings.TrimLeft(line, prompt.Blanks), "!"); ok {
		return s.shellCommand(ctx, command)
	}
	words, _ := prompt.Split(line)
	if len(words) == 0 {
		return nil
	}
	return s.do(ctx, words)
}

// do does a command.
func (s *Shell) do(ctx context.Context, words []prompt.Word) error {
	cmd, err := s.command(words[0])
	if err != nil {
		return err
	}
	if err := noOperators(words[1:]); err != nil {
		return err
	}
	if len(words) == 2 && words[1].Raw == "--help" {
		return s.write(cmd.Help(s.layout()))
	}
	call, err := cmd.parse(words[1:])
	if err != nil {
		return err
	}
	if cmd.own != nil {
		return cmd.own(s, ctx, call)
	}
	if cmd.remote && !call.has("all") && s.unsaid() {
		return s.whichHost()
	}
	job := Job{Name: cmd.Name, Sandbox: s.settings.sandbox}
	for _, w := range words[1:] {
		job.Args = append(job.Args, w.Text)
	}
	job.Do = func(ctx context.Context, session *hosts.Session) error { return s.work(ctx, session, cmd, call) }
	return s.job(ctx, job)
}

// operators are the words of sh that people type out of habit.
var operators = []string{"&&", "||", ";", "|", "&", ">", ">>", "<"}

// noOperators refuses what would make sh do more than one command. A file of that name can be quoted.
func noOperators(words []prompt.Word) error {
	for _, w := range words {
		if !w.Given && slices.Contains(operators, w.Raw) {
			return fmt.Errorf("%s means nothing here: type one command in a line, or quote a file of that name", w.Raw)
		}
	}
	return nil
}

// work does a command in a session.
func (s *Shell) work(ctx context.Context, session *hosts.Session, cmd *Command, call call) error {
	if !cmd.looks {
		defer s.listings.forget()
	}
	w := &work{Shell: s, ctx: ctx, session: session, cmd: cmd, call: call}
	w.local = place{work: w, side: s.here}
	if s.there == nil && cmd.remote && !call.has("all") {
		if cmd.sends {
			defer w.readAhead()()
		}
		if err := s.choose(ctx, session); err != nil {
			return err
		}
	}
	w.remote = place{work: w, side: s.there, files: s.settings.files(call)}
	return cmd.run(w)
}

// job does a job, and tells what went wrong in it.
func (s *Shell) job(ctx context.Context, job Job) error {
	var failed error
	do := job.Do
	job.Do = func(ctx context.Context, session *hosts.Session) error {
		failed = do(ctx, session)
		return failed
	}
	status := s.o.Run(ctx, job)
	switch {
	case status == 0:
		return nil
	case ctx.Err() != nil && !errors.As(failed, new(*keptError)):
		s.tellEnd(context.Cause(ctx))
	case failed != nil && !errors.Is(failed, console.ErrNoAnswer):
		s.tell(failed)
	}
	return &prompt.Failed{Status: status}
}

// tellEnd tells what has ended a command: a signal; or standard output, if it is not that whoever read it has seen enough.
func (s *Shell) tellEnd(cause error) {
	var output interface{ Closed() bool }
	switch {
	case !errors.As(cause, &output):
		s.tell(fmt.Errorf("interrupted %w", cause))
	case !output.Closed():
		s.tell(cause)
	}
}

// tell shows what went wrong, a line for each mistake.
func (s *Shell) tell(err error) {
	for _, one := range flat(err) {
		text := console.OneLine(s.o.Secrets.Mask(explain(one)))
		switch {
		case s.single:
			text = s.o.Name + ": " + text
		case !s.o.Interactive:
			text = s.o.Name + ": " + s.loop.Position() + text
		}
		fmt.Fprintln(s.o.Err, text)
	}
}

// flat are the errors that are joined in one.
func flat(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flat(one)...)
	}
	return all
}

// layout is how text is laid out on Out.
func (s *Shell) layout() console.Layout { return console.LayoutOf(s.o.Colour, s.o.Columns) }

// write writes to standard output, without secrets.
func (s *Shell) write(text string) error {
	_, err := io.WriteString(s.o.Out, s.o.Secrets.Mask(text))
	return err
}

// prompt shows both sides, and what is not as usual.
func (s *Shell) prompt() prompt.Prompt {
	p := prompt.Prompt{{Text: "local:" + ending(path.Base(s.here.dir)), Colour: "green"}, {Text: " ~ "}}
	if s.there == nil {
		p = append(p, prompt.Span{Text: "no host", Colour: "yellow"})
	} else {
		p = append(p, prompt.Span{Text: s.there.label + ":" + s.there.short(), Colour: "yellow"})
	}
	if mark := s.settings.mark(); mark != "" {
		p = append(p, prompt.Span{Text: " " + mark, Colour: "cyan"})
	}
	return append(p, prompt.Span{Text: " > "})
}
