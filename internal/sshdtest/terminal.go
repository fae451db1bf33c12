package sshdtest

import (
	"fmt"
	"os"
	"os/user"
	"syscall"
	"testing"

	"deployer/pty"
)

// NeedTerminals skips the test where sshd cannot give terminals: one that is not run by root must find them belonging to
// the group tty already, as /dev/pts is mounted with gid=5 on machines, and in some containers is not.
func NeedTerminals(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	master, tty, err := pty.Open(pty.Default)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	info, err := tty.Stat()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroup("tty")
	if err == nil && group.Gid != fmt.Sprint(info.Sys().(*syscall.Stat_t).Gid) {
		t.Skip("sshd cannot give terminals here: mount /dev/pts with gid=" + group.Gid + ", or run as root")
	}
}
