package nodes

// This file is the contract that fronts use; see run.go for how it works.
