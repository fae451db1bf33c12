package stock

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// Apt are packages of Debian and its kin.
type Apt struct {
	nodes.Node       `deploy:"parallel"`
	Packages         []string `doc:"what setup and install install; name=version is a certain version"`
	OptionalPackages []string `doc:"what they install where it is to be had"`
	DebFiles         []string `doc:"packages that lie on the host as files, for setup and dpkg"`
	Sources          []string `doc:"lines for sources.list.d: where more packages are to be had"`
	Key              string   `doc:"the key that signs them, as text; sources name it by [signed-by=/etc/apt/keyrings/NAME.asc]"`
	SourcesName      string   `doc:"the NAME of the files with sources and key; empty: deployer"`
}

// Actions name the parameters.
func (*Apt) Actions() nodes.Actions {
	return nodes.Actions{
		"IsInstalled": {Params: []string{"name"}},
		"IsAvailable": {Params: []string{"name"}, Alias: []string{"is_package_available"}},
	}
}

// GoSource implements nodes.WithSource.
func (*Apt) GoSource() fs.FS { return source }

// aptGet changes packages without asking anything: configuration files that were changed by hand stay as they are.
const aptGet = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0" +
	" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "

// Setup writes sources and key, and installs all packages.
func (a *Apt) Setup(ctx context.Context) error {
	if err := a.SetupSources(ctx); err != nil {
		return err
	}
	if err := a.Dpkg(ctx); err != nil {
		return err
	}
	return a.Install(ctx)
}

// SetupSources writes the files with sources and key, and updates the list of what is to be had if they were changed.
func (a *Apt) SetupSources(ctx context.Context) error {
	name := cmp.Or(a.SourcesName, "deployer")
	changed := false
	for _, file := range []struct{ path, text string }{
		{"/etc/apt/keyrings/" + name + ".asc", a.Key},
		{"/etc/apt/sources.list.d/" + name + ".list", strings.Join(a.Sources, "\n")},
	} {
		if file.text == "" {
			continue
		}
		h := a.Host(ctx).Sudo()
		if _, err := h.Mkdir(path.Dir(file.path), hosts.MkdirOptions{Parents: true}); err != nil {
			return err
		}
		text := strings.TrimSuffix(file.text, "\n") + "\n"
		written, err := h.WriteFile(file.path, []byte(text), hosts.WriteOptions{Mode: 0o644})
		if err != nil {
			return err
		}
		changed = changed || written
	}
	if !changed {
		return nil
	}
	return a.Update(ctx)
}

// Install installs packages that are not; without arguments those of the node.
//
// The list of what is to be had is updated first if one of them is not in it.
func (a *Apt) Install(ctx context.Context, packages ...string) error {
	var optional []string
	if len(packages) == 0 {
		packages, optional = a.Packages, a.OptionalPackages
	}
	if err := install(ctx, a.Host(ctx), packages); err != nil {
		return err
	}
	var available []string
	for _, name := range optional {
		is, err := a.IsAvailable(ctx, name)
		if err != nil {
			return err
		}
		if is {
			available = append(available, name)
		} else {
			nodes.Logf(ctx, "the optional package %s is not to be had", name)
		}
	}
	return install(ctx, a.Host(ctx), available)
}

// install installs packages that are not.
func install(ctx context.Context, h nodes.Host, packages []string) error {
	missing, err := notInstalled(h, packages)
	if err != nil || len(missing) == 0 {
		return err
	}
	known, err := succeeds(h, simulate(missing...)+" >/dev/null 2>&1", hosts.RunOptions{})
	if err != nil {
		return err
	}
	if !known {
		if err := h.Sudo().Run(aptGet + "update"); err != nil {
			return err
		}
	}
	if nodes.Sandbox(ctx) && known {
		if _, err := show(h, simulate(missing...)); err != nil {
			return err
		}
	}
	return h.Sudo().Run(aptGet + "install --" + quoted(missing...))
}

// simulate is the command that tells what an installation would do.
func simulate(packages ...string) string {
	return "apt-get --simulate -q install --" + quoted(packages...)
}

// notInstalled are those packages that are not installed, or not in the version that is named.
func notInstalled(h nodes.Host, packages []string) (missing []string, err error) {
	if len(packages) == 0 {
		return nil, nil
	}
	var names []string
	for _, spec := range packages {
		names = append(names, packageName(spec))
	}
	const query = `; do dpkg-query -W -f='${db:Status-Status} ${Version};' -- "$name" 2>/dev/null; echo; done`
	found, err := answer(h, "for name in"+quoted(names...)+query)
	if err != nil {
		return nil, err
	}
	states := strings.Split(found, "\n")
	if len(states) != len(packages) {
		return nil, fmt.Errorf("dpkg-query answered %d lines about %d packages", len(states), len(packages))
	}
	for i, spec := range packages {
		_, version, _ := strings.Cut(spec, "=")
		if !strings.Contains(";"+states[i], ";installed "+version) {
			missing = append(missing, spec)
		}
	}
	return missing, nil
}

// packageName is the name in name=version and name/release.
func packageName(spec string) string {
	name, _, _ := strings.Cut(spec, "=")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// installCommand installs the package that has a command, unless the host has the command.
func installCommand(ctx context.Context, h nodes.Host, command, name string) error {
	on, err := h.Handle()
	if err != nil {
		return err
	}
	there, err := on.HasCommand(ctx, command, false)
	if err != nil || there {
		return err
	}
	return install(ctx, h, []string{name})
}

// Remove removes packages, and keeps their configuration.
func (a *Apt) Remove(ctx context.Context, packages ...string) error {
	missing, err := notInstalled(a.Host(ctx), packages)
	if err != nil {
		return err
	}
	there := slices.DeleteFunc(slices.Clone(packages), func(name string) bool { return slices.Contains(missing, name) })
	if len(there) == 0 {
		return nil
	}
	return a.Host(ctx).Sudo().Run(aptGet + "remove --" + quoted(there...))
}

// Dpkg installs the packages that lie on the host as files, in those versions.
func (a *Apt) Dpkg(ctx context.Context) error {
	h := a.Host(ctx)
	for _, file := range a.DebFiles {
		file, err := absolute(ctx, h, file)
		if err != nil {
			return err
		}
		spec, err := answer(h, "dpkg-deb --show --showformat='${Package}=${Version}'"+quoted(file))
		if err != nil {
			return err
		}
		missing, err := notInstalled(h, []string{spec})
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			continue
		}
		if err := h.Sudo().Run(aptGet + "install --" + quoted(file)); err != nil {
			return err
		}
	}
	return nil
}

// Update updates the list of what is to be had.
func (a *Apt) Update(ctx context.Context) error { return a.Host(ctx).Sudo().Run(aptGet + "update") }

// Upgrade brings all packages of the host to their newest versions, and removes none.
func (a *Apt) Upgrade(ctx context.Context) error {
	h := a.Host(ctx)
	plan, err := answer(h, "apt-get --simulate -q upgrade")
	if err != nil || !strings.Contains(plan, "\nInst ") {
		return err
	}
	if nodes.Sandbox(ctx) {
		nodes.Printf(ctx, "%s", plan)
	}
	return h.Sudo().Run(aptGet + "upgrade")
}

// Upgradable lists the packages of which there is a newer version.
func (a *Apt) Upgradable(ctx context.Context) (string, error) {
	return show(a.Host(ctx), "apt list --upgradable 2>/dev/null")
}

// IsInstalled tells whether a package is installed; name=version asks for that version.
func (a *Apt) IsInstalled(ctx context.Context, name string) (bool, error) {
	missing, err := notInstalled(a.Host(ctx), []string{name})
	return err == nil && len(missing) == 0, err
}

// IsAvailable tells whether a package can be installed, or is.
func (a *Apt) IsAvailable(ctx context.Context, name string) (bool, error) {
	return succeeds(a.Host(ctx), simulate(name)+" >/dev/null 2>&1", hosts.RunOptions{})
}
