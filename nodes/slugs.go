package nodes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"deployer/hosts"
)

// Conflict says why two hosts cannot both have their slug: a slug names one machine of a tree, defined one way. It is ""
// if they can: they are the same, or two accounts of one machine.
func Conflict(a, b hosts.Host) string {
	if reflect.DeepEqual(a, b) {
		return ""
	}
	mine, theirs := settingsOf(a), settingsOf(b)
	if mine == nil || theirs == nil || reflect.TypeOf(a) != reflect.TypeOf(b) {
		return fmt.Sprintf("%s and %s", described(a), described(b))
	}
	otherAccount := !reflect.DeepEqual(mine["username"], theirs["username"])
	var differ []string
	for name, value := range mine {
		if same(name, value, theirs[name]) || otherAccount && slices.Contains(ofAccounts, name) {
			continue
		}
		if slices.Contains(shownSettings, name) {
			name = fmt.Sprintf("%s (%v, %v)", name, value, theirs[name])
		}
		differ = append(differ, name)
	}
	slices.Sort(differ)
	if len(differ) == 0 {
		return ""
	}
	return "they differ in " + strings.Join(differ, ", ")
}

// shownSettings are those whose values tell two hosts apart that a function made, which have one place in a file.
var shownSettings = []string{"address", "port"}

// ofAccounts are the settings that belong to an account of a machine.
var ofAccounts = []string{
	"username", "password", "key_filename", "key", "key_password", "identities_only", "agent_forwarding",
	"shell", "sudo_password", "sudo_password_command",
}

// secretSettings are kept as tokens, of which two may stand for the same secret.
var secretSettings = []string{"password", "key", "key_password", "sudo_password"}

func same(name string, a, b any) bool {
	if slices.Contains(secretSettings, name) {
		return (a == "") == (b == "")
	}
	return reflect.DeepEqual(a, b)
}

// settingsOf are the options that a host was made of, by the names that scripts have for them; nil of a host that
// somebody else implements.
func settingsOf(h hosts.Host) map[string]any {
	settings := map[string]any{}
	switch h := h.(type) {
	case *hosts.SSH:
		addSettings(settings, reflect.ValueOf(h.Options()))
	case *hosts.Local:
		addSettings(settings, reflect.ValueOf(h.Options()))
	case *hosts.Wrapped:
		addSettings(settings, reflect.ValueOf(h.Options()))
	default:
		return nil
	}
	return settings
}

func addSettings(to map[string]any, options reflect.Value) {
	for i := range options.NumField() {
		if field := options.Type().Field(i); field.Anonymous {
			addSettings(to, options.Field(i))
		} else {
			to[snake(field.Name)] = options.Field(i).Interface()
		}
	}
}

func described(h hosts.Host) string {
	switch h.(type) {
	case *hosts.Local:
		return "this machine"
	case *hosts.SSH:
		return h.Address() + " behind SSH"
	}
	return fmt.Sprintf("%s (%T)", h.Address(), h)
}
