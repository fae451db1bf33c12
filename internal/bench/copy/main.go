// Command copy copies a file or a directory from or to a host with deployer's library and nothing else. It prints how
// long that took once it was connected, in seconds, and the memory that the process had at its peak, in MB.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"deployer/hosts"
	"deployer/journal"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 8 || os.Args[5] != "put" && os.Args[5] != "get" {
		log.Fatal("usage: copy PORT USER KEYFILE KNOWNHOSTS put|get FROM TO")
	}
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	host, err := hosts.NewSSH(hosts.SSHOptions{
		Slug: "bench", Address: "127.0.0.1", Port: port, Username: os.Args[2], KeyFilename: os.Args[3],
		KnownHosts: []string{os.Args[4]}, ConfigFilename: "none",
	})
	if err != nil {
		log.Fatal(err)
	}
	session := hosts.NewSession(hosts.Options{Journal: journal.New("bench", journal.NewSecrets(), nobody{})})
	transfer := transfer{session.Handle(host), os.Args[5] == "put", os.Args[6], os.Args[7]}
	took, err := transfer.run(context.Background())
	if err = errors.Join(err, session.Close()); err != nil {
		log.Fatal(err)
	}
	memory, err := peak()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f %d\n", took.Seconds(), memory)
}

// nobody reads the journal.
type nobody struct{}

func (nobody) Write(journal.Event) error { return nil }

// transfer is what is to be copied.
type transfer struct {
	host     *hosts.Handle
	put      bool
	from, to string
}

// run copies over a connection that has been made before, SFTP included, and returns how long that took.
func (t transfer) run(ctx context.Context) (time.Duration, error) {
	there := t.from
	if t.put {
		there = t.to
	}
	if _, err := t.host.Exists(ctx, there, hosts.FileOptions{}); err != nil {
		return 0, err
	}
	begun := time.Now()
	err := t.copy(ctx)
	return time.Since(begun), err
}

// copy tells of its progress, as for a person who watches.
func (t transfer) copy(ctx context.Context) (err error) {
	o := hosts.CopyOptions{Progress: func(p hosts.CopyProgress) { _, _ = fmt.Fprintln(io.Discard, p) }}
	if t.put {
		_, err = t.host.Put(ctx, t.from, t.to, o)
	} else {
		_, err = t.host.Get(ctx, t.from, t.to, o)
	}
	return err
}

// peak returns the most memory that this process had so far, in MB.
func peak() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("the system does not say how much memory was used")
	}
	kb, err := strconv.Atoi(fields[0])
	return (kb + 1023) / 1024, err
}
