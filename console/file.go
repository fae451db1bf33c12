package console

import (
	"strings"

	"deployer/journal"
)

// fileLine is what the log shows of something that was done with a file: one line, and what a sandbox would change in it.
func fileLine(e journal.Event, p palette) string {
	_, verb, _ := strings.Cut(string(e.Kind), ".")
	words := []string{p.slug(e.Host), verb}
	if e.From != "" {
		words = append(words, p.yellow(oneLine(e.From, maxCommand)), "→")
	}
	words = append(words, p.yellow(oneLine(e.Path, maxCommand)))
	for _, attribute := range []string{e.Mode, e.Owner} {
		if attribute != "" {
			words = append(words, clean(attribute, false))
		}
	}
	line := strings.Join(append(words, verdict(e, p)), " ")
	for text := range strings.Lines(e.Diff) {
		line += "\n" + diffLine(strings.TrimSuffix(text, "\n"), p)
	}
	return line
}

// diffLine is a line of a diff in its colour.
func diffLine(text string, p palette) string {
	shown := logText(text)
	switch {
	case strings.HasPrefix(text, "+"):
		return p.green(shown)
	case strings.HasPrefix(text, "-"):
		return p.red(shown)
	}
	return shown
}
