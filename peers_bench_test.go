package deployer_test

import (
	"os/exec"
	"slices"
	"strings"
)

// peer is another program that runs a command on hosts, as a user would call it: with 64 hosts at once, by ssh.
type peer struct {
	name string
	line []string
}

// peers are those on PATH. They run hostname on the hosts of a file, which an ssh_config tells how to reach.
func peers(config, hostsFile string, hosts []string) []peer {
	list := strings.Join(hosts, ",")
	all := []peer{
		{"clush", []string{"clush", "-f", "64", "-o", "-F " + config, "-w", list, "hostname"}},
		{"pdsh", []string{"env", "PDSH_SSH_ARGS_APPEND=-F " + config, "pdsh", "-R", "ssh", "-f", "64", "-w", list, "hostname"}},
		{"parallel-ssh", []string{"parallel-ssh", "-p", "64", "-i", "-x", "-F " + config, "-h", hostsFile, "hostname"}},
		// Without arguments of one's own it keeps connections for the next round.
		{"ansible", []string{"env", "ANSIBLE_SSH_ARGS=-F " + config,
			"ansible", "all", "-i", hostsFile, "-f", "64", "-m", "raw", "-a", "hostname"}},
	}
	return slices.DeleteFunc(all, func(p peer) bool {
		_, err := exec.LookPath(p.name)
		return err != nil
	})
}
