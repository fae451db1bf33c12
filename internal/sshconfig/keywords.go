package sshconfig

// use is what a keyword is good for.
type use int

const (
	effective   use = iota // Options says what it does
	structural             // it says what other lines are about
	unused                 // it means nothing to a program that only runs commands
	unsupported            // it would mean something
)

// keyword is what is known about a keyword.
type keyword struct {
	name string // as the manual writes it
	use  use
	read reader
}

// lists are the keywords that say what other lines are about. A line with one of them is read by its own code.
const (
	keyHost          = "host"
	keyMatch         = "match"
	keyInclude       = "include"
	keyIgnoreUnknown = "ignoreunknown"
)

// keywords are all that OpenSSH knows, by their names in lower case.
var keywords = table(
	[]keyword{
		{"Host", structural, nil},
		{"Match", structural, nil},
		{"Include", structural, nil},
		{"IgnoreUnknown", structural, one(text)},
		{"Tag", structural, one(text)},
	},

	// The way to the host.
	[]keyword{
		{"AddressFamily", effective, one(only("any", "inet", "inet6"))},
		{"BindAddress", effective, one(text)},
		{"BindInterface", effective, one(text)},
		{"CanonicalDomains", effective, list(domain)},
		{"CanonicalizeFallbackLocal", effective, one(flag)},
		{"CanonicalizeHostname", effective, one(choice("always"))},
		{"CanonicalizeMaxDots", effective, one(integer)},
		{"CanonicalizePermittedCNAMEs", effective, list(alias)},
		{"ConnectTimeout", effective, span},
		{"ConnectionAttempts", effective, one(integer)},
		{"HostName", effective, one(text)},
		{"Port", effective, one(port)},
		{"ProxyCommand", effective, proxyCommand},
		{"ProxyJump", effective, proxyJump},
		{"RefuseConnection", effective, one(text)},
		{"ServerAliveCountMax", effective, one(integer)},
		{"ServerAliveInterval", effective, span},
		{"TCPKeepAlive", effective, one(flag)},
	},

	// Encryption, and who the host is.
	[]keyword{
		{"CASignatureAlgorithms", effective, one(algorithms)},
		{"Ciphers", effective, one(algorithms)},
		{"GlobalKnownHostsFile", effective, list(text)},
		{"HashKnownHosts", effective, one(flag)},
		{"HostKeyAlgorithms", effective, one(algorithms)},
		{"HostKeyAlias", effective, one(text)},
		{"KexAlgorithms", effective, one(algorithms)},
		{"MACs", effective, one(algorithms)},
		{"RekeyLimit", effective, rekeyLimit},
		{"RequiredRSASize", effective, one(integer)},
		{"RevokedHostKeys", effective, list(text)},
		{"StrictHostKeyChecking", effective, one(choice("ask", "off", "accept-new"))},
		{"UserKnownHostsFile", effective, list(text)},
	},

	// Logging in, and what goes along.
	[]keyword{
		{"AddKeysToAgent", effective, addKeys},
		{"BatchMode", effective, one(flag)},
		{"CertificateFile", effective, every(text)},
		{"ForwardAgent", effective, forwardAgent},
		{"IdentitiesOnly", effective, one(flag)},
		{"IdentityAgent", effective, identityAgent},
		{"IdentityFile", effective, every(text)},
		{"KbdInteractiveAuthentication", effective, one(flag)},
		{"NumberOfPasswordPrompts", effective, one(integer)},
		{"PasswordAuthentication", effective, one(flag)},
		{"PreferredAuthentications", effective, one(text)},
		{"PubkeyAcceptedAlgorithms", effective, one(algorithms)},
		{"PubkeyAuthentication", effective, one(choice("unbound", "host-bound"))},
		{"SendEnv", effective, sendEnv},
		{"SetEnv", effective, setEnv},
		{"User", effective, one(text)},
	},

	// What would matter, and is not supported.
	[]keyword{
		{"CheckHostIP", unsupported, one(flag)},
		{"HostbasedAuthentication", unsupported, one(flag)},
		{"KnownHostsCommand", unsupported, command},
		{"NoHostAuthenticationForLocalhost", unsupported, one(flag)},
		{"PKCS11Provider", unsupported, one(text)},
		{"ProxyUseFdpass", unsupported, one(flag)},
		{"VerifyHostKeyDNS", unsupported, one(choice("ask"))},
	},

	// Terminals, forwarding, what is shown: nothing to do with running a command.
	[]keyword{
		{"ChannelTimeout", unused, list(text)},
		{"ClearAllForwardings", unused, one(flag)},
		{"Compression", unused, one(only("yes", "no"))},
		{"ControlMaster", unused, one(choice("ask", "auto", "autoask"))},
		{"ControlPath", unused, one(text)},
		{"ControlPersist", unused, one(text)},
		{"DynamicForward", unused, several(1, 1)},
		{"EnableEscapeCommandline", unused, one(flag)},
		{"EnableSSHKeysign", unused, one(flag)},
		{"EscapeChar", unused, one(text)},
		{"ExitOnForwardFailure", unused, one(flag)},
		{"FingerprintHash", unused, one(text)},
		{"ForkAfterAuthentication", unused, one(flag)},
		{"ForwardX11", unused, one(flag)},
		{"ForwardX11Timeout", unused, span},
		{"ForwardX11Trusted", unused, one(flag)},
		{"GatewayPorts", unused, one(flag)},
		{"HostbasedAcceptedAlgorithms", unused, one(algorithms)},
		{"IPQoS", unused, several(1, 2)},
		{"KbdInteractiveDevices", unused, one(text)},
		{"LocalCommand", unused, command},
		{"LocalForward", unused, several(2, 2)},
		{"LogLevel", unused, one(text)},
		{"LogVerbose", unused, list(text)},
		{"ObscureKeystrokeTiming", unused, one(text)},
		{"PermitLocalCommand", unused, one(flag)},
		{"PermitRemoteOpen", unused, list(text)},
		{"RemoteCommand", unused, command},
		{"RemoteForward", unused, several(1, 2)},
		{"RequestTTY", unused, one(choice("force", "auto"))},
		{"SecurityKeyProvider", unused, one(text)},
		{"SessionType", unused, one(only("none", "subsystem", "default"))},
		{"StdinNull", unused, one(flag)},
		{"StreamLocalBindMask", unused, one(text)},
		{"StreamLocalBindUnlink", unused, one(flag)},
		{"SyslogFacility", unused, one(text)},
		{"Tunnel", unused, one(choice("ethernet", "point-to-point"))},
		{"TunnelDevice", unused, one(text)},
		{"UpdateHostKeys", unused, one(choice("ask"))},
		{"VersionAddendum", unused, command},
		{"VisualHostKey", unused, one(flag)},
		{"WarnWeakCrypto", unused, one(choice("no-pq-kex"))},
		{"XAuthLocation", unused, one(text)},
	},

	// Kerberos, which distributions' own files may switch on for everybody.
	[]keyword{
		{"GSSAPIAuthentication", unused, one(flag)},
		{"GSSAPIClientIdentity", unused, one(text)},
		{"GSSAPIDelegateCredentials", unused, one(flag)},
		{"GSSAPIKeyExchange", unused, one(flag)},
		{"GSSAPIKexAlgorithms", unused, one(text)},
		{"GSSAPIRenewalForcesRekey", unused, one(flag)},
		{"GSSAPIServerIdentity", unused, one(text)},
		{"GSSAPITrustDNS", unused, one(flag)},
	},

	// What OpenSSH itself has given up, and what macOS has of its own.
	obsolete(
		"AFSTokenPassing", "Cipher", "CompressionLevel", "FallBackToRsh", "GlobalKnownHostsFile2", "KerberosAuthentication",
		"KerberosTGTPassing", "Protocol", "RhostsAuthentication", "RhostsRSAAuthentication", "RSAAuthentication",
		"UsePrivilegedPort", "UseKeychain", "UseRoaming", "UserKnownHostsFile2", "UseRsh",
	),
)

// otherNames are what keywords were called once, or are called elsewhere.
var otherNames = map[string]string{
	"challengeresponseauthentication": "kbdinteractiveauthentication",
	"dsaauthentication":               "pubkeyauthentication",
	"hostbasedkeytypes":               "hostbasedacceptedalgorithms",
	"identityfile2":                   "identityfile",
	"keepalive":                       "tcpkeepalive",
	"protocolkeepalives":              "serveraliveinterval",
	"pubkeyacceptedkeytypes":          "pubkeyacceptedalgorithms",
	"setuptimeout":                    "serveraliveinterval",
	"skeyauthentication":              "kbdinteractiveauthentication",
	"smartcarddevice":                 "pkcs11provider",
	"tisauthentication":               "kbdinteractiveauthentication",
}

func obsolete(names ...string) []keyword {
	var all []keyword
	for _, name := range names {
		all = append(all, keyword{name, unused, anything})
	}
	return all
}
