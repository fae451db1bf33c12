package hosts

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"deployer/internal/hostshell"
)

// TestWatcherEndsWithItsCommand runs commands that end at once, while what watches their standard input still starts.
// That stays open here: nothing but the end of its command ends a watcher, which otherwise would hold the session.
func TestWatcherEndsWithItsCommand(t *testing.T) {
	t.Parallel()
	word := hostshell.NewWord()
	line := hostshell.Request{Command: "true", Shell: "/bin/sh", Word: word}.Line()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	for range 300 {
		cmd := exec.Command("/bin/sh", "-c", line)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Stdin = read
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "every watcher has ended", func() bool { return len(running(t, word)) == 0 })
}
