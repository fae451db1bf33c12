package nodes

import (
	"errors"

	"deployer/hosts"
)

// isSkipped reports whether an error is of a cell that is left out since its own host is offline. The error of another
// host ends an action that needs it, which is a failure.
func isSkipped(err error) bool {
	on := hosts.Errors(err)
	var action *ActionError
	return len(on) == 1 && on[0].Skipped && errors.As(err, &action) && action.Host == on[0].Host
}

// withoutSkipped are the errors of cells without those that are left out, unless all of them are.
func withoutSkipped(errs []error) []error {
	var kept []error
	skipped := 0
	for _, err := range errs {
		if isSkipped(err) {
			skipped++
		} else {
			kept = append(kept, err)
		}
	}
	if skipped == len(errs) {
		return errs
	}
	return kept
}
