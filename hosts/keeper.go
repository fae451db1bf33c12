package hosts

// Keeper keeps what sessions that follow one another share, as the runs of a shell do: connections, and the passwords and
// passphrases that a person typed. One session uses it at a time, until its Close returns.
type Keeper struct {
	pool *pool
	sudo *passwords
}

// NewKeeper returns a keeper that has nothing yet.
func NewKeeper() *Keeper { return &Keeper{newPool(), newPasswords()} }

// Close closes every connection. No session may be open.
func (k *Keeper) Close() error { return k.pool.close() }
