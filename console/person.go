package console

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"deployer/internal/hostset"
	"deployer/pty"
)

// ErrNoAnswer is returned where a person did not answer a question: Ctrl-C, Ctrl-D, or the end of the input.
var ErrNoAnswer error = noAnswerError("the question was not answered")

type noAnswerError string

func (e noAnswerError) Error() string { return string(e) }

// Kind is what scripts see of it.
func (noAnswerError) Kind() string { return "no answer" }

// Person asks the person at a terminal, one question at a time, and gives the terminal to commands. It is safe for use
// by many goroutines.
type Person struct {
	function  func(context.Context, Question) (string, error) // nil: the answers come from the terminal
	terminal  *os.File
	screen    *Screen
	interrupt func()
	owner     chan struct{} // who reads the terminal puts something in
	turns     *turns        // of the live view, which has them while nobody owns the terminal
}

// NewPerson returns the person who types at terminal and reads what the screen shows on standard error. interrupt is
// called when Ctrl-C is typed at a question, which sends no signal then; it may be nil.
func NewPerson(terminal *os.File, s *Screen, interrupt func()) *Person {
	if interrupt == nil {
		interrupt = func() {}
	}
	return &Person{terminal: terminal, screen: s, interrupt: interrupt, owner: make(chan struct{}, 1),
		turns: newTurns()}
}

// NewFunctionPerson returns a person whose answers come from a function, which is called for one question at a time, and
// not again where an answer is wrong. There is no terminal to give to commands.
func NewFunctionPerson(answer func(context.Context, Question) (string, error)) *Person {
	return &Person{function: answer, owner: make(chan struct{}, 1), turns: newTurns()}
}

// PasswordQuestion says which password is wanted. It is the question of package hosts.
type PasswordQuestion struct {
	What   string   // "sudo password", "password", "passphrase of ~/.ssh/id_ed25519"
	User   string   // the account
	Hosts  []string // slugs of the hosts that wait for it
	Failed string   // not "" if an earlier answer was refused: why
	Prompt string   // not "" if it is the host that asks, in these words; What is ours
	Lines  []string // what the host says before it asks
	Shown  bool     // what is typed may be seen
}

// Password asks for a password, which is not shown, or what a host asks. It may be empty.
func (p *Person) Password(ctx context.Context, q PasswordQuestion) (string, error) {
	var first []string
	if q.Failed != "" {
		first = []string{q.Failed}
	}
	text := q.text()
	for _, line := range q.Lines {
		first = append(first, List(q.Hosts)+" says: "+line)
	}
	return p.ask(ctx, Question{Before: first, Text: clean(text, false), Hidden: !q.Shown, Check: anything})
}

// text stands before what is typed. What a host asks is told apart from what we ask: it must not get the passphrase of
// a key by asking for it in our words.
func (q *PasswordQuestion) text() string {
	if q.Prompt != "" {
		return List(q.Hosts) + " asks " + q.User + ": " + q.Prompt + " "
	}
	text := q.What
	if q.User != "" {
		text += " of " + q.User
	}
	if len(q.Hosts) > 0 {
		text += " on " + List(q.Hosts)
	}
	return text + ": "
}

// NewKey is a host key that nobody has vouched for. It is that of package hosts.
type NewKey struct {
	Host        string // slug
	Address     string // as known_hosts names it: "web1", "[web1]:2222"
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…"
}

// TrustKeys shows new host keys in one table and asks once whether to trust them all. Without a clear yes it is no.
func (p *Person) TrustKeys(ctx context.Context, keys []NewKey) (bool, error) {
	if len(keys) == 0 {
		return false, nil
	}
	first := []string{"these host keys are not known yet; compare the fingerprints with those you were told:"}
	text := "trust these keys, now and in future?"
	if len(keys) == 1 {
		first[0] = "this host key is not known yet; compare the fingerprint with the one you were told:"
		text = "trust this key, now and in future?"
	}
	return p.confirm(ctx, append(first, keyTable(keys)...), text)
}

func keyTable(keys []NewKey) []string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = oneLine(cells[i], maxCommand)
		}
		fmt.Fprintf(table, "  %s\n", strings.Join(cells, "\t"))
	}
	row("host", "address", "type", "fingerprint")
	for _, key := range keys {
		row(key.Host, key.Address, key.Type, key.Fingerprint)
	}
	_ = table.Flush() // into a builder, which does not fail
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// Confirm asks a question to be answered with yes or no; no answer in the line means no.
func (p *Person) Confirm(ctx context.Context, text string) (bool, error) {
	return p.confirm(ctx, nil, text)
}

func (p *Person) confirm(ctx context.Context, first []string, text string) (bool, error) {
	var yes bool
	text = oneLine(text, maxCommand) + " [y/N] "
	_, err := p.ask(ctx, Question{Before: first, Text: text, Check: func(answer string) string {
		switch strings.ToLower(answer) {
		case "y", "yes":
			yes = true
		case "", "n", "no":
			yes = false
		default:
			return "answer y or n"
		}
		return ""
	}})
	return yes && err == nil, err
}

// Answer is what to do about a failed action. Its values are those of nodes.Decision.
type Answer int

// The answers.
const (
	Abort Answer = iota
	Retry
	Skip
	Connect // open a shell on the host, then ask again
)

// AfterFailure shows what failed and asks what to do about it; no answer in the line means to abort. Without
// canConnect, Connect is not offered.
func (p *Person) AfterFailure(ctx context.Context, failed string, canConnect bool) (Answer, error) {
	words := []string{"abort", "retry", "skip"} // in the order of the answers
	text := "retry, skip or abort? [abort] "
	if canConnect {
		words = append(words, "connect")
		text = "retry, skip, connect or abort? [abort] "
	}
	var chosen int
	first := strings.Split(strings.TrimRight(failed, "\n"), "\n")
	_, err := p.ask(ctx, Question{Before: first, Text: text, Check: func(answer string) string {
		chosen = slices.IndexFunc(words, func(word string) bool {
			return strings.HasPrefix(word, strings.ToLower(answer))
		})
		if chosen >= 0 {
			return ""
		}
		last := len(words) - 1
		return "answer " + strings.Join(words[:last], ", ") + " or " + words[last] + ", or the first letter of it"
	}})
	if err != nil {
		return Abort, err
	}
	return Answer(chosen), nil
}

// Choose asks for one of several things by its number, from 0, or its name, and returns its index, or [RandomChoice] if
// any will do.
func (p *Person) Choose(ctx context.Context, title string, names []string) (int, error) {
	chosen := noChoice
	list := choice{options: names, empty: noChoice, random: true}
	_, err := p.ask(ctx, list.question(title, "number or name, or r for a random one: ", &chosen))
	return chosen, err
}

// maxListed is how many characters a question has for the hosts that it is about.
const maxListed = 60

// List names hosts, folded as in web[01-08],db1, but not very many of them.
func List(slugs []string) string { return clean(hostset.FoldWithin(slugs, maxListed), false) }

// Size is the size of the terminal.
func (p *Person) Size() pty.Size {
	if p.terminal == nil {
		return pty.Default
	}
	return pty.SizeOf(p.terminal)
}
