package tutorialgo

import (
	"context"

	"deployer/hosts"
	"deployer/nodes"
)

// VirtualEnv is a virtual environment of Python.
type VirtualEnv struct {
	nodes.Node
	Location          string   `deploy:"required" doc:"where the virtual environment is on the host"`
	RequirementsFiles []string `doc:"files on the host that name packages"`
	Packages          []string
	Pip               string
}

// Actions name the parameters.
func (*VirtualEnv) Actions() nodes.Actions {
	return nodes.Actions{"ActivateCmd": {Property: true}, "InstallPackage": {Params: []string{"name"}}}
}

// ActivateCmd is what has to run before a command, for that to run in the environment.
func (v *VirtualEnv) ActivateCmd(ctx context.Context) (string, error) {
	dir, err := expandPath(ctx, v.Host(ctx), v.Location)
	return ". " + hosts.Quote(dir+"/bin/activate"), err
}

// Create makes the virtual environment, unless it is there.
func (v *VirtualEnv) Create(ctx context.Context) error {
	there, err := v.Host(ctx).Exists(v.Location)
	if err != nil || there {
		return err
	}
	dir, err := expandPath(ctx, v.Host(ctx), v.Location)
	if err != nil {
		return err
	}
	return v.Host(ctx).Run("/usr/bin/python3 -m venv " + hosts.Quote(dir))
}

// InstallRequirements installs what the requirements files say.
func (v *VirtualEnv) InstallRequirements(ctx context.Context) error {
	for _, file := range v.RequirementsFiles {
		path, err := expandPath(ctx, v.Host(ctx), file)
		if err != nil {
			return err
		}
		if err := v.install(ctx, "-r "+hosts.Quote(path)); err != nil {
			return err
		}
	}
	return nil
}

// InstallPackage installs a package in the virtual environment.
func (v *VirtualEnv) InstallPackage(ctx context.Context, name string) error {
	return v.install(ctx, hosts.Quote(name))
}

func (v *VirtualEnv) install(ctx context.Context, what string) error {
	h, err := v.in(ctx)
	if err != nil {
		return err
	}
	return h.Run(v.Pip + " " + what)
}

// in is the host, with commands running in the environment.
func (v *VirtualEnv) in(ctx context.Context) (nodes.Host, error) {
	activate, err := v.ActivateCmd(ctx)
	return v.Host(ctx).Prefix(activate), err
}

// SetupEnv makes the virtual environment, with everything in it.
func (v *VirtualEnv) SetupEnv(ctx context.Context) error {
	if err := call(ctx, v, "create"); err != nil {
		return err
	}
	for _, name := range v.Packages {
		if err := call(ctx, v, "install_package", name); err != nil {
			return err
		}
	}
	return call(ctx, v, "install_requirements")
}

// call runs an action as one of its own, which the log shows. A method that is called directly is a part of its caller.
func call(ctx context.Context, of nodes.Embedder, action string, args ...any) error {
	_, err := nodes.Call(ctx, of, action, args...)
	return err
}

// expandPath is a path of a host without ~ at its beginning.
func expandPath(ctx context.Context, h nodes.Host, path string) (string, error) {
	on, err := h.Handle()
	if err != nil {
		return "", err
	}
	return on.ExpandPath(ctx, path)
}
