package sshconfig

import (
	"os"
	"path/filepath"
	"testing"
)

// sameAsSSH are configurations of which ssh and this package must say the same, whatever that is. Their hosts are "web"
// and those that are named.
var sameAsSSH = []struct {
	name  string
	files map[string]string // "config" is the one to read
	hosts []Query
}{
	{name: "nothing", files: config("")},
	{name: "comments and blanks", files: config("# a\n\n   \t\n  # b\n\tPort 23 # c\nUser u#v\n Port 24\n")},
	{name: "no newline at the end", files: config("Port 23")},
	{name: "CRLF", files: config("Host web\r\n  Port 23\r\n\r\n  User u\r\n# c\r\n")},
	{name: "keyword=value", files: config("Port=23\nUser = u\nHostName =a\nHost=web\nConnectTimeout= 5\n")},
	{name: "two equal signs", files: config("Port==23\n")},
	{name: "equal sign alone", files: config("Port=\n")},
	{name: "upper and lower case", files: config("hOsT web\npORT 23\nSTRICTHOSTKEYCHECKING Accept-New\n")},
	{name: "keyword in quotes", files: config("\"Port\" 23\nUs\"er\" u\n")},
	{name: "quotes", files: config(`User "a b"` + "\nHostKeyAlias 'c d'\nBindAddress a\\ b\nBindInterface \"a\\\"b\"\n")},
	{name: "quotes within words", files: config(`User a"b c"d'e'` + "\n")},
	{name: "escapes", files: config(`User a\\b\'c\"d\e\ f` + "\n")},
	{name: "escapes in quotes", files: config(`User "a\\b\'c\"d\e\ f"` + "\n")},
	{name: "quote not closed", files: config("User \"a\n")},
	{name: "single quote not closed", files: config("ProxyCommand echo it's\n")},
	{name: "extra argument", files: config("Port 23 24\n")},
	{name: "no argument", files: config("Host other\n  User\n")},
	{name: "empty argument", files: config("User \"\"\n")},
	{name: "only a comment", files: config("User # a\n")},
	{name: "form feed", files: config("Port 23\f\n")},

	{name: "patterns", files: config("Host w*\n Port 1\nHost ?eb\n User a\nHost web? *x\n User b\nHost *.Example.com\n User c\n"),
		hosts: hosts("web1", "x", "a.example.com", "a.Example.com", "WEB", "w")},
	{name: "patterns with commas", files: config("Host web,db\n Port 1\n"), hosts: hosts("db")},
	{name: "negation", files: config("Host * !web !db*\n Port 1\nHost !web\n User a\nHost !db web\n User b\n"),
		hosts: hosts("db", "db1", "x")},
	{name: "Host with a comment", files: config("Host web # db\n Port 1\nHost # web\n User a\n"), hosts: hosts("#", "db")},
	{name: "empty pattern", files: config("Host web \"\"\n Port 1\n")},
	{name: "the first counts", files: config("Port 1\nPort 2\nHost web\nUser a\nHost *\nUser b\nIdentityFile x\nIdentityFile y\nIdentityFile x\n"),
		hosts: hosts("db")},
	{name: "what was given goes first", files: config("Port 1\nUser a\nMatch user b\nHostKeyAlias %n\nMatch exec \"test %p = 9\"\nUserKnownHostsFile %r-%p\n"),
		hosts: []Query{{Host: "web", User: "b"}, {Host: "web", Port: 9}, {Host: "web", User: "b", Port: 9}}},

	{name: "Match all", files: config("Match all\n Port 1\nMatch !all\n User a\n")},
	{name: "Match all and more", files: config("Match all host web\n Port 1\n")},
	{name: "Match more and all", files: config("Match host db all\n Port 1\n"), hosts: hosts("db")},
	{name: "Match two and all", files: config("Match host db user root all\n Port 1\n")},
	{name: "Match all and a comment", files: config("Match all # host db\n Port 1\n")},
	{name: "Match nothing", files: config("Match # host db\n Port 1\n")},
	{name: "Match host", files: config("Match host web,x*\n Port 1\nMatch !host \"d?\"\n User a\nMatch host *,!web\n HostKeyAlias k\n"),
		hosts: hosts("WEB", "db", "xy")},
	{name: "Match host=", files: config("Match host=web user=root,nobody\n Port 1\nMatch host = db\nPort 2\n"), hosts: hosts("db")},
	{name: "Match host after HostName", files: config("Host web\n HostName %h.Example.com\nMatch host web.example.com\n Port 1\nMatch host web\n User a\nMatch originalhost web\n User b\n")},
	{name: "Match host before HostName", files: config("Match host web.example.com\n Port 1\nHost web\n HostName %h.example.com\n")},
	{name: "Match user", files: config("Match user a\n Port 1\nUser a\nMatch user a\n Port 2\nMatch user A\n Port 3\n")},
	{name: "Match localuser", files: config("Match localuser root,nobody\n Port 1\nMatch !localuser root\n User a\n")},
	{name: "Match exec", files: config("Match exec true\n Port 1\nMatch exec \"exit 1\"\n User a\nMatch !exec false\n User b\nMatch exec 'true'\n Port 3\n")},
	{name: "Match exec with tokens", files: config("HostName h\nUser u\nPort 5\nMatch exec \"test '%h %n %p %r %u %i %%' = \\\"h web 5 u $(id -un) $(id -u) %%\\\"\"\n HostKeyAlias k\n")},
	{name: "Match exec with more tokens", files: config("Match exec \"test %l = $(uname -n)\"\n Port 1\nMatch exec \"test %L = $(uname -n | cut -d. -f1)\"\n User a\nMatch exec \"test %k = web\"\nHostKeyAlias k\nMatch exec \"test %k = k\"\n BindAddress b\nMatch exec \"test -d %d\"\nBindInterface i\n")},
	{name: "Match exec with the hash", files: config("Match exec \"test %C = $(printf %%s%%s%%s%%s %l web 22 %u | sha1sum | cut -d' ' -f1)\"\n Port 1\n")},
	{name: "Match exec with a token that there is not", files: config("Match host nobody exec \"true %z\"\n Port 1\n")},
	{name: "Match exec not run", files: config("Match host db exec \"touch FOLDER/run\"\n Port 1\n")},
	{name: "Match exec of this shell", files: config("Match exec \"[ x = x ] && { true; }\"\n Port 1\n")},
	{name: "Match canonical and final", files: config("Match canonical\n Port 1\nMatch final\n User a\nMatch !final\n User b\nMatch !canonical host web\n Port 2\n")},
	{name: "Match final twice", files: config("SendEnv A\nIdentityFile x\nMatch final host WEB\n Port 1\nMatch final all\n SendEnv B\n"), hosts: hosts("WEB")},
	{name: "Match final sees HostName", files: config("Host web\nHostName Db\nHost db\nPort 1\nMatch final host db\nUser a\n")},
	{name: "Match what is not known", files: config("Match nothing web\n")},
	{name: "Match without argument", files: config("Match host\n")},
	{name: "Match with a comment as argument", files: config("Match host # web\n")},
	{name: "Match with quotes not closed", files: config("Match host \"web\n")},
	{name: "Match in odd quotes", files: config("Match host \"web\"user root,nobody\n Port 1\nMatch exec \"a\\\"b\"\nPort 2\n")},

	{name: "HostName", files: config("Host web\n HostName %h.Example.COM\nHost db\n HostName 100%%\nHost bad\nHostName %n\n"),
		hosts: hosts("db", "bad", "x")},
	{name: "addresses", files: config("HostName %h\n"), hosts: hosts("127.1", "127.0.0.1", "0x7f.1", "017700000001", "1.2.3.4.5", "256.1",
		"::1", "FE80::1", "0:0:0::1", "::ffff:1.2.3.4", "fe80::1%nowhere", "1", "0x", "08", "1.2.3.0x4")},
	{name: "addresses of a family", files: config("AddressFamily inet6\n"), hosts: hosts("127.1", "::1", "0:0::1", "0x7f.1")},
	{name: "Port", files: config("Port ssh\n")},
	{name: "Port with a sign", files: config("Port \" +23\"\n")},
	{name: "Port 0", files: config("Port 0\n")},
	{name: "Port too high", files: config("Host other\nPort 65536\n")},
	{name: "Port of no service", files: config("Port nosuchservice\n")},

	{name: "ProxyJump", files: config("Host web\nProxyJump a\nHost b1\nProxyJump u@h:23\nHost b2\nProxyJump a,u@b:1,c:2\nHost b3\nProxyJump [::1]:23,[fe80::1]\nHost b4\nProxyJump 10.1.2.3\nHost b5\nProxyJump ssh://u%40x@h.:23,ssh://v;p@g/\n"),
		hosts: hosts("b1", "b2", "b3", "b4", "b5")},
	{name: "ProxyJump none", files: config("Host web\nProxyJump none\nProxyCommand none\nHost *\nProxyJump a\n"), hosts: hosts("db")},
	{name: "ProxyJump before ProxyCommand", files: config("ProxyJump a\nProxyCommand b\n")},
	{name: "ProxyCommand before ProxyJump", files: config("ProxyCommand nc %h %p # x\nProxyJump a\n")},
	{name: "ProxyCommand none before ProxyJump", files: config("ProxyCommand none\nProxyJump a\n")},
	{name: "ProxyCommand with an equal sign", files: config("ProxyCommand = nc -X 5 \"%h\" %p\n")},
	{name: "ProxyJump with a comment", files: config("ProxyJump a # b\n")},
	{name: "ProxyJump to a bad port", files: config("ProxyJump a:b\n")},
	{name: "ProxyJump to nobody", files: config("Host other\nProxyJump @a\n")},
	{name: "ProxyJump to nothing", files: config("ProxyJump a,\n")},
	{name: "ProxyJump with a path", files: config("ProxyJump ssh://a/b\n")},
	{name: "ProxyJump through ::1", files: config("ProxyJump ::1\n")},

	{name: "times", files: config("ConnectTimeout 1h30m5\nServerAliveInterval 2D1w\nForwardX11Timeout 90s\n")},
	{name: "time none", files: config("ConnectTimeout none\nConnectTimeout 5\nServerAliveInterval 0\nServerAliveInterval 5\n")},
	{name: "time of blanks", files: config("ConnectTimeout \" 1h 2\"\n")},
	{name: "bad time", files: config("ConnectTimeout soon\n")},
	{name: "negative time", files: config("ConnectTimeout -5\n")},
	{name: "half a time", files: config("ConnectTimeout 1x\n")},
	{name: "too long a time", files: config("ConnectTimeout 9999w\n")},
	{name: "longest time", files: config("ConnectTimeout 2147483647\n")},
	{name: "integers", files: config("ConnectionAttempts 3\nServerAliveCountMax 0\nNumberOfPasswordPrompts 1\nRequiredRSASize 2048\nCanonicalizeMaxDots 4\n")},
	{name: "no attempt", files: config("ConnectionAttempts 0\n")},
	{name: "bad integer", files: config("ConnectionAttempts three\n")},
	{name: "big integer", files: config("ServerAliveCountMax 2147483648\n")},
	{name: "bad flag", files: config("Host other\nIdentitiesOnly maybe\n")},
	{name: "flags", files: config("IdentitiesOnly TRUE\nHashKnownHosts yes\nBatchMode false\nTCPKeepAlive no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPubkeyAuthentication unbound\n")},
	{name: "batch", files: config("BatchMode yes\n")},
	{name: "bad choice", files: config("AddressFamily ipv4\n")},
	{name: "compression", files: config("Compression true\n")},
	{name: "host keys", files: config("StrictHostKeyChecking off\nHostKeyAlias ABC\nUserKnownHostsFile ~/a %d/b \"FOLDER/c d\" ${HOME}/e\nGlobalKnownHostsFile /a ~/b %d\nRevokedHostKeys /r\n")},
	{name: "no known_hosts", files: config("UserKnownHostsFile none\nGlobalKnownHostsFile NONE\nRevokedHostKeys none\n")},
	{name: "none and more", files: config("UserKnownHostsFile none /a\n")},
	{name: "more and none", files: config("UserKnownHostsFile /a none\n")},
	{name: "known_hosts of a comment", files: config("UserKnownHostsFile # x\nUserKnownHostsFile y\n")},
	{name: "known_hosts of nobody", files: config("UserKnownHostsFile ~nosuchuser/x\n")},
	{name: "known_hosts of somebody", files: config("UserKnownHostsFile ~root/x ~root ~ ~/ ~//x\n")},
	{name: "known_hosts of all tokens", files: config("User u\nPort 5\nHostKeyAlias K\nUserKnownHostsFile %%-%C-%d-%h-%i-%k-%L-%l-%n-%p-%r-%u\n")},
	{name: "known_hosts of a token that there is not", files: config("UserKnownHostsFile %z\n")},
	{name: "known_hosts of half a token", files: config("UserKnownHostsFile x%\n")},
	{name: "known_hosts of a variable that there is not", files: config("UserKnownHostsFile ${NO_SUCH_VARIABLE_12}\n")},
	{name: "known_hosts of half a variable", files: config("UserKnownHostsFile ${HOME\n")},
	{name: "known_hosts of no variable", files: config("UserKnownHostsFile ${}\n")},

	{name: "algorithms", files: config("HostKeyAlgorithms +ssh-rsa,ssh-dss\nKexAlgorithms -diffie*\nCiphers ^aes256-ctr,3des-cbc\nMACs hmac-sha1,hmac-md5\nPubkeyAcceptedAlgorithms ssh-*\nCASignatureAlgorithms -ecdsa*,rsa*\n")},
	{name: "other algorithms", files: config("HostKeyAlgorithms ^ssh-rsa*\nKexAlgorithms +diffie-hellman-group1-sha1\nCiphers -*\nMACs ^hmac-sha2-512\nPubkeyAcceptedAlgorithms +ssh-rsa\nHostbasedAcceptedAlgorithms -*cert*\n")},
	{name: "no algorithms", files: config("Ciphers +\n")},
	{name: "old names", files: config("PubkeyAcceptedKeyTypes ssh-rsa\nHostbasedKeyTypes ssh-rsa\nDSAAuthentication no\nChallengeResponseAuthentication no\nIdentityFile2 x\nKeepAlive no\n")},
	{name: "obsolete", files: config("Protocol 2,1\nUseRoaming no\nUsePrivilegedPort no\nCipher 3des\n")},
	{name: "Debian's", files: config("ProtocolKeepAlives 5\nSetupTimeOut 7\nGSSAPIAuthentication yes\nGSSAPIKeyExchange no\nGSSAPITrustDNS no\n")},

	{name: "keys", files: config("IdentityFile ~/a\nIdentityFile none\nCertificateFile b\nCertificateFile c\nCertificateFile b\nIdentitiesOnly yes\nPreferredAuthentications publickey,password\n")},
	{name: "keys for the agent", files: config("Host web\nAddKeysToAgent yes\nHost b1\nAddKeysToAgent confirm 5m\nHost b2\nAddKeysToAgent 1h\nHost b3\nAddKeysToAgent Ask\nHost b4\nAddKeysToAgent no\nAddKeysToAgent yes\n"),
		hosts: hosts("b1", "b2", "b3", "b4")},
	{name: "keys for the agent that asks too long", files: config("AddKeysToAgent ask 5m\n")},
	{name: "keys for no agent", files: config("AddKeysToAgent maybe\n")},
	{name: "agents", files: config("Host web\nIdentityAgent none\nHost b1\nIdentityAgent SSH_AUTH_SOCK\nHost b2\nIdentityAgent $HOME\nHost b3\nIdentityAgent ${HOME}/%n\nHost b4\nIdentityAgent ~/a\n"),
		hosts: hosts("b1", "b2", "b3", "b4", "b5")},
	{name: "agent of a bad variable", files: config("Host other\nIdentityAgent $A-B\n")},
	{name: "agent of a variable that there is not", files: config("Host other\nIdentityAgent ${NO_SUCH_VARIABLE_12}\n")},
	{name: "agent forwarding", files: config("Host web\nForwardAgent yes\nHost b1\nForwardAgent $SSH_AUTH_SOCK\nHost b2\nForwardAgent FOLDER/config\nHost b3\nForwardAgent no\nForwardAgent FOLDER/config\nHost b4\nForwardAgent $A-B\n"),
		hosts: hosts("b1", "b2", "b3", "b5")},
	{name: "variables", files: config("SetEnv A=1 B=\"2 3\" A=4\nSetEnv C=5\nSendEnv LANG LC_*\nSendEnv X Y Z -LC* -?\n")},
	{name: "bad SetEnv", files: config("Host other\nSetEnv A\n")},
	{name: "bad SendEnv", files: config("Host other\nSendEnv A=1\n")},

	{name: "RekeyLimit", files: config("RekeyLimit 1G\nRekeyLimit 2G 1h\n")},
	{name: "RekeyLimit default none", files: config("RekeyLimit default none\nRekeyLimit 1.5m 30m\n")},
	{name: "RekeyLimit with fractions", files: config("RekeyLimit .123456789G\n")},
	{name: "RekeyLimit too small", files: config("RekeyLimit 15\n")},
	{name: "RekeyLimit of one digit", files: config("RekeyLimit +5\n")},
	{name: "RekeyLimit that is bad", files: config("RekeyLimit 1X\n")},
	{name: "RekeyLimit too big", files: config("RekeyLimit 99999999E\n")},
	{name: "RekeyLimit of three", files: config("RekeyLimit 1G 1h 1\n")},

	{name: "canonical", files: config("CanonicalizeHostname yes\nHost WEB\nPort 1\nHost web\nUser a\nMatch canonical\nSendEnv A\n"), hosts: hosts("WEB", "a.b.c", "web.")},
	{name: "canonical or nothing", files: config("CanonicalizeHostname yes\nCanonicalizeFallbackLocal no\n"), hosts: hosts("a.b.c", "127.1")},
	{name: "canonical through a proxy", files: config("CanonicalizeHostname yes\nCanonicalizeFallbackLocal no\nProxyCommand nc\n")},
	{name: "canonical always", files: config("CanonicalizeHostname always\nCanonicalizeFallbackLocal no\nProxyCommand nc\n")},
	{name: "CanonicalDomains", files: config("CanonicalDomains Example.com b.\nCanonicalDomains c\n")},
	{name: "CanonicalDomains none", files: config("CanonicalDomains none\nCanonicalizePermittedCNAMEs none\n")},
	{name: "CanonicalDomains none and more", files: config("CanonicalDomains a none\n")},
	{name: "bad CanonicalDomains", files: config("CanonicalDomains a..b\n")},
	{name: "worse CanonicalDomains", files: config("CanonicalDomains -a\n")},
	{name: "bad CanonicalizePermittedCNAMEs", files: config("CanonicalizePermittedCNAMEs a\n")},

	{name: "unknown keyword", files: config("Host other\nNoSuchKeyword x\n")},
	{name: "unknown keyword, ignored", files: config("IgnoreUnknown nosuch*,UseKey*\nNoSuchKeyword x\nUseKeychainX y\n")},
	{name: "unknown keyword, ignored elsewhere", files: config("Host db\nIgnoreUnknown *\nHost *\nNoSuchKeyword x\n"), hosts: hosts("db")},
	{name: "unknown keyword, ignored too late", files: config("NoSuchKeyword x\nIgnoreUnknown *\n")},
	{name: "unknown keyword, ignored, in bad quotes", files: config("IgnoreUnknown *\nNoSuchKeyword \"x\n")},
	{name: "what is nothing to us", files: config("ForwardX11 yes\nForwardX11Trusted no\nControlMaster auto\nControlPath ~/x\nControlPersist 60\nVisualHostKey yes\nLocalForward 1 a:2\nRemoteForward 3 b:4\nDynamicForward 5\nTunnel yes\nTunnelDevice 1:2\nRequestTTY force\nEscapeChar none\nLogLevel DEBUG1\nIPQoS af21 cs1\nCheckHostIP yes\nVerifyHostKeyDNS ask\nLocalCommand echo %n\nPermitLocalCommand yes\nPermitRemoteOpen a:1\nGatewayPorts yes\nStreamLocalBindMask 0111\nStreamLocalBindUnlink yes\nXAuthLocation /x\nSyslogFacility AUTH\nFingerprintHash MD5\nHostbasedAuthentication yes\nNoHostAuthenticationForLocalhost yes\nEnableSSHKeysign yes\nExitOnForwardFailure yes\nProxyUseFdpass yes\nSessionType default\nStdinNull no\nLogVerbose a b\nKbdInteractiveDevices pam\nPKCS11Provider /p\nSecurityKeyProvider /s\nKnownHostsCommand /k %H\nEnableEscapeCommandline yes\nRemoteCommand echo\nCompression yes\n")},
	{name: "bad values of what is nothing to us", files: config("VisualHostKey maybe\n")},

	{name: "Include", files: map[string]string{
		"config": "Include FOLDER/a.conf\nPort 9\n", "a.conf": "Host web\n Port 1\nHost db\n User a\n",
	}, hosts: hosts("db", "x")},
	{name: "Include in a block", files: map[string]string{
		"config": "Host web\nInclude FOLDER/a.conf\nUser u\nHost db\nInclude FOLDER/a.conf\nHostKeyAlias k\n",
		"a.conf": "Port 1\nHost db\nBindAddress b\nHost web\nBindInterface i\n",
	}, hosts: hosts("db", "x")},
	{name: "Include in a block of Match", files: map[string]string{
		"config": "Match host web\nInclude FOLDER/a.conf\nMatch host db\nInclude FOLDER/b.conf\n",
		"a.conf": "Port 1\nMatch all\nUser u\n", "b.conf": "Port 2\nMatch final\nUser v\n",
	}, hosts: hosts("db", "x")},
	{name: "Include with patterns", files: map[string]string{
		"config":   "Include FOLDER/d/*.conf FOLDER/d/[!b]?.txt FOLDER/no*such \"FOLDER/with blank\" FOLDER/nothing\n",
		"d/b.conf": "IdentityFile b\n", "d/a.conf": "IdentityFile a\n", "d/.hidden.conf": "IdentityFile hidden\n",
		"d/aa.txt": "IdentityFile aa\n", "d/bb.txt": "IdentityFile bb\n", "with blank": "IdentityFile blank\n",
		"d/sub.conf/x": "IdentityFile sub\n",
	}},
	{name: "Include with patterns in folders", files: map[string]string{
		"config":   "Include FOLDER/*/x.conf FOLDER/a[b/x.conf\n",
		"b/x.conf": "IdentityFile b\n", "a/x.conf": "IdentityFile a\n", "a-/x.conf": "IdentityFile a-\n", "a[b/x.conf": "IdentityFile ab\n",
	}},
	{name: "Include of an unknown keyword", files: map[string]string{"config": "Host db\nInclude FOLDER/a\n", "a": "NoSuch x\n"}},
	{name: "Include of a mistake", files: map[string]string{"config": "Host db\nInclude FOLDER/a\n", "a": "Port x\n"}},
	{name: "Include of itself", files: map[string]string{"config": "Include FOLDER/config\n"}},
	{name: "Include 16 deep", files: chain(16)},
	{name: "Include 17 deep", files: chain(17)},
	{name: "Include of nobody's files", files: config("Include ~nosuchuser/x\n")},
	{name: "Include of nothing", files: config("Include \"\"\n")},
	{name: "Include of a folder", files: map[string]string{"config": "Include FOLDER/d\nPort 1\n", "d/a": "Port 2\n"}},
}

func config(text string) map[string]string { return map[string]string{"config": text} }

func hosts(names ...string) []Query {
	var all []Query
	for _, name := range names {
		all = append(all, Query{Host: name})
	}
	return all
}

// chain are files that include each other.
func chain(deep int) map[string]string {
	files := map[string]string{}
	name := "config"
	for i := range deep {
		next := "f" + string(rune('a'+i))
		files[name], name = "Include FOLDER/"+next+"\n", next
	}
	files[name] = "Port 1\n"
	return files
}

func TestSameAsSSH(t *testing.T) {
	for _, c := range sameAsSSH {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, c.files)
			for _, q := range append(c.hosts, Query{Host: "web"}) {
				compare(t, filepath.Join(dir, "config"), q)
			}
			if _, err := os.Stat(filepath.Join(dir, "run")); err == nil {
				t.Error("a command was run that could not matter")
			}
		})
	}
}
