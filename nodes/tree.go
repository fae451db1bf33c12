package nodes

import (
	"context"

	"deployer/hosts"
)

// Tree is a whole deployment tree.
type Tree struct {
	Name     string    // of the file or type, for people
	Template *Template // of the root
	// Code is the text that defines what is at a place, and where it begins, for what has no Source of its own; "" where
	// it is not at hand. It may be nil.
	Code func(Pos) (string, Pos)
	// File is what the tree is made of, and Sources are the digests of all files that take part in that, by path: of a tree
	// in Go the program.
	File    string
	Sources map[string]string

	warnings []Problem             // found when it was made
	hosts    map[string]hosts.Host // of a tree in Go, by slug
}

// Plainer is a value of a front that can be shown. Plain returns nil, string, bool, int64, *big.Int, float64, []byte,
// []any, Dict, *Env or *hosts.Handle, or an error for a value that cannot be shown.
type Plainer interface {
	Plain() (any, error)
}

// Unknowable is a value of a front that a sandbox may not know. Unknown returns why it is not known, or nil.
type Unknowable interface {
	Unknown() error
}

// Dict is a mapping with its keys in order.
type Dict []Entry

// Entry is one entry of a Dict.
type Entry struct {
	Key   any
	Value any
}

// Person is somebody who decides when an action fails, or which cell is meant.
type Person interface {
	// AfterFailure asks what to do about an action that failed.
	AfterFailure(ctx context.Context, failed *ActionError) (Decision, error)
	// ChooseCell asks for one of several cells and returns its index, or -1 for a random one.
	ChooseCell(ctx context.Context, cells []*Place) (int, error)
}

// Decision is what to do about a failed action.
type Decision int

// The decisions.
const (
	Abort Decision = iota
	Retry
	Skip
	Connect // open a shell on the host, then ask again
)
