package hosts

import (
	"fmt"
	"net"
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
	sshdtest.NeedTerminals(t)
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

// With its default MaxStartups sshd drops connections from the tenth on. That is never the end of a run.
func TestRealMaxStartups(t *testing.T) {
	t.Parallel()
	few := sshdtest.Options{Config: []string{"MaxStartups 10:30:100"}}
	for _, c := range []struct {
		name  string
		jump  bool
		taken int // places of others who have not logged in: with 20, sshd drops every third or so
	}{{"alone", false, 0}, {"shared", false, 20}, {"through a jump host", true, 0}, {"through a jump host, shared", true, 20}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Limit: 200})
			s := sshdtest.Start(t, few)
			base := l.real(s)
			if c.jump {
				l.throughJump(&base, sshdtest.Start(t, few))
			}
			for range c.taken {
				conn, err := net.Dial("tcp", s.Addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
			}
			for i, err := range l.runAll(t.Context(), slugs(base, 100), "true") {
				if err != nil {
					t.Errorf("host %d: %v", i, err)
				}
			}
			if c.taken > 0 && !strings.Contains(s.Log(), "past MaxStartups") {
				t.Error("no connection was dropped")
			}
			if n := s.Accepted(); n != 100 {
				t.Errorf("%d logins, want 100", n)
			}
		})
	}
}

// slugs are many hosts at the same place.
func slugs(base SSHOptions, many int) (all []SSHOptions) {
	for i := range many {
		base.Slug = fmt.Sprintf("web%d", i+1)
		all = append(all, base)
	}
	return all
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
			if n := len(l.events.Events(journal.ConnectStart)); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

func TestRealJump(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	target := l.sshd(sshdtest.Options{})
	l.throughJump(&target, sshdtest.Start(t, sshdtest.Options{}))
	if got := l.output(target, "echo there"); got != "there\n" {
		t.Errorf("output %q", got)
	}
}

// throughJump puts a host behind another sshd. That takes another key, which only ~/.ssh/config names.
func (l *lab) throughJump(o *SSHOptions, jump *sshdtest.Server) {
	l.Helper()
	l.know(strings.Join(jump.HostKeyLines, "\n") + "\n")
	o.KnownHosts = append(o.KnownHosts, l.path("known_hosts"))
	o.Jump = fmt.Sprintf("%s@127.0.0.1:%d", jump.User, jump.Port)
	l.write("config", fmt.Sprintf("Host 127.0.0.1\n  IdentityFile %s\n", jump.ClientKeyFile))
	o.ConfigFilename = l.path("config")
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
