package hosts

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// The tables in this file say what may go wrong on the way to a host and on it, how that is made here, and what a
// person sees of it. Beside what a row says, this is true of all of them:
//
//   - the command ends, and with one fault; the state that follows from it, and the exit status of the program that
//     follows from that, are in outcome_test.go of the program
//   - a command that is said to have run ran once, one that was lost at most once, any other never
//   - the journal says the same as the error
//   - when the fault is over, the next command of the same session works
//   - nothing is left: no goroutine, no file descriptor, no connection, no process on the host

// On the way to a host: what stands between it and the login.
var connecting = []fault{
	{name: "connection refused", made: nothingListens, want: Unreachable,
		says: []string{"web: connect to 127.0.0.1:", " as deploy: connection refused (does sshd run there, and on port"}},
	{name: "an address that swallows everything", made: limitedTo(blackHole), want: Unreachable,
		says: []string{"no connection within LIMIT (is the machine up, and may this one reach its port?)"}},
	{name: "a name that nobody knows", made: unknownName, want: Unreachable,
		says: []string{"cannot look up no-such-host.invalid: no such host (set address, or HostName in ssh_config)"}},

	{name: "accepted, and silent", made: limitedTo(raw(silent)), want: Unreachable,
		says: []string{"connected, but no greeting from an SSH server within LIMIT"}},
	{name: "sshd is stopped", made: stoppedServer, want: Unreachable,
		says: []string{"connected, but no greeting from an SSH server within LIMIT"}},
	{name: "closed at once", made: raw(says("")), want: Unreachable,
		says: []string{"the connection before any greeting, 10 times (it may refuse this machine"}},
	{name: "closed with a reason", made: raw(says("Not allowed at this time\r\n")), want: Unreachable,
		says: []string{`the connection, 10 times, and said "Not allowed at this time"`}},
	{name: "too many connections", made: limitedTo(raw(says("Exceeded MaxStartups\r\n"))), want: Unreachable,
		says: []string{`and said "Exceeded MaxStartups" (it takes only so many connections at once: raise MaxStartups`}},
	{name: "no SSH server", made: raw(says("220 mail ESMTP\r\n")), want: Unreachable,
		says: []string{`said "220 mail ESMTP"`}},
	{name: "rubbish in place of a greeting", made: raw(says(strings.Repeat("\xde\xad\xbe\xef", 5000))),
		want: Unreachable,
		says: []string{"what answers there is no SSH server"}},
	{name: "lines before the greeting that never end", made: raw(forEver("Welcome!\r\n")), want: Unreachable,
		says: []string{`what answers there is no SSH server: it said "Welcome!"`}},
	{name: "a slow greeting that never ends", made: limitedTo(raw(dripping)), want: Unreachable,
		says: []string{"connected, but no greeting from an SSH server within LIMIT"}},
	{name: "an SSH 1 server", made: raw(says("SSH-1.5-OpenSSH_1.2\r\n")), want: Unreachable,
		says: []string{"the server speaks SSH 1.5 and not 2.0"}},
	{name: "a long notice before the greeting, then a reset", made: afterNotice(sshserver.ResetInKeyExchange),
		want: Unreachable,
		says: []string{"the connection during the key exchange, 10 times"}},

	{name: "silent after the greeting",
		made: limitedTo(faulty(sshserver.Faults{Handshake: sshserver.SilentAfterVersion})), want: Unreachable,
		says: []string{"the SSH server greeted, but agreed on no keys within LIMIT"}},
	{name: "reset in the key exchange", made: faulty(sshserver.Faults{Handshake: sshserver.ResetInKeyExchange}),
		want: Unreachable,
		says: []string{"reset the connection during the key exchange, 10 times"}},
	{name: "no common algorithm", made: config("KexAlgorithms diffie-hellman-group18-sha512"), want: Unreachable,
		says: []string{"no common algorithm for key exchange: the server takes diffie-hellman-group18-sha512"}},
	{name: "no common cipher", made: config("Ciphers aes256-cbc"), want: Unreachable,
		says: []string{"no common algorithm for", "cipher: the server takes aes256-cbc"}},

	{name: "closed during the login", made: faulty(sshserver.Faults{Login: sshserver.End}), want: Unreachable,
		says: []string{"while logging in: the host closed the connection"}},
	{name: "reset during the login", made: faulty(sshserver.Faults{Login: sshserver.Reset}), want: Unreachable,
		says: []string{"while logging in: the host reset the connection"}},
	{name: "silent during the login", made: limitedTo(faulty(sshserver.Faults{Login: sshserver.Stall})),
		want: Unreachable,
		says: []string{"the login did not end within LIMIT"}},
}

func TestFaultsOfConnecting(t *testing.T) { runFaults(t, sshdtest.Options{}, connecting) }

func silent(c net.Conn) { io.Copy(io.Discard, c) }

func says(text string) func(net.Conn) {
	return func(c net.Conn) { io.WriteString(c, text) }
}

func forEver(line string) func(net.Conn) {
	return func(c net.Conn) {
		for _, err := io.WriteString(c, line); err == nil; _, err = io.WriteString(c, line) {
		}
	}
}

func dripping(c net.Conn) {
	for _, err := io.WriteString(c, "\r\n"); err == nil; _, err = io.WriteString(c, "\r\n") {
		time.Sleep(20 * time.Millisecond)
	}
}

func unknownName(b *bed) SSHOptions {
	o := b.at(22)
	o.Address = "no-such-host.invalid"
	return o
}

func stoppedServer(b *bed) SSHOptions {
	s := sshdtest.Start(b.T, sshdtest.Options{})
	b.heal = s.Stop(b.T)
	o := b.limited(b.real(s))
	o.Slug = "web"
	return o
}

// config returns a host that is a real sshd with a configuration.
func config(lines ...string) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := b.real(sshdtest.Start(b.T, sshdtest.Options{Config: lines}))
		o.Slug = "web"
		return o
	}
}

// afterNotice has a server of this process say much before it greets.
func afterNotice(h sshserver.Handshake) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		s := b.server(sshserver.Options{Faults: sshserver.Faults{Handshake: h}})
		p, err := sshserver.StartProxy(s.Addr())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { p.Close() })
		p.Set(sshserver.Trouble{First: strings.Repeat("Authorised use only. ", 20) + "\r\n"})

		return b.at(p.Port())
	}
}

// With a command that runs: what becomes of it, and what is known of that.
var commanding = []fault{
	{name: "no sessions allowed", made: faulty(sshserver.Faults{RefuseSessions: ssh.Prohibited}), want: Unreachable,
		says: []string{"start a command: no session: the server refuses it: administratively prohibited (open failed)"}},
	{name: "no room for sessions", made: faulty(sshserver.Faults{RefuseSessions: ssh.ResourceShortage}),
		want: Unreachable,
		says: []string{"no session: the server has no room for one: resource shortage (open failed)"}},
	{name: "MaxSessions 0", made: config("MaxSessions 0"), want: Unreachable,
		says: []string{"no session: the server has no room for one: connect failed (open failed)"}},
	{name: "commands refused", made: faulty(sshserver.Faults{RefuseCommands: true}), want: Unreachable,
		says: []string{"start a command: no session: the server does not run commands"}},
	{name: "the request to run it is not answered",
		made: limitedTo(faulty(sshserver.Faults{At: sshserver.Asked, How: sshserver.Mute})),
		want: Lost, says: []string{"no answer to the request to run a command within"}},
	{name: "a terminal refused", terminal: true, made: config("PermitTTY no"), want: Unreachable,
		says: []string{"start a command: no session: the server gives no terminal: use interactive=False"}},
	{name: "another command is forced", made: forced("echo Welcome"), want: Unreachable,
		says: []string{`the host ran something else in place of the command: exit status 0; it said "Welcome"`}},
	{name: "files only", made: forced("internal-sftp"), want: Unreachable,
		says: []string{`exit status 1; it said "This service allows sftp connections only."`}},
	{name: "a forced command that waits", made: limitedTo(forced("echo Your name?; cat >/dev/null")),
		want: Unreachable,
		says: []string{`the host did not begin the command within`, `it said "Your name?"`}},

	{name: "exit status 1", twice: true, made: works, run: "false", want: Failed, exit: Exit{Status: 1},
		says: []string{"exit status 1"}},
	{name: "exit status 254", twice: true, made: works, run: "exit 254", want: Failed, exit: Exit{Status: 254},
		says: []string{"exit status 254"}},
	{name: "exit status 255, as of ssh itself", twice: true, made: works, run: "exit 255", want: Failed,
		exit: Exit{Status: 255},
		says: []string{"exit status 255"}},
	{name: "killed by TERM", twice: true, made: works, run: "kill -TERM $$", want: Failed, exit: Exit{143, "TERM"},
		says: []string{"killed by SIGTERM (exit status 143)"}},
	{name: "killed by KILL", twice: true, made: works, run: "kill -KILL $$", want: Failed, exit: Exit{137, "KILL"},
		says: []string{"killed by SIGKILL (exit status 137)"}},
	{name: "killed by SEGV", twice: true, made: works, run: "ulimit -c 0; kill -SEGV $$", want: Failed,
		exit: Exit{139, "SEGV"},
		says: []string{"killed by SIGSEGV (exit status 139)"}},
	{name: "killed with its supervisor", made: works, run: "kill -KILL $PPID; SLEEP", want: Failed,
		exit: Exit{137, "KILL"}, says: []string{"killed by SIGKILL (exit status 137)"}},
	{name: "no exit status", made: faulty(sshserver.Faults{NoExitStatus: true}), run: "echo out", want: Lost,
		out:  "out\n",
		says: []string{"the server closed the session without saying how the command ended (it may have run"}},
	{name: "bytes that are no text", twice: true, made: works, run: `printf '\377\033[2J\a\0\r'`, out: "\xff\x1b[2J\a\x00\r"},
	{name: "more output than is kept", twice: true, made: works, run: "head -c 20000000 /dev/zero"},
	{name: "its own time limit", twice: true, made: works, run: "SLEEP",
		how:  RunOptions{Timeout: 300 * time.Millisecond},
		want: TimedOut,
		says: []string{"ran into its time limit of 300ms"}},

	{name: "sshd is killed", twice: true, made: ownServer, run: "echo begun; SLEEP",
		then: func(b *bed) { b.own.KillConnections(b.T) }, want: Lost, out: "begun\n",
		says: []string{": echo ran >>", "the connection was lost: the host",
			"the connection (it may have run, in part or whole: look there before running it again)"}},
	{name: "sshd is stopped while it runs", twice: true, made: limitedTo(ownServer), run: "echo begun; SLEEP",
		then: func(b *bed) { b.heal = b.own.StopConnections(b.T) },
		want: Lost, out: "begun\n", says: []string{"the connection was lost: no answer to keepalives for"}},
	{name: "closed while idle", twice: true, made: proxied, idle: idling(sshserver.End), run: "echo out",
		out: "out\n"},
	{name: "reset while idle", twice: true, made: proxied, idle: idling(sshserver.Reset), run: "echo out",
		out: "out\n"},
	{name: "stalled while idle", twice: true, made: limitedTo(proxied), idle: idling(sshserver.Stall),
		run: "echo out", out: "out\n"},
	{name: "forgotten while idle, by a host that has started anew", twice: true, made: proxied,
		idle: idling(sshserver.Forget), run: "echo out", out: "out\n"},
	{name: "closed while idle, and refused then", twice: true, made: proxied, idle: gone, want: Unreachable,
		says: []string{"connection refused"}},

	{name: "cut while it runs", twice: true, made: proxied, run: "echo begun; SLEEP", then: failing(sshserver.End),
		want: Lost,
		out:  "begun\n",
		says: []string{"the connection was lost: the host closed the connection"}},
	{name: "reset while it runs", twice: true, made: proxied, run: "echo begun; SLEEP",
		then: failing(sshserver.Reset),
		want: Lost, out: "begun\n",
		says: []string{"the connection was lost: the host reset the connection"}},
	{name: "stalled while it runs", twice: true, made: limitedTo(proxied), run: "echo begun; SLEEP",
		then: failing(sshserver.Stall), want: Lost, out: "begun\n",
		says: []string{"the connection was lost: no answer to keepalives for"}},
	{name: "forgotten while it runs, by a host that has started anew", made: limitedTo(proxied),
		run: "echo begun; SLEEP", then: failing(sshserver.Forget), want: Lost, out: "begun\n",
		says: []string{"the connection was lost: the host reset the connection"}},
	{name: "frozen while it runs", made: limitedTo(faulty(sshserver.Faults{})), run: "echo begun; SLEEP",
		then: func(b *bed) { b.served.Freeze() }, want: Lost, out: "begun\n",
		says: []string{"the connection was lost: no answer to keepalives for"}},
	{name: "cut in the middle of its output", twice: true, made: proxied, run: "echo begun; cat /dev/zero",
		then: failing(sshserver.End), want: Lost,
		says: []string{"the connection was lost: the host"}},
	{name: "reset in the middle of its input", made: proxied, run: "echo begun; SLEEP",
		how:  RunOptions{Input: strings.Repeat("x", 1<<20)},
		then: failing(sshserver.Reset), want: Lost,
		says: []string{"the connection was lost: the host reset the connection"}},
}

func TestFaultsOfCommands(t *testing.T) { runFaults(t, sshdtest.Options{}, commanding) }

// The connection of a command fails at every stage of it, in every way. Nothing is tried again once the command was
// asked for; before, once.
func TestFaultsOfStages(t *testing.T) {
	const size = 2 * sshserver.MidwayBytes
	stages := []struct {
		name string
		at   sshserver.Stage
		run  string
		out  int
		want Fault
		says string
	}{
		{"when the session is open", sshserver.Opened, "echo out", 0, Lost, ""},
		{"when it was asked for", sshserver.Asked, "echo out", 0, Lost, ""},
		{"when it has started", sshserver.Started, "head -c 200000 /dev/zero", 0, Lost, ""},
		{"after a byte", sshserver.FirstByte, "head -c 200000 /dev/zero", 1, Lost, ""},
		{"in the middle", sshserver.Midway, "head -c 200000 /dev/zero", sshserver.MidwayBytes, Lost, ""},
		{"after all output", sshserver.Printed, "head -c 200000 /dev/zero", size, Lost, ""},
		{"after its exit status", sshserver.Reported, "head -c 200000 /dev/zero", size, Lost,
			"when the command had ended (exit status 0) and not all of its output had come"},
		{"between exit status and output", sshserver.ReportedFirst, "echo out", 0, Lost,
			"when the command had ended (exit status 0) and not all of its output had come"},
	}
	var table []fault
	for _, way := range []struct {
		name string
		how  sshserver.Failure
		says string
	}{
		{"closed", sshserver.End, "the connection was lost: the host"},
		{"reset", sshserver.Reset, "the connection was lost: the host"},
		{"stalled", sshserver.Stall, "the connection was lost: no answer to"},
	} {
		for _, s := range stages {
			made := faulty(sshserver.Faults{At: s.at, How: way.how})
			if way.how == sshserver.Stall {
				made = limitedTo(made)
			}
			f := fault{name: way.name + " " + s.name, made: made, run: s.run, want: s.want,
				says: []string{way.says, s.says}, out: strings.Repeat("\x00", s.out)}
			if s.at == sshserver.Opened {
				f.or = []Fault{Unreachable}
			}
			if way.how == sshserver.Reset { // which overtakes what was sent before
				f.out, f.says = "", f.says[:1]
			}
			table = append(table, f)
		}
	}
	runFaults(t, sshdtest.Options{}, table)
}

func works(b *bed) SSHOptions {
	o := b.real(b.sshd)
	o.Slug = "web"
	return o
}

func proxied(b *bed) SSHOptions {
	o, _ := b.behind(b.sshd, sshserver.Trouble{})
	return o
}

// idling makes all connections fail after they were idle for long.
func idling(how sshserver.Failure) func(b *bed) { return longIdle(failing(how)) }

// longIdle is something that happens after connections were idle for so long that they are not trusted any more.
func longIdle(what func(b *bed)) func(b *bed) {
	return func(b *bed) {
		b.session.pool.trustTime = 0
		what(b)
	}
}

// gone ends the way to the host.
func gone(b *bed) {
	b.session.pool.trustTime = 0
	b.heal = nil
	b.proxy.Close()
}

// failing makes all connections fail now.
func failing(how sshserver.Failure) func(b *bed) { return func(b *bed) { b.proxy.Fail(how) } }

// forced returns a host that is a real sshd which runs something else.
func forced(command string) func(b *bed) SSHOptions { return config("ForceCommand " + command) }

// ownServer returns a host that is a real sshd which nobody else uses.
func ownServer(b *bed) SSHOptions {
	b.own = sshdtest.Start(b.T, sshdtest.Options{})
	o := b.real(b.own)
	o.Slug = "web"
	b.heal = func() {}
	return o
}
