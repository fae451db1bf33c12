package sshserver

import (
	"os"

	"golang.org/x/sys/unix"
)

// snapshot returns the processes of this machine that have not ended.
func snapshot() ([]member, error) {
	processes, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, os.NewSyscallError("sysctl", err)
	}
	const zombie = 5
	var all []member
	for _, p := range processes {
		pid := int(p.Proc.P_pid)
		session, err := unix.Getsid(pid)
		if err != nil || p.Proc.P_stat == zombie {
			continue // it has ended, or is the system's
		}
		all = append(all, member{pid: pid, parent: int(p.Eproc.Ppid), session: session})
	}
	return all, nil
}
