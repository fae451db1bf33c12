package hosts

import (
	"context"
	"time"

	"deployer/journal"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// adding is what AddKeysToAgent says.
type adding struct {
	wanted  bool
	confirm bool          // each use is to be confirmed
	life    time.Duration // that the agent keeps the key; 0: what it keeps others
}

// addToAgent gives the agent a key whose passphrase a person has typed, where AddKeysToAgent says so: then nobody is
// asked for it the next time. Without that the login goes on as well.
func (d *dialling) addToAgent(ctx context.Context, k *lockedKey, passphrase string) {
	if !d.st.adding.wanted || d.st.agent == "" || !d.pool.keys.adds(k) {
		return
	}
	if err := d.add(ctx, k, passphrase); err != nil {
		d.pool.log(ctx, journal.Warning, d.st.slug, "the agent did not take "+k.name+": "+err.Error())
	}
}

func (d *dialling) add(ctx context.Context, k *lockedKey, passphrase string) error {
	private, err := ssh.ParseRawPrivateKeyWithPassphrase(k.text, []byte(passphrase))
	if err != nil {
		return err
	}
	link, err := dialAgent(ctx, d.st.agent, d.st.timeout)
	if err != nil {
		return err
	}
	defer link.conn.Close() // what it did is known
	key := agent.AddedKey{
		PrivateKey: private, Comment: k.name, ConfirmBeforeUse: d.st.adding.confirm,
		LifetimeSecs: uint32(d.st.adding.life.Seconds()),
	}
	return link.within(d.st.timeout, func() error { return link.client.Add(key) })
}
