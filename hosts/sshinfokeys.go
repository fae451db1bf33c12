package hosts

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"deployer/internal/sshconfig"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// keys are listed in the order in which they are offered, then what is left out.
func (i *info) keys() {
	o, st := i.st.options, i.st
	i.add("ways to log in", strings.Join(st.ways, ", "), i.from("", false, "PreferredAuthentications"))
	if st.batch {
		i.add("questions", "nobody is asked", i.from("", false, "BatchMode"))
	}
	if o.Key != "" {
		i.add("key", "a text", "option key")
	}
	offered, left, err := i.credentials()
	if err != nil {
		i.add("key", err.Error(), "option key_filename")
	}
	for _, c := range offered {
		name, value := keyAspect(c)
		i.add(name, value, i.sourceOf(c))
	}
	for _, id := range st.identities {
		isOffered := func(c *credential) bool { return c.file == id.file }
		if _, err := os.Stat(id.file); err != nil && !slices.ContainsFunc(offered, isOffered) {
			i.add("key", id.file+" (missing)", i.sourceOf(&credential{file: id.file}))
		}
	}
	for _, note := range left {
		if !strings.HasSuffix(note, noFile) { // which has a line of its own
			i.add("left out", note, "what is there")
		}
	}
	i.agent()
	if o.Password != "" {
		i.add("password", "one is given", "option password")
	}
	if st.forwardAgent {
		i.add("forwarded agent", st.forwardedAgent, i.from("agent_forwarding", o.AgentForwarding != nil, "ForwardAgent"))
	}
}

// credentials are the keys that would be offered, and those that would not, with the reason. No secret is looked at:
// what is encrypted stays so.
func (i *info) credentials() (offered []*credential, left []string, err error) {
	st := *i.st
	st.key, st.keyPassword = "", ""
	a := &attempt{login: newLogin(i.ctx, i.session.pool, &st), ctx: i.ctx, pause: func() func() { return func() {} }}
	offered, err = (&credentials{attempt: a}).collect()
	return offered, a.notes, err
}

// keyAspect says what a key is.
func keyAspect(c *credential) (name, value string) {
	cert, isCert := c.public.(*ssh.Certificate)
	switch {
	case c.public == nil:
		return "key", c.name + " (encrypted)"
	case isCert:
		return "certificate", fmt.Sprintf("%s (%s, %q)", c.name, sshkeys.Shown(cert.Key), cert.KeyId)
	case c.locked != nil:
		return "key", fmt.Sprintf("%s (%s, encrypted)", c.name, sshkeys.Shown(c.public))
	}
	return "key", fmt.Sprintf("%s (%s)", c.name, sshkeys.Shown(c.public))
}

// sourceOf says why a key is offered.
func (i *info) sourceOf(c *credential) string {
	explicit := func(id identity) bool { return id.explicit && id.file == c.file }
	switch {
	case c.file == "":
		return i.agentSource()
	case slices.ContainsFunc(i.st.identities, explicit):
		return "option key_filename"
	case slices.Contains(i.said.CertificateFiles, c.file):
		return lineOf(c.file, i.said.CertificateFiles, i.said.Values("CertificateFile"))
	}
	return lineOf(c.file, i.said.IdentityFiles, i.said.Values("IdentityFile"))
}

// lineOf is the line that names a file. All lines count, of which some may name none.
func lineOf(file string, files []string, lines []sshconfig.Value) string {
	isNone := func(v sshconfig.Value) bool { return strings.EqualFold(v.Text, "none") }
	lines = slices.DeleteFunc(slices.Clone(lines), isNone)
	if at := slices.Index(files, file); at >= 0 && at < len(lines) {
		return lines[at].At.String()
	}
	return "default"
}

func (i *info) agent() {
	agent := i.st.agent
	switch {
	case agent == "":
		agent = "none"
	case i.st.identitiesOnly:
		agent += " (only for the keys above)"
	}
	i.add("agent", agent, i.agentSource())
}

func (i *info) agentSource() string {
	if source := i.from("", false, "IdentityAgent"); source != "default" {
		return source
	}
	return "SSH_AUTH_SOCK"
}
