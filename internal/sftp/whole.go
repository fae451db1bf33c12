package sftp

// A small file is sent, or asked for, without anybody waiting between its requests: each is sent by who receives the
// answer to the one before.

// ReadFile reads what is at the beginning of a file into b, as [File.Read] does.
func (c *Client) ReadFile(name string, b []byte, done func(n int, err error)) {
	c.send(func(all []answer) {
		f, err := c.opened(all[0])
		if err != nil {
			done(0, err)
			return
		}
		c.send(func(all []answer) { done(len(all[0].body), all[0].err) }, f.read(b, 0), f.closing())
	}, opening(name, Read))
}

// NewFile is a file that is not there yet.
type NewFile struct {
	Name string
	Data []byte // what it is to hold; as in [File.Write]
	Set  Setting
	Look bool // fill in Mode

	Made bool   // it is there now, whole or not
	Mode uint32 // the permissions that it got by itself
}

// Make makes a file. done is called when it is whole, or when something has failed. It must not wait for anything.
func (c *Client) Make(n *NewFile, done func(err error)) {
	c.send(func(all []answer) {
		f, err := c.opened(all[0])
		if err != nil {
			done(err)
			return
		}
		n.Made = true
		c.send(func(all []answer) { done(n.made(all)) }, n.requests(f)...)
	}, opening(n.Name, Write|Create|New))
}

// requests are those for a file that is open. It is set by path, and last, because some servers change the time of a file
// when it is closed.
func (n *NewFile) requests(f *File) []request {
	all := []request{f.write(n.Data, 0)}
	if n.Look {
		all = append(all, f.about(kindFstat, kindAttrs))
	}
	return append(all, f.closing(), about(kindSetstat, kindStatus, n.Name).set(n.Set))
}

// made returns the first error of these requests.
func (n *NewFile) made(all []answer) error {
	for _, a := range all {
		if a.err != nil {
			return a.err
		}
	}
	if !n.Look {
		return nil
	}
	p := parser{rest: all[1].body}
	n.Mode = p.attributes().Mode
	return p.err
}

// StartRename is Rename that does not wait.
func (c *Client) StartRename(from, to string, done func(err error)) {
	c.send(func(all []answer) { done(all[0].err) }, c.renaming(from, to))
}
