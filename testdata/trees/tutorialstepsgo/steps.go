// Package tutorialstepsgo is the trees step1.star to step8.star of testdata/trees/tutorial, in Go. Each step embeds the
// one before it.
package tutorialstepsgo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"deployer/hosts"
	"deployer/nodes"
)

const project = "~/git/django-project"

//go:embed *.go
var source embed.FS

// Step1 deploys a Django application.
type Step1 struct{ nodes.Node }

// GoSource implements nodes.WithSource: the comment of a struct that has no actions yet is found by it alone.
func (*Step1) GoSource() fs.FS { return source }

// Step2 deploys a Django application.
type Step2 struct {
	Step1
	ProjectDirectory string
	Repository       string
}

// Actions name the parameters.
func (*Step2) Actions() nodes.Actions {
	return nodes.Actions{"GitCheckout": {Params: []string{"commit"}}}
}

// InstallGit installs git, unless it is there.
func (s *Step2) InstallGit(ctx context.Context) error {
	on, err := s.Host(ctx).Handle()
	if err != nil {
		return err
	}
	there, err := on.HasCommand(ctx, "git", false)
	if err != nil || there {
		return err
	}
	return s.Host(ctx).Sudo().Run("apt-get install --yes git")
}

// GitClone clones the repository.
func (s *Step2) GitClone(ctx context.Context) error {
	if _, err := s.Host(ctx).Mkdir(s.ProjectDirectory, hosts.MkdirOptions{Parents: true}); err != nil {
		return err
	}
	return s.Host(ctx).Cd(s.ProjectDirectory).Run("git clone " + hosts.Quote(s.Repository) + " .")
}

// GitCheckout checks out a commit, after cloning.
func (s *Step2) GitCheckout(ctx context.Context, commit string) error {
	return s.Host(ctx).Cd(s.ProjectDirectory).Run("git checkout --quiet " + hosts.Quote(commit))
}

// Step3 deploys a Django application.
type Step3 struct{ Step2 }

const djangoSettings = `SITE_NAME = "production"
DATABASES = {"default": {"NAME": "production.sqlite3"}}
`

// UploadDjangoSettings writes the file local_settings.py.
func (s *Step3) UploadDjangoSettings(ctx context.Context) error {
	return write(s.Host(ctx), project+"/local_settings.py", djangoSettings)
}

// write writes a file in any case, as open does in the scripts; WriteFile writes only what differs.
func write(h nodes.Host, path, text string) error {
	f, err := h.Create(path, hosts.WriteOptions{})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, text); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Close()
}

// Step4 deploys a Django application.
type Step4 struct {
	Step3
	ActivateCmd string
	Pip         string
}

// Actions name the parameters, with those of the step before.
func (s *Step4) Actions() nodes.Actions {
	actions := s.Step3.Actions()
	actions["InstallPackage"] = nodes.ActionOptions{Params: []string{"name"}}
	return actions
}

// InstallRequirements installs what the file requirements.txt of the repository says.
func (s *Step4) InstallRequirements(ctx context.Context) error {
	return s.Host(ctx).Prefix(s.ActivateCmd).Run(s.Pip + " -r " + project + "/requirements.txt")
}

// InstallPackage installs a package in the virtual environment.
func (s *Step4) InstallPackage(ctx context.Context, name string) error {
	return s.Host(ctx).Prefix(s.ActivateCmd).Run(s.Pip + " " + hosts.Quote(name))
}

// Step5 deploys a Django application.
type Step5 struct{ Step4 }

// Actions name the parameters, with those of the step before.
func (s *Step5) Actions() nodes.Actions {
	actions := s.Step4.Actions()
	actions["RunManagementCommand"] = nodes.ActionOptions{Params: []string{"command"}}
	return actions
}

// RunManagementCommand runs a management command in the virtual environment.
func (s *Step5) RunManagementCommand(ctx context.Context, command string) error {
	return s.Host(ctx).Prefix(s.ActivateCmd).Cd(project).Run("./manage.py " + command)
}

// Migrate brings the database up to date.
func (s *Step5) Migrate(ctx context.Context) error {
	return call(ctx, s, "run_management_command", "migrate")
}

// Collectstatic collects the static files.
func (s *Step5) Collectstatic(ctx context.Context) error {
	return call(ctx, s, "run_management_command", "collectstatic --noinput")
}

// DjangoShell opens an interactive Django shell.
func (s *Step5) DjangoShell(ctx context.Context) error {
	return call(ctx, s, "run_management_command", "shell")
}

// Step6 deploys a Django application.
type Step6 struct {
	Step5
	Bind          string
	Supervisorctl string
}

const supervisorConfig = `[program:django-project]
command = %%(ENV_HOME)s/.virtualenvs/project-env/bin/gunicorn --bind %s shop.wsgi:application
directory = %%(ENV_HOME)s/git/django-project
stdout_logfile = %%(ENV_HOME)s/logs/django-project.log
redirect_stderr = true
`

// InstallGunicorn installs gunicorn in the virtual environment.
func (s *Step6) InstallGunicorn(ctx context.Context) error {
	return call(ctx, s, "install_package", "gunicorn")
}

// RunGunicorn runs the server, for a look, until Ctrl-C.
func (s *Step6) RunGunicorn(ctx context.Context) error {
	return s.Host(ctx).Prefix(s.ActivateCmd).Cd(project).Run("gunicorn --bind " + s.Bind + " shop.wsgi:application")
}

// UploadSupervisorConfig writes the configuration of supervisor.
func (s *Step6) UploadSupervisorConfig(ctx context.Context) error {
	if _, err := s.Host(ctx).Mkdir("~/logs", hosts.MkdirOptions{}); err != nil {
		return err
	}
	return write(s.Host(ctx), "~/supervisor/conf.d/django-project.conf", fmt.Sprintf(supervisorConfig, s.Bind))
}

// Update has supervisor read its configuration again, and start what is new in it.
func (s *Step6) Update(ctx context.Context) error {
	return s.Host(ctx).Run(s.Supervisorctl + " update")
}

// Restart restarts the server.
func (s *Step6) Restart(ctx context.Context) error {
	return s.Host(ctx).Run(s.Supervisorctl + " restart django-project")
}

// Status tells whether the server runs.
func (s *Step6) Status(ctx context.Context) error {
	return s.Host(ctx).Reads().Run(s.Supervisorctl + " status django-project")
}

// call runs an action of a node by its name, so that the log shows it, and that a later step can have another.
func call(ctx context.Context, of nodes.Embedder, action string, args ...any) error {
	_, err := nodes.Call(ctx, of, action, args...)
	return err
}
