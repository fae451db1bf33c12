package console

import (
	"hash/fnv"

	"github.com/fatih/color"
)

// Colour decides whether an output is coloured. when is "always", "never", or "auto" (or empty): on a terminal, unless
// noColor, the value of NO_COLOR, is not empty.
func Colour(when string, isTerminal bool, noColor string) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal && noColor == ""
}

// palette paints text, or leaves it as it is.
type palette struct{ on bool }

func (p palette) paint(text string, attributes ...color.Attribute) string {
	if !p.on {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // whatever the environment says: the caller has decided
	return c.Sprint(text)
}

func (p palette) green(s string) string  { return p.paint(s, color.FgGreen) }
func (p palette) red(s string) string    { return p.paint(s, color.FgRed, color.Bold) }
func (p palette) yellow(s string) string { return p.paint(s, color.FgYellow) }

// slugColours are the colours of hosts: none that means success, failure or a warning.
var slugColours = [...]color.Attribute{
	color.FgCyan, color.FgMagenta, color.FgBlue, color.FgHiCyan, color.FgHiMagenta, color.FgHiBlue,
}

// slug paints the name of a host, always in the same colour.
func (p palette) slug(s string) string {
	hash := fnv.New32a()
	hash.Write([]byte(s))
	return p.paint(clean(s, false), slugColours[hash.Sum32()%uint32(len(slugColours))])
}
