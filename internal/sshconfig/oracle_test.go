package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The oracle of these tests is ssh itself: what "ssh -G" says of a file is what this package must say.

// here is the machine and the account of the tests, as ssh sees them.
func here(t testing.TB) Local {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return Local{User: me.Username, UID: me.Uid, Home: me.HomeDir, Hostname: name, Variable: os.LookupEnv, Resolver: nowhere{}}
}

// nowhere knows no names.
type nowhere struct{}

func (nowhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func (nowhere) LookupCNAME(context.Context, string) (string, error) {
	return "", &net.DNSError{Err: "no such host", IsNotFound: true}
}

// answers are what ssh -G says, by option.
type answers map[string][]string

// ask has ssh say what a file means. Its error is what ssh said.
func ask(t testing.TB, file string, q Query) (answers, error) {
	t.Helper()
	args := []string{"-G", "-F", file}
	if q.User != "" {
		args = append(args, "-l", q.User)
	}
	if q.Port != 0 {
		args = append(args, "-p", strconv.Itoa(q.Port))
	}
	cmd := exec.Command("ssh", append(args, "--", q.Host)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var status *exec.ExitError
	if errors.As(err, &status) {
		return nil, errors.New(strings.TrimSpace(errs.String()))
	}
	if err != nil {
		t.Fatalf("ssh is needed here, which make test installs: %v", err)
	}
	said := answers{}
	for line := range strings.Lines(string(out)) {
		option, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		option = strings.ToLower(option)
		said[option] = append(said[option], value)
	}
	return said, nil
}

// known returns all algorithms of a kind that ssh knows.
var known = func() func(t testing.TB, kind string) []string {
	var mu sync.Mutex
	found := map[string][]string{}
	return func(t testing.TB, kind string) []string {
		mu.Lock()
		defer mu.Unlock()
		if found[kind] == nil {
			out, err := exec.Command("ssh", "-Q", kind).Output()
			if err != nil {
				t.Fatal(err)
			}
			found[kind] = strings.Fields(string(out))
		}
		return found[kind]
	}
}()

// evaluate reads one file as ssh -F does.
func evaluate(t testing.TB, file string, q Query) (*Options, error) {
	t.Helper()
	config, err := Read(here(t), File{Name: file})
	if err != nil {
		return nil, err
	}
	return config.Evaluate(t.Context(), q)
}

// compare checks that we say the same as ssh, or both that something is wrong.
func compare(t testing.TB, file string, q Query) {
	t.Helper()
	said, sshErr := ask(t, file, q)
	ours, err := evaluate(t, file, q)
	switch {
	case err != nil && (sshErr != nil || tooStrict.MatchString(err.Error())):
		return
	case sshErr == nil && said["casignaturealgorithms"] == nil:
		return // a list of algorithms came out empty, of which ssh -G prints none then
	case sshErr != nil && tooLoose.MatchString(sshErr.Error()):
		return
	case err != nil:
		t.Fatalf("%+v: error %v, ssh says that all is well", q, err)
	case sshErr != nil:
		t.Fatalf("%+v: all is well, ssh says %v", q, sshErr)
	}
	want := ours.answers(t, plain(t, q))
	for _, option := range notCompared {
		delete(said, option)
		delete(want, option)
	}
	for option, values := range said {
		if got := want[option]; !isUnused(option) && !slices.Equal(normal(got), normal(values)) {
			t.Errorf("%+v: %s is %q, ssh says %q", q, option, got, values)
		}
	}
	for option, values := range want {
		if _, ok := said[option]; !ok && !isUnused(option) {
			t.Errorf("%+v: %s is %q, ssh says nothing", q, option, values)
		}
	}
}

// plain returns what ssh says where no file says anything.
var plain = func() func(t testing.TB, q Query) answers {
	var said sync.Map
	return func(t testing.TB, q Query) answers {
		if a, ok := said.Load(q); ok {
			return a.(answers)
		}
		a, err := ask(t, os.DevNull, q)
		if err != nil {
			t.Fatal(err)
		}
		said.Store(q, a)
		return a
	}
}()

// tooStrict is what we report and ssh -G does not: values that ssh expands only when it connects, a list of algorithms
// that begins with a comma, rubbish in a size or behind a jump host, and a keyword in half a quote.
var tooStrict = regexp.MustCompile(`expected names of algorithms|not closed in the keyword|` +
	`(IdentityFile|CertificateFile|ProxyCommand|ProxyJump) .*: (.* is not known here|.* is not \$\{VARIABLE\}|` +
	`the environment has no|.*: there is no user)|RekeyLimit is |` +
	`ProxyJump is "[^"]*( |\\t)`)

// tooLoose is what ssh refuses and is left to who uses this package: names of algorithms, of which he knows others, and
// hosts that are jumped to through themselves. A line with nothing but a form feed is empty.
var tooLoose = regexp.MustCompile(`Bad (SSH2 (cipher|MAC|KexAlgorithms)|key types|protocol 2 host key algorithms)|` +
	`jumphost loop|no argument after keyword "\\014"`)

// notCompared is what ssh shows in another form than it was written in, and what is nothing to us.
var notCompared = []string{"host", "localforward", "remoteforward", "dynamicforward", "updatehostkeys"}

// isUnused reports whether an option is nothing to us: only that it is one is known then, and not how ssh writes it.
func isUnused(option string) bool {
	keyword := lookUp(option)
	return keyword != nil && keyword.use == unused
}

// normal writes yes and no in one way.
func normal(values []string) []string {
	var all []string
	for _, value := range values {
		switch value {
		case "true":
			value = "yes"
		case "false", "off":
			value = "no"
		}
		if strings.EqualFold(value, "none") {
			value = "none"
		}
		all = append(all, value)
	}
	return all
}

// answers is what we say, in the form of ssh -G. plain is what ssh says where no file says anything: what is nothing to
// us, and not set, is taken from there.
func (o *Options) answers(t testing.TB, plain answers) answers {
	a := answers{}
	for option, values := range plain {
		a[option] = values
	}
	for option, values := range o.values {
		a.set(option, texts(values))
	}
	o.way(a)
	o.keys(a)
	o.lists(t, a, plain)
	for _, option := range []string{
		"localcommand", "remotecommand", "controlpath", "pkcs11provider", "securitykeyprovider", "knownhostscommand",
		"revokedhostkeys", "tag",
	} {
		if v := a[option]; len(v) == 1 && strings.EqualFold(v[0], "none") {
			delete(a, option)
		}
	}
	if len(o.Jumps) > 0 {
		a["proxyusefdpass"] = []string{"no"}
	}
	if normal(a["clearallforwardings"])[0] == "yes" {
		a["tunnel"] = []string{"no"}
	}
	return a
}

func texts(values []Value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.Text)
	}
	return all
}

// set sets an option, of which there is one line, or one for each value.
func (a answers) set(option string, values []string) {
	switch option {
	case optionProxy, optionSocket, optionPeriod: // others tell of them
	case "setenv", "sendenv", "identityfile", "certificatefile":
		a[option] = values
	default:
		a[option] = []string{strings.Join(values, " ")}
	}
}

func yes(b bool) []string {
	if b {
		return []string{"yes"}
	}
	return []string{"no"}
}

// way answers what typed options say of the way to the host.
func (o *Options) way(a answers) {
	number := func(n int) []string { return []string{strconv.Itoa(n)} }
	a["hostname"], a["user"], a["port"] = []string{o.HostName}, []string{o.User}, number(o.Port)
	a["addressfamily"] = []string{o.AddressFamily}
	a["tcpkeepalive"] = yes(o.TCPKeepAlive)
	a["connecttimeout"] = []string{"none"}
	if o.Given("ConnectTimeout") {
		a["connecttimeout"] = number(int(o.ConnectTimeout.Seconds()))
	}
	a["connectionattempts"] = number(o.ConnectionAttempts)
	a["serveraliveinterval"] = number(int(o.ServerAliveInterval.Seconds()))
	if o.BatchMode && !o.Given("ServerAliveInterval") {
		a["serveraliveinterval"] = []string{"300"} // as Debian's ssh has it
	}
	a["serveralivecountmax"] = number(o.ServerAliveCountMax)
	a["numberofpasswordprompts"] = number(o.NumberOfPasswordPrompts)
	a["requiredrsasize"] = number(o.RequiredRSASize)
	a["rekeylimit"] = []string{fmt.Sprintf("%d %d", o.RekeyLimit, int(o.RekeyInterval.Seconds()))}
	if v := o.Values("ProxyCommand"); len(v) > 0 && o.ProxyCommand != "" {
		a["proxycommand"] = []string{v[0].Text}
	}
	if v := o.Values("ProxyJump"); len(v) > 0 && len(o.Jumps) > 0 {
		a["proxyjump"] = []string{jumpAsShown(v[0].Text)}
	}
}

// jumpAsShown writes the last of a chain of jump hosts as ssh -G does.
func jumpAsShown(chain string) string {
	cut := strings.LastIndexByte(chain, ',') + 1
	last, ok := parseJump(chain[cut:])
	if !ok {
		return chain
	}
	shown := last.Host
	if strings.Contains(shown, ":") || strings.Trim(shown, "1234567890.") == "" {
		shown = "[" + shown + "]"
	}
	if last.User != "" {
		shown = last.User + "@" + shown
	}
	if last.Port != 0 {
		shown += ":" + strconv.Itoa(last.Port)
	}
	return chain[:cut] + shown
}

// keys answers what typed options say of logging in.
func (o *Options) keys(a answers) {
	a["batchmode"] = yes(o.BatchMode)
	a["identitiesonly"] = yes(o.IdentitiesOnly)
	a["passwordauthentication"] = yes(o.PasswordAuthentication)
	a["kbdinteractiveauthentication"] = yes(o.KbdInteractiveAuthentication)
	a["stricthostkeychecking"] = []string{o.StrictHostKeyChecking}
	a["hashknownhosts"] = yes(o.HashKnownHosts)
	if o.HostKeyAlias != "" {
		a["hostkeyalias"] = []string{o.HostKeyAlias}
	}
	if v := o.Values("IdentityAgent"); len(v) > 0 {
		a["identityagent"] = agentAsShown(v[0].Text, o.IdentityAgent)
	}
	a["forwardagent"] = yes(o.values["forwardagent"] != nil && o.values["forwardagent"][0].Text == "yes")
	if v := o.values[optionSocket]; len(v) > 0 {
		a["forwardagent"] = agentAsShown(v[0].Text, o.ForwardedAgent)
	}
	if hosts := o.values["canonicalizepermittedcnames"]; len(hosts) > 0 {
		a["canonicalizepermittedcnames"] = []string{strings.ReplaceAll(" "+strings.Join(texts(hosts), " ")+" ", " * ", " *:* ")}
		a["canonicalizepermittedcnames"][0] = strings.TrimSpace(a["canonicalizepermittedcnames"][0])
	}
}

// agentAsShown is a socket of an agent as ssh -G shows it: as it is, or the name of a variable that holds it.
func agentAsShown(written, socket string) []string {
	variable := strings.HasPrefix(written, "$") && !strings.HasPrefix(written, "${")
	if variable || written == "none" || written == "SSH_AUTH_SOCK" {
		return []string{written}
	}
	return []string{socket}
}

// lists answers what typed options say of lists.
func (o *Options) lists(t testing.TB, a, plain answers) {
	files := func(names []string) []string {
		if len(names) == 0 {
			return []string{"none"}
		}
		return []string{strings.Join(names, " ")}
	}
	a["userknownhostsfile"] = files(o.UserKnownHostsFiles)
	if !o.Given("GlobalKnownHostsFile") {
		a["globalknownhostsfile"] = files(o.GlobalKnownHostsFiles)
	}
	a["sendenv"], a["setenv"] = o.SendEnv, o.SetEnv
	for _, option := range []string{"sendenv", "setenv"} {
		if len(a[option]) == 0 {
			delete(a, option)
		}
	}
	for option, list := range map[string]struct {
		list Algorithms
		kind string
	}{
		"ciphers": {o.Ciphers, "cipher"}, "macs": {o.MACs, "mac"}, "kexalgorithms": {o.KexAlgorithms, "kex"},
		"hostkeyalgorithms":           {o.HostKeyAlgorithms, "HostKeyAlgorithms"},
		"pubkeyacceptedalgorithms":    {o.PubkeyAcceptedAlgorithms, "PubkeyAcceptedAlgorithms"},
		"casignaturealgorithms":       {o.CASignatureAlgorithms, "sig"},
		"hostbasedacceptedalgorithms": {Algorithms(o.text("hostbasedacceptedalgorithms")), "HostKeyAlgorithms"},
	} {
		defaults := strings.Split(plain[option][0], ",")
		a[option] = []string{strings.Join(list.list.Of(defaults, known(t, list.kind)), ",")}
	}
	if len(o.IdentityFiles) == 0 && !o.Given("IdentityFile") {
		t.Error("there is no file with a key, not even by default")
	}
}

func (o *Options) text(option string) string {
	if v := o.values[option]; len(v) > 0 {
		return v[0].Text
	}
	return ""
}

// folder writes files into a new folder. FOLDER in their text is its name.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "FOLDER", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
