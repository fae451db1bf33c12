package deployer_test

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// django is what the tutorial deploys: the repository of a project, with the tags v1 and v2, and the packages that it
// needs, as wheels.
type django struct {
	t    *testing.T
	dir  string // holds shop/django-project.git and wheels
	bind string // an address that no other test listens at; in texts it is 127.0.0.1
}

// needForTutorial wants what Debian's packages bring.
func needForTutorial(t *testing.T) {
	t.Helper()
	for what, check := range map[string]string{
		"git": "command -v git", "curl": "command -v curl", "supervisor": "command -v supervisord supervisorctl",
		"python3-venv": "/usr/bin/python3 -c 'import venv, ensurepip'",
	} {
		if out, err := exec.Command("sh", "-c", check).CombinedOutput(); err != nil {
			t.Fatalf("%s is not installed; make test installs it: apt-get install %s\n%s", what, what, out)
		}
	}
}

func newDjango(t *testing.T) *django {
	t.Helper()
	needForTutorial(t)
	address := []any{1 + rand.IntN(254), 1 + rand.IntN(254), 1 + rand.IntN(254)}
	d := &django{t: t, dir: t.TempDir(), bind: fmt.Sprintf("127.%d.%d.%d", address...)}
	makeDir(t, filepath.Join(d.dir, "wheels"))
	d.wheel("Django", "django", "")
	d.wheel("gunicorn", "gunicorn", "[console_scripts]\ngunicorn = gunicorn:main\n")
	if err := os.CopyFS(filepath.Join(d.dir, "shop"), os.DirFS("testdata/tutorial/project")); err != nil {
		t.Fatal(err)
	}
	const commit = `git add -A && git -c user.name=x -c user.email=x@example.com commit -q -m`
	d.sh(`cd shop && chmod 755 manage.py && git init -q -b main && ` + commit + ` "first" && git tag v1 &&
		sed -i -e 's/VERSION = 1/VERSION = 2/' -e 's/"shop.0001_initial"/&, "shop.0002_orders"/' shop/settings.py &&
		echo 'h1 { color: red }' >static/orders.css && ` + commit + ` "second" && git tag v2 && cd .. &&
		git clone -q --bare shop shop/django-project.git`)
	return d
}

func (d *django) sh(command string) {
	d.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = d.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// wheel makes version 0.1 of a package of testdata.
func (d *django) wheel(name, module, entryPoints string) {
	d.t.Helper()
	file, err := os.Create(filepath.Join(d.dir, "wheels", name+"-0.1-py3-none-any.whl"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	w, record, info := zip.NewWriter(file), "", name+"-0.1.dist-info/"
	add := func(name, text string) {
		record += name + ",,\n"
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	root := os.DirFS("testdata/tutorial/wheels")
	err = fs.WalkDir(root, module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		add(path, string(text))
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	add(info+"METADATA", "Metadata-Version: 2.1\nName: "+name+"\nVersion: 0.1\n")
	add(info+"WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
	add(info+"entry_points.txt", entryPoints)
	add(info+"RECORD", record+info+"RECORD,,\n")
	if err := w.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// host makes the home of a host ready: it finds the repository where the tutorial says that it is, has the wheels, and
// a supervisor runs.
func (d *django) host(home string) {
	d.t.Helper()
	for name, text := range map[string]string{
		".gitconfig":                  fmt.Sprintf("[url %q]\n\tinsteadOf = git@git.example.com:\n", d.dir+"/"),
		"supervisor/supervisord.conf": supervisorConfig,
	} {
		makeDir(d.t, filepath.Join(home, "supervisor/conf.d"))
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(d.dir, "wheels"), filepath.Join(home, "wheels")); err != nil {
		d.t.Fatal(err)
	}
	supervise(d.t, home)
}

// supervisorConfig is Debian's, for an account of its own.
const supervisorConfig = `[unix_http_server]
file = %(here)s/s.sock

[supervisord]
nodaemon = true
logfile = %(here)s/supervisord.log
pidfile = %(here)s/supervisord.pid
childlogdir = %(here)s

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://%(here)s/s.sock

[include]
files = conf.d/*.conf
`

// supervise runs a supervisord until the test ends, however it ends; what it has started ends with it.
func supervise(t *testing.T, home string) {
	t.Helper()
	config := filepath.Join(home, "supervisor/supervisord.conf")
	cmd := exec.Command("sh", "-c", `supervisord -c "$1" & id=$!; cat; kill $id; wait $id`, "sh", config)
	cmd.Env = []string{"HOME=" + home, "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	var out buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	input, err := cmd.StdinPipe() // is closed by the end of the test, or of this process
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close() // it is open
		_ = cmd.Wait()    // its output says how it ended
		if t.Failed() {
			t.Logf("supervisord of %s:\n%s", home, &out)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", filepath.Join(home, "supervisor/s.sock")); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("supervisord does not listen after %s:\n%s", patience, &out)
		}
	}
}

func (d *django) address(port int) string { return net.JoinHostPort(d.bind, strconv.Itoa(port)) }

// answers waits until the server at a port answers, and returns what it says.
func (d *django) answers(port int) string {
	d.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		reply, err := http.Get("http://" + d.address(port))
		if err == nil {
			text, err := io.ReadAll(reply.Body)
			_ = reply.Body.Close() // it was read
			if err != nil {
				d.t.Fatal(err)
			}
			return strings.TrimSpace(string(text))
		}
		if time.Now().After(deadline) {
			d.t.Fatal(err)
		}
	}
}

// says reports whether the server at a port answers with a text; "" means that there is none.
func (d *django) says(port int, text string) bool {
	d.t.Helper()
	if text != "" {
		return d.answers(port) == text
	}
	c, err := net.Dial("tcp", d.address(port))
	if err == nil {
		_ = c.Close()
	}
	return err != nil
}
