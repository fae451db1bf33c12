package scpshell

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/prompt"
)

// bed is a shell whose host is this machine too, with directories of its own on both sides.
type bed struct {
	*Shell
	t           *testing.T
	out, err    bytes.Buffer
	here, there string
}

func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{t: t, here: t.TempDir(), there: t.TempDir()}
	host, err := hosts.NewLocal(hosts.LocalOptions{Slug: "web1"})
	if err != nil {
		t.Fatal(err)
	}
	b.Shell, err = New(Options{
		Hosts: []hosts.Host{host}, Dir: b.here, Out: &b.out, Err: &b.err, Interactive: true, Name: "deployer",
		Reader: prompt.NewPlainReader(strings.NewReader(""), nil, false),
		Run: func(ctx context.Context, job Job) int {
			s := hosts.NewSession(hosts.Options{})
			failed := job.Do(ctx, s)
			switch err := errors.Join(failed, s.Close()); {
			case ctx.Err() != nil:
				return 130
			case err != nil:
				return 1
			}
			return 0
		},
		Look: func() *hosts.Session { return hosts.NewSession(hosts.Options{}) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if status := b.open(t.Context()); status != 0 {
		t.Fatalf("status %d: %s", status, &b.err)
	}
	b.Shell.there.dir = b.there
	t.Cleanup(b.listings.rest)
	return b
}

// write writes files, each named by its path; one that ends in a slash is a directory.
func (b *bed) write(dir string, names ...string) {
	b.t.Helper()
	for _, name := range names {
		full := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(full), 0o755)
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(full, 0o755)
		} else if err == nil {
			err = os.WriteFile(full, []byte(name), 0o644)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// tree lists what is below a directory.
func (b *bed) tree(dir string) string {
	b.t.Helper()
	const list = `cd "$1" && find . -mindepth 1 | LC_ALL=C sort | sed 's,^./,,' | paste -sd, -`
	out, err := exec.Command("sh", "-c", list, "sh", dir).Output()
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// does does a line and returns what it says on standard error, with the names of the sides for their directories.
func (b *bed) does(line string) string {
	b.err.Reset()
	b.loop.Line(b.t.Context(), line)
	return strings.NewReplacer(b.there, "/there", b.here, "/here").Replace(b.err.String())
}

// TestCopies copies as cp does, and looks at what is where then.
func TestCopies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ line, there, told string }{
		{"put a.txt", "a.txt,dir,dir/old", ""},
		{"put a.txt b.txt dir", "dir,dir/a.txt,dir/b.txt,dir/old", ""},
		{"put *.txt dir/", "dir,dir/a.txt,dir/b.txt,dir/old", ""},
		{"put a.txt new", "dir,dir/old,new", ""},
		{"put a.txt dir/old", "dir,dir/old", ""},
		{"put sub/a.txt", "a.txt,dir,dir/old", ""},
		{"put 'with space' dir", "dir,dir/old,dir/with space", ""},
		{"put -r sub dir", "dir,dir/old,dir/sub,dir/sub/a.txt", ""},
		{"put -r sub/ dir", "dir,dir/a.txt,dir/old", ""},
		{"put -r sub new", "dir,dir/old,new,new/a.txt", ""},
		{"put -r sub/. dir", "dir,dir/a.txt,dir/old", ""},
		{"put -r sub/deep/.. dir", "dir,dir/a.txt,dir/old", ""},
		{"put -r sub/.", "a.txt,dir,dir/old", ""},
		{"put -- -dash", "-dash,dir,dir/old", ""},
		{"put '-dash'", "-dash,dir,dir/old", ""},
		{"put ~nobody-such x", "dir,dir/old", "~nobody-such"},
		{"put *.txt new", "dir,dir/old", "web1:/there/new is no directory, and there are 2 files to copy: mkdir makes one"},
		{"put a.txt new/", "dir,dir/old", "there is no directory web1:/there/new: mkdir makes it"},
		{"put a.txt dir/old/", "dir,dir/old", "web1:/there/dir/old: not a directory"},
		{"put a.txt sub/a.txt dir", "dir,dir/a.txt,dir/old", "would take the place of another one"},
		{"put sub", "dir,dir/old", "local:/here/sub is a directory: put -r copies it"},
		{"put *.css", "dir,dir/old", "local:'*.css': nothing matches this pattern"},
		{"put '*.txt'", "dir,dir/old", "local:'/here/*.txt': no such file or directory"},
		{"put ''", "dir,dir/old", "a path is empty"},
		{"put [", "dir,dir/old", "is no pattern"},
		{"put a.txt nothing.txt dir", "dir,dir/a.txt,dir/old", "no such file or directory"},
		{"put a.tx", "dir,dir/old", "did you mean a.txt or b.txt?"},
		{"mv dir/old dir/new", "dir,dir/new", ""},
		{"mv dir/old .", "dir,old", ""},
		{"mv nothing dir", "dir,dir/old", "no such file"},
		{"mkdir dir", "dir,dir/old", "file exists"},
		{"mkdir -p dir x/y", "dir,dir/old,x,x/y", ""},
		{"mkdir x/y", "dir,dir/old", "no such file"},
		{"mkdir x && cd x", "dir,dir/old", "&& means nothing here"},
		{"mkdir '&&'", "&&,dir,dir/old", ""},
		{"rm dir", "dir,dir/old", "rm -r removes it"},
		{"rm -r *", "", ""},
		{"rm -rf nothing dir", "", ""},
		{"rm nothing", "dir,dir/old", "no such file"},
		{"rm -r .", "dir,dir/old", "this shell is in it"},
		{"rm -r /", "dir,dir/old", "this shell is in it"},
		{"rm -x dir", "dir,dir/old", "rm has no option '-x'"},
		{"cd dir/old", "dir,dir/old", "web1:/there/dir/old: not a directory"},
		{"cd -", "dir,dir/old", "there is no directory before"},
		{"get dir", "dir,dir/old", "get -r copies it"},
		{"stat d?r/*", "dir,dir/old", ""},
		{"chmod 9 dir", "dir,dir/old", "9 is no mode"},
		{"edit dir/old", "dir,dir/old", "terminal"},
		{"ls dangling", "dir,dir/old", "no such file"},
		{"put a.txt dir extra x", "dir,dir/old", "is no directory"},
		{"'put' a.txt", "dir,dir/old", "there is no command put"},
		{"pt a.txt", "dir,dir/old", "there is no command pt: did you mean put"},
		{"!", "dir,dir/old", "a command follows ! at once"},
		{"! exit 3", "dir,dir/old", "exit status 3"},
	} {
		t.Run(strings.ReplaceAll(test.line, "/", "_"), func(t *testing.T) {
			t.Parallel()
			b := newBed(t)
			b.write(b.here, "a.txt", "b.txt", "sub/a.txt", "with space", "-dash")
			b.write(b.there, "dir/old")
			told := b.does(test.line)
			if (test.told == "") != (told == "") || !strings.Contains(told, test.told) {
				t.Errorf("it says %q, want %q", told, test.told)
			}
			if got := b.tree(b.there); got != test.there {
				t.Errorf("there is %s, want %s", got, test.there)
			}
		})
	}
}

// TestDirectories goes around on both sides.
func TestDirectories(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.write(b.there, "a/b/c/", "it is/", "file")
	if err := os.Symlink("nowhere", filepath.Join(b.there, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ line, dir string }{
		{"cd a/b", "/there/a/b"}, {"cd ../..", "/there"}, {"cd -", "/there/a/b"}, {"cd ./c/", "/there/a/b/c"},
		{"cd /", "/"}, {"cd " + b.there, "/there"}, {"cd 'it is'", "/there/it is"}, {"cd ..", "/there"}, {"cd a/*", "/there/a/b"},
		{"cd /there-is-nothing", "/there/a/b"}, {"cd ../../dangling", "/there/a/b"}, {"cd ../../file", "/there/a/b"},
		{"lcd", "/there/a/b"}, {"ls ../../dangling", "/there/a/b"},
	} {
		b.does(step.line)
		if got := strings.ReplaceAll(b.Shell.there.dir, b.there, "/there"); got != step.dir {
			t.Errorf("after %s it is in %s, want %s", step.line, got, step.dir)
		}
	}
	if home, err := os.UserHomeDir(); err != nil || b.Shell.here.dir != home {
		t.Errorf("lcd leads to %s, and home is %s, %v", b.Shell.here.dir, home, err)
	}
}

// TestPrompt shows both sides, however odd their names, and what is not as usual.
func TestPrompt(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	for _, test := range []struct{ dir, prompt string }{
		{"/srv", "local:here ~ web1:/srv > "},
		{"/home/me", "local:here ~ web1:~ > "},
		{"/home/me/my files", "local:here ~ web1:~/'my files' > "},
		{"/srv/\x1b[2J", `local:here ~ web1:$'/srv/\x1b[2J' > `},
		{"/srv/" + strings.Repeat("long/", 20) + "end", "local:here ~ web1:…/long/long/long/long/long/long/long/end > "},
		{"/" + strings.Repeat("x", 60), "local:here ~ web1:/" + strings.Repeat("x", 39) + "… > "},
	} {
		b.Shell.here.dir = "/tmp/here"
		b.Shell.there.dir, b.Shell.there.home = test.dir, "/home/me"
		if got := b.prompt().String(); got != test.prompt {
			t.Errorf("in %q: %q, want %q", test.dir, got, test.prompt)
		}
	}
	b.does("set-option sudo on")
	b.does("set-option sandbox on")
	if got := b.prompt().String(); !strings.HasSuffix(got, " [sudo][sandbox] > ") {
		t.Errorf("the prompt is %q", got)
	}
	for line, told := range map[string]string{
		"set-option sudo www-data": "", "set-option sudo '-x'": "sudo is on, off or a user", "set-option sandbox x": "on or off",
		"set-option sude on": "did you mean sudo?",
	} {
		if got := b.does(line); !strings.Contains(got, told) || (told == "") != (got == "") {
			t.Errorf("%s says %q, want %q", line, got, told)
		}
	}
}

// TestInterruptedLine ends what a line does with its context, and says so once.
func TestInterruptedLine(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.write(b.here, "a", "b", "c")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("by Ctrl-C"))
	if status := b.loop.Line(ctx, "put a b c ."); status == 0 || b.err.String() != "interrupted by Ctrl-C\n" {
		t.Errorf("status %d, told %q", status, &b.err)
	}
	if got := b.tree(b.there); got != "" {
		t.Errorf("there is %s", got)
	}
}

// TestMode compares modes with those that chmod gives.
func TestMode(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.write(b.here, "file", "dir/")
	for _, mode := range []string{
		"640", "0755", "7777", "u+x", "+x", "-r", "a=r", "u=rw,g=r,o=", "go-rwx", "u+s", "g+s,u=rwx", "+t", "a+X", "u=rwX,o+X", "=",
	} {
		for _, name := range []string{"file", "dir"} {
			want := b.modeAfter("chmod -- "+mode+" "+name, name)
			got := b.modeAfter("", name, mode)
			if got != want {
				t.Errorf("chmod %s %s: %s, want %s", mode, name, got, want)
			}
		}
	}
	for _, mode := range []string{"", "8", "77777", "x", "u", "u+q", "z+r", "u+x,", "-1"} {
		if _, err := newMode(mode, 0o644); err == nil {
			t.Errorf("%q is taken for a mode", mode)
		}
	}
}

// modeAfter is the mode of a file that had 0642 or 0752, after a command here, or after lchmod.
func (b *bed) modeAfter(command, name string, mode ...string) string {
	b.t.Helper()
	full := filepath.Join(b.here, name)
	if err := os.Chmod(full, 0o642); err != nil {
		b.t.Fatal(err)
	}
	if len(mode) > 0 {
		if told := b.does("lchmod " + mode[0] + " " + name); told != "" {
			b.t.Errorf("lchmod %s: %s", mode[0], told)
		}
	} else if out, err := exec.Command("sh", "-c", "umask 0; cd '"+b.here+"' && "+command).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", command, err, out)
	}
	info, err := os.Stat(full)
	if err != nil {
		b.t.Fatal(err)
	}
	return modeOf(info.Mode())
}

// TestListings gives up a listing that takes long, has it later, and ends it with the line.
func TestListings(t *testing.T) {
	t.Parallel()
	l := newListings(func() *hosts.Session { return hosts.NewSession(hosts.Options{}) })
	answer := make(chan []*hosts.FileInfo)
	ended := make(chan error, 1)
	list := func(ctx context.Context, _ *hosts.Session) ([]*hosts.FileInfo, error) {
		select {
		case files := <-answer:
			return files, nil
		case <-ctx.Done():
			ended <- ctx.Err()
			return nil, ctx.Err()
		}
	}
	key := listingKey{host: "web1", dir: "/"}
	if files, err := l.of(key, list); err == nil {
		t.Errorf("what nobody has answered is %v", files)
	}
	answer <- []*hosts.FileInfo{{Name: "a"}}
	for deadline := time.Now().Add(time.Minute); ; {
		files, err := l.of(key, list)
		if err == nil && len(files) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the answer is not there")
		}
	}
	l.forget()
	if _, err := l.of(key, list); err == nil {
		t.Error("it is known after something was changed")
	}
	l.rest()
	select {
	case <-ended:
	default:
		t.Error("the listing goes on after the line")
	}
	answered := func(context.Context, *hosts.Session) ([]*hosts.FileInfo, error) {
		return []*hosts.FileInfo{{Name: "b"}}, nil
	}
	if files, err := l.of(key, answered); err != nil || len(files) != 1 {
		t.Errorf("after the line: %v, %v", files, err)
	}
	l.rest()
}
