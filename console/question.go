package console

import (
	"fmt"
	"io"
	"strings"
)

// A question stands in the last line of the terminal of standard error, or in several where it is longer, while the lines
// of the run appear above it.

// erase clears the line that the cursor is in.
const erase = "\r\x1b[K"

// showQuestion puts a question, with what has been typed so far, in place of the one that is shown.
func (s *Screen) showQuestion(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.question
	s.question = text
	if more, ok := strings.CutPrefix(text, old); ok && old != "" {
		_, err := io.WriteString(s.stderr.W, more)
		return err
	}
	if err := s.erase(old); err != nil {
		return err
	}
	return s.drawQuestion()
}

// endQuestion ends the line of the question.
func (s *Screen) endQuestion() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.question = ""
	s.ended(s.stderr, true)
	_, err := io.WriteString(s.stderr.W, "\n")
	return err
}

// say writes lines of text, for a person to read before a question.
func (s *Screen) say(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line(s.stderr, text)
}

func (s *Screen) eraseQuestion() error { return s.erase(s.question) }

func (s *Screen) erase(question string) error {
	if question == "" {
		return nil
	}
	end := "\n" // where nothing can be erased
	if s.stderr.Terminal {
		end = erase
		if above := (width(question) - 1) / s.columns(); above > 0 {
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
