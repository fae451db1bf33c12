package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/nodes"
	"deployer/prompt"
)

// Command is a command of the shell. Its help, its completion and its documentation come from here.
type Command struct {
	Name  string
	Usage string // what may follow: "[PATH]"
	Short string // what it does, in a line
	Long  string // more of that; may be ""

	run      func(*Shell, context.Context, arguments) error
	complete completer // nil: nothing can follow
}

// completer returns what the word now may become, after the words before it.
type completer func(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate

// arguments are what follows the name of a command.
type arguments struct {
	words []prompt.Word
	text  string // as it was typed
	start int    // of text in the line
}

// Commands is the table of all commands, in the order in which help shows them.
func Commands() []*Command {
	return slices.Concat(navigation(), information(), running(), earlier(), session())
}

func navigation() []*Command {
	return []*Command{
		{"cd", "[PATH]", "go to a node",
			"Without PATH it goes to the root. - is the node before, .. the one above, / the root; git[web1] and git:web1 are " +
				"a cell. Steps of a path are separated by /, . or space.", (*Shell).cd, nodePath},
		{"ls", "[-l] [PATH]", "list the nodes and actions of a node",
			"With -l also the hosts of each node, by role.", (*Shell).ls, completeList},
		{"pwd", "[PATH]", "print the path of a node", "What it prints can be given to cd again.", (*Shell).pwd, nodePath},
		{"find", "[PATH] [PATTERN] [name=PATTERN] [action=PATTERN] [group=NAME] [host=SET]", "find nodes below a node",
			"A node is printed if all that is asked for is true of it: its name matches, it has such an action, it is in the " +
				"group, it has the host, or one of a set as --hosts takes it. In a PATTERN * stands for any text and ? for a " +
				"character; one without them matches where the name contains it. With action= the actions that match are printed after the path.", (*Shell).find, completeFind},
		{"tree", "[PATH] [DEPTH]", "draw the nodes below a node", "DEPTH is how many levels are drawn.", (*Shell).tree, nodePath},
	}
}

func session() []*Command {
	return []*Command{
		{"help", "[COMMAND | [PATH] ACTION]", "explain the commands, or one command or action",
			"COMMAND --help is the same as help COMMAND.", (*Shell).help, completeHelp},
		{"history", "", "list the lines that were typed", "", (*Shell).history, nil},
		{"set-option", "NAME VALUE", "change an option of this shell",
			"sandbox on makes every action check everything and change nothing, until sandbox off; the prompt shows it. view " +
				"is how a run is shown: " + console.OneOf(console.Views()) + ", as the option --view of run. hosts SET limits " +
				"all that follows to some hosts, as in hosts web[1-3], until hosts *; the prompt shows it. batch, canary, " +
				"max-fail, pause and check say how actions go over the cells of a node, as the options of run do; with - " +
				"the tree says it again.",
			(*Shell).setOption, completeOption},
		{"show-options", "", "list the options and their values", "", (*Shell).showOptions, nil},
		{"clear", "", "clear the screen", "", (*Shell).clear, nil},
		{"return", "", "leave the sub-shell that an action opened by returning a node", "", (*Shell).returns, nil},
		{"exit", "", "leave the shell, or the sub-shell", "Ctrl-D does the same.", (*Shell).exit, nil},
		{"--version", "", "print the version", "", (*Shell).version, nil},
	}
}

// command is the command that a word names, or nil. A quoted word names none.
func (s *Shell) command(w prompt.Word) *Command {
	if w.Quoted() {
		return nil
	}
	return s.named(w.Text)
}

func (s *Shell) named(name string) *Command {
	i := slices.IndexFunc(s.commands, func(c *Command) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return s.commands[i]
}

// nothing complains about words after a command that takes none.
func (a arguments) nothing(name string) error {
	if len(a.words) > 0 {
		return fmt.Errorf("%s takes no arguments, got %q", name, a.words[0].Text)
	}
	return nil
}

func (s *Shell) help(_ context.Context, a arguments) error {
	if len(a.words) == 0 {
		return s.write(s.overview())
	}
	if cmd := s.command(a.words[0]); cmd != nil && len(a.words) == 1 {
		return s.write(cmd.Help(s.layout()))
	}
	at, err := s.target(a.words)
	if err != nil {
		return err
	}
	text := nodes.Usage(at.named()) + "\n"
	if doc := strings.TrimSpace(at.action.Documentation()); doc != "" {
		text += "\n" + doc + "\n"
	}
	return s.write(text)
}

// overview is the help of all commands.
func (s *Shell) overview() string {
	rows := make([]console.Row, len(s.commands))
	for i, cmd := range s.commands {
		rows[i] = console.Row{Name: cmd.Name, Text: cmd.Short}
	}
	l := s.layout()
	return l.Paragraph("[PATH] ACTION [ARGUMENT...] runs an action; NAME=VALUE gives an argument by name.") + "\n" +
		l.Paragraph("[PATH] NODE [ARGUMENT...] runs the default action of a node.") + "\n" +
		l.List("commands (help COMMAND tells more):", rows)
}

// Help is all the help on the command.
func (c *Command) Help(l console.Layout) string {
	return prompt.Help(c.Name+" "+c.Usage, c.Short, c.Long, l)
}

func (s *Shell) history(ctx context.Context, a arguments) error {
	if err := a.nothing("history"); err != nil {
		return err
	}
	return s.page(ctx, "history", prompt.Numbered(s.loop.Reader.History()))
}

func (s *Shell) clear(_ context.Context, a arguments) error {
	if err := a.nothing("clear"); err != nil || !s.o.Interactive {
		return err
	}
	return s.write(prompt.ClearScreen)
}

func (s *Shell) returns(_ context.Context, a arguments) error {
	if err := a.nothing("return"); err != nil {
		return err
	}
	if len(s.below) == 0 {
		return fmt.Errorf("this is no sub-shell to return from: exit leaves the shell")
	}
	s.leave()
	return nil
}

func (s *Shell) exit(_ context.Context, a arguments) error {
	if err := a.nothing("exit"); err != nil {
		return err
	}
	s.leave()
	return nil
}

func (s *Shell) version(_ context.Context, a arguments) error {
	if err := a.nothing("--version"); err != nil {
		return err
	}
	return s.write(s.o.Name + " " + s.o.Version + "\n")
}
