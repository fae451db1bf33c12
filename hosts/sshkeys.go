package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// credential is a key that can be offered to a server.
type credential struct {
	name   string // for people
	signer ssh.Signer
	locked *lockedKey // not nil: the passphrase is not known yet; signer is nil
}

func (c *credential) public() ssh.PublicKey {
	if c.locked != nil {
		return c.locked.public
	}
	return c.signer.PublicKey()
}

// lockedKey is an encrypted private key.
type lockedKey struct {
	name   string // for people: ~/.ssh/id_ed25519
	text   []byte
	public ssh.PublicKey // nil where the format hides it and no .pub file tells it
}

// unlock returns the signer, or an error if the passphrase is wrong.
func (k *lockedKey) unlock(passphrase string) (ssh.Signer, error) {
	return ssh.ParsePrivateKeyWithPassphrase(k.text, []byte(passphrase))
}

// keyring holds the keys that a session has unlocked.
type keyring struct {
	opening  sync.Mutex // since it is meant to take long, it is done once
	mu       sync.Mutex
	unlocked map[string]ssh.Signer // by the name of the key
}

func (r *keyring) get(name string) ssh.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unlocked[name]
}

// open unlocks a key, unless that was done before.
func (r *keyring) open(k *lockedKey, passphrase string) (ssh.Signer, error) {
	r.opening.Lock()
	defer r.opening.Unlock()
	if signer := r.get(k.name); signer != nil {
		return signer, nil
	}
	signer, err := k.unlock(passphrase)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unlocked == nil {
		r.unlocked = map[string]ssh.Signer{}
	}
	r.unlocked[k.name] = signer
	return signer, nil
}

// credentials finds the keys to offer, in the order to offer them: those that the host names, then the files of
// ssh_config, then the rest of the agent's; encrypted ones at the end of theirs. A key whose file is in the agent is
// taken from there. talk is the connection to the agent, or nil.
type credentials struct {
	session *Session
	pool    *pool
	st      *settings
	talk    agent.ExtendedAgent
	agent   []*credential // what the agent holds
	notes   []string      // why some were left out
}

func (c *credentials) collect(ctx context.Context) ([]*credential, error) {
	if err := c.askAgent(); err != nil {
		c.notes = append(c.notes, fmt.Sprintf("agent (%v)", err))
	}
	named, err := c.named(ctx)
	if err != nil {
		return nil, err
	}
	var files, locked []*credential
	for _, id := range c.st.identities {
		found, err := c.file(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case found == nil:
		case id.explicit:
			named = append(named, found)
		case found.locked != nil:
			locked = append(locked, found)
		default:
			files = append(files, found)
		}
	}
	all := slices.Concat(named, files)
	if !c.st.identitiesOnly {
		all = append(all, c.agent...)
	}
	return distinct(append(all, locked...)), nil
}

// askAgent lists the agent's keys.
func (c *credentials) askAgent() error {
	if c.talk == nil {
		return nil
	}
	keys, err := c.talk.List()
	if err != nil {
		return err
	}
	signers, err := c.talk.Signers()
	if err != nil {
		return err
	}
	for i, signer := range signers {
		name := agentKey
		if i < len(keys) && keys[i].Comment != "" {
			name = agentKey + ": " + keys[i].Comment
		}
		c.agent = append(c.agent, &credential{name: name, signer: signer})
	}
	return nil
}

// named is the key that was given as text.
func (c *credentials) named(ctx context.Context) ([]*credential, error) {
	if c.st.key == "" {
		return nil, nil
	}
	text, err := c.session.Secrets().Reveal(ctx, c.st.key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	c.session.Secrets().Add(text)
	found, err := c.parse(ctx, "the key of "+c.st.slug, []byte(strings.TrimSpace(text)+"\n"), "")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return []*credential{found}, nil
}

// file reads a key. It returns nil for one that is not there, unless it was asked for by name.
func (c *credentials) file(ctx context.Context, id identity) (*credential, error) {
	text, err := os.ReadFile(id.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if public := readPublic(id.file + ".pub"); public != nil { // only the agent has the private one
			if held := c.held(public); held != nil {
				return held, nil
			}
		}
		if !id.explicit {
			return nil, nil
		}
		return nil, fmt.Errorf("key_filename: %w", err)
	case err != nil && id.explicit:
		return nil, fmt.Errorf("key_filename: %w", err)
	case err != nil:
		c.notes = append(c.notes, err.Error())
		return nil, nil
	}
	found, err := c.parse(ctx, c.short(id.file), text, id.file)
	if err != nil && !id.explicit {
		c.notes = append(c.notes, fmt.Sprintf("%s (%v)", c.short(id.file), err))
		return nil, nil
	}
	return found, err
}

// parse reads a private key. Where it is encrypted the agent, key_password and what was typed before are tried.
func (c *credentials) parse(ctx context.Context, name string, text []byte, file string) (*credential, error) {
	signer, err := ssh.ParsePrivateKey(text)
	var missing *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return &credential{name: name, signer: signer}, nil
	case !errors.As(err, &missing):
		if public, _, _, _, pubErr := ssh.ParseAuthorizedKey(text); pubErr == nil { // IdentityFile may name a .pub file
			if held := c.held(public); held != nil {
				return held, nil
			}
			return nil, fmt.Errorf("%s is a public key, and the agent does not hold the private one", name)
		}
		return nil, fmt.Errorf("%s is not a private key that can be read: %w", name, err)
	}
	locked := &lockedKey{name: name, text: text, public: missing.PublicKey}
	if locked.public == nil && file != "" {
		locked.public = readPublic(file + ".pub")
	}
	return c.open(ctx, locked)
}

// open finds the signer of an encrypted key, as far as nobody need be asked.
func (c *credentials) open(ctx context.Context, locked *lockedKey) (*credential, error) {
	if locked.public != nil {
		if held := c.held(locked.public); held != nil {
			return held, nil
		}
	}
	if signer := c.pool.keys.get(locked.name); signer != nil {
		return &credential{name: locked.name, signer: signer}, nil
	}
	if c.st.keyPassword == "" {
		return &credential{name: locked.name, locked: locked}, nil
	}
	passphrase, err := c.session.reveal(ctx, c.st.keyPassword)
	if err != nil {
		return nil, fmt.Errorf("key_password: %w", err)
	}
	signer, err := c.pool.keys.open(locked, passphrase)
	if err != nil {
		return nil, fmt.Errorf("key_password does not open %s: %w", locked.name, err)
	}
	return &credential{name: locked.name, signer: signer}, nil
}

// reveal returns the value of an option that is a secret, with or without a token.
func (s *Session) reveal(ctx context.Context, option string) (string, error) {
	value, err := s.Secrets().Reveal(ctx, option)
	if err == nil {
		s.Secrets().Add(value)
	}
	return value, err
}

// held returns the agent's key, if it has it.
func (c *credentials) held(public ssh.PublicKey) *credential {
	for _, held := range c.agent {
		if sameKey(held.public(), public) {
			return held
		}
	}
	return nil
}

// short writes ~ for the home directory.
func (c *credentials) short(file string) string {
	home, err := c.session.home()
	if err != nil {
		return file
	}
	if rest, ok := strings.CutPrefix(file, strings.TrimSuffix(home, "/")+"/"); ok {
		return "~/" + rest
	}
	return file
}

func readPublic(file string) ssh.PublicKey {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil // as if there were none: the key is then offered when its passphrase is known
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

func sameKey(a, b ssh.PublicKey) bool {
	return a != nil && b != nil && string(a.Marshal()) == string(b.Marshal())
}

// distinct leaves out keys that come a second time.
func distinct(all []*credential) []*credential {
	var out []*credential
	for _, c := range all {
		if !slices.ContainsFunc(out, func(o *credential) bool { return sameKey(o.public(), c.public()) }) {
			out = append(out, c)
		}
	}
	return out
}

// dialAgent connects to the agent of a socket. The connection closes when ctx ends.
func dialAgent(ctx context.Context, socket string) (agent.ExtendedAgent, io.Closer, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, err
	}
	return agent.NewClient(conn), conn, nil
}

// agentKey begins the names of keys that the agent holds.
const agentKey = "agent"
