package console

import "unicode"

// wide are the characters that take two columns: those of East Asia, and pictures.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0x303e, Stride: 1}, {Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1}, {Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, {Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, {Lo: 0xff00, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1}, {Lo: 0x1f900, Hi: 0x1faff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// height is how many rows of a terminal of so many columns a text takes that has no control characters.
func height(text string, columns int) int {
	rows, used := 1, 0
	for _, r := range text {
		size := Width(string(r))
		if used += size; used > columns {
			rows, used = rows+1, size // a character is never cut in two
		}
	}
	return rows
}

// Width is how many columns of a terminal a text takes that has no control characters.
func Width(text string) int {
	columns := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // part of the character before
		case unicode.Is(wide, r):
			columns += 2
		default:
			columns++
		}
	}
	return columns
}

// Fit is a text, without control characters, in at most so many columns of a terminal: what has no place is replaced by an
// ellipsis.
func Fit(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	if columns < 1 {
		return ""
	}
	kept, used := 0, 1
	for at, r := range text {
		if used += Width(string(r)); used > columns {
			kept = at
			break
		}
	}
	return text[:kept] + "…"
}

// fitEnd is Fit that keeps the end.
func fitEnd(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	if columns < 1 {
		return ""
	}
	for at := range text {
		if Width(text[at:]) < columns {
			return "…" + text[at:]
		}
	}
	return "…"
}
