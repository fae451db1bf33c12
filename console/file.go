package console

import (
	"strings"

	"deployer/journal"
)

// isFile reports whether an event tells what was done with a file.
func isFile(e journal.Event) bool { return strings.HasPrefix(string(e.Kind), "file.") }

// fileLines are what the log shows of such an event: a line, and what a sandbox would change in the file.
func fileLines(e journal.Event, p palette) []string {
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
	all := []string{strings.Join(append(words, verdict(e, p)), " ")}
	for text := range strings.Lines(e.Diff) {
		all = append(all, diffLine(strings.TrimSuffix(text, "\n"), p))
	}
	return all
}

// diffLine is a line of a diff in its colour.
func diffLine(text string, p palette) string {
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	shown := clean(text, false)
	switch {
	case strings.HasPrefix(text, "+"):
		return p.green(shown)
	case strings.HasPrefix(text, "-"):
		return p.red(shown)
	}
	return shown
}
