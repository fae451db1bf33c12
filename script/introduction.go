package script

import _ "embed"

// introduction is what stands in front of the reference.
//
//go:embed introduction.md
var introduction string
