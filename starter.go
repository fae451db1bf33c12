package deployer

import _ "embed"

// starterTree is what init writes.
//
//go:embed testdata/trees/starter/deploy
var starterTree string
