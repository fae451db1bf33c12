package hosts

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

const sampleConfig = `
# a comment
Host web web?
  HostName %h.example.com
  User deploy
  Port 2222
  IdentityFile ~/.ssh/id_%r
  IdentityFile "~/.ssh/with space"
  ProxyJump me@bastion:2200,second
host=db
	hostname=10.0.0.7
	ConnectTimeout 7
	ServerAliveInterval 1m
	ServerAliveCountMax 5
	StrictHostKeyChecking no
	IdentitiesOnly yes
	UserKnownHostsFile ~/.ssh/one "~/.ssh/two three"
	GlobalKnownHostsFile none
	HostKeyAlias database
Host proxied
  ProxyCommand nc -X 5 %h %p %% %r
  ProxyJump none
Host !other *.internal
  User inside
  ForwardAgent yes
Host *
  User fallback
  Port 22
  IdentityFile ~/.ssh/id_all
`

// TestConfigAsOpenSSH has ssh itself say what a file means.
func TestConfigAsOpenSSH(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.write("config", sampleConfig)
	for _, name := range []string{"web", "web1", "db", "proxied", "a.internal", "other", "10.1.2.3", "WEB"} {
		st := l.resolve(SSHOptions{Slug: name, ConfigFilename: l.path("config")})
		said := sshG(t, l.path("config"), name)
		for option, got := range map[string]string{
			"hostname": st.host, "port": strconv.Itoa(st.port), "user": st.user, "identitiesonly": yesNo(st.identitiesOnly),
			"forwardagent": yesNo(st.forwardAgent), "hostkeyalias": st.alias,
		} {
			if want := strings.Join(said[option], " "); got != want && !(option == "hostkeyalias" && want == "none") {
				t.Errorf("%s: %s is %q, ssh says %q", name, option, got, want)
			}
		}
		var jumps []string
		for _, j := range st.jumps {
			jumps = append(jumps, j.String())
		}
		if want := strings.Join(said["proxyjump"], " "); strings.Join(jumps, ",") != want {
			t.Errorf("%s: jumps %q, ssh says %q", name, jumps, want)
		}
	}
}

// resolve completes options that must be right.
func (l *lab) resolve(o SSHOptions) *settings {
	l.Helper()
	st, err := resolve(l.Context(), l.session, &configs{}, o)
	if err != nil {
		l.Fatal(err)
	}
	return st
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// sshG returns what ssh -G says, by option.
func sshG(t *testing.T, file, host string) map[string][]string {
	t.Helper()
	out, err := exec.Command("ssh", "-G", "-F", file, host).Output()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		option, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[option] = append(said[option], value)
	}
	return said
}

func TestConfigValues(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.write("config", sampleConfig)
	config := l.path("config")
	web := l.resolve(SSHOptions{Slug: "web", ConfigFilename: config})
	files := func(st *settings) (all []string) {
		for _, id := range st.identities {
			all = append(all, strings.TrimPrefix(id.file, l.path()+"/"))
		}
		return all
	}
	if got := files(web); !slices.Equal(got, []string{"id_deploy", "with space", "id_all"}) {
		t.Errorf("identities %q", got)
	}
	db := l.resolve(SSHOptions{Slug: "db", ConfigFilename: config})
	if db.timeout != 7*time.Second || db.keepalive != time.Minute || db.misses != 5 ||
		db.trust != trustNew || db.loose != "no" {
		t.Errorf("%+v", db)
	}
	if want := []string{l.path("one"), l.path("two three")}; !slices.Equal(db.knownHosts, want) {
		t.Errorf("known_hosts %q, want %q", db.knownHosts, want)
	}
	if place := db.place(); place.Names[0] != "database" || len(place.Names) != 1 {
		t.Errorf("place %+v", place)
	}
	proxied := l.resolve(SSHOptions{Slug: "proxied", ConfigFilename: config})
	if proxied.proxyCommand != "nc -X 5 proxied 22 % fallback" {
		t.Errorf("proxy_command %q", proxied.proxyCommand)
	}

	// Options go before the file.
	no := false
	own := l.resolve(SSHOptions{
		Slug: "db", ConfigFilename: config, Address: "web", Port: 1, Username: "u", Timeout: time.Second,
		Keepalive: 2 * time.Second, Jump: "none", HostKeys: "strict", IdentitiesOnly: &no, KeyFilename: "~/k",
		KnownHosts: []string{"~/h"},
	})
	if own.host != "web.example.com" || own.port != 1 || own.user != "u" || own.timeout != time.Second ||
		own.keepalive != 2*time.Second || own.jumps != nil || own.trust != trustAsk || own.identitiesOnly ||
		own.identities[0] != (identity{file: l.home + "/k", explicit: true}) || !slices.Equal(own.knownHosts, []string{l.home + "/h"}) {
		t.Errorf("%+v", own)
	}

	none := l.resolve(SSHOptions{Slug: "db", ConfigFilename: "none"})
	if none.host != "db" || none.port != 22 || none.timeout != defaultTimeout ||
		none.keepalive != defaultKeepalive || none.trust != trustAsk {
		t.Errorf("%+v", none)
	}
	if got := files(none); !slices.Equal(got, []string{"id_ed25519", "id_ecdsa", "id_rsa"}) {
		t.Errorf("identities %q", got)
	}
	if place := none.place(); !slices.Equal(place.Names, []string{"db"}) {
		t.Errorf("place %+v", place)
	}
}

// The user's file is read from the home directory of the session, and what is said for the run goes before it.
func TestConfigDefaultFile(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{HostKeys: "strict"})
	l.write("config", "Host *\n  Port 2345\n  StrictHostKeyChecking accept-new\n")
	if st := l.resolve(SSHOptions{Slug: "web"}); st.port != 2345 || st.trust != trustAsk {
		t.Errorf("%+v", st)
	}
}

func TestConfigStrictHostKeyChecking(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	for value, want := range map[string]trust{
		"yes": trustNever, "ask": trustAsk, "accept-new": trustNew, "no": trustNew, "off": trustNew, "Yes": trustNever,
	} {
		l.write("config", "StrictHostKeyChecking "+value+"\n")
		if st := l.resolve(SSHOptions{Slug: "web", ConfigFilename: l.path("config")}); st.trust != want {
			t.Errorf("%s: %v, want %v", value, st.trust, want)
		}
	}
}

func TestConfigAgent(t *testing.T) {
	l := newLab(t, Options{})
	t.Setenv("SSH_AUTH_SOCK", "/from/environment")
	t.Setenv("MY_AGENT", "/my/agent")
	for value, want := range map[string]string{
		"": "/from/environment", "IdentityAgent none": "", "IdentityAgent SSH_AUTH_SOCK": "/from/environment",
		"IdentityAgent ~/.agent": l.home + "/.agent", "IdentityAgent $MY_AGENT": "/my/agent",
		"IdentityAgent ${MY_AGENT}.2": "/my/agent.2",
	} {
		l.write("config", value+"\n")
		if st := l.resolve(SSHOptions{Slug: "web", ConfigFilename: l.path("config")}); st.agent != want {
			t.Errorf("%q: %q, want %q", value, st.agent, want)
		}
	}
}

// What a file says and we do not understand is never passed over.
func TestConfigErrors(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	for text, want := range map[string]string{
		"Match planet mars\n":                   "config:1: Match",
		"NoSuchKeyword x\n":                     "nosuchkeyword is no keyword",
		"RevokedHostKeys ~/revoked\n":           "config:1: RevokedHostKeys open",
		"CASignatureAlgorithms ssh-rsa\n":       "config:1: CASignatureAlgorithms names nothing that is known here",
		"Ciphers aes192-cbc\n":                  "config:1: Ciphers names nothing that is known here",
		"PreferredAuthentications hostbased\n":  "leaves no way to log in",
		"Port x\n":                              `Port is "x"`,
		"Port 0\n":                              `Port is "0"`,
		"ConnectTimeout soon\n":                 `ConnectTimeout is "soon": expected seconds`,
		"HostName %z\n":                         "%z is not known here: expected %h, %%",
		"ProxyCommand nc %C\n":                  "ProxyCommand nc %C: %C is not known",
		"ProxyJump a:b:c,\n":                    "ProxyJump",
		"HostName -oProxyCommand=x\n":           "HostName is",
		"User \"a;b\"\n":                        "User is",
		"IdentityFile ${NO_SUCH_VARIABLE_12}\n": "the environment has no ${NO_SUCH_VARIABLE_12}",
	} {
		l.write("config", text)
		o := SSHOptions{Slug: "web", ConfigFilename: l.path("config")}
		e := l.fails(o, Unreachable, want, `config_filename = "none"`)
		if e.Op != "connect to web" {
			t.Errorf("op %q", e.Op)
		}
		again := newLab(t, Options{Home: l.home})
		l.session = again.session // files are read once in a session
	}
	l.fails(SSHOptions{Slug: "web", ConfigFilename: "~/nowhere"}, Unreachable,
		"config_filename: "+l.home+"/nowhere: no such file")
	if err := os.Mkdir(l.path("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.fails(SSHOptions{Slug: "web", ConfigFilename: "~/.ssh/folder"}, Unreachable, "is a directory")
}

func TestConfigInclude(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.write("more", "Host web\n  Port 4444\n")
	l.write("config", "Include "+l.path("more")+"\nHost *\n  Port 5555\n")
	for name, want := range map[string]int{"web": 4444, "db": 5555} {
		if st := l.resolve(SSHOptions{Slug: name, ConfigFilename: l.path("config")}); st.port != want {
			t.Errorf("%s: port %d, want %d", name, st.port, want)
		}
	}
}

func TestConfigHop(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	st := l.resolve(SSHOptions{
		Slug: "web", ConfigFilename: "none", Jump: "a, me@b:22", Password: "p", Key: "k", KeyPassword: "kp",
		HostKey: sshserver.KeyLine(l.key), KnownHosts: []string{"h"}, Timeout: time.Second,
	})
	hop := st.hop()
	if hop.Slug != "me@b:22" || hop.Address != "b" || hop.Port != 22 || hop.Username != "me" || hop.Jump != "a" ||
		hop.Password != "" || hop.HostKey != "" || hop.Key != "k" || hop.KeyPassword != "kp" || hop.Timeout != time.Second ||
		hop.ConfigFilename != "none" || len(hop.KnownHosts) != 1 {
		t.Errorf("%+v", hop)
	}
}
