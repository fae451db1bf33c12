package sshconfig

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Criteria that came to OpenSSH after versions that are still in use, so that not every ssh can be asked.
func TestNewerCriteria(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		criteria string
		met      bool
	}{
		{"localnetwork 127.0.0.0/8", true}, {"localnetwork 203.0.113.0/24", false}, {"localnetwork 127.0.0.1", true},
		{"localnetwork 203.0.113.0/24,127.0.0.0/8", true}, {"localnetwork !127.0.0.1,127.0.0.0/8", false},
		{"!localnetwork 203.0.113.0/24", true}, {"localnetwork ::1/128,127.0.0.1/32", true},
		{"tagged blue", true}, {"tagged red", false}, {"tagged b*,!blue", false}, {`tagged ""`, false}, {"!tagged red", true},
		{"sessiontype exec", true}, {"sessiontype shell,subsystem", false},
		{`command ""`, true}, {"command true*", false},
	} {
		o, err := read(t, "Tag blue\nMatch "+c.criteria+"\nPort 77\n")
		if err != nil || (o.Port == 77) != c.met {
			t.Errorf("%s: %+v, %v; met should be %v", c.criteria, o, err, c.met)
		}
	}
	for criteria, want := range map[string]string{
		"localnetwork 127.0.0.1/8": "config:1: Match 127.0.0.1/8 is not a network", "localnetwork x": "x is not a network",
		"weather fine": `"weather" is not known`, "sessiontype": `"sessiontype" is not followed by anything`,
	} {
		if _, err := read(t, "Match "+criteria+"\nPort 77\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", criteria, err, want)
		}
	}
}

func read(t *testing.T, text string) (*Options, error) {
	t.Helper()
	return evaluate(t, filepath.Join(folder(t, config(text)), "config"), Query{Host: "web"})
}

// A connection that is refused says so, and to whom.
func TestRefuseConnection(t *testing.T) {
	t.Parallel()
	_, err := read(t, "Host *\nRefuseConnection \"use the new machine\"\n")
	want := "config:2: RefuseConnection use the new machine: the host is not to be connected to"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

// A command of Match exec that hangs ends with who asked, and with all that it started.
func TestMatchExecCancelled(t *testing.T) {
	t.Parallel()
	dir := folder(t, config("Match exec \"echo > FOLDER/begun; sleep 600 & wait\"\nPort 1\n"))
	read, err := Read(here(t), File{Name: filepath.Join(dir, "config")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("somebody wants no more")
	go func() {
		defer cancel(why)
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
				return
			}
		}
	}()
	if _, err := read.Evaluate(ctx, Query{Host: "web"}); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
}

// A file to which others can write is refused as ssh refuses it. Debian's forgives a group of which one is the only
// member; what that is on this machine, ssh knows.
func TestOwnersAsSSH(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o600, 0o644, 0o664, 0o660, 0o620, 0o606, 0o666, 0o602} {
		dir := folder(t, map[string]string{"config": "Include FOLDER/more\n", "more": "Port 77\n"})
		if err := os.Chmod(filepath.Join(dir, "more"), mode); err != nil {
			t.Fatal(err)
		}
		compare(t, filepath.Join(dir, "config"), Query{Host: "web"})
		if os.Getuid() == 0 { // a group that others are in
			if err := os.Chown(filepath.Join(dir, "more"), 0, 1); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join(dir, "config"), Query{Host: "web"})
			if err := os.Chown(filepath.Join(dir, "more"), 1, 0); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join(dir, "config"), Query{Host: "web"})
		}
	}
}

// Files of the system look for others in /etc/ssh, and know no home.
func TestSystemFiles(t *testing.T) {
	t.Parallel()
	files := DefaultFiles("/home/me")
	if len(files) != 2 || files[0].Name != "/home/me/.ssh/config" || !files[0].Private || files[0].System ||
		files[1].Name != "/etc/ssh/ssh_config" || !files[1].System {
		t.Errorf("%+v", files)
	}
	dir := folder(t, map[string]string{
		"config": "Include ~/more\n", "other": "Include FOLDER/more\nInclude nosuch.d/*\n", "more": "Port 77\n",
	})
	missing := filepath.Join(dir, "missing")
	_, err := Read(here(t), File{Name: filepath.Join(dir, "config"), System: true})
	if err == nil || !strings.Contains(err.Error(), "~ is not known in a file of the system") {
		t.Errorf("error %v", err)
	}
	c, err := Read(here(t), File{Name: missing, Optional: true}, File{Name: filepath.Join(dir, "other"), System: true})
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.Evaluate(t.Context(), Query{Host: "web"})
	if err != nil || o.Port != 77 {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := Read(here(t), File{Name: missing}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
