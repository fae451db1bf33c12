package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"deployer/pty"
	"deployer/pty/ptytest"
	"deployer/testdata/trees/tutorialgo"
	"deployer/testdata/trees/tutorialstepsgo"
)

const tutorialTrees = "testdata/trees/tutorial"

// install writes the trees of the tutorial to a folder, with servers that listen where no others do.
func (d *django) install(dir string) {
	d.t.Helper()
	files, err := filepath.Glob(tutorialTrees + "/*.star")
	if err != nil || len(files) == 0 {
		d.t.Fatalf("no trees in %s: %v", tutorialTrees, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			d.t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), "127.0.0.1:", d.bind+":"))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o700); err != nil {
			d.t.Fatal(err)
		}
	}
}

// seen is all that a user sees of a command, which is run as a process.
func (p place) seen(t *testing.T, args ...string) string {
	t.Helper()
	r := p.start(t, args...)
	status := r.status()
	return fmt.Sprintf("exit status %d\n%s--\n%s", status, settled(r.out.String()), settled(r.err.String()))
}

// fileOf is what a file of a host holds; "" if there is none.
func (r *rack) fileOf(slug, name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.home(slug), name))
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	return string(text)
}

// step is a command of the tutorial, and what comes of it.
type step struct {
	line  string
	exit  int
	texts []string    // are seen, or after "!" are not
	then  func() bool // holds after it
}

func (s step) check(t *testing.T, seen string) {
	t.Helper()
	wrong := func(text string) bool {
		text, not := strings.CutPrefix(text, "!")
		return strings.Contains(seen, text) == not
	}
	if !strings.HasPrefix(seen, fmt.Sprintf("exit status %d\n", s.exit)) || slices.ContainsFunc(s.texts, wrong) {
		t.Errorf("%s: want exit status %d and %q:\n%s", s.line, s.exit, s.texts, seen)
	}
	if s.then != nil && !s.then() {
		t.Errorf("%s did not do what it should:\n%s", s.line, seen)
	}
}

// walk is the first steps of the tutorial, on one host by the scripts, and on another by the trees in Go.
type walk struct {
	*django
	r    *rack
	p    place
	goes *django
	on   *rack
	inGo map[string]front // by the names of the scripts
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{django: newDjango(t), r: startRack(t, "web1"), goes: newDjango(t), on: startRack(t, "web1")}
	w.host(w.r.home("web1"))
	w.goes.host(w.on.home("web1"))
	w.p = w.r.client()
	w.install(w.p.dir)
	w.inGo = map[string]front{}
	for name, root := range tutorialstepsgo.Steps(w.on.machine("web1"), w.goes.bind) {
		w.inGo[name] = w.on.goOf(root)
	}
	return w
}

// steps takes steps by the scripts and in Go, and compares what is seen.
func (w *walk) steps(steps ...step) {
	w.t.Helper()
	for _, s := range steps {
		tree, line, _ := strings.Cut(s.line, " ")
		if line == "" {
			line = "run"
		}
		var beside sync.WaitGroup
		var other string
		beside.Go(func() { other = steadily(w.on, w.goes, w.inGo[tree].does(line)) })
		seen := steadily(w.r, w.django, w.p.seen(w.t, strings.Fields("./"+s.line)...))
		beside.Wait()
		s.check(w.t, seen)
		if seen != other {
			w.t.Errorf("%s: the script:\n%s\nin Go:\n%s", s.line, seen, other)
		}
	}
}

var supervised = regexp.MustCompile(`pid \d+, uptime [\d:]+`)

// steadily is what is seen of a host, without what differs from test to test.
func steadily(r *rack, d *django, text string) string {
	text = supervised.ReplaceAllString(text, "PROCESS")
	return strings.NewReplacer(r.dir, "$RACK", d.dir, "$DJANGO", d.bind, "127.0.0.1").Replace(text)
}

// at reports whether a tag is checked out.
func (w *walk) at(tag string) bool {
	return w.r.sh("web1", "git -C git/django-project describe --tags") == tag
}

func (w *walk) settings() string { return w.r.fileOf("web1", "git/django-project/local_settings.py") }

func (w *walk) isVersion2() bool { return w.says(8000, "production: version 2, 2 migrations") }

// TestTutorialSteps goes the first steps of the tutorial, in which one tree grows, on real hosts.
func TestTutorialSteps(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.firstSteps()
	for _, r := range []*rack{w.r, w.on} {
		r.sh("web1", "/usr/bin/python3 -m venv .virtualenvs/project-env") // by hand, as the tutorial says
	}
	w.installSteps()
	t.Run("shell", w.shellStep)
	w.serverSteps()
	w.reusableSteps()
}

// firstSteps clone the project and write its settings.
func (w *walk) firstSteps() {
	w.t.Helper()
	bare := func() bool { return w.r.sh("web1", "ls") == "supervisor\nwheels" }
	at1, at2 := func() bool { return w.at("v1") }, func() bool { return w.at("v2") }
	written := func() bool { return strings.HasPrefix(w.settings(), "SITE_NAME = \"production\"\nDATABASES") }
	w.steps(
		step{"step1.star", 0, []string{"Deploys a Django application."}, nil},
		step{"step2.star", 0, []string{"git_checkout COMMIT   Checks out a commit"}, nil},
		step{"step2.star run install_git", 0, []string{"!apt-get"}, nil},
		step{"step2.star run --sandbox git_clone", 0,
			[]string{"web1:~/git/django-project $ git clone", "would run"}, bare},
		step{"step2.star run git_clone", 0, []string{"web1 ok"}, at2},
		step{"step2.star run git_clone", 1, []string{"already exists and is not an empty directory"}, at2},
		step{"step2.star run git_checkout", 2, []string{"missing COMMIT"}, nil},
		step{"step2.star run git_checkout v1;rm", 1, []string{"pathspec 'v1;rm'"}, at2},
		step{"step2.star run --sandbox git_checkout v1", 0, []string{"web1 would run"}, at2},
		step{"step2.star run git_checkout v1", 0, nil, at1},
		step{"step3.star run --sandbox upload_django_settings", 0,
			[]string{`+SITE_NAME = "production"`}, func() bool { return w.settings() == "" }},
		step{"step3.star run upload_django_settings", 0, []string{"local_settings.py ok"}, written},
		step{"step3.star run upload_django_settings", 0, nil, written},
		step{"step3.star run --sandbox upload_django_settings", 0,
			[]string{"local_settings.py unchanged", "!+SITE_NAME"}, nil},
		step{"step4.star run install_requirements", 1, []string{"project-env/bin/activate: No such file"}, nil},
	)
}

// installSteps install packages and run commands of the project.
func (w *walk) installSteps() {
	w.t.Helper()
	w.steps(
		step{"step4.star run --sandbox install_requirements", 0, []string{"would run", "!Django"}, nil},
		step{"step4.star run install_requirements", 0, []string{"Successfully installed Django-0.1"}, nil},
		step{"step4.star run install_requirements", 0, []string{"already satisfied: Django", "!Successfully"}, nil},
		step{"step4.star run install_package nothing", 1, []string{"No matching distribution found for nothing"}, nil},
		step{"step5.star run migrate", 0,
			[]string{"Applying shop.0001_initial... OK"},
			func() bool { return w.r.fileOf("web1", "git/django-project/production.sqlite3") != "" }},
		step{"step5.star run migrate", 0, []string{"No migrations to apply."}, nil},
		step{"step5.star run collectstatic", 0, []string{"1 static files copied, 0 unmodified."}, nil},
		step{"step5.star run collectstatic", 0, []string{"0 static files copied, 1 unmodified."}, nil},
		step{"step5.star run run_management_command nonsense", 1, []string{"Unknown command: 'nonsense'"}, nil},
	)
}

// shellStep works in the Django shell.
func (w *walk) shellStep(t *testing.T) {
	needTerminals(t, "ssh")
	term := ptytest.Start(t, w.p.command("./step5.star", "run", "django_shell"), pty.Size{Rows: 24, Cols: 120})
	term.Expect(">>> ")
	term.Send("from django.conf import settings; print(settings.SITE_NAME * 2)\r")
	term.Expect("productionproduction")
	term.Send("exit()\r")
	if status := term.Wait(); status != 0 {
		t.Errorf("the shell ended with status %d:\n%s", status, term.Output())
	}
}

// serverSteps run the server, first by hand.
func (w *walk) serverSteps() {
	w.t.Helper()
	w.steps(
		step{"step6.star run status", 1, []string{"no such process"}, nil},
		step{"step6.star run install_gunicorn", 0, []string{"Successfully installed gunicorn-0.1"}, nil},
	)
	byHand := w.p.start(w.t, "./step6.star", "run", "run_gunicorn")
	if !w.says(8000, "production: version 1, 1 migrations") {
		w.t.Errorf("the server by hand says %q", w.answers(8000))
	}
	byHand.signal(syscall.SIGINT)
	byHand.wants(130)
	config := func() bool { return w.r.fileOf("web1", "supervisor/conf.d/django-project.conf") != "" }
	silent := func() bool { return w.says(8000, "") }
	version1 := func() bool { return w.says(8000, "production: version 1, 1 migrations") }
	w.steps(
		step{"step6.star run --sandbox upload_supervisor_config", 0,
			[]string{"+[program:django-project]"}, func() bool { return !config() && silent() }},
		step{"step6.star run upload_supervisor_config", 0, nil, func() bool { return config() && silent() }},
		step{"step6.star run --sandbox update", 0, []string{"would run"}, silent},
		step{"step6.star run update", 0,
			[]string{"django-project: added process group"}, version1},
		step{"step6.star run update", 0, []string{"!added"}, nil},
		step{"step6.star run git_checkout v2", 0, nil, version1},
		step{"step6.star run migrate", 0, []string{"Applying shop.0002_orders... OK", "!0001"}, nil},
		step{"step6.star run restart", 0,
			[]string{"django-project: started"}, w.isVersion2},
		step{"step6.star run status", 0, []string{"RUNNING"}, nil},
		step{"step6.star run --sandbox status", 0, []string{"RUNNING"}, nil},
	)
}

// reusableSteps do nothing to a host that the first steps have made ready.
func (w *walk) reusableSteps() {
	w.t.Helper()
	w.steps(
		step{"step7.star", 0, []string{"virtual_env   A virtual environment of Python."}, nil},
		step{"step7.star run --path virtual_env create", 0, []string{"!venv"}, nil},
		step{"step7.star run setup", 0,
			[]string{"already satisfied: Django", "already satisfied: gunicorn", "!Successfully"}, nil},
		step{"step8.star run --path git clone", 0, []string{"!$ git clone"}, nil},
		step{"step8.star run setup", 0,
			[]string{"/git install", "/git clone", "/virtual_env setup_env", "!$ git", "!Successfully"},
			func() bool { return w.at("v2") }},
		step{"step8.star run --path git checkout v1", 0, nil, func() bool { return w.at("v1") }},
		step{"step8.star run status", 0,
			[]string{"RUNNING"}, w.isVersion2},
	)
}

// TestTutorialEnvironments sets up and deploys staging and production, each on a host of its own: from the script, and
// from the tree in Go on two other hosts. What is seen is compared.
func TestTutorialEnvironments(t *testing.T) {
	t.Parallel()
	d := []*django{newDjango(t), newDjango(t)}
	r := []*rack{startRack(t, "staging1", "production1"), startRack(t, "staging1", "production1")}
	for i := range r {
		d[i].host(r[i].home("staging1"))
		d[i].host(r[i].home("production1"))
	}
	p := r[0].client()
	d[0].install(p.dir)
	inGo := r[1].goOf(tutorialgo.New(r[1].machine("staging1"), r[1].machine("production1"), d[1].bind))
	steady := func(i int, text string) string {
		return strings.NewReplacer(p.dir+"/", "", "step9.star", "Shop").Replace(steadily(r[i], d[i], text))
	}
	for _, s := range environmentSteps(d, r) {
		var beside sync.WaitGroup
		var other string
		beside.Go(func() { other = steady(1, inGo.does(s.line)) })
		seen := steady(0, p.seen(t, append([]string{"-f", "step9.star"}, strings.Fields(s.line)...)...))
		beside.Wait()
		s.check(t, seen)
		if seen != other {
			t.Errorf("%s: the script:\n%s\nin Go:\n%s", s.line, seen, other)
		}
	}
	for _, s := range stockSteps(d[0], r[0]) {
		s.check(t, p.seen(t, append([]string{"-f", "step10.star"}, strings.Fields(s.line)...)...))
	}
}

func environmentSteps(d []*django, r []*rack) []step {
	both := func(is func(i int) bool) func() bool { return func() bool { return is(0) && is(1) } }
	bare := func(slug string) func() bool {
		return both(func(i int) bool { return r[i].sh(slug, "ls -A") == ".gitconfig\nsupervisor\nwheels" })
	}
	says := func(staging, production string) func() bool {
		return both(func(i int) bool { return d[i].says(8001, staging) && d[i].says(8000, production) })
	}
	return []step{
		{"check", 0, []string{"7 nodes, 2 hosts, no mistakes"}, nil},
		{"run", 0, []string{"Our shop, in two environments."}, nil},
		{"run --path staging", 0, []string{"deploy COMMIT", "virtual_env   A virtual environment"}, nil},
		{"run --path production.virtual_env", 0, []string{"install_package NAME"}, nil},
		{"run --sandbox --path staging setup", 0,
			[]string{"venv", `+SITE_NAME = "staging"`, "+[program:django-project]"}, bare("staging1")},
		{"run --path staging setup", 0,
			[]string{"Successfully installed gunicorn", "Successfully installed Django"}, bare("production1")},
		{"run --path staging deploy v1", 0,
			[]string{"shop.0001_initial... OK", "1 static files copied"}, says("staging: version 1, 1 migrations", "")},
		{"run --path staging setup", 0,
			[]string{"unchanged", "!Successfully", "!update", "!$ git clone"},
			says("staging: version 1, 1 migrations", "")},
		{"run --sandbox --path staging deploy v2", 0,
			[]string{"would run", "!0002"}, says("staging: version 1, 1 migrations", "")},
		{"run --path production setup", 0, []string{"Successfully installed gunicorn", "!staging"}, nil},
		{"run --path production deploy v2", 0, []string{"shop.0001_initial... OK", "shop.0002_orders... OK"},
			says("staging: version 1, 1 migrations", "production: version 2, 2 migrations")},
		{"run --path production deploy v2", 0,
			[]string{"No migrations to apply", "0 static files copied, 2 unmodified"},
			says("staging: version 1, 1 migrations", "production: version 2, 2 migrations")},
		{"run --path production.git checkout v3", 1, []string{"pathspec 'v3'"}, nil},
		{"run --path staging status", 0, []string{"RUNNING"}, nil},
	}
}

// stockSteps take over with stock nodes what is there.
func stockSteps(d *django, r *rack) []step {
	const file = "staging/django-project/local_settings.py"
	at1 := func() bool { return d.says(8001, "staging: version 1, 1 migrations") }
	at2 := func() bool { return d.says(8001, "staging: version 2, 2 migrations") }
	edit := func() bool { return at2() && r.sh("staging1", "sed -i s/staging/by-hand/ "+file) == "" }
	return []step{
		{"check", 0, []string{"11 nodes, 2 hosts, no mistakes"}, nil},
		{"run --path staging.settings changed", 0, []string{"false"}, nil},
		{"run --sandbox --path staging deploy v2", 0, []string{"-command = ", "+command=", "would run"}, at1},
		{"run --path staging deploy v2", 0,
			[]string{"local_settings.py unchanged", "satisfied: Django", "shop.0002_orders... OK", "!venv '"}, at2},
		{"run --path staging deploy v2", 0,
			[]string{"django-project.conf 0644 unchanged", "No migrations", "!$ git checkout", "!update"}, edit},
		{"run --path staging.settings diff", 0, []string{`-SITE_NAME = "by-hand"`, `+SITE_NAME = "staging"`}, nil},
		{"run --path staging.settings setup", 0, []string{"local_settings.py ok"}, at2},
		{"run --path production.server is_running", 0, []string{"true"}, nil},
		{"run --path production.server stop", 0,
			[]string{"django-project: stopped"}, func() bool { return d.says(8000, "") && at2() }},
	}
}
