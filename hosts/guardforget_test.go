package hosts

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
)

// A command that the guard is told to end before it hears of it is ended, however many others come in between.
func TestGuardForgetsNoneToEnd(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	_, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	way, err := os.OpenFile(c.guard.file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer way.Close()
	fmt.Fprintln(way, "end late") // as over the connection, but certainly before what follows
	const gone = 1 << 30          // no process has that ID
	for i := range 150 {
		fmt.Fprintf(way, "run other%d %d 1\n", i, gone)
	}
	late := exec.Command(find(t, "sleep"), "600")
	late.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := late.Start(); err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", late.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	const started = 19 // after the name: see proc(5)
	_, fields, _ := strings.Cut(string(stat), ") ")
	fmt.Fprintf(way, "run late %d %s\n", late.Process.Pid, strings.Fields(fields)[started])
	over := time.AfterFunc(time.Minute, func() {
		t.Error("it was not ended")
		_ = late.Process.Kill() // it may have ended now
	})
	_ = late.Wait() // by a signal
	over.Stop()
}
