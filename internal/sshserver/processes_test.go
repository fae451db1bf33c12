package sshserver

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestSnapshotHasThisProcess(t *testing.T) {
	all, err := snapshot()
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(all, func(m member) bool { return m.pid == os.Getpid() && m.parent == os.Getppid() })
	if !found {
		t.Errorf("snapshot() has no process %d with parent %d", os.Getpid(), os.Getppid())
	}
}

func TestFamily(t *testing.T) {
	leader := func(pid int, reaped bool) *process {
		return &process{cmd: &exec.Cmd{Process: &os.Process{Pid: pid}}, reaped: reaped}
	}
	ps := newProcesses()
	ps.leaders[100] = leader(100, false)
	ps.leaders[200] = leader(200, true)
	ps.leaders[300] = leader(300, true)
	got := ps.family([]member{
		{pid: 130, parent: 120, session: 130}, // a session of its own, begun by one of ours
		{pid: 100, parent: 1, session: 100},
		{pid: 120, parent: 100, session: 100},
		{pid: 210, parent: 1, session: 200}, // its leader has ended
		{pid: 300, parent: 1, session: 300}, // another process under the number of a leader that has ended
		{pid: 310, parent: 300, session: 300},
		{pid: 400, parent: 1, session: 400},
	})
	var pids []int
	for _, members := range got {
		for _, m := range members {
			pids = append(pids, m.pid)
		}
	}
	slices.Sort(pids)
	if want := []int{100, 120, 130, 210}; !slices.Equal(pids, want) {
		t.Errorf("family has %v, want %v", pids, want)
	}
}
