package shell

import (
	"context"
	"io"
	"strings"

	"deployer/console"
	"deployer/journal"
	"deployer/nodes"
	"deployer/prompt"
)

// Options are what a shell is made with.
type Options struct {
	Tree        *nodes.Tree
	Start       *nodes.Place // where it begins
	Reader      prompt.LineReader
	Out, Err    io.Writer
	Colour      bool   // of Out
	Interactive bool   // a person reads; else the first line that fails ends the shell
	Pager       bool   // Run can show a person more lines than the terminal has, page by page
	KeepGoing   bool   // a line that fails does not end the shell
	Name        string // of the program, in messages that no person waits for
	Version     string // what --version prints
	Secrets     *journal.Secrets
	Settings    Settings // at the start
	// Columns returns the width of the window that Out is shown in; nil where there is none.
	Columns func() int
	// Run runs a task and shows all that comes of it, but a result that is a node.
	Run func(context.Context, Task) Outcome
	// OpenScp opens the secure-copy shell for the hosts of a node, and returns how it ended. Its lines come from in, or from
	// the same person.
	OpenScp func(ctx context.Context, at *nodes.Place, s Settings, in prompt.LineReader) (status int, err error)
	Earlier Earlier
	// Interrupt returns a context that ends at the next Ctrl-C, in place of the program, until release is called.
	Interrupt func(context.Context) (inner context.Context, release func())
}

// Settings are what set-option changes.
type Settings struct {
	Sandbox bool          // tasks check everything and change nothing
	View    string        // how a run is shown: one of console.Views
	Hosts   string        // the set of hosts that tasks are limited to; "": they are not
	Rolling nodes.Rolling // how tasks go over cells, before what the tree says
}

// Task is something to run on the hosts of a node.
type Task struct {
	Node   *nodes.Place
	Name   string // of the action, as it was called; "" is the default action
	Action *nodes.Action
	Args   nodes.Args
	Words  []string // arguments of a command line that are read as Args
	Settings
	// Looks says that it only shows something of the tree: it belongs in no log.
	Looks bool
	// Alone says that nobody is asked what to do about a failure.
	Alone bool
}

// Outcome is what came of a task.
type Outcome struct {
	Err    error // why it was not run; not shown yet
	Value  any
	Status int // an exit status; 0 is success
}

// Shell is a deployment shell. It is for one goroutine.
type Shell struct {
	o        Options
	commands []*Command
	here     place
	below    []place // of the shells that this one is a sub-shell of
	settings Settings
	loop     prompt.Loop
	left     bool
}

// place is where a shell is, and where it was before.
type place struct {
	at, previous *nodes.Place
}

// New returns a shell.
func New(o Options) *Shell {
	s := &Shell{o: o, commands: Commands(), here: place{at: o.Start}, settings: o.Settings}
	s.loop = prompt.Loop{
		Reader: o.Reader, Err: o.Err, Interactive: o.Interactive, KeepGoing: o.KeepGoing, Name: o.Name, Mask: o.Secrets.Mask,
		Interrupt: o.Interrupt, Prompt: s.prompt, Do: s.try, Leave: s.leave, Left: func() bool { return s.left },
	}
	return s
}

// Run reads and does line after line, until the input ends or a line ends the shell; see [prompt.Loop.Run].
func (s *Shell) Run(ctx context.Context) (status int, err error) { return s.loop.Run(ctx) }

// try does a line.
func (s *Shell) try(ctx context.Context, line string) error {
	words, _ := prompt.Split(line)
	if len(words) == 0 {
		return nil
	}
	if cmd := s.command(words[0]); cmd != nil {
		if len(words) == 2 && words[1].Raw == "--help" {
			return s.write(cmd.Help(s.layout()))
		}
		return cmd.run(s, ctx, arguments{words[1:], line[words[0].End():], words[0].End()})
	}
	return s.call(ctx, words, s.settings)
}

// layout is how text is laid out on Out.
func (s *Shell) layout() console.Layout { return console.LayoutOf(s.o.Colour, s.o.Columns) }

// prompt is the path of the place, each step in the colour of its group.
func (s *Shell) prompt() prompt.Prompt {
	p := PathSpans(s.here.at)
	if s.settings.Sandbox {
		p = append(p, prompt.Span{Text: " [sandbox]", Colour: "cyan"})
	}
	if limit := s.settings.Hosts; limit != "" {
		p = append(p, prompt.Span{Text: " on " + shortened(limit), Colour: "cyan"})
	}
	return append(p, prompt.Span{Text: " > "})
}

// maxLimit is how many characters of a limit the prompt shows.
const maxLimit = 40

func shortened(text string) string {
	if runes := []rune(text); len(runes) > maxLimit {
		return string(runes[:maxLimit-1]) + "…"
	}
	return text
}

// PathSpans is the path of a node, each step in the colour of its group.
func PathSpans(n *nodes.Place) prompt.Prompt {
	var p prompt.Prompt
	before := ""
	for i, at := range n.Line() {
		path := at.Path()
		text := strings.TrimPrefix(path, before)
		before = path
		if i == 0 && path == "/" && n.Parent() != nil {
			text = "" // the separator comes with the next step
			before = ""
		}
		if text != "" {
			p = append(p, prompt.Span{Text: text, Colour: GroupColour(at)})
		}
	}
	return p
}

// move goes to a node.
func (s *Shell) move(to *nodes.Place) { s.here = place{at: to, previous: s.here.at} }

// enter begins a sub-shell at a node.
func (s *Shell) enter(at *nodes.Place) {
	s.below = append(s.below, s.here)
	s.here = place{at: at.Whole()} // a limit is that of the run
}

// leave ends the sub-shell, or the shell.
func (s *Shell) leave() {
	last := len(s.below) - 1
	if last < 0 {
		s.left = true
		return
	}
	s.here, s.below = s.below[last], s.below[:last]
}

// write writes to standard output, without secrets.
func (s *Shell) write(text string) error {
	_, err := io.WriteString(s.o.Out, s.o.Secrets.Mask(text))
	return err
}
