package hosts

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"deployer/internal/sshconfig"
)

// readConfig reads one file that was named, or with "" the user's and the system's.
func readConfig(named, home string) (*sshconfig.Config, error) {
	local, err := localAccount(home)
	if err != nil {
		return nil, err
	}
	var files []sshconfig.File
	switch {
	case strings.EqualFold(named, "none"):
	case named != "":
		named = expandHome(named, home)
		if err := checkFile(named); err != nil {
			return nil, err
		}
		files = []sshconfig.File{{Name: named}}
	default:
		files = sshconfig.DefaultFiles(home)
	}
	config, err := sshconfig.Read(local, files...)
	if err != nil {
		return nil, configError{err}
	}
	return config, nil
}

// checkFile refuses what ssh_config would take for an empty file.
func checkFile(name string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("config_filename: %s: no such file", name)
	case err == nil && info.IsDir():
		return fmt.Errorf("config_filename: %s: it is a directory", name)
	}
	return err
}

// localAccount is what ~ and tokens stand for.
func localAccount(home string) (sshconfig.Local, error) {
	user, err := localUser()
	if err != nil {
		return sshconfig.Local{}, err
	}
	name, err := os.Hostname()
	return sshconfig.Local{
		User: user, UID: strconv.Itoa(os.Getuid()), Home: home, Hostname: name,
		Variable: os.LookupEnv, Resolver: net.DefaultResolver,
	}, err
}

// configs remembers the files that a session has read.
type configs struct {
	mu   sync.Mutex
	read map[string]func() (*sshconfig.Config, error)
}

// forget has the files read again.
func (c *configs) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = nil
}

func (c *configs) get(named, home string) (*sshconfig.Config, error) {
	c.mu.Lock()
	if c.read == nil {
		c.read = map[string]func() (*sshconfig.Config, error){}
	}
	read := c.read[named]
	if read == nil {
		read = sync.OnceValues(func() (*sshconfig.Config, error) { return readConfig(named, home) })
		c.read[named] = read
	}
	c.mu.Unlock()
	return read()
}
