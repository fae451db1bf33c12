//go:build !linux

package sshdtest

import (
	"os"
	"syscall"
)

// attributes keeps the Ctrl-C of a terminal away from sshd, which the test ends.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func groupOf(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Gid) }
