package hosts

import (
	"bytes"
	"io"
)

// The marks that a script prints on standard error, or its terminal, each between two bytes 1 and after the random word
// of the command.
const (
	markScript    = "script"    // the script runs, and calls sudo next; where there is no sudo it is left out
	markPassword  = "password"  // sudo wants its password
	markNoSudo    = "nosudo"    // there is no sudo
	markStarted   = "started"   // the supervisor runs, with all the rights it will get
	markDirectory = "directory" // it could not change the directory; why follows after a space
	markHistory   = "history"   // the history of the host cannot be written; why follows after a space
	markLeader    = "leader"    // who leads the session of a terminal: its PID and when it began follow after a space
	markAgain     = "again"     // the guard cannot be told of the command: it must be begun under a supervisor
)

// printed is what printf of sh makes a mark of.
func printed(word, mark string) string { return `\001` + word + ":" + mark + `\001` }

// dialogue passes output on and takes the marks out of it.
type dialogue struct {
	out    io.Writer
	prefix []byte            // of every mark
	on     func(mark string) // set before the first Write
	held   []byte            // the end of the output, which may be the start of a mark

	begun bool   // the command itself: what it prints is its own
	asked bool   // sudo wanted a password, which was or will be given
	reply []byte // what may be the start of its complaint about that
}

func newDialogue(out io.Writer, word string) *dialogue {
	return &dialogue{out: out, prefix: []byte("\001" + word + ":")}
}

// longestMark is the length of the longest mark, in bytes: supervise.sh cuts off what is longer.
const longestMark = 80

func (d *dialogue) Write(p []byte) (int, error) {
	data := append(d.held, p...)
	d.held = nil
	for {
		before, after, found := bytes.Cut(data, d.prefix)
		if !found {
			keep := partial(data, d.prefix)
			d.held = bytes.Clone(data[len(data)-keep:])
			d.pass(data[:len(data)-keep])
			return len(p), nil
		}
		d.pass(before)
		name, rest, whole := bytes.Cut(after, []byte{1})
		if !whole && len(after) <= longestMark {
			d.held = bytes.Clone(data[len(before):])
			return len(p), nil
		}
		if !whole || len(name) > longestMark { // not one of ours after all
			name, rest = nil, after
			d.pass(d.prefix)
		}
		if name != nil {
			d.release()
			d.begun = d.begun || string(name) == markStarted
			d.asked = string(name) == markPassword && !d.begun
			d.on(string(name))
		}
		data = rest
	}
}

// flush passes on what was held back, at the end of the output.
func (d *dialogue) flush() {
	held := d.held
	d.held = nil
	d.pass(held)
	d.release()
}

func (d *dialogue) pass(p []byte) {
	if d.asked {
		p = d.afterPassword(p)
	}
	if len(p) > 0 {
		_, _ = d.out.Write(p) // into memory and the journal, which keeps its own errors
	}
}

// sorry is what sudo says of a wrong password. Who typed one for many hosts is told so once, by the next question, and need
// not read it from each of them.
const sorry = "Sorry, try again."

// afterPassword leaves the complaint out of what comes after a password, and holds back what may be the start of it.
func (d *dialogue) afterPassword(p []byte) []byte {
	d.reply = append(d.reply, p...)
	begin := bytes.TrimLeft(d.reply, "\r\n")
	line, rest, whole := bytes.Cut(begin, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	switch {
	case whole && string(line) == sorry:
		d.reply, d.asked = nil, false
		return rest
	case !whole && bytes.HasPrefix([]byte(sorry), line):
		return nil
	}
	all := d.reply
	d.reply, d.asked = nil, false
	return all
}

// release passes on what was held back and is no complaint.
func (d *dialogue) release() {
	all := d.reply
	d.reply, d.asked = nil, false
	d.pass(all)
}

// partial returns the length of the longest end of data that is a beginning of word.
func partial(data, word []byte) int {
	for n := min(len(data), len(word)-1); n > 0; n-- {
		if bytes.HasPrefix(word, data[len(data)-n:]) {
			return n
		}
	}
	return 0
}
