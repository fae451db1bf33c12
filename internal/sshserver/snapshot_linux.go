package sshserver

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// snapshot returns the processes of this machine that have not ended.
func snapshot() ([]member, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	if len(stats) == 0 {
		return nil, fmt.Errorf("ssh server: /proc shows no processes: it must be mounted")
	}
	var all []member
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		if m, alive := parseStat(pid, stat); alive {
			all = append(all, m)
		}
	}
	return all, nil
}

// parseStat reads what follows the name of the program, which is in parentheses and can contain anything.
func parseStat(pid int, stat []byte) (m member, alive bool) {
	m.pid = pid
	var state string
	rest := stat[bytes.LastIndexByte(stat, ')')+1:]
	if _, err := fmt.Sscan(string(rest), &state, &m.parent, new(int), &m.session); err != nil {
		return m, false
	}
	return m, state != "Z" && state != "X"
}
