package deployer

import (
	"io"
	"os"

	"deployer/console"
	"deployer/pty"
)

// presence is the terminal of the person who can be asked; nil if nobody is present.
func (p *program) presence(o runOptions) *os.File {
	if o.nonInteractive || !isTerminal(p.Err) {
		return nil
	}
	return p.terminal()
}

// terminal is standard input if it is a terminal, else nil.
func (p *program) terminal() *os.File {
	in, isFile := p.In.(*os.File)
	if !isFile || !pty.IsTerminal(in) {
		return nil
	}
	return in
}

// ownsTerminal reports whether commands may take the terminal: all three streams are terminals.
func (p *program) ownsTerminal(o runOptions) bool {
	return !o.json && isTerminal(p.Out) && isTerminal(p.Err)
}

func isTerminal(w io.Writer) bool { return terminalOf(w) != nil }

// terminalOf is the terminal that w writes to; nil if that is none.
func terminalOf(w io.Writer) *os.File {
	if watched, ok := w.(*watched); ok {
		w = watched.w
	}
	f, ok := w.(*os.File)
	if !ok || !pty.IsTerminal(f) {
		return nil
	}
	return f
}

// dumb reports whether the terminal shows text and can do no more, as far as anybody says.
func (p *program) dumb() bool {
	kind := p.Getenv("TERM")
	return kind == "" || kind == "dumb" || kind == "emacs" // that of a shell in Emacs, until version 22
}

func (p *program) output(w io.Writer, color string) console.Output {
	terminal, dumb := terminalOf(w), p.dumb()
	if terminal == nil {
		return console.Output{W: w, Colour: color == "always"}
	}
	wanted := color == "always" || color == "auto" && p.Getenv("NO_COLOR") == "" && !dumb
	return console.Output{W: w, Terminal: true, Colour: wanted, Dumb: dumb,
		Size: func() pty.Size { return pty.SizeOf(terminal) }}
}
