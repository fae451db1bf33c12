package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"deployer/internal/sshagent"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// credentials finds the keys to offer, in the order to offer them: those that the host names, then the files of
// ssh_config, then the rest of the agent's; encrypted ones at the end of theirs. A key whose file is in the agent is
// taken from there, and certificates come before their key.
type credentials struct {
	*attempt
	agent []*credential // what the agent holds
}

func (c *credentials) collect() ([]*credential, error) {
	c.askAgent()
	named, err := c.named()
	if err != nil {
		return nil, err
	}
	var files, locked []*credential
	for _, id := range c.st.identities {
		found, err := c.file(id)
		if found != nil {
			found.file = id.file
		}
		switch {
		case err != nil:
			return nil, err
		case found == nil:
		case id.explicit:
			named = append(named, c.withCertificate(found, id.file)...)
		case found.locked != nil:
			locked = append(locked, c.withCertificate(found, id.file)...)
		default:
			files = append(files, c.withCertificate(found, id.file)...)
		}
	}
	all := slices.Concat(named, files)
	if !c.st.identitiesOnly {
		all = append(all, c.agent...)
	}
	return slices.DeleteFunc(distinct(c.certify(append(all, locked...))), c.forbidden), nil
}

// forbidden reports whether ssh_config forbids a key, or every way in which it can sign.
func (c *credentials) forbidden(k *credential) bool {
	switch {
	case k.public == nil:
		return false
	case c.st.demands.tooShort(k.public):
		c.leftOut(fmt.Sprintf("%s (it has %d bits, and RequiredRSASize asks for %d)", k.name, sshkeys.RSABits(k.public),
			c.st.demands.rsaBits))
		return true
	case len(c.st.signs(k.public)) > 0:
		return false
	}
	c.leftOut(k.name + " (PubkeyAcceptedAlgorithms leaves it out)")
	return true
}

// certify puts the certificates of CertificateFile before their keys. One whose key only the agent holds comes first,
// and counts with identities_only too.
func (c *credentials) certify(keys []*credential) []*credential {
	for _, file := range c.st.certificates {
		cert, err := c.pool.keyFiles.Certificate(file)
		var with *credential
		at := 0
		if err == nil {
			at, with, err = c.keyOf(cert, keys, c.short(file))
		}
		if err != nil {
			c.leftOut(fmt.Sprintf("%s (%v)", c.short(file), err))
			continue
		}
		with.file = file
		keys = slices.Insert(slices.Clone(keys), at, with)
	}
	return keys
}

// keyOf finds the key of a certificate, and returns the way to log in with both, and its place.
func (c *credentials) keyOf(cert *ssh.Certificate, keys []*credential, name string) (int, *credential, error) {
	isKey := func(k *credential) bool { return sshkeys.Same(k.public, cert.Key) }
	if at := slices.IndexFunc(keys, isKey); at >= 0 {
		with, err := keys[at].certified(name, cert)
		return at, with, err
	}
	if held := c.heldAs(cert.Key); held != nil {
		with, err := held.certified(name, cert)
		return 0, with, err
	}
	return 0, nil, errors.New("there is no key to it")
}

// askAgent lists the agent's keys.
func (c *credentials) askAgent() {
	if c.st.agent == "" {
		return
	}
	defer c.pause()() // the time that the agent has is its own
	link, err := sshagent.Dial(c.ctx, c.st.agent, c.st.timeout)
	if err != nil {
		c.leftOut(fmt.Sprintf("%s (%v)", agentKey, err))
		return
	}
	held, err := link.Keys(c.st.timeout)
	switch {
	case err != nil:
		c.leftOut(fmt.Sprintf("%s (%v)", agentKey, err))
	case len(held) == 0:
		c.leftOut(agentKey + " (it holds no keys, or is locked)")
	}
	for _, key := range held {
		if found := c.heldBy(link, key); found != nil {
			c.agent = append(c.agent, found)
		}
	}
}

// named is the key that was given as text.
func (c *credentials) named() ([]*credential, error) {
	if c.st.key == "" {
		return nil, nil
	}
	text, err := c.session.reveal(c.ctx, c.st.key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	found, err := c.parse("the key of "+c.st.slug, []byte(strings.TrimSpace(text)+"\n"), "")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return []*credential{found}, nil
}

// noFile ends what is said of a file that is not there.
const noFile = " (there is no such file)"

// file reads a key. It returns nil for one that is not there or cannot be read, unless it was asked for by name.
func (c *credentials) file(id identity) (*credential, error) {
	text, err := c.pool.keyFiles.Read(id.file)
	if errors.Is(err, fs.ErrNotExist) {
		if held := c.heldAs(c.pool.keyFiles.Public(id.file + ".pub")); held != nil { // only the agent has the private one
			return held, nil
		}
		if !id.explicit {
			if id.said {
				c.leftOut(c.short(id.file) + noFile)
			}
			return nil, nil
		}
	}
	if err == nil {
		var found *credential
		if found, err = c.read(id.file, text); err == nil {
			return found, nil
		}
	}
	if id.explicit {
		return nil, fmt.Errorf("key_filename: %w", err)
	}
	c.leftOut(err.Error())
	return nil, nil
}

// read reads a private key from the text of its file. As with OpenSSH, one that others can read is left alone.
func (c *credentials) read(file string, text []byte) (*credential, error) {
	name := c.short(file)
	mode, err := sshkeys.Exposed(file)
	switch {
	case err != nil:
		return nil, err
	case mode == 0 || sshkeys.IsPublic(text):
		return c.parse(name, text, file)
	}
	if held := c.heldAs(cmp.Or(sshkeys.PublicHalf(text), c.pool.keyFiles.Public(file+".pub"))); held != nil {
		return held, nil
	}
	return nil, fmt.Errorf("%s can be used by others (%04o), and so is not used: run chmod 600 %[1]s", name, mode)
}

// parse reads a private key. Where it is encrypted the agent, key_password and what was typed before are tried.
func (c *credentials) parse(name string, text []byte, file string) (*credential, error) {
	signer, err := c.pool.keyFiles.Private(text)
	if err == nil {
		return newCredential(name, signer), nil
	}
	public := sshkeys.PublicHalf(text)
	if public == nil && file != "" {
		public = c.pool.keyFiles.Public(file + ".pub")
	}
	if held := c.heldAs(public); held != nil {
		return held, nil
	}
	var missing *ssh.PassphraseMissingError
	switch {
	case sshkeys.IsHardware(public):
		return nil, fmt.Errorf("%s is for a hardware key, which only the agent can use: load it with ssh-add", name)
	case errors.As(err, &missing):
		return c.open(sshkeys.NewLocked(name, text), public)
	case sshkeys.IsPublic(text):
		return nil, fmt.Errorf("%s is a public key, and the agent does not hold the private one", name)
	}
	return nil, fmt.Errorf("%s is not a private key that can be read: %w", name, cmp.Or(sshkeys.Foreign(text), trimSSH(err)))
}

// open finds the signer of an encrypted key, as far as nobody need be asked.
func (c *credentials) open(locked *sshkeys.Locked, public ssh.PublicKey) (*credential, error) {
	if signer := c.pool.keys.Get(locked); signer != nil {
		return newCredential(locked.Name, signer), nil
	}
	if c.st.keyPassword == "" {
		return &credential{name: locked.Name, public: public, locked: locked}, nil
	}
	passphrase, err := c.session.reveal(c.ctx, c.st.keyPassword)
	if err != nil {
		return nil, fmt.Errorf("key_password: %w", err)
	}
	signer, err := c.pool.keys.Open(locked, passphrase)
	if err != nil {
		return nil, fmt.Errorf("key_password does not open %s", locked.Name)
	}
	return newCredential(locked.Name, signer), nil
}

// withCertificate returns the ways to log in with the key of a file: with the certificate beside it, then without.
func (c *credentials) withCertificate(found *credential, file string) []*credential {
	file = strings.TrimSuffix(file, ".pub") + "-cert.pub"
	cert, err := c.pool.keyFiles.Certificate(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && found.public == nil {
		return []*credential{found}
	}
	name := c.short(file)
	var with *credential
	if err == nil {
		with, err = found.certified(name, cert)
	}
	if err != nil {
		c.leftOut(fmt.Sprintf("%s (%v)", name, err))
		return []*credential{found}
	}
	return []*credential{with, found}
}

// reveal returns the value of an option that is a secret, with or without a token.
func (s *Session) reveal(ctx context.Context, option string) (string, error) {
	value, err := s.Secrets().Reveal(ctx, option)
	if err == nil {
		s.Secrets().Add(value)
	}
	return value, err
}

// heldAs returns the agent's key, if it has it.
func (c *credentials) heldAs(public ssh.PublicKey) *credential {
	for _, held := range c.agent {
		if sshkeys.Same(held.public, public) {
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
