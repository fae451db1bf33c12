package hosts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterfaces asks hosts that have all of the commands, one, or none.
func TestInterfaces(t *testing.T) {
	s, _ := newSession(t, Options{})
	for _, tt := range []struct{ ip, ifconfig, want string }{
		{`[ "$1" = -j ] || exit 1; echo '[{"ifname":"a","flags":["UP"],"addr_info":[{"local":"10.0.0.1","prefixlen":8}]}]'`, "exit 1", "10.0.0.1"},
		{`[ "$1" != -j ] || exit 255; printf '1: a: <UP>\n inet 10.0.0.2/24\n'`, "exit 1", "10.0.0.2"},
		{"exit 1", `printf 'a: flags=1<UP>\n inet 10.0.0.3\n'`, "10.0.0.3"},
		{"", `printf 'a Link encap:Ethernet\n inet addr:10.0.0.4\n UP\n'`, "10.0.0.4"},
		{"exit 1", "exit 1", "error: there is neither ip nor ifconfig"},
		{"echo '[]'", "exit 1", "error: no interface that is up and has an IPv4 address"},
	} {
		dir := t.TempDir()
		for name, body := range map[string]string{"ip": tt.ip, "ifconfig": tt.ifconfig} {
			if body == "" {
				body = "exit 127"
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		h, err := localHandle(t, s, "").Env("PATH", dir+":/usr/bin:/bin", false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.IPAddress(t.Context(), "")
		if want, fails := strings.CutPrefix(tt.want, "error: "); fails {
			if err == nil || !strings.Contains(stderrOf(err)+err.Error(), want) {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		} else if got != tt.want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, tt.want)
		}
		if tt.want == "10.0.0.1" {
			for name, want := range map[string]string{"b": `localhost has no interface "b": it has a`} {
				if _, err := h.IPAddress(t.Context(), name); err == nil || err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		}
	}
}

func stderrOf(err error) string {
	for _, one := range Errors(err) {
		return one.Stderr
	}
	return ""
}
