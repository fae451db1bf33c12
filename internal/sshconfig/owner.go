package sshconfig

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// checkOwner refuses a file that others than the user and root can write to: what it says is run as the user. A group
// may write to it whose only member is the user, as on systems where everybody has a group of their own.
func checkOwner(name string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil // a system without owners
	}
	if uid := os.Getuid(); stat.Uid != 0 && int(stat.Uid) != uid {
		return fmt.Errorf("bad owner of %s: it belongs to user %d; run chown %d %[1]s", name, stat.Uid, uid)
	}
	mode := info.Mode().Perm()
	if mode&0o002 != 0 || mode&0o020 != 0 && !isOwnGroup(strconv.Itoa(int(stat.Gid))) {
		return fmt.Errorf("bad permissions of %s: others can write to it (%04o); run chmod go-w %[1]s", name, mode)
	}
	return nil
}

// isOwnGroup reports whether the user is the only member of a group. Where that cannot be found out it is not so.
func isOwnGroup(gid string) bool {
	me, err := user.Current()
	if err != nil {
		return false
	}
	groups, err := os.ReadFile("/etc/group")
	if err != nil {
		return false
	}
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return false
	}
	var members []string
	for _, account := range records(string(accounts), 3, gid) {
		members = append(members, account[0])
	}
	for _, group := range records(string(groups), 2, gid) {
		members = append(members, strings.FieldsFunc(group[3], func(r rune) bool { return r == ',' })...)
	}
	slices.Sort(members)
	return slices.Equal(slices.Compact(members), []string{me.Username})
}

// records returns the lines of a file like /etc/passwd that have a value in a column, in columns. All such files have
// four columns or more.
func records(text string, column int, value string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) >= 4 && fields[column] == value {
			all = append(all, fields)
		}
	}
	return all
}
