package hosts

import "context"

// Person is somebody who can be asked. The package asks one question at a time in a session.
// A nil Person means that nobody is present; an implementation returns an error when the question was not answered.
type Person interface {
	// Password asks for a password or a passphrase, or what a host asks, without echo unless why says otherwise.
	Password(ctx context.Context, why PasswordQuestion) (string, error)
	// TrustKeys shows new host keys and asks once whether to trust them all.
	TrustKeys(ctx context.Context, keys []NewKey) (bool, error)
}

// PasswordQuestion says which password is wanted.
type PasswordQuestion struct {
	What   string   // "sudo password", "password", "passphrase of ~/.ssh/id_ed25519"
	User   string   // the account
	Hosts  []string // slugs of the hosts that wait for it
	Failed string   // not "" if an earlier answer was refused: why
	Prompt string   // not "" if it is the host that asks, in these words; What is ours
	Lines  []string // what the host says before it asks. Neither has control characters
	Shown  bool     // what is typed may be seen
}

// NewKey is a host key that known_hosts does not know.
type NewKey struct {
	Host        string // slug, or several with commas: the accounts of one machine
	Address     string // as known_hosts names it: "web1", "[web1]:2222"
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…"
}
