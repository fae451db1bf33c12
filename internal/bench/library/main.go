// Command library copies a file, or the files of a directory, with github.com/pkg/sftp as well as that can do it: large
// requests, many at a time, and 64 files at once. It writes files in place and keeps neither modes nor times. Benchmarks
// measure deployer against it.
package main

import (
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	"golang.org/x/sync/errgroup"
)

// What was the quickest with OpenSSH.
const (
	packet  = 128 << 10
	workers = 64
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 8 || os.Args[5] != "put" && os.Args[5] != "get" {
		log.Fatal("usage: library PORT USER KEYFILE KNOWNHOSTS put|get FROM TO")
	}
	if err := run(os.Args[1:5], os.Args[5] == "put", os.Args[6], os.Args[7]); err != nil {
		log.Fatal(err)
	}
}

func run(login []string, put bool, from, to string) error {
	connection, err := dial(login[0], login[1], login[2], login[3])
	if err != nil {
		return err
	}
	client, err := sftp.NewClient(connection, sftp.UseConcurrentWrites(true), sftp.MaxPacketUnchecked(packet))
	if err != nil {
		return errors.Join(err, connection.Close())
	}
	there, here := remote{client}, local{}
	if put {
		err = copyAll(here, there, from, to)
	} else {
		err = copyAll(there, here, from, to)
	}
	return errors.Join(err, client.Close(), connection.Close())
}

func dial(port, user, keyFile, knownHosts string) (*ssh.Client, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	check, err := knownhosts.New(knownHosts)
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", "127.0.0.1:"+port, &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: check,
	})
}

// side is where files are.
type side interface {
	list(dir string) (names []string, err error) // nil if it is a file
	open(path string) (io.ReadCloser, error)
	create(path string) (io.WriteCloser, error)
	mkdir(path string) error
}

func copyAll(from, to side, source, target string) error {
	names, err := from.list(source)
	if err != nil {
		return err
	}
	if names == nil {
		return copyFile(from, to, source, target)
	}
	if err := to.mkdir(target); err != nil {
		return err
	}
	var copying errgroup.Group
	copying.SetLimit(workers)
	for _, name := range names {
		copying.Go(func() error { return copyFile(from, to, filepath.Join(source, name), filepath.Join(target, name)) })
	}
	return copying.Wait()
}

func copyFile(from, to side, source, target string) error {
	r, err := from.open(source)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := to.create(target)
	if err != nil {
		return err
	}
	return errors.Join(write(w, r), w.Close())
}

// write writes a small file of this machine at once: the library would take memory for a large one.
func write(w io.Writer, r io.Reader) error {
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if info.Size() <= packet {
			data := make([]byte, info.Size())
			if _, err := io.ReadFull(f, data); err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		}
	}
	_, err := io.Copy(w, r)
	return err
}

type local struct{}

func (local) open(path string) (io.ReadCloser, error)    { return os.Open(path) }
func (local) create(path string) (io.WriteCloser, error) { return os.Create(path) }
func (local) mkdir(path string) error                    { return os.Mkdir(path, 0o777) }

func (local) list(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

type remote struct{ client *sftp.Client }

func (r remote) open(path string) (io.ReadCloser, error)    { return r.client.Open(path) }
func (r remote) create(path string) (io.WriteCloser, error) { return r.client.Create(path) }
func (r remote) mkdir(path string) error                    { return r.client.Mkdir(path) }

func (r remote) list(dir string) ([]string, error) {
	info, err := r.client.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, err
	}
	infos, err := r.client.ReadDir(dir)
	names := []string{}
	for _, info := range infos {
		names = append(names, info.Name())
	}
	return names, err
}
