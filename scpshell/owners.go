package scpshell

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"deployer/hosts"
	"deployer/prompt"
)

// owners are what users and groups are called on a machine, by their numbers.
type owners struct{ users, groups map[int]string }

// ownersThere reads, once in the life of the shell, what every machine lets everybody read, by whichever way its files
// are reached. Accounts that are kept elsewhere have no more than a number here.
func (p place) ownersThere() owners {
	if p.owners == nil {
		users, known := p.accounts("/etc/passwd")
		groups, knownToo := p.accounts("/etc/group")
		if !known || !knownToo { // another time perhaps
			return owners{users, groups}
		}
		p.owners = &owners{users, groups}
	}
	return *p.owners
}

// accounts reads one of the files. known is whether to ask again could give no other answer.
func (p place) accounts(file string) (names map[int]string, known bool) {
	text, err := p.handle().ReadFile(p.ctx, file, hosts.FileOptions{})
	var failure *hosts.Error
	if err != nil { // numbers are right as well
		return nil, errors.As(err, &failure) && failure.Fault == hosts.Files
	}
	return accountNames(string(text)), true
}

// accountNames are the names by number in a text that has NAME:…:NUMBER: in each line. The first of a number counts.
func accountNames(text string) map[int]string {
	names := map[int]string{}
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(fields) < 4 || fields[0] == "" {
			continue
		}
		id, err := strconv.Atoi(fields[2])
		if _, taken := names[id]; err == nil && !taken {
			names[id] = fields[0]
		}
	}
	return names
}

// short is an owner in a list.
func (o owners) short(f *hosts.FileInfo) string {
	return nameOr(o.users, f.UID) + ":" + nameOr(o.groups, f.GID)
}

func nameOr(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return prompt.Quote(name)
	}
	return strconv.Itoa(id)
}

// full is an owner with all that is known.
func (o owners) full(f *hosts.FileInfo) string {
	return "user " + named(o.users, f.UID) + ", group " + named(o.groups, f.GID)
}

func named(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return fmt.Sprintf("%s (%d)", prompt.Quote(name), id)
	}
	return strconv.Itoa(id)
}
