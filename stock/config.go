package stock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"deployer/console"
	"deployer/hosts"
	"deployer/nodes"
)

// Config is a configuration file on a host.
type Config struct {
	nodes.Node `deploy:"parallel"`
	RemotePath string `deploy:"required" doc:"where the file is on the host; ~ is the home directory"`
	Content    string `deploy:"required" doc:"what the file must hold; it may hold secrets"`
	Sudo       bool   `doc:"the file is root's: it is read and written with sudo"`
	Mode       string `doc:"its permissions, as chmod takes them in numbers: 0644; empty: as they are"`
	Owner      string `doc:"its owner, as user, user:group or :group; empty: as it is"`
}

// Actions name the parameters.
func (*Config) Actions() nodes.Actions {
	return nodes.Actions{
		"Setup": {Params: []string{"backup=false"}},
		"Edit":  {Alias: []string{"edit_in_vim"}},
		"Show":  {Alias: []string{"current_content"}},
	}
}

// GoSource implements nodes.WithSource.
func (*Config) GoSource() fs.FS { return source }

// ShowNewConfig is what the file must hold.
func (c *Config) ShowNewConfig(context.Context) string { return c.Content }

// Show is what the file holds on the host.
func (c *Config) Show(ctx context.Context) (string, error) {
	text, err := rooted(c.Host(ctx), c.Sudo).ReadFile(c.RemotePath)
	return string(text), err
}

// Exists tells whether the file is there.
func (c *Config) Exists(ctx context.Context) (bool, error) {
	return rooted(c.Host(ctx), c.Sudo).Exists(c.RemotePath)
}

// Changed tells whether the file is missing, or holds something else than it must.
func (c *Config) Changed(ctx context.Context) (bool, error) {
	path, err := absolute(ctx, c.Host(ctx), c.RemotePath)
	if err != nil {
		return false, err
	}
	same, err := succeeds(c.Host(ctx), "cmp -s"+quoted(path, "-"), hosts.RunOptions{Sudo: c.Sudo, Input: c.Content})
	return err == nil && !same, err
}

// Diff shows how the file would change.
func (c *Config) Diff(ctx context.Context) error {
	return showDiff(ctx, c.Host(ctx), c.RemotePath, c.Content, c.Sudo)
}

// Setup writes the file, unless it is as it must be; with backup what is there is kept beside it.
func (c *Config) Setup(ctx context.Context, backup bool) error {
	mode, err := c.mode()
	if err != nil {
		return err
	}
	if backup {
		if err := c.backupIfChanged(ctx); err != nil {
			return err
		}
	}
	o := hosts.WriteOptions{Mode: mode, Owner: c.Owner}
	_, err = rooted(c.Host(ctx), c.Sudo).WriteFile(c.RemotePath, []byte(c.Content), o)
	return err
}

func (c *Config) mode() (fs.FileMode, error) {
	if c.Mode == "" {
		return 0, nil
	}
	mode, err := strconv.ParseUint(c.Mode, 8, 9)
	if err != nil {
		return 0, fmt.Errorf("mode is %q: expected permissions such as 0644", c.Mode)
	}
	return fs.FileMode(mode), nil
}

func (c *Config) backupIfChanged(ctx context.Context) error {
	there, err := exists(rooted(c.Host(ctx), c.Sudo), c.RemotePath)
	if err != nil || !there {
		return err
	}
	changed, err := c.Changed(ctx)
	if err != nil || !changed {
		return err
	}
	return c.Backup(ctx)
}

// Backup copies the file to one beside it, whose name ends with the time.
func (c *Config) Backup(ctx context.Context) error {
	path, err := absolute(ctx, c.Host(ctx), c.RemotePath)
	if err != nil {
		return err
	}
	copied := path + time.Now().UTC().Format(".2006-01-02--15-04-05")
	return c.Host(ctx).With(hosts.RunOptions{Sudo: c.Sudo}).Run("cp -p" + quoted("--", path, copied))
}

// Edit opens the file in the editor of the host, for a person at a terminal.
func (c *Config) Edit(ctx context.Context) error {
	path, err := absolute(ctx, c.Host(ctx), c.RemotePath)
	if err != nil {
		return err
	}
	if !console.From(ctx).Interactive() && !nodes.Sandbox(ctx) {
		return errors.New("an editor needs a person at a terminal")
	}
	return c.Host(ctx).With(hosts.RunOptions{Sudo: c.Sudo}).Run(`"${VISUAL:-${EDITOR:-vi}}"` + quoted(path))
}
