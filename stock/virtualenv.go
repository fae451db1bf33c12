package stock

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// Virtualenv is a virtual environment of Python.
type Virtualenv struct {
	nodes.Node        `deploy:"parallel"`
	Location          string   `deploy:"required" doc:"where it is on the host; ~ is the home directory"`
	Python            string   `doc:"which Python makes it; empty: python3"`
	Packages          []string `doc:"what is installed in it, as pip takes it"`
	RequirementsFiles []string `doc:"files on the host with more of them"`
	PipOptions        []string `doc:"options of pip install, such as --no-index or --find-links=DIR"`
}

// Actions name the parameters.
func (*Virtualenv) Actions() nodes.Actions {
	return nodes.Actions{
		"ActivateCmd":    {Property: true},
		"InstallPackage": {Params: []string{"name"}},
		"HasPackage":     {Params: []string{"name"}},
		"Run":            {Params: []string{"command"}},
	}
}

// GoSource implements nodes.WithSource.
func (*Virtualenv) GoSource() fs.FS { return source }

// ActivateCmd is the command after which others run in the environment, as a prefix for them.
func (v *Virtualenv) ActivateCmd(ctx context.Context) (string, error) {
	dir, err := absolute(ctx, v.Host(ctx), v.Location)
	return ". " + hosts.Quote(dir+"/bin/activate"), err
}

// SetupEnv makes the environment, and installs everything in it.
func (v *Virtualenv) SetupEnv(ctx context.Context) error {
	if err := v.Create(ctx); err != nil {
		return err
	}
	if err := v.install(ctx, nil, v.Packages); err != nil {
		return err
	}
	return v.InstallRequirements(ctx)
}

// Create makes the environment, unless it is there.
func (v *Virtualenv) Create(ctx context.Context) error {
	dir, err := absolute(ctx, v.Host(ctx), v.Location)
	if err != nil {
		return err
	}
	there, err := v.exists(ctx)
	if err != nil || there {
		return err
	}
	python := cmp.Or(v.Python, "python3")
	if strings.HasPrefix(python, "~") {
		if python, err = absolute(ctx, v.Host(ctx), python); err != nil {
			return err
		}
	}
	return v.Host(ctx).Run(hosts.Quote(python) + " -m venv" + quoted(dir))
}

// exists reports whether the environment is there.
func (v *Virtualenv) exists(ctx context.Context) (bool, error) {
	return exists(v.Host(ctx), v.Location+"/bin/activate")
}

// InstallPackage installs one package, as pip takes it.
func (v *Virtualenv) InstallPackage(ctx context.Context, name string) error {
	return v.install(ctx, nil, []string{name})
}

// InstallRequirements installs what the requirements files say.
func (v *Virtualenv) InstallRequirements(ctx context.Context) error {
	var files []string
	for _, file := range v.RequirementsFiles {
		path, err := absolute(ctx, v.Host(ctx), file)
		if err != nil {
			return err
		}
		files = append(files, "--requirement", path)
	}
	return v.install(ctx, files, nil)
}

// install has pip install what files and names say. What is there already it leaves as it is.
func (v *Virtualenv) install(ctx context.Context, files, names []string) error {
	if len(files) == 0 && len(names) == 0 {
		return nil
	}
	h, err := v.in(ctx)
	if err != nil {
		return err
	}
	args := quoted(slices.Concat(v.PipOptions, files, []string{"--"}, names)...)
	if there, err := v.exists(ctx); err != nil {
		return err
	} else if there && nodes.Sandbox(ctx) {
		const canPlan = "pip install --help | grep -q -e --dry-run || exit 0; "
		if _, err := show(h, canPlan+pip+"install --dry-run"+args); err != nil {
			return err
		}
	}
	return h.Run(pip + "install" + args)
}

// pip is pip, without a look for a newer one.
const pip = "pip --disable-pip-version-check "

// in is the host with the environment active.
func (v *Virtualenv) in(ctx context.Context) (nodes.Host, error) {
	activate, err := v.ActivateCmd(ctx)
	return v.Host(ctx).Prefix(activate), err
}

// HasPackage tells whether a package is installed in the environment.
func (v *Virtualenv) HasPackage(ctx context.Context, name string) (bool, error) {
	h, err := v.in(ctx)
	if err != nil {
		return false, err
	}
	return succeeds(h, pip+"show --quiet"+quoted(name)+" 2>/dev/null", hosts.RunOptions{})
}

// Freeze lists what is installed in the environment, as requirements.
func (v *Virtualenv) Freeze(ctx context.Context) (string, error) {
	h, err := v.in(ctx)
	if err != nil {
		return "", err
	}
	return show(h, pip+"freeze")
}

// Run runs a command in the environment.
func (v *Virtualenv) Run(ctx context.Context, command string) error {
	h, err := v.in(ctx)
	if err != nil {
		return err
	}
	return h.Run(command)
}
