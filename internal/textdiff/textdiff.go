// Package textdiff tells how two texts differ, line by line.
package textdiff

import (
	"fmt"

	"github.com/aymanbagabas/go-udiff"
)

// Unified returns the difference of two texts as diff -u writes it, under their names; "" if there is none.
func Unified(from, to, old, given string) string {
	edits := udiff.Lines(old, given)
	if len(edits) == 0 {
		return ""
	}
	text, err := udiff.ToUnified(from, to, old, edits, udiff.DefaultContextLines)
	if err != nil {
		return fmt.Sprintf("no diff: %v\n", err)
	}
	return text
}
