package hosts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlainWords compares the words that are left to a shell with those that bash itself names.
func TestPlainWords(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("bash", "-c", "compgen -bk").Output()
	if err != nil {
		t.Fatal(err)
	}
	for word := range strings.FieldsSeq(string(out)) {
		if (request{command: word + " x"}).plain() != "" {
			t.Errorf("%s is taken for a program", word)
		}
	}
	for command, want := range map[string]string{
		"hostname": "hostname", "ls  -l /tmp": "ls", "dd if=/dev/zero of=x": "dd", "apt-get install a=1.2": "apt-get",
		"": "", "a=b c": "", "echo hi": "", "/bin/ls": "", "ls *": "", "ls ~": "", "ls\n": "", "ls ": "", " ls": "", "ls; ls": "",
		"ls {a,b}": "", "ls #": "", "ls!": "", "ls 'a'": "", "ls\ta": "", "-n": "", "ls a\nls": "", "ls é": "",
	} {
		if got := (request{command: command}).plain(); got != want {
			t.Errorf("%q: program %q, want %q", command, got, want)
		}
	}
	if got := (request{command: "ls", shell: "zsh"}).plain(); got != "" {
		t.Errorf("with a shell of the host's own: program %q", got)
	}
}

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
