package hosts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"deployer/internal/printable"

	"golang.org/x/crypto/ssh"
)

// interactive answers the server's questions: with the password what seems to be the question for it, with what a
// person types everything else.
func (a *attempt) interactive() (ssh.AuthMethod, error) {
	if a.unanswered || a.used["keyboard-interactive"] && !(a.again && a.mayAnswer()) {
		return nil, nil
	}
	if a.st.person(a.session) == nil {
		password, err := a.known()
		if password == "" || err != nil || a.used["password"] {
			return nil, err
		}
	}
	a.used["keyboard-interactive"] = true
	return ssh.KeyboardInteractive(a.challenge), nil
}

// mayAnswer reports whether a person can be asked what the server asks.
func (a *attempt) mayAnswer() bool {
	return a.st.person(a.session) != nil && a.answered < a.st.maxAsked
}

// challenge answers one round of questions. A round may have none: the server then has something to say.
func (a *attempt) challenge(name, instruction string, prompts []string, echos []bool) ([]string, error) {
	if err := context.Cause(a.ctx); err != nil {
		return nil, err
	}
	a.hear(name)
	a.hear(instruction)
	answers := make([]string, 0, len(prompts))
	for i, prompt := range prompts {
		said, question := lastLine(prompt)
		a.hear(said)
		answer, err := a.answer(question, echos[i], len(prompts) == 1)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (a *attempt) answer(prompt string, echo, alone bool) (string, error) {
	password := !echo && !a.used["password"] && asksPassword(prompt, alone)
	if password && a.answered == 0 { // else the person sees every question, since any answer may be the wrong one
		known, err := a.known()
		switch {
		case err != nil:
			a.over = err
			return "", err
		case known != "":
			a.usePassword(known, "password (keyboard-interactive)")
			return known, nil
		case namesPassword(prompt) && !a.spoke && a.mayAsk():
			return "", a.ask(&need{password: true})
		}
	}
	return a.answerLive(prompt, echo)
}

// answerLive has a person answer while the server waits.
func (a *attempt) answerLive(prompt string, echo bool) (string, error) {
	prompt = clip(strings.TrimSpace(printable.Text(prompt)), maxChars)
	if !a.mayAnswer() {
		return "", a.unanswerable(prompt)
	}
	q := PasswordQuestion{What: fmt.Sprintf("answer to %q", prompt), User: a.st.user, Hosts: []string{a.st.slug},
		Prompt: prompt, Lines: a.said, Shown: echo}
	if a.answered > 0 && !a.lastLive {
		q.Failed = "the server refused the answers"
	}
	defer a.pause()()
	answer, err := a.talk(q)
	var later *need
	switch {
	case errors.As(err, &later):
		return "", a.ask(later)
	case err != nil:
		a.over = a.st.fail(LoginFailed, fmt.Errorf("the question %q of the server was not answered: %w", prompt, err), "")
		return "", err
	}
	a.said, a.lastLive, a.spoke = nil, true, true
	a.noteWay("keyboard-interactive")
	return answer, nil
}

// unanswerable is the error of a question that nobody will answer. What was answered before is not judged by it, and
// what else there is to try is tried on a new connection, since some servers go on waiting for the answer on this one.
func (a *attempt) unanswerable(prompt string) error {
	err := fmt.Errorf("the server asks %q, and refused %d answers", prompt, a.answered)
	if a.st.person(a.session) == nil {
		err = fmt.Errorf("the server asks %q, and %s", prompt, a.st.nobody("answer"))
		a.advice = "run it where somebody can answer, or log in with a key"
	}
	a.leftOut(fmt.Sprintf("keyboard-interactive (%v)", err))
	a.lastWord = ""
	a.unanswered, a.abandoned = true, true
	return err
}

// hear keeps what the server says, to be shown before its next question. It may say what it was told.
func (l *login) hear(text string) {
	for line := range strings.Lines(l.session.Secrets().Mask(text)) {
		line = clip(strings.TrimRight(printable.Text(line), " "), maxChars)
		if strings.TrimSpace(line) != "" && len(l.said) < maxSaid && !slices.Contains(l.said, line) {
			l.said = append(l.said, line)
		}
	}
}

// What a server may say before we stop listening.
const (
	maxSaid  = 20
	maxChars = 200 // characters
)

// lastLine splits a question from what is before it: sshd puts there what PAM has to say.
func lastLine(prompt string) (said, question string) {
	prompt = strings.TrimRight(prompt, "\r\n")
	at := strings.LastIndexByte(prompt, '\n') + 1
	return prompt[:at], prompt[at:]
}

func clip(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}

// namesPassword reports whether a question is for the password of the account, as it says itself.
func namesPassword(prompt string) bool {
	return strings.Contains(strings.ToLower(prompt), "passw") && !isOneTime(prompt)
}

// asksPassword reports whether a hidden question may be for the password of the account: it says so, or stands alone
// and says nothing else.
func asksPassword(prompt string, alone bool) bool {
	return namesPassword(prompt) || alone && !isOneTime(prompt)
}

// oneTime are words of questions for something else than the password that the account has.
var oneTime = []string{
	"otp", "totp", "hotp", "one", "onetime", "code", "passcode", "token", "verification", "pin", "factor", "yubikey",
	"duo", "new", "retype", "repeat", "again",
}

// isOneTime reports whether a question is for a code that is good for one time, or for a new password. The names of
// accounts and hosts in it ("(me@code) Password for pin:") say nothing.
func isOneTime(prompt string) bool {
	text := strings.ToLower(prompt)
	if _, rest, ok := strings.Cut(text, ") "); ok && strings.HasPrefix(strings.TrimSpace(text), "(") {
		text = rest
	}
	text, _, _ = strings.Cut(text, " for ")
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(oneTime, word) })
}
