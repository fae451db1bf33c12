package deployer_test

import (
	"strings"
	"testing"
)

// TestCollectsSeldom makes some 10 MB of garbage. It is collected where the person who runs the program wants that, and
// else not.
func TestCollectsSeldom(t *testing.T) {
	t.Parallel()
	p := place{dir: t.TempDir(), home: t.TempDir()}
	p.write(t, "deploy", "x = [str(i) for i in range(100000)]\ndef act(env):\n    print(len(x))\nroot = node(actions = [act])\n")
	for _, setting := range []string{"A=", "GOGC=100", "GOMEMLIMIT=10MiB"} {
		cmd := p.command("run", "act")
		cmd.Path = build(t)
		cmd.Env = append(cmd.Env, "GODEBUG=gctrace=1", setting)
		out, err := cmd.CombinedOutput()
		if collects := strings.Contains(string(out), "gc 1 @"); err != nil || collects != (setting != "A=") {
			t.Errorf("with %s: %v: %s", setting, err, out)
		}
	}
}
