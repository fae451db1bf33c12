package sshdtest

import (
	"os"
	"syscall"
)

// attributes has sshd end with the test, however that ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func groupOf(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Gid) }
