package prompt

import (
	"context"
	"errors"

	"deployer/console"
)

// LineReader reads lines that a person types, or that come from a file or a pipe.
type LineReader interface {
	// Read returns the next line, without its end. Its error is io.EOF at the end of the input, [ErrInterrupted] where
	// Ctrl-C was typed, or the cause of ctx.
	Read(ctx context.Context, prompt Prompt) (string, error)
	// History are the lines that were read, now and in earlier sessions, the oldest first.
	History() []string
}

// ErrInterrupted is returned by a LineReader where the line was given up: by Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// Prompt is what stands before a line, in pieces.
type Prompt []Span

// Span is a piece of text in a colour that [console.FormatName] knows, or in none.
type Span struct {
	Text   string
	Colour string
}

// String is the prompt without colours.
func (p Prompt) String() string { return p.Format(false) }

// Format is the prompt, coloured if that is wanted.
func (p Prompt) Format(colour bool) string {
	text := ""
	for _, span := range p {
		text += console.FormatName(span.Text, span.Colour, colour)
	}
	return text
}
