package deployer

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deployer/hosts"
)

// stuckOptions say what becomes of hosts that are stuck.
type stuckOptions struct {
	silence string // a command is parked after it; "": hosts.DefaultSilence
	parked  string // "wait", "leave" or "leave=DURATION"
	offline bool   // hosts that are offline are left out
	most    int    // connections that may be open; 0: as many as this process may have
}

// leaveAfter is how long parked hosts that are alone are waited for where only leave was said: others may be about to begin.
const leaveAfter = time.Second

// flags adds them to a command.
func (w *stuckOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.silence, "silence", "", "park a host that prints nothing for `DURATION`; 0: never (default 5m)")
	f.StringVar(&w.parked, "parked", "wait", "when only parked hosts are left: `POLICY` is wait, leave or leave=DURATION")
	f.BoolVar(&w.offline, "skip-offline", false, "leave out hosts that cannot be reached: they are no failure")
	f.IntVar(&w.most, "connections", 0, "open at most `N` SSH connections at once (default as many as ulimit -n allows)")
	complete(cmd, "parked", among("wait", "leave"))
}

// set sets the options of the session.
func (w stuckOptions) set(o *hosts.Options) error {
	var err error
	o.SkipOffline, o.Connections = w.offline, w.most
	if w.most < 0 {
		return fmt.Errorf("--connections is %d: use a number above 0", w.most)
	}
	if w.silence != "" {
		if o.Silence, err = duration("--silence", w.silence); err != nil {
			return err
		}
		if o.Silence == 0 {
			o.Silence = -1
		}
	}
	policy, after, given := strings.Cut(w.parked, "=")
	switch {
	case policy == "wait" && !given, w.parked == "":
		return nil
	case policy == "leave" && given:
		o.LeaveParked, err = duration("--parked leave", after)
		o.LeaveParked = max(o.LeaveParked, leaveAfter)
		return err
	case policy == "leave":
		o.LeaveParked = leaveAfter
		return nil
	}
	return fmt.Errorf("--parked is %q: use wait, leave or leave=DURATION", w.parked)
}

// duration reads a duration of the command line, which has a unit.
func duration(option, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s is %q: use a time such as 90s, 10m or 1h30m", option, text)
	}
	return d, nil
}
