package hostshell

// The marks that a script prints on standard error, or its terminal, each between two bytes 1 and after the random word
// of the command.
const (
	MarkScript    = "script"    // the script runs, and calls sudo next; where there is no sudo it is left out
	MarkPassword  = "password"  // sudo wants its password
	MarkNoSudo    = "nosudo"    // there is no sudo
	MarkStarted   = "started"   // the supervisor runs, with all the rights it will get
	MarkDirectory = "directory" // it could not change the directory; why follows after a space
	MarkHistory   = "history"   // the history of the host cannot be written; why follows after a space
	MarkLeader    = "leader"    // who leads the session of a terminal: its PID and when it began follow after a space
	MarkAgain     = "again"     // the guard cannot be told of the command: it must be begun under a supervisor
)

// Mark is a mark as it is printed.
func Mark(word, mark string) string { return "\001" + word + ":" + mark + "\001" }

// printed is what printf of sh makes a mark of.
func printed(word, mark string) string { return `\001` + word + ":" + mark + `\001` }
