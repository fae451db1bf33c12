package scpshell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/internal/nearest"
	"deployer/prompt"
)

// Command is a command of the shell. Its help, its completion and its documentation come from here.
type Command struct {
	Name    string
	Usage   string // what may follow the options: "[PATH...]"
	Short   string // what it does, in a line
	Long    string // more of that; may be ""
	Options []Option

	least, most int  // how many words it takes; most below 0: any number
	remote      bool // it needs a host
	sends       bool // it copies what its first word says to the host
	looks       bool // it changes nothing
	run         func(*work) error
	own         func(*Shell, context.Context, call) error // in place of run: it needs no session
	complete    completer                                 // nil: nothing can follow
}

// Commands is the table of all commands, in the order in which help shows them.
func Commands() []*Command {
	return slices.Concat(looking(), copying(), changing(), onTerminal(), itself())
}

// many is the number of words of a command that takes any.
const many = -1

// The options of commands.
var (
	sudoOption      = Option{"S", "sudo", "use the files of the host as root, or as the user of set-option sudo", ""}
	longOption      = Option{"l", "long", "with mode, owner, size and time", ""}
	allOption       = Option{"a", "hidden", "also names that begin with a dot", ""}
	newestOption    = Option{"t", "time", "what was changed last comes first", ""}
	reverseOption   = Option{"r", "reverse", "the other way round", ""}
	humanOption     = Option{"h", "human", "sizes in kB, MB, GB", ""}
	oneOption       = Option{"1", "one", "a name a line", ""}
	itselfOption    = Option{"d", "directory", "directories themselves, not what is in them", ""}
	recursiveOption = Option{"r", "recursive", "directories with all that is in them", ""}
	forceOption     = Option{"f", "force", "what is not there is no mistake", ""}
	parentsOption   = Option{"p", "parents", "those above it too; one that is there is no mistake", ""}
	symbolicOption  = Option{"s", "symbolic", "a symbolic link: there are no others here", ""}
	everyOption     = Option{"", "all", "to all hosts of the node, at the same path", ""}
)

// copyOptions are the options of put and get.
func copyOptions() []Option {
	return []Option{
		{"c", "checksum", "compare what is in files of the same size, whatever their time", ""},
		{"L", "follow", "copy what symbolic links lead to", ""},
		{"", "include", "of the files in directories only those that match; may be repeated", "PATTERN"},
		{"", "exclude", "nothing in directories that matches; cache/ is a directory; may be repeated", "PATTERN"},
		{"", "verify", "compare the checksums of what was written, before it takes its place", ""},
		{"", "resume", "go on with what an interrupted transfer left, where that is the same so far", ""},
		sudoOption,
	}
}

// twins are two commands that do the same, on the host and here. Each text has a verb for the side.
func twins(c Command, do func(*work, place) error, complete func(where) completer) []*Command {
	remote, local := c, c
	remote.Short, local.Name, local.Short = c.Short+" on the host", "l"+c.Name, c.Short+" here"
	local.Long = ""
	remote.Options = append(slices.Clone(c.Options), sudoOption)
	remote.remote = true
	remote.run = func(w *work) error { return do(w, w.remote) }
	local.run = func(w *work) error { return do(w, w.local) }
	remote.complete, local.complete = complete(there), complete(here)
	return []*Command{&remote, &local}
}

func looking() []*Command {
	return slices.Concat(
		twins(Command{Name: "ls", Usage: "[PATH...]", Short: "list files", most: many, looks: true,
			Options: []Option{longOption, allOption, newestOption, reverseOption, humanOption, oneOption, itselfOption},
			Long: "Names that cannot be shown as they are, or mean something to this shell, are quoted, and can be typed " +
				"so. Owners have the names that /etc/passwd and /etc/group of the machine give them, and numbers else."},
			list, anyPaths),
		twins(Command{Name: "cd", Usage: "[DIRECTORY]", Short: "go to a directory", most: 1, looks: true,
			Long: "Without DIRECTORY it goes home; - is the directory before."}, changeDirectory, directories),
		twins(Command{Name: "pwd", Short: "print the directory", looks: true}, printDirectory, nothing),
		twins(Command{Name: "stat", Usage: "PATH...", Short: "tell what a file is", least: 1, most: many, looks: true},
			status, anyPaths),
		twins(Command{Name: "view", Usage: "FILE...", Short: "show a file", least: 1, most: many, looks: true,
			Long: "At a terminal it is shown a page at a time, and cannot do anything to the terminal. Elsewhere what is " +
				"printed is the file, to the byte."}, view, anyPaths),
	)
}

func copying() []*Command {
	const target = "The last word is the target where there are several: a directory to copy into, or the new name. With " +
		"one word, the copy gets the same name in the directory of the other side. DIRECTORY/ is what is in a directory: " +
		"put -r site/ TARGET makes TARGET what site is. What is there is replaced at once when all of the copy has " +
		"arrived, and never half."
	return []*Command{
		{Name: "put", Usage: "FILE... [TARGET]", Short: "copy files to the host", Long: target,
			Options: append([]Option{recursiveOption, everyOption}, copyOptions()...),
			least:   1, most: many, remote: true, sends: true, run: put, complete: transferPaths(here, there)},
		{Name: "get", Usage: "FILE... [TARGET]", Short: "copy files from the host",
			Long:    "Everything is as for put, the other way.",
			Options: append([]Option{recursiveOption}, copyOptions()...),
			least:   1, most: many, remote: true, run: get, complete: transferPaths(there, here)},
	}
}

func changing() []*Command {
	return slices.Concat(
		twins(Command{Name: "mkdir", Usage: "DIRECTORY...", Short: "make a directory", least: 1, most: many,
			Options: []Option{parentsOption}}, makeDirectories, directories),
		twins(Command{Name: "rm", Usage: "PATH...", Short: "remove files", least: 1, most: many,
			Options: []Option{recursiveOption, forceOption}, Long: "A directory is removed with -r only."}, remove, anyPaths),
		twins(Command{Name: "mv", Usage: "PATH... TARGET", Short: "move or rename files", least: 2, most: many,
			Long: "Into TARGET if that is a directory, else to that name, which is replaced if it is a file."}, move, anyPaths),
		twins(Command{Name: "chmod", Usage: "MODE PATH...", Short: "set the mode of files", least: 2, most: many,
			Long: "MODE is octal, 640, or says what changes, as u=rw,g=r,o= or +x."}, changeMode, modePaths),
		twins(Command{Name: "chown", Usage: "OWNER PATH...", Short: "set the owner of files", least: 2, most: many,
			Long: "OWNER is a user, user:group or :group, by name or number."}, changeOwner, modePaths),
		twins(Command{Name: "ln", Usage: "TARGET PATH", Short: "make a symbolic link", least: 2, most: 2,
			Options: []Option{symbolicOption}, Long: "PATH says TARGET then, which is taken as it is typed, and need not be " +
				"there. Another link at PATH is replaced at once; where it is a directory itself, the link is made in that."}, link, anyPaths),
	)
}

func onTerminal() []*Command {
	return append(slices.Concat(
		twins(Command{Name: "edit", Usage: "FILE", Short: "edit a file", least: 1, most: 1,
			Long: "It opens $VISUAL or $EDITOR of the host, or an editor that is found there; where there is none, the editor " +
				"here. What is edited is a copy, which takes the place of the file at once in the end. If the file has changed " +
				"meanwhile it is left alone, and the copy is kept."}, edit, anyPaths),
		twins(Command{Name: "connect", Short: "open a terminal in the directory", looks: false,
			Long: "Leaving it leads back to this shell."}, connect, nothing),
	), &Command{Name: "!", Usage: "COMMAND", Short: "run a command of the shell here, in the local directory",
		most: many, own: func(*Shell, context.Context, call) error {
			return fmt.Errorf("a command follows ! at once: !make")
		}})
}

func itself() []*Command {
	return []*Command{
		{Name: "help", Usage: "[COMMAND]", Short: "explain the commands, or one of them",
			Long: "COMMAND --help is the same as help COMMAND.", most: 1, own: (*Shell).help, complete: completeHelp},
		{Name: "history", Short: "list the lines that were typed", looks: true, run: history},
		{Name: "set-option", Usage: "NAME VALUE", Short: "change an option of this shell", least: 2, most: 2,
			Long: "sudo is on, off, or the user as whom files of the host are used. With sandbox on everything is checked and " +
				"nothing is changed.", own: (*Shell).setOption, complete: completeOption},
		{Name: "show-options", Short: "list the options and their values", own: (*Shell).showOptions},
		{Name: "clear", Short: "clear the screen", own: (*Shell).clear},
		{Name: "exit", Short: "leave the shell", Long: "Ctrl-D does the same.", own: (*Shell).exit},
	}
}

// elsewhere says how to do what people know as another command, from sftp or from sh.
var elsewhere = map[string]string{
	"bye": "exit", "quit": "exit", "logout": "exit", "?": "help", "dir": "ls", "cat": "view", "less": "view", "more": "view",
	"rename": "mv", "rmdir": "rm -r", "mget": "get", "mput": "put", "reget": "get --resume", "reput": "put --resume",
	"touch": "edit", "ssh": "connect",
}

// command is the command that a word names. A quoted word names none.
func (s *Shell) command(w prompt.Word) (*Command, error) {
	if c := s.named(w.Text); c != nil && !w.Quoted() {
		return c, nil
	}
	var names []string
	for _, c := range s.commands {
		names = append(names, c.Name)
	}
	hint := nearest.Hint(w.Text, names)
	if here, ok := elsewhere[w.Text]; ok {
		hint = "here it is " + here
	}
	if hint == "" {
		hint = "help lists the commands"
	}
	return nil, fmt.Errorf("there is no command %s: %s", prompt.Quote(w.Text), hint)
}

func (s *Shell) named(name string) *Command {
	i := slices.IndexFunc(s.commands, func(c *Command) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return s.commands[i]
}

// Help is all the help on the command.
func (c *Command) Help(l console.Layout) string {
	text := prompt.Help(c.Line(), c.Short, c.Long, l)
	var rows []console.Row
	for _, o := range c.Options {
		name := strings.TrimSpace("--" + o.Name + " " + o.Value)
		if o.Letter != "" {
			name = "-" + o.Letter + ", " + name
		}
		rows = append(rows, console.Row{Name: name, Text: o.Text})
	}
	return text + l.List("options:", rows)
}

func (s *Shell) help(_ context.Context, c call) error {
	if len(c.words) == 1 {
		cmd, err := s.command(c.words[0])
		if err != nil {
			return err
		}
		return s.write(cmd.Help(s.layout()))
	}
	rows := make([]console.Row, len(s.commands))
	for i, cmd := range s.commands {
		rows[i] = console.Row{Name: cmd.Name, Text: cmd.Short}
	}
	l := s.layout()
	return s.write(l.Paragraph("Paths may have patterns (*.log) and a leading ~; what is quoted is taken as it is.") + "\n" +
		l.List("commands (help COMMAND tells more):", rows))
}

func history(w *work) error {
	if w.o.Reader == nil {
		return nil
	}
	return console.From(w.ctx).Pager(prompt.Numbered(w.o.Reader.History()))
}

func (s *Shell) clear(context.Context, call) error {
	if !s.o.Interactive {
		return nil
	}
	return s.write(prompt.ClearScreen)
}

func (s *Shell) exit(context.Context, call) error {
	s.left = true
	return nil
}
