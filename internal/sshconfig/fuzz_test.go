package sshconfig

import (
	"path/filepath"
	"strings"
	"testing"
)

// fuzzPieces are what files are put together from. Each byte of the input stands for one. No command among them does
// anything, and names of files that others include are relative: they are not there.
var fuzzPieces = strings.Split(strings.Join([]string{
	// Lines begin with these.
	"\nHost ", "\nMatch ", "\nMatch host ", "\nMatch all", "\nMatch final ", "\nMatch canonical ", "\nMatch user ",
	"\nMatch localuser ", "\nMatch originalhost ", "\nMatch exec true ", "\nMatch !exec \"true %h\" ", "\nMatch exec \"false %p\" ",
	"\nInclude ", "\nIgnoreUnknown ", "\nNoSuch ", "\nHostName ", "\nPort ", "\nUser ", "\nIdentityFile ", "\nIdentitiesOnly ",
	"\nIdentityAgent ", "\nCertificateFile ", "\nProxyJump ", "\nProxyCommand ", "\nUserKnownHostsFile ",
	"\nGlobalKnownHostsFile ", "\nStrictHostKeyChecking ", "\nHostKeyAlias ", "\nHostKeyAlgorithms ", "\nConnectTimeout ",
	"\nConnectionAttempts ", "\nServerAliveInterval ", "\nServerAliveCountMax ", "\nAddressFamily ", "\nSetEnv ",
	"\nSendEnv ", "\nForwardAgent ", "\nAddKeysToAgent ", "\nCanonicalizeHostname ", "\nCanonicalizeFallbackLocal ",
	"\nCanonicalizeMaxDots ", "\nKexAlgorithms ", "\nCiphers ", "\nMACs ",
	"\nPubkeyAcceptedAlgorithms ", "\nCASignatureAlgorithms ", "\nPreferredAuthentications ", "\nPubkeyAuthentication ",
	"\nPasswordAuthentication ", "\nKbdInteractiveAuthentication ", "\nBatchMode ", "\nNumberOfPasswordPrompts ",
	"\nRekeyLimit ", "\nRequiredRSASize ", "\nHashKnownHosts ", "\nTCPKeepAlive ", "\nBindAddress ",
	"\nCompression ", "\nRequestTTY ", "\nProtocol ", "\nVerifyHostKeyDNS ",
	"\nKnownHostsCommand ", "\n\t# ", "\r\n", "\n", "\n  ",
	// Values are put together from these.
	"web", "db", "*", "?", "!", "!web", "w*", "web.example.com", "WEB", "127.1", "::1", "[::1]", "root", "nobody", "a", "b@c", "ssh://",
	"yes", "no", "true", "None", "none", "ask", "accept-new", "off", "always", "any", "inet6", "unbound", "all", "host", "final",
	"0", "1", "22", "65536", "-1", "+5", "1h", "30s", "1G", "default", ".5K", "99999999999", "~/x", "~root/y", "~", "/k/", "FOLDER/d",
	"${HOME}", "${NO_SUCH_12}", "$HOME", "%h", "%n", "%p", "%r", "%u", "%d", "%%", "%C", "%k", "%z", "A=1", "LANG", "LC_*", "-LC_*",
	"ssh-ed25519", "ssh-rsa", "rsa-sha2-*", "aes*", "hmac-*", "curve*", "+", "-", "^", "publickey", "password",
	" ", " ", " ", " ", "\t", ",", ",", "=", ":", "@", ".", "/", "#", "\"", "\"", "'", "\\", "\f",
}, "\x00"), "\x00")

// FuzzSameAsSSH holds files that are put together at random against what ssh says of them.
func FuzzSameAsSSH(f *testing.F) {
	for _, lines := range []string{
		"Host web\n Port 22\nHost *\n User root\n", "Match host web user root\nHostName %h.a\nProxyJump b@c,a:1\n",
		"Match final all\nSetEnv A=1\nSendEnv LANG LC_* -LC_*\n", "IdentityFile ~/x%u\nIdentitiesOnly yes\nForwardAgent $HOME\n",
		"Ciphers +aes*,-\nHostKeyAlgorithms ^ssh-rsa\nRekeyLimit 1G 1h\n", "User \"a b\"'c'\\\\d # web\nHostKeyAlias=web\n",
		"UserKnownHostsFile ${HOME}/a ~/x none\nConnectTimeout 30s\nAddressFamily inet6\n",
	} {
		f.Add(asPieces(lines), byte(len(lines)))
	}
	queries := []Query{{Host: "web"}, {Host: "WEB", User: "root"}, {Host: "db", Port: 22}, {Host: "127.1"}, {Host: "a.b"}}
	f.Fuzz(func(t *testing.T, pieces []byte, which byte) {
		var text strings.Builder
		for _, p := range pieces[:min(len(pieces), 60)] {
			text.WriteString(fuzzPieces[int(p)%len(fuzzPieces)])
		}
		dir := folder(t, map[string]string{"config": text.String(), "d": "Port 23\nHost db\nUser d\n"})
		defer func() {
			if t.Failed() {
				t.Logf("the file is\n%s", text.String())
			}
		}()
		compare(t, filepath.Join(dir, "config"), queries[int(which)%len(queries)])
	})
}

// asPieces takes a text apart into the longest pieces. What there is no piece for is left out.
func asPieces(text string) []byte {
	var pieces []byte
	for text = "\n" + text; text != ""; {
		longest := -1
		for i, p := range fuzzPieces {
			if strings.HasPrefix(text, p) && (longest < 0 || len(p) > len(fuzzPieces[longest])) {
				longest = i
			}
		}
		if longest < 0 {
			text = text[1:]
			continue
		}
		pieces = append(pieces, byte(longest))
		text = strings.TrimPrefix(text, fuzzPieces[longest])
	}
	return pieces
}

// TestFuzzPieces checks that one byte is enough to name every piece.
func TestFuzzPieces(t *testing.T) {
	if len(fuzzPieces) > 256 {
		t.Errorf("there are %d pieces, of which a byte can name but 256", len(fuzzPieces))
	}
}
