package console

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
)

// Row is a line of a list: a name and what it is.
type Row struct {
	Name   string
	Colour string // of the name: grey, red, green, yellow, blue, magenta, cyan, white; "" for none
	Text   string
}

// FormatList returns rows under a title, with an empty line before it, or "" if there are none.
func FormatList(title string, rows []Row, colour bool) string {
	if len(rows) == 0 {
		return ""
	}
	width := 0
	for _, r := range rows {
		if r.Text != "" {
			width = max(width, utf8.RuneCountInString(r.Name))
		}
	}
	var b strings.Builder
	b.WriteString("\n" + title + "\n")
	for _, r := range rows {
		b.WriteString("  " + FormatName(r.Name, r.Colour, colour))
		if r.Text != "" {
			b.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(r.Name)+3) + r.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// FormatName returns a name in a colour that [Row] knows, if colour is wanted.
func FormatName(name, in string, colour bool) string {
	attribute, known := attributes()[in]
	if !known {
		return name
	}
	return palette{colour}.paint(name, attribute)
}

// Style returns a colour that [Row] knows as the parameters of the escape sequence SGR; "" for none.
func Style(colour string) string {
	attribute, known := attributes()[colour]
	if !known {
		return ""
	}
	return strconv.Itoa(int(attribute))
}

func attributes() map[string]color.Attribute {
	return map[string]color.Attribute{
		"grey": color.FgHiBlack, "red": color.FgRed, "green": color.FgGreen, "yellow": color.FgYellow, "blue": color.FgBlue,
		"magenta": color.FgMagenta, "cyan": color.FgCyan, "white": color.FgWhite,
	}
}
