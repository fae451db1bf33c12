// Package tutorialgo is the tree testdata/trees/tutorial/step9.star, in Go.
package tutorialgo

import (
	"context"
	"fmt"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// Git is a clone of a repository.
type Git struct {
	nodes.Node
	ProjectDirectory string `deploy:"required" doc:"where the clone is on the host"`
	Repository       string `deploy:"required" doc:"what is cloned"`
}

// Actions name the parameters.
func (*Git) Actions() nodes.Actions {
	return nodes.Actions{"Checkout": {Params: []string{"commit"}}}
}

// Install installs git, unless it is there.
func (g *Git) Install(ctx context.Context) error {
	on, err := g.Host(ctx).Handle()
	if err != nil {
		return err
	}
	there, err := on.HasCommand(ctx, "git", false)
	if err != nil || there {
		return err
	}
	return g.Host(ctx).Sudo().Run("apt-get install --yes git")
}

// Clone clones the repository, unless it is cloned.
func (g *Git) Clone(ctx context.Context) error {
	there, err := g.Host(ctx).Exists(g.ProjectDirectory + "/.git")
	if err != nil || there {
		return err
	}
	if _, err := g.Host(ctx).Mkdir(g.ProjectDirectory, hosts.MkdirOptions{Parents: true}); err != nil {
		return err
	}
	return g.Host(ctx).Cd(g.ProjectDirectory).Run("git clone --quiet " + hosts.Quote(g.Repository) + " .")
}

// Checkout gets what is new in the repository, and checks out a commit.
func (g *Git) Checkout(ctx context.Context, commit string) error {
	clone := g.Host(ctx).Cd(g.ProjectDirectory)
	if err := clone.Run("git fetch --quiet --tags"); err != nil {
		return err
	}
	return clone.Run("git checkout --quiet " + hosts.Quote(commit))
}

// DjangoDeployment is a Django application.
type DjangoDeployment struct {
	nodes.Node
	Program        string
	SiteName       string `deploy:"required" doc:"what the site calls itself"`
	Bind           string
	Supervisorctl  string
	SupervisorFile nodes.Query
	Git            Git
	VirtualEnv     VirtualEnv
}

// Actions name the parameters.
func (*DjangoDeployment) Actions() nodes.Actions {
	return nodes.Actions{
		"Deploy":               {Params: []string{"commit"}},
		"RunManagementCommand": {Params: []string{"command"}},
		"SupervisorConfig":     {Property: true},
	}
}

// DjangoSettings is what the file local_settings.py holds.
func (d *DjangoDeployment) DjangoSettings() string {
	return fmt.Sprintf("SITE_NAME = \"%[1]s\"\nDATABASES = {\"default\": {\"NAME\": \"%[1]s.sqlite3\"}}\n", d.SiteName)
}

// SupervisorConfig is the configuration of supervisor.
func (d *DjangoDeployment) SupervisorConfig(ctx context.Context) (string, error) {
	var paths []any
	for _, path := range []string{d.VirtualEnv.Location, d.Git.ProjectDirectory, "~"} {
		expanded, err := expandPath(ctx, d.Host(ctx), path)
		if err != nil {
			return "", err
		}
		paths = append(paths, expanded)
	}
	return fmt.Sprintf(strings.NewReplacer("PROGRAM", d.Program, "BIND", d.Bind).Replace(`[program:PROGRAM]
command = %s/bin/gunicorn --bind BIND shop.wsgi:application
directory = %s
stdout_logfile = %s/logs/PROGRAM.log
redirect_stderr = true
`), paths...), nil
}

// Setup sets up all that the application needs, as far as it is not there.
func (d *DjangoDeployment) Setup(ctx context.Context) error {
	for _, step := range []struct {
		of     nodes.Embedder
		action string
	}{
		{&d.Git, "install"}, {&d.Git, "clone"}, {&d.VirtualEnv, "setup_env"},
		{d, "upload_django_settings"}, {d, "upload_supervisor_config"},
	} {
		if err := call(ctx, step.of, step.action); err != nil {
			return err
		}
	}
	return nil
}

// Deploy brings a commit into service.
func (d *DjangoDeployment) Deploy(ctx context.Context, commit string) error {
	if err := call(ctx, &d.Git, "checkout", commit); err != nil {
		return err
	}
	if err := call(ctx, &d.VirtualEnv, "install_requirements"); err != nil {
		return err
	}
	for _, command := range []string{"migrate", "collectstatic --noinput"} {
		if err := call(ctx, d, "run_management_command", command); err != nil {
			return err
		}
	}
	return call(ctx, d, "restart")
}

// UploadDjangoSettings writes the file local_settings.py.
func (d *DjangoDeployment) UploadDjangoSettings(ctx context.Context) error {
	file := d.Git.ProjectDirectory + "/local_settings.py"
	_, err := d.Host(ctx).WriteFile(file, []byte(d.DjangoSettings()), hosts.WriteOptions{})
	return err
}

// RunManagementCommand runs a management command in the virtual environment.
func (d *DjangoDeployment) RunManagementCommand(ctx context.Context, command string) error {
	activate, err := d.VirtualEnv.ActivateCmd(ctx)
	if err != nil {
		return err
	}
	return d.Host(ctx).Prefix(activate).Cd(d.Git.ProjectDirectory).Run("./manage.py " + command)
}

// DjangoShell opens an interactive Django shell.
func (d *DjangoDeployment) DjangoShell(ctx context.Context) error {
	return call(ctx, d, "run_management_command", "shell")
}

// UploadSupervisorConfig writes the configuration of supervisor, and has it read if it has changed.
func (d *DjangoDeployment) UploadSupervisorConfig(ctx context.Context) error {
	host := d.Host(ctx)
	if _, err := host.Mkdir("~/logs", hosts.MkdirOptions{}); err != nil {
		return err
	}
	file, err := nodes.Read[string](ctx, d, d.SupervisorFile)
	if err != nil {
		return err
	}
	config, err := d.SupervisorConfig(ctx)
	if err != nil {
		return err
	}
	changed, err := host.WriteFile(file, []byte(config), hosts.WriteOptions{})
	if err != nil || !changed {
		return err
	}
	return host.Run(d.Supervisorctl + " update")
}

// Restart restarts the server.
func (d *DjangoDeployment) Restart(ctx context.Context) error {
	return d.Host(ctx).Run(d.Supervisorctl + " restart " + hosts.Quote(d.Program))
}

// Status tells whether the server runs.
func (d *DjangoDeployment) Status(ctx context.Context) error {
	return d.Host(ctx).Reads().Run(d.Supervisorctl + " status " + hosts.Quote(d.Program))
}
