package hosts

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// A known_hosts that cannot be written is no reason not to work: the key is good for the session.
func TestRememberCannot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, warning string }{
		{"no folder", "/proc/known_hosts", "could not be remembered"},
		{"not a folder", "/dev/null/known_hosts", ""},
		{"not to be written", "/proc/self/limits", "could not be remembered"},
		{"nowhere", "/dev/null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{HostKeys: "accept-new"})
			s := l.server(sshserver.Options{})
			o := at("web", s.Port())
			o.KnownHosts = []string{c.file}
			if c.name == "not a folder" {
				l.fails(o, HostKey, "known_hosts cannot be read: open /dev/null/known_hosts: not a directory",
					"name another file with known_hosts")
				return
			}
			l.output(o, "true")
			s.Cut()
			l.output(o, "true")
			if c.warning != "" {
				l.warned(c.warning)
			}
		})
	}
}

// HashKnownHosts hides names. ssh itself reads what we wrote.
func TestRememberHashed(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := sshdtest.Start(t, sshdtest.Options{})
	l.write("config", "HashKnownHosts yes\n")
	o := l.real(s)
	o.ConfigFilename, o.KnownHosts = l.path("config"), []string{l.path("known_hosts")}
	l.output(o, "true")
	before := l.read("known_hosts")
	if !strings.HasPrefix(before, "|1|") {
		t.Errorf("known_hosts has %q", before)
	}
	k := knownCases{name: "ours"}
	if v := askOpenSSH(t, s, k.files(t, l.path(), before), l.path("known_hosts")); !v.trusted || v.after != before {
		t.Errorf("ssh trusts it: %v, and makes %q of %q", v.trusted, v.after, before)
	}
	strict := newLab(t, Options{Home: l.home, HostKeys: "strict"})
	strict.output(o, "true")
}

// A key that was accepted for one file is not known to who reads another, and asked for once for both.
func TestRememberedInOneFile(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	taking, strict := at("taking", s.Port()), at("strict", s.Port())
	taking.KnownHosts, strict.KnownHosts = []string{l.path("one")}, []string{l.path("other")}
	taking.HostKeys = "accept-new"
	l.output(taking, "true")
	l.fails(strict, HostKey, "is not known")

	person := &sshPerson{trust: true}
	asked := newLab(t, Options{Home: l.home, Person: person})
	taking.KnownHosts, taking.HostKeys = []string{l.path("third")}, ""
	for _, err := range asked.runAll(t.Context(), []SSHOptions{taking, strict}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.tables) != 1 || l.read("other") == "" || l.read("other") != l.read("third") {
		t.Errorf("asked %+v, and wrote %q and %q", person.tables, l.read("other"), l.read("third"))
	}
}

// A host shows its key again whenever keys are exchanged anew. It is judged by what was known when it was first shown.
func TestRememberedAtRekey(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"accept-new", "strict"} {
		l := newLab(t, Options{Person: &sshPerson{trust: true}, HostKeys: mode})
		o := l.sshd(sshdtest.Options{Config: []string{"RekeyLimit 64K"}})
		o.KnownHosts = []string{l.path("known_hosts")}
		if got := l.output(o, "head -c 1000000 /dev/zero"); len(got) != 1_000_000 {
			t.Errorf("%s: %d bytes", mode, len(got))
		}
		if n := strings.Count(l.read("known_hosts"), "\n"); n != 1 {
			t.Errorf("%s: known_hosts has %d lines", mode, n)
		}
	}
}

// What is said where counts: of the host, for all hosts of the run, in ssh_config.
func TestTrustModes(t *testing.T) {
	t.Parallel()
	const asked, accepted, refused = "asked", "accepted", "refused"
	for _, c := range []struct{ all, host, config, want string }{
		{"", "", "", asked},
		{"", "strict", "", asked},
		{"strict", "", "", asked},
		{"", "", "ask", asked},
		{"", "", "yes", refused},
		{"", "", "accept-new", accepted},
		{"", "", "no", accepted},
		{"", "", "off", accepted},
		{"", "accept-new", "", accepted},
		{"", "accept-new", "yes", accepted},
		{"", "strict", "no", asked},
		{"accept-new", "", "", accepted},
		{"accept-new", "", "yes", accepted},
		{"strict", "", "no", asked},
		{"accept-new", "strict", "no", asked},
		{"strict", "accept-new", "yes", accepted},
	} {
		for _, present := range []bool{true, false} {
			t.Run(fmt.Sprintf("%+v %v", c, present), func(t *testing.T) {
				t.Parallel()
				person := &sshPerson{trust: true}
				options := Options{HostKeys: c.all}
				want := c.want
				if present {
					options.Person = person
				} else if want == asked {
					want = refused
				}
				l := newLab(t, options)
				o := at("web", l.server(sshserver.Options{}).Port())
				l.write("known_hosts", "")
				if o.HostKeys, o.ConfigFilename = c.host, l.path("config"); c.config != "" {
					l.write("config", "StrictHostKeyChecking "+c.config+"\n")
				} else {
					l.write("config", "")
				}
				_, err := l.run(t.Context(), o, "true")
				got := accepted
				switch {
				case err != nil:
					got = refused
					l.fault(err, HostKey, "is not known")
				case len(person.tables) > 0:
					got = asked
				}
				if got != want {
					t.Errorf("the key was %s, want it %s", got, want)
				}
				if added := l.read("known_hosts") != ""; added != (err == nil) {
					t.Errorf("known_hosts has %q", l.read("known_hosts"))
				}
			})
		}
	}
}

// All new keys of a run come in one question.
func TestTrustAsked(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	var all []SSHOptions
	for i := range 8 {
		all = append(all, at(fmt.Sprintf("web%d", i), l.server(sshserver.Options{}).Port()))
	}
	if err := os.RemoveAll(l.path("known_hosts")); err != nil {
		t.Fatal(err)
	}
	for _, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.tables) != 1 || len(person.tables[0]) != 8 {
		t.Fatalf("asked %d times: %+v", len(person.tables), person.tables)
	}
	key := person.tables[0][0]
	if !strings.HasPrefix(key.Fingerprint, "SHA256:") || key.Type != "ssh-ed25519" ||
		!strings.HasPrefix(key.Address, "[127.0.0.1]:") || !strings.HasPrefix(key.Host, "web") {
		t.Errorf("asked %+v", key)
	}
	if n := strings.Count(l.read("known_hosts"), "\n"); n != 8 {
		t.Errorf("%d lines in known_hosts, want 8", n)
	}
	if info, err := os.Stat(l.path("known_hosts")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	again := newLab(t, Options{Home: l.home})
	for _, err := range again.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTrustDeclined(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{trust: false}})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	l.fails(at("web", s.Port()), HostKey, "was not trusted")
	if got := l.read("known_hosts"); got != "" {
		t.Errorf("known_hosts now contains %q", got)
	}
}

// A jump host that nobody trusts is asked for once for all hosts behind it.
func TestTrustOfJumpDeclined(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: false}
	l := newLab(t, Options{Person: person})
	o := l.chain(SSHOptions{}, 1, sshserver.Options{}, sshserver.Options{})
	l.write("known_hosts", strings.Split(l.read("known_hosts"), "\n")[1]+"\n") // the host is known
	var all []SSHOptions
	for i := range 4 {
		o.Slug = fmt.Sprintf("web%d", i)
		all = append(all, o)
	}
	for i, err := range l.runAll(t.Context(), all, "true") {
		if e := l.fault(err, HostKey, "through jump host "+o.Jump, "was not trusted: ssh-ed25519 SHA256:"); e.Host != all[i].Slug {
			t.Errorf("the error is of %s", e.Host)
		}
	}
	if len(person.tables) != 1 || len(person.tables[0]) != 1 || person.tables[0][0].Host != o.Jump {
		t.Errorf("asked %+v", person.tables)
	}
}

// Jump hosts come first, one after the other: nobody can see the hosts behind them before.
func TestTrustJump(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	a := l.chain(SSHOptions{}, 2, sshserver.Options{}, sshserver.Options{})
	b := at("b", l.server(sshserver.Options{}).Port())
	b.Jump = a.Jump
	l.write("known_hosts", "")
	for _, err := range l.runAll(t.Context(), []SSHOptions{a, b}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	var tables [][]string
	for _, table := range person.tables {
		var hosts []string
		for _, key := range table {
			hosts = append(hosts, key.Host)
		}
		tables = append(tables, hosts)
	}
	jumps := strings.Split(a.Jump, ",")
	if want := [][]string{{jumps[0]}, {jumps[1]}, {"b", "web"}}; !reflect.DeepEqual(tables, want) {
		t.Errorf("asked for %v, want %v", tables, want)
	}
}

// Several sessions, in this process and as if in others, find the same new host.
func TestAcceptNew(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "accept-new"})
	s := l.server(sshserver.Options{})
	if err := os.RemoveAll(l.path()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(l.path("more"), 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := sshserver.NewKeyFile(l.path("id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	others := []*sshserver.Server{s}
	for range 3 {
		other, err := sshserver.Start(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{key}})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		others = append(others, other)
	}
	others = others[1:]
	same := Options{HostKeys: "accept-new", Home: l.home}
	labs := []*lab{l, newLab(t, same), newLab(t, same)}
	var wait sync.WaitGroup
	for _, l := range labs {
		for i := range 9 {
			wait.Go(func() {
				if _, err := l.run(t.Context(), at(fmt.Sprintf("web%d", i), others[i%3].Port()), "true"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if n := strings.Count(l.read("known_hosts"), "\n"); n != 3 {
		t.Errorf("known_hosts has %d lines, want 3:\n%s", n, l.read("known_hosts"))
	}
	if len(l.events.Events(journal.Message)) == 0 {
		t.Error("the journal does not tell which keys were accepted")
	}
	strict := newLab(t, Options{Home: l.home})
	strict.output(at("web", others[0].Port()), "true")
}
