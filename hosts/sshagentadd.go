package hosts

import (
	"context"
	"time"

	"deployer/internal/sshagent"
	"deployer/internal/sshkeys"
	"deployer/journal"

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
func (d *dialling) addToAgent(ctx context.Context, k *sshkeys.Locked, passphrase string) {
	if !d.st.adding.wanted || d.st.agent == "" || !d.pool.keys.Adds(k) {
		return
	}
	if err := d.add(ctx, k, passphrase); err != nil {
		d.pool.log(ctx, journal.Warning, d.st.slug, "the agent did not take "+k.Name+": "+err.Error())
	}
}

func (d *dialling) add(ctx context.Context, k *sshkeys.Locked, passphrase string) error {
	private, err := k.Private(passphrase)
	if err != nil {
		return err
	}
	link, err := sshagent.Dial(ctx, d.st.agent, d.st.timeout)
	if err != nil {
		return err
	}
	defer link.Close() // what it did is known
	key := agent.AddedKey{
		PrivateKey: private, Comment: k.Name, ConfirmBeforeUse: d.st.adding.confirm,
		LifetimeSecs: uint32(d.st.adding.life.Seconds()),
	}
	return link.Add(key, d.st.timeout)
}
