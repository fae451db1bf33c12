package sshserver

import (
	"encoding/binary"
	"io"

	"golang.org/x/crypto/ssh"
)

// Files is how the sftp subsystem differs from one that has and does everything.
type Files struct {
	// None refuses the subsystem.
	None bool
	// Plain leaves out all extensions, such as the rename that replaces a file.
	Plain bool
	// ShortReads is how many bytes are read at most for one request, whatever was asked for; 0 means no limit.
	ShortReads int
	// Alters inverts the last byte of what is first written, if that is much, as a host with bad memory may do.
	Alters bool
	// Banner is printed before the subsystem starts, as the start files of a login shell may do.
	Banner string
}

// The types of requests to read and to write, and where in them the handle is.
const (
	typeRead     = 5
	typeWrite    = 6
	handleOffset = 5
)

// A filesTap passes the packets of the sftp subsystem on, changed as Files wants.
type filesTap struct {
	ssh.Channel
	files   Files
	pending []byte // of the client's packet that is being read by the server
	version []byte // the server's first packet, as far as it has come
	greeted bool
	altered bool
}

// Read gives the server the packets of the client.
func (t *filesTap) Read(p []byte) (int, error) {
	if len(t.pending) == 0 {
		if err := t.nextPacket(); err != nil {
			return 0, err
		}
	}
	n := copy(p, t.pending)
	t.pending = t.pending[n:]
	return n, nil
}

func (t *filesTap) nextPacket() error {
	var size [4]byte
	if _, err := io.ReadFull(t.Channel, size[:]); err != nil {
		return err
	}
	body := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(t.Channel, body); err != nil {
		return err
	}
	if limit := t.files.ShortReads; limit > 0 && len(body) > handleOffset+4 && body[0] == typeRead {
		length := body[len(body)-4:] // after the handle and the offset
		binary.BigEndian.PutUint32(length, min(binary.BigEndian.Uint32(length), uint32(limit)))
	}
	const much = 1000
	if t.files.Alters && !t.altered && len(body) > much && body[0] == typeWrite {
		t.altered = true
		body[len(body)-1] ^= 0xff
	}
	t.pending = append(size[:], body...)
	return nil
}

// Write sends the packets of the server to the client. The first one says what the server can do.
func (t *filesTap) Write(p []byte) (int, error) {
	if t.greeted || !t.files.Plain {
		return t.Channel.Write(p)
	}
	t.version = append(t.version, p...)
	if len(t.version) < 4 || len(t.version) < 4+int(binary.BigEndian.Uint32(t.version)) {
		return len(p), nil
	}
	t.greeted = true
	plain := append([]byte{0, 0, 0, 5}, t.version[4:9]...)
	if _, err := t.Channel.Write(plain); err != nil {
		return 0, err
	}
	return len(p), nil
}
