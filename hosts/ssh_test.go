package hosts

import (
	"context"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

func TestSSHRuns(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r, err := l.run(context.Background(), at("web", s.Port()), "echo out; echo err >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if r.out.String() != "out\n" || r.errs.String() != "err\n" || r.exit != (Exit{Status: 3}) {
		t.Errorf("out %q, err %q, %+v", r.out.String(), r.errs.String(), r.exit)
	}
	starts, ends := l.events.Events(journal.ConnectStart), l.events.Events(journal.ConnectEnd)
	if len(starts) != 1 || len(ends) != 1 || ends[0].State != journal.Done || ends[0].ID != starts[0].ID ||
		starts[0].Address != s.Addr() || starts[0].Host != "web" || starts[0].User != "deploy" {
		t.Errorf("events %+v, %+v", starts, ends)
	}
}

func TestSSHHandle(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	handle := l.session.Handle(l.host(at("web", s.Port()))).Cd("/tmp")
	out, err := handle.Run(t.Context(), "pwd; echo $((6*7))", RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := out.Stdout.String(); err != nil || text != "/tmp\n42\n" {
		t.Errorf("output %q, %v", text, err)
	}
}

func TestSSHDerived(t *testing.T) {
	h, err := NewSSH(SSHOptions{Slug: "web", Port: 2222, KnownHosts: []string{"a"}, Username: "deploy"})
	if err != nil {
		t.Fatal(err)
	}
	o := h.Options()
	o.Slug, o.Port, o.KnownHosts[0] = "db", 22, "b"
	if h.Slug() != "web" || h.Address() != "web:2222" || h.Login() != "deploy" || h.Options().KnownHosts[0] != "a" {
		t.Errorf("the base changed: %+v", h.Options())
	}
}

func TestSSHOptions(t *testing.T) {
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0ToBGxHhQb2X0x0hGdzRJpcQSsZ0OZ1nQ0yvzQYw7S"
	good := []SSHOptions{
		{Slug: "web"}, {Slug: "web 1", Address: "10.0.0.1"},
		{Slug: "a", Address: "fe80::1%eth0"}, {Slug: "a", Address: "[::1]"},
		{Slug: "a", Jump: "none"}, {Slug: "a", Jump: "one,me@two:2222,[::1]:22,ssh://me@three:22"},
		{Slug: "a", ProxyCommand: "nc %h %p", Jump: "none"}, {Slug: "a", HostKeys: "accept-new"}, {Slug: "a", HostKey: key},
	}
	for _, o := range good {
		if _, err := NewSSH(o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	bad := []struct {
		o    SSHOptions
		want string
	}{
		{SSHOptions{}, "slug is empty"},
		{SSHOptions{Slug: "web 1"}, "address is missing"},
		{SSHOptions{Slug: "a", Address: "me@b"}, "belongs into username"},
		{SSHOptions{Slug: "a", Address: "b:22"}, "belongs into port"},
		{SSHOptions{Slug: "a", Address: "[::1]:22"}, "belongs into port"},
		{SSHOptions{Slug: "a", Address: "-oProxyCommand=x"}, "address is"},
		{SSHOptions{Slug: "a", Port: 65536}, "port is 65536: expected 1 to 65535"},
		{SSHOptions{Slug: "a", Port: -1}, "port is -1"},
		{SSHOptions{Slug: "a", Username: "a\nb"}, "username is"},
		{SSHOptions{Slug: "a", Username: "-l"}, "username is"},
		{SSHOptions{Slug: "a", Key: "k", KeyFilename: "f"}, "key and key_filename are both given"},
		{SSHOptions{Slug: "a", HostKeys: "no"}, `host_keys is "no": expected "strict" or "accept-new"`},
		{SSHOptions{Slug: "a", HostKey: "ssh-ed25519 AAAA"}, "host_key is not a public key"},
		{SSHOptions{Slug: "a", HostKey: key + "\n" + key}, "host_key is not a public key"},
		{SSHOptions{Slug: "a", KnownHosts: []string{""}}, "known_hosts contains an empty name"},
		{SSHOptions{Slug: "a", Timeout: -time.Second}, "timeout is -1s: expected a positive number of seconds"},
		{SSHOptions{Slug: "a", Keepalive: -1}, "keepalive_interval is"},
		{SSHOptions{Slug: "a", Jump: "b:x"}, `jump: "b:x" is not a jump host`},
		{SSHOptions{Slug: "a", Jump: "b,,c"}, `jump: "" is not a jump host`},
		{SSHOptions{Slug: "a", Jump: "@b"}, `"@b" is not a jump host`},
		{SSHOptions{Slug: "a", Jump: "b", ProxyCommand: "nc"}, "jump and proxy_command are both given"},
	}
	for _, c := range bad {
		if _, err := NewSSH(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.o, err, c.want)
		}
	}
	_, err := NewSSH(SSHOptions{Port: -1, HostKeys: "x"})
	for _, want := range []string{"slug", "port", "host_keys"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
