package sshserver

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// snapshot returns the processes of this machine that have not ended.
func snapshot() ([]member, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*") // with /stat every one of them would be listed
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return nil, errors.New("ssh server: /proc shows no processes: it must be mounted")
	}
	var all []member
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
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
	rest := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // state, parent, group, session
	if len(rest) < 4 || rest[0] == "Z" || rest[0] == "X" {
		return m, false
	}
	parent, noParent := strconv.Atoi(rest[1])
	session, noSession := strconv.Atoi(rest[3])
	return member{pid, parent, session}, noParent == nil && noSession == nil
}
