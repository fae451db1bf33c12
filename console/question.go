package console

import (
	"fmt"
	"io"
	"strings"
)

// A question stands in the last line of the terminal of standard error, or in several where it is longer, while the lines
// of the run appear above it. Bars stand there while there is no question, and while no command that has the terminal prints.

// erase clears the line that the cursor is in.
const erase = "\r\x1b[K"

// showQuestion puts a question, with what has been typed so far, in place of the one that is shown.
func (s *Screen) showQuestion(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.question
	if more, ok := strings.CutPrefix(text, old); ok && old != "" {
		s.question = text
		_, err := io.WriteString(s.stderr.W, more)
		return err
	}
	return s.above(func() error { s.question = text; return nil })
}

// again shows the question once more, where the cursor is: others have used the terminal while this program was stopped.
func (s *Screen) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.question != "" && s.draws() {
		_, _ = io.WriteString(s.stderr.W, erase+s.question) // fails when the terminal is gone, which reading it tells
	}
}

// endQuestion ends the line of the question.
func (s *Screen) endQuestion() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.question = ""
	s.ended(s.stderr, true)
	if _, err := io.WriteString(s.stderr.W, "\n"); err != nil {
		return err
	}
	return s.drawBars()
}

// dropQuestion leaves nothing of the question.
func (s *Screen) dropQuestion() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.above(func() error { s.question = ""; return nil })
}

// Say writes lines of text for the person, where they do not disturb what is drawn.
func (s *Screen) Say(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line(s.stderr, text)
}

// above erases the question or the bars, does what changes what is above, or what they are, and draws them again.
func (s *Screen) above(change func() error) error {
	if err := s.eraseQuestion(); err != nil {
		return err
	}
	if err := s.eraseBars(); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if s.question != "" {
		return s.drawQuestion()
	}
	return s.drawBars()
}

func (s *Screen) eraseQuestion() error {
	if s.question == "" {
		return nil
	}
	end := "\n" // where nothing can be erased
	if s.draws() {
		end = erase
		if above := height(s.question, s.stderr.size().Cols) - 1; above > 0 {
			end = fmt.Sprintf("\r\x1b[%dA\x1b[J", above)
		}
	}
	_, err := io.WriteString(s.stderr.W, end)
	return err
}

func (s *Screen) drawQuestion() error {
	start := ""
	if s.inMiddle(s.stderr) {
		start = "\n"
		s.ended(s.stderr, true)
	}
	_, err := io.WriteString(s.stderr.W, start+s.question)
	return err
}
