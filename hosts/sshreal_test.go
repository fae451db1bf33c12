package hosts

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/pty"
)

// These tests run over OpenSSH's sshd.

func TestRealRuns(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.sshd(sshdtest.Options{})
	r, err := l.run(t.Context(), o, "echo out; echo err >&2; exit 3")
	if err != nil || r.out.String() != "out\n" || r.errs.String() != "err\n" || r.exit != (Exit{Status: 3}) {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = l.run(t.Context(), o, "kill -KILL $$")
	if err != nil || r.exit != (Exit{Status: 137, Signal: "KILL"}) {
		t.Errorf("%+v, %v", r, err)
	}
	if got := l.output(o, "sleep 600 >/dev/null & sleep 600 & echo started"); got != "started\n" {
		t.Errorf("output %q", got)
	}
}

func TestRealTerminal(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an sshd that is not root's cannot give a terminal away")
	}
	t.Setenv("TERM", "xterm-256color")
	l := newLab(t, Options{})
	o := l.sshd(sshdtest.Options{})
	if err := l.session.place(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.session.leave()
	out := &syncBuffer{}
	p, err := l.host(o).Start(t.Context(), l.session, Command{
		Line:     `echo $TERM; stty size; until [ "$(stty size)" = "80 140" ]; do sleep 0.01; done; stty size; exit 5`,
		Terminal: &pty.Size{Rows: 30, Cols: 90}, Stdout: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.eventually("the size", func() bool { return strings.Contains(out.String(), "30 90") })
	for i := range 50 { // the last one counts
		if err := p.Resize(pty.Size{Rows: 31 + i, Cols: 91 + i}); err != nil {
			t.Fatal(err)
		}
	}
	if exit, err := p.Wait(); err != nil || exit.Status != 5 {
		t.Errorf("%+v, %v", exit, err)
	}
	if got := out.String(); !strings.HasSuffix(got, "xterm-256color\r\n30 90\r\n80 140\r\n") {
		t.Errorf("output %q", got)
	}
}

// With its default MaxStartups sshd drops connections from the tenth on.
func TestRealMaxStartups(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Limit: 200})
	base := l.sshd(sshdtest.Options{Config: []string{"MaxStartups 10:30:100"}})
	var all []SSHOptions
	for i := range 100 {
		o := base
		o.Slug = fmt.Sprintf("web%d", i)
		all = append(all, o)
	}
	for i, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
}

// Others may have taken the places of those who have not logged in.
func TestRealMaxStartupsShared(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Limit: 200})
	base := l.sshd(sshdtest.Options{Config: []string{"MaxStartups 10:30:100"}})
	for range 20 { // with so many, sshd drops every third or so
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", base.Port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	var all []SSHOptions
	for i := range 100 {
		o := base
		o.Slug = fmt.Sprintf("web%d", i)
		all = append(all, o)
	}
	for i, err := range l.runAll(t.Context(), all, "true") {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
}

func TestRealManyCommands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		config []string
	}{{"default", nil}, {"one", []string{"MaxSessions 1"}}, {"two", []string{"MaxSessions 2"}}} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, Options{})
			o := l.sshd(sshdtest.Options{Config: c.config})
			var same []SSHOptions
			for range 40 {
				same = append(same, o)
			}
			for _, err := range l.runAll(t.Context(), same, "true") {
				if err != nil {
					t.Error(err)
				}
			}
			if n := len(l.events.of(journal.ConnectStart)); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

func TestRealJump(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	jump, target := sshdtest.Start(t, sshdtest.Options{}), l.sshd(sshdtest.Options{})
	l.know(strings.Join(jump.HostKeyLines, "\n") + "\n")
	target.KnownHosts = []string{target.KnownHosts[0], l.path("known_hosts")}
	target.Jump = fmt.Sprintf("%s@127.0.0.1:%d", jump.User, jump.Port)
	// The jump host takes another key, which only ~/.ssh/config names.
	l.write("config", fmt.Sprintf("Host 127.0.0.1\n  IdentityFile %s\n", jump.ClientKeyFile))
	target.ConfigFilename = l.path("config")
	if got := l.output(target, "echo there"); got != "there\n" {
		t.Errorf("output %q", got)
	}
}

func TestRealAccounts(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	account := sshdtest.Account{Name: "deploytest", Password: "pass word"}
	for _, pam := range []bool{false, true} {
		t.Run(fmt.Sprintf("PAM %v", pam), func(t *testing.T) {
			person := &sshPerson{passwords: []string{"pass word"}}
			l := newLab(t, Options{Person: person})
			o := l.real(sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{account}, UsePAM: pam}))
			o.KeyFilename = ""
			o.Password = "pass word"
			if got := l.output(o, "id -un"); got != "deploytest\n" {
				t.Errorf("output %q", got)
			}
			o.Slug, o.Password = "wrong", "wrong"
			if got := l.output(o, "id -un"); got != "deploytest\n" || len(person.asked) != 1 {
				t.Errorf("output %q, asked %+v", got, person.asked)
			}
		})
	}
}

// Password and key together, as sshd asks for them with AuthenticationMethods.
func TestRealTwoSteps(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	account := sshdtest.Account{Name: "deploytest", Password: "pass word"}
	l := newLab(t, Options{})
	o := l.real(sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{account},
		Config: []string{"AuthenticationMethods publickey,password"}}))
	l.fails(o, LoginFailed, "tried: ", "client_key")
	o.Password = "pass word"
	l.output(o, "true")
}
