package deployer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"deployer/testdata/trees/websystemgo"
)

// The machines of the web system, as its file our_nodes.star has them.
var webSystemHosts = []string{
	"staging-host0", "lb0", "lb1", "web-server1", "web-server2", "web-server3",
	"master-db", "slave-db", "queue-host", "cache-host",
}

// startWebSystem starts ten hosts on which services are files, and whose code is a repository with two tags.
func startWebSystem(t *testing.T) *rack {
	t.Helper()
	r := startRack(t, webSystemHosts...)
	r.script("sudo", `[ "$1" = -p ] && [ "$3" = -S ] && [ "$4" = -- ] || { echo "sudo: $*" >&2; exit 2; }
shift 4
exec "$@"
`)
	r.script("service", `case $2 in
start) [ -e ~/"$1" ] || echo "starting $1"; : >~/"$1" ;;
stop) [ ! -e ~/"$1" ] || echo "stopping $1"; rm -f ~/"$1" ;;
status) [ -e ~/"$1" ] && echo "$1 runs" || { echo "$1 is stopped"; exit 3; } ;;
esac
`)
	r.sh("", `git init -q -b main code && cd code && git config user.name x && git config user.email x@example.com &&
		for n in 1 2; do echo $n >file && git add file && git commit -q -m "commit $n" && git tag v$n; done`)
	for _, slug := range webSystemHosts {
		r.sh(slug, "git clone -q ../code web-system")
	}
	return r
}

// state is what the code and the services of all hosts are.
func (r *rack) state() map[string]string {
	state := map[string]string{}
	lines := r.sh("", `for code in */web-system; do
		host=${code%/*}
		echo $host $(git -C $code describe --tags; ls -p $host | grep -v /)
	done`)
	for line := range strings.Lines(lines) {
		slug, is, _ := strings.Cut(strings.TrimSpace(line), " ")
		state[slug] = is
	}
	return state
}

// TestWebSystem runs the web system with staging and production on ten real hosts, from the script, and the same in Go
// on ten others, and compares what is seen and what comes of it.
func TestWebSystem(t *testing.T) {
	t.Parallel()
	racks := []*rack{startWebSystem(t), startWebSystem(t)}
	script := racks[0].scriptOf("testdata/trees/websystem/deploy", "our_nodes.star")
	inGo := racks[1].goOf(websystemgo.New(racks[1].machine))
	state := racks[0].state()
	for _, tt := range []struct {
		line    string
		exit    int
		shows   []string
		changes map[string]string
	}{
		{"check", 0, []string{"13 nodes, 10 hosts, no mistakes"}, nil},
		{"run", 0, []string{"staging_system      A web system."}, nil},
		{"run --path staging_system", 0, []string{"  git             The code.", "  restart   Restarts"}, nil},
		{"run --path production_system.git", 0, []string{"checkout COMMIT   Checks"}, nil},
		{"run --path production_system.database start", 0,
			[]string{"master-db | starting postgresql", "slave-db | starting postgresql"},
			map[string]string{"master-db": "v2 postgresql", "slave-db": "v2 postgresql"}},
		{"run --path production_system.database start", 0, []string{"master-db ok"}, nil},
		{"run --path staging_system.database start", 0,
			[]string{"staging-host0 ok"}, map[string]string{"staging-host0": "v2 postgresql"}},
		{"run --path staging_system.cache status", 1, []string{"redis is stopped", "exit status 3"}, nil},
		{"run --sandbox --path production_system.git checkout v1", 0, []string{"web-server3 would run"}, nil},
		{"run --path production_system.git checkout v1", 0, nil, map[string]string{
			"lb0": "v1", "lb1": "v1", "queue-host": "v1",
			"web-server1": "v1", "web-server2": "v1", "web-server3": "v1"}},
		{"run --path production_system.git show", 0, []string{"lb1 | commit 1", "web-server3 | commit 1"}, nil},
		{"run --path staging_system/git show", 0, []string{"commit 2"}, nil},
		{"run --sandbox --path staging_system restart", 0, []string{"staging-host0 would run"}, nil},
		{"run --path production_system restart", 0,
			[]string{"slave-db | stopping postgresql", "slave-db | starting postgresql"}, map[string]string{
				"lb0": "v1 haproxy", "lb1": "v1 haproxy", "cache-host": "v2 redis", "queue-host": "v1 rabbitmq"}},
		{"run --path staging_system restart", 0,
			nil, map[string]string{"staging-host0": "v2 haproxy postgresql rabbitmq redis"}},
		{"run --path production_system.queue stop", 0,
			[]string{"stopping rabbitmq"}, map[string]string{"queue-host": "v1"}},
		{"run --path production_system.git checkout v3", 1, []string{"6 of 6 hosts failed", "pathspec 'v3'"}, nil},
	} {
		seen := script.does(tt.line)
		missing := func(text string) bool { return !strings.Contains(seen, text) }
		status := fmt.Sprintf("exit status %d\n", tt.exit)
		if !strings.HasPrefix(seen, status) || slices.ContainsFunc(tt.shows, missing) {
			t.Errorf("%s: want exit status %d and %q:\n%s", tt.line, tt.exit, tt.shows, seen)
		}
		if other := inGo.does(tt.line); other != seen {
			t.Errorf("%s: the script:\n%s\nin Go:\n%s", tt.line, seen, other)
		}
		maps.Copy(state, tt.changes)
		for i, r := range racks {
			if got := r.state(); !maps.Equal(got, state) {
				t.Errorf("%s: the hosts of tree %d are %v, want %v", tt.line, i, got, state)
			}
		}
	}
}
