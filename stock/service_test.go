package stock_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/nodes"
	"deployer/stock"
)

// Services are services of all kinds.
type Services struct {
	nodes.Node
	Plain      nodes.JustOne[stock.Service]
	Supervisor nodes.JustOne[stock.SupervisorService]
	Systemd    nodes.JustOne[stock.SystemdService]
}

// newServices has one of each, of which a test uses what it sets.
func newServices(roles nodes.Roles) *Services {
	s := &Services{Node: nodes.Node{Roles: roles}}
	s.Plain.Cell.Name, s.Supervisor.Cell.Name, s.Supervisor.Cell.Command, s.Systemd.Cell.Name = "x", "x", "x", "x"
	return s
}

// TestService starts and stops a service by a command that knows the usual words.
func TestService(t *testing.T) {
	dir := t.TempDir()
	script := `#!/bin/sh
cd ` + dir + ` && echo "$*" >>calls
case $2 in
start) touch "$1" ;;
stop) rm "$1" ;;
status) test -e "$1" && echo running ;;
esac
`
	control := filepath.Join(dir, "control")
	if err := os.WriteFile(control, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	tree := newServices(here("web1"))
	tree.Plain.Cell = stock.Service{Name: "my app", Command: control + " {name} {action}", WithoutSudo: true}
	service, r := &tree.Plain.Cell, newRun(t, tree, nodes.Options{})
	for _, tt := range []struct{ action, result, command string }{
		{"is_running", "false", ""}, {"stop", "", ""}, {"start", "", "start"}, {"start", "", ""}, {"is_running", "true", ""},
		{"status", "", "status"}, {"restart", "", "restart"}, {"reload", "", "reload"}, {"stop", "", "stop"}, {"stop", "", ""},
		{"status", "", "status"},
	} {
		if got := r.must(service, tt.action); got != tt.result {
			t.Errorf("%s: got %q, want %q", tt.action, got, tt.result)
		}
		var want []string
		if tt.command != "" {
			want = []string{control + " 'my app' " + tt.command}
		}
		r.wantCommands(want...)
	}
	calls := read(t, filepath.Join(dir, "calls"))
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	sandbox.must(service, "start")
	sandbox.wantCommands("? " + control)
	if got := strings.TrimPrefix(read(t, filepath.Join(dir, "calls")), calls); got != "\nmy app status" {
		t.Errorf("the sandbox ran %q", got)
	}
}

// TestSupervisor has a real supervisord run a program, with and without changes.
func TestSupervisor(t *testing.T) {
	dir := t.TempDir()
	startSupervisor(t, dir)
	tree := newServices(here("web1"))
	tree.Supervisor.Cell = stock.SupervisorService{
		Name: "app", Command: "sh -c 'echo it runs; exec sleep 600'", Directory: dir, Settings: []string{"startsecs=0"},
		ConfigFile: filepath.Join(dir, "conf.d", "app.conf"), Control: "supervisorctl -c " + dir + "/supervisord.conf", WithoutSudo: true,
	}
	app, r := &tree.Supervisor.Cell, newRun(t, tree, nodes.Options{})
	pid := func() string { return sh(t, dir, "supervisorctl -c supervisord.conf pid app") }
	running := func(want string) {
		t.Helper()
		if got := r.must(app, "is_running"); got != want {
			t.Errorf("is_running: %s", got)
		}
	}
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	sandbox.must(app, "setup")
	sandbox.wantCommands("? supervisorctl")
	if got := sandbox.diffs(); !strings.Contains(got, "+[program:app]\n+command=sh -c") {
		t.Errorf("the sandbox shows %q", got)
	}
	running("false")
	r.must(app, "setup")
	running("true")
	first := pid()
	r.must(app, "setup")
	if r.wantCommands(); pid() != first {
		t.Error("the second setup started the program again")
	}
	file := tree.Supervisor.Cell.ConfigFile
	sh(t, dir, "echo stopsignal=KILL >>"+file+" && supervisorctl -c supervisord.conf update")
	first = pid()
	sh(t, dir, "sed -i '$d' "+file) // the file is right again, and supervisord does not know it yet
	r.must(app, "setup")
	if r.wantCommands("supervisorctl"); pid() == first {
		t.Error("the program still runs as another file said")
	}
	first = pid()
	r.must(app, "diff")
	if got := r.output(); got != "" {
		t.Errorf("diff shows %q", got)
	}
	r.must(app, "restart")
	if pid() == first {
		t.Error("restart left the program alone")
	}
	r.must(app, "stop")
	running("false")
	r.must(app, "stop")
	r.wantCommands()
	r.must(app, "setup") // it shall run
	running("true")
	r.must(app, "logs")
	if got := r.output(); !strings.Contains(got, "it runs") {
		t.Errorf("logs shows %q", got)
	}
	r.must(app, "status")
	if got := r.output(); !strings.Contains(got, "RUNNING") {
		t.Errorf("status shows %q", got)
	}
	r.must(app, "remove")
	running("false")
	r.must(app, "remove")
	r.wantCommands()
	r.must(app, "install")
	r.wantCommands()
}

// TestSupervisorAway wants no answer to be taken for one where supervisord does not run.
func TestSupervisorAway(t *testing.T) {
	tree := newServices(here("web1"))
	tree.Supervisor.Cell = stock.SupervisorService{Name: "app", Command: "true", WithoutSudo: true,
		Control: "supervisorctl -s unix:///nowhere/socket"}
	r := newRun(t, tree, nodes.Options{})
	for _, action := range []string{"is_running", "start", "stop"} {
		_, err := r.call(&tree.Supervisor.Cell, action)
		if want := "supervisord does not say how app is: unix:///nowhere/socket no such file"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", action, err, want)
		}
	}
}

// TestSupervisorConfig refuses what would become another section.
func TestSupervisorConfig(t *testing.T) {
	s := &stock.SupervisorService{Name: "app", Command: "true", Directory: "/srv", User: "x", Settings: []string{"a=1\n[program:b]"}}
	if got, err := s.Config(); err == nil || !strings.Contains(err.Error(), "is more than a line") {
		t.Errorf("got %q, error %v", got, err)
	}
	s.Settings = []string{"a=1"}
	if got, err := s.Config(); got != "[program:app]\ncommand=true\ndirectory=/srv\nuser=x\na=1\n" || err != nil {
		t.Errorf("got %q, error %v", got, err)
	}
}

// startSupervisor runs a supervisord of its own in a folder, until the test ends.
func startSupervisor(t *testing.T, dir string) {
	t.Helper()
	config := fmt.Sprintf(`[supervisord]
logfile=%[1]s/log
pidfile=%[1]s/pid
childlogdir=%[1]s
[unix_http_server]
file=%[1]s/s
[supervisorctl]
serverurl=unix://%[1]s/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = %[1]s/conf.d/*.conf
`, dir)
	sh(t, dir, "mkdir conf.d")
	if err := os.WriteFile(filepath.Join(dir, "supervisord.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("supervisord", "--nodaemon", "-c", "supervisord.conf")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: install Debian's package supervisor", err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // however it ends
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "s")); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("supervisord does not listen")
		}
	}
}

// unit is one that systemd takes.
const unit = `[Unit]
Description=the app

[Service]
ExecStart=/bin/sleep 600

[Install]
WantedBy=multi-user.target
`

// systemdHost has the real systemctl and systemd-analyze, and its units in a folder of the test. Since no systemd runs
// there, a script stands for it: it answers start, stop and their like, and leaves the rest to the real systemctl.
func systemdHost(t *testing.T) (host hosts.Host, dir string) {
	t.Helper()
	sshdtest.NeedAccounts(t)
	real, err := exec.LookPath("systemctl")
	if err != nil {
		t.Fatalf("%v: install Debian's package systemd", err)
	}
	dir = t.TempDir()
	script := `#!/bin/sh
cd ` + dir + `
unit=$(for unit; do :; done; echo "$unit")
case $1 in
start) touch active ;;
restart|reload-or-restart) touch active restarted ;;
stop) rm -f active ;;
is-active) test -e active ;;
daemon-reload) touch reloaded ;;
*) exec ./real "$@" ;;
esac
`
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	sh(t, dir, "mkdir -p etc && cp "+real+" real")
	mounts := fmt.Sprintf("mount --bind %[1]s/etc /etc/systemd/system && mount --bind %[1]s/systemctl %[2]s && ", dir, real)
	command := []string{"unshare", "--mount", "--propagation", "private", "sh", "-c", mounts + `exec "$@"`, "sh"}
	return nodes.WrappedHost(hosts.WrappedOptions{Slug: "web1", Command: command}), dir
}

// TestSystemd installs a unit, verified by systemd-analyze and enabled by systemctl, both real; what starts and stops is
// a stand-in.
func TestSystemd(t *testing.T) {
	host, dir := systemdHost(t)
	tree := newServices(nodes.Roles{nodes.Role("host", host)})
	tree.Systemd.Cell = stock.SystemdService{Name: "app", Unit: unit}
	app, r := &tree.Systemd.Cell, newRun(t, tree, nodes.Options{})
	installed := filepath.Join(dir, "etc", "app.service")
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	before := snapshot(t, dir)
	sandbox.must(app, "setup")
	if snapshot(t, dir) != before || !strings.Contains(sandbox.diffs(), "+ExecStart=/bin/sleep 600") {
		t.Errorf("the sandbox changed something, or shows %q", sandbox.diffs())
	}
	r.must(app, "setup")
	if got := read(t, installed) + "\n"; got != unit {
		t.Errorf("the unit is %q", got)
	}
	if got := r.must(app, "is_active") + r.must(app, "is_enabled"); got != "truetrue" {
		t.Errorf("active, enabled: %s", got)
	}
	before = snapshot(t, dir)
	r.must(app, "setup")
	if snapshot(t, dir) != before {
		t.Errorf("the second setup changed something: it ran %q", r.commands())
	}
	r.must(app, "diff")
	if got := r.output(); got != "" {
		t.Errorf("diff shows %q", got)
	}
	for _, tt := range []struct{ action, is, result string }{
		{"stop", "is_active", "false"}, {"stop", "is_active", "false"}, {"start", "is_active", "true"}, {"disable", "is_enabled", "false"},
		{"enable", "is_enabled", "true"}, {"reload", "is_active", "true"},
	} {
		r.must(app, tt.action)
		if got := r.must(app, tt.is); got != tt.result {
			t.Errorf("after %s %s: %s", tt.action, tt.is, got)
		}
	}
}

// TestSystemdOfUser shows what a service of the login user would be, without sudo.
func TestSystemdOfUser(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	tree := newServices(here("web1"))
	tree.Systemd.Cell = stock.SystemdService{Name: "stock-test", Unit: unit, WithoutSudo: true}
	r := newRun(t, tree, nodes.Options{Sandbox: true})
	r.must(&tree.Systemd.Cell, "install")
	commands := r.commands()
	if got := commands[len(commands)-1]; !strings.HasSuffix(got, "systemctl --user daemon-reload") || !strings.Contains(r.diffs(), ".config/systemd/user/stock-test.service") {
		t.Errorf("ran %q, and wrote %s", commands, r.diffs())
	}
}

// TestSystemdRefusesBadUnits wants a unit that systemd would not take to be refused before it is installed.
func TestSystemdRefusesBadUnits(t *testing.T) {
	host, dir := systemdHost(t)
	tree := newServices(nodes.Roles{nodes.Role("host", host)})
	tree.Systemd.Cell = stock.SystemdService{Name: "app.service", Unit: strings.Replace(unit, "/bin/sleep", "sleep-that-is-not-there", 1)}
	for _, sandbox := range []bool{true, false} {
		r := newRun(t, tree, nodes.Options{Sandbox: sandbox})
		if _, err := r.call(&tree.Systemd.Cell, "setup"); err == nil || !strings.Contains(err.Error(), "systemd-analyze verify") {
			t.Errorf("sandbox %t: got %v", sandbox, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "etc", "app.service")); !os.IsNotExist(err) {
			t.Errorf("the unit is there: %v", err)
		}
	}
}
