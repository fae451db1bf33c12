package hosts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/kevinburke/ssh_config"
)

// sshConfig is what the files of ssh_config say: the first value that matches counts, in the user's file before the
// system's. This file is the only one that knows how they are read.
type sshConfig struct{ files []*ssh_config.Config }

// get returns the first value of an option for the host that was named, or "".
func (c *sshConfig) get(host, option string) string {
	for _, file := range c.files {
		if value, err := file.Get(host, option); err == nil && value != "" {
			return unquote(value)
		}
	}
	return ""
}

// all returns every value of an option that adds up, such as IdentityFile.
func (c *sshConfig) all(host, option string) []string {
	var all []string
	for _, file := range c.files {
		values, err := file.GetAll(host, option)
		if err != nil {
			continue // Get and GetAll fail for nodes of unknown types only, of which the parser makes none
		}
		for _, value := range values {
			all = append(all, unquote(value))
		}
	}
	return all
}

func unquote(value string) string {
	inner, ok := strings.CutPrefix(value, `"`)
	if inner, end := strings.CutSuffix(inner, `"`); ok && end && !strings.Contains(inner, `"`) {
		return inner
	}
	return value
}

const systemConfig = "/etc/ssh/ssh_config"

// readConfig reads one file that was named, or with "" the user's and the system's.
func readConfig(named, home string) (*sshConfig, error) {
	c := &sshConfig{}
	switch {
	case strings.EqualFold(named, "none"):
		return c, nil
	case named != "":
		named = expandHome(named, home)
		file, err := readConfigFile(named)
		if err == nil && file == nil {
			err = fmt.Errorf("config_filename: %s: no such file", named)
		}
		c.files = append(c.files, file)
		return c, err
	}
	for _, name := range []string{filepath.Join(home, ".ssh", "config"), systemConfig} {
		file, err := readConfigFile(name)
		if err != nil {
			return nil, err
		}
		if file != nil {
			c.files = append(c.files, file)
		}
	}
	return c, nil
}

// readConfigFile returns nil for a file that does not exist. What the parser does not know is an error: a line that was
// passed over might be the one that keeps a connection away from the wrong host.
func readConfigFile(name string) (*ssh_config.Config, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ssh_config: %w", err)
	}
	file, err := ssh_config.DecodeBytes(text)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "ssh_config: ")
		return nil, fmt.Errorf("ssh_config: %s: %s", name, reason)
	}
	return file, nil
}

// configs remembers the files that a session has read.
type configs struct {
	mu   sync.Mutex
	read map[string]func() (*sshConfig, error)
}

func (c *configs) get(named, home string) (*sshConfig, error) {
	c.mu.Lock()
	if c.read == nil {
		c.read = map[string]func() (*sshConfig, error){}
	}
	read := c.read[named]
	if read == nil {
		read = sync.OnceValues(func() (*sshConfig, error) { return readConfig(named, home) })
		c.read[named] = read
	}
	c.mu.Unlock()
	return read()
}
