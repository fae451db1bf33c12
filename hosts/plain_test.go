package hosts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlainIsTheSame runs programs with and without a shell.
func TestPlainIsTheSame(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	h := localHandle(t, s, "")
	for _, command := range []string{"env -u _ sort -z /proc/self/environ", "ls -d /tmp", "no-such-program -x", "ls /no/such/file", "test-no -x"} {
		plain, plainErr := run(t, h, command, RunOptions{})
		shell, shellErr := run(t, h, command+" ;", RunOptions{})
		if plain != shell {
			t.Errorf("%s: got\n%s, not\n%s", command, plain, shell)
		}
		if (plainErr == nil) != (shellErr == nil) ||
			plainErr != nil && plainErr.Error() != strings.Replace(shellErr.Error(), " ;", "", 1) {
			t.Errorf("%s: error %v, not %v", command, plainErr, shellErr)
		}
	}
}

// TestPlainPrograms runs commands where no shell works, and programs that need one.
func TestPlainPrograms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"broken/bash": "#!/bin/sh\nexit 99\n", "own/uname": "echo mine, ${BASH_VERSION:+in bash}\n", "rc": "echo the rc file\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ name, variable, command, want string }{
		{"no shell is needed", "PATH=" + dir + "/broken:/usr/bin:/bin", "uname", "Linux\n"},
		{"one is needed", "PATH=" + dir + "/broken:/usr/bin:/bin", "uname;", "exit status 99"},
		{"not of the system", "PATH=" + dir + "/own:/usr/bin:/bin", "uname", "mine, in bash\n"},
		{"a file for bash", "BASH_ENV=" + dir + "/rc", "uname", "the rc file\nLinux\n"},
	} {
		s, _ := newSession(t, Options{})
		h, err := NewWrapped(WrappedOptions{Slug: "web1", Command: []string{"env", test.variable, "/bin/sh", "-c"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := run(t, s.Handle(h), test.command, RunOptions{})
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
