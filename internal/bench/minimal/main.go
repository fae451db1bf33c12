// Command minimal is the least that a program can do to run a command on hosts over SSH: dial, authenticate with one key,
// run, print. With "terminal" it asks for a terminal for the command, as the live view does; with "keep" connections stay
// open until all hosts are done; with "warm" too, and the command runs again for every line of standard input. Benchmarks
// measure deployer against it.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"
)

// atOnce is how many connections are made at once: deployer's default.
const atOnce = 64

func main() {
	log.SetFlags(0)
	if len(os.Args) < 7 {
		log.Fatal("usage: minimal ADDRESS USER KEYFILE HOSTKEYFILE HOSTS COMMAND [terminal] [keep] [warm]")
	}
	options := os.Args[7:]
	command := command{os.Args[6], slices.Contains(options, "terminal"), slices.Contains(options, "keep")}
	config, err := clientConfig(os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	n, err := strconv.Atoi(os.Args[5])
	if err != nil {
		log.Fatal(err)
	}
	if !slices.Contains(options, "warm") {
		onAll(n, func(int) (string, error) { return command.once(os.Args[1], config) })
		return
	}
	clients := make([]*ssh.Client, n)
	onAll(n, func(i int) (string, error) {
		client, err := ssh.Dial("tcp", os.Args[1], config)
		clients[i] = client
		return "", err
	})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		onAll(n, func(i int) (string, error) { return command.run(clients[i]) })
		fmt.Println("all done")
	}
}

// onAll does something for every host, and prints what it gives.
func onAll(n int, do func(i int) (string, error)) {
	var all sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i := range n {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			out, err := do(i)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(out)
		})
	}
	all.Wait()
}

func clientConfig(user, keyFile, hostKeyFile string) (*ssh.ClientConfig, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	text, err = os.ReadFile(hostKeyFile)
	if err != nil {
		return nil, err
	}
	_, _, hostKey, _, _, err := ssh.ParseKnownHosts(text)
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.FixedHostKey(hostKey), HostKeyAlgorithms: []string{hostKey.Type()},
	}, nil
}

type command struct {
	line     string
	terminal bool
	keep     bool
}

func (c command) once(address string, config *ssh.ClientConfig) (string, error) {
	client, err := ssh.Dial("tcp", address, config)
	if err != nil {
		return "", err
	}
	if !c.keep { // else it ends with this program
		defer client.Close()
	}
	return c.run(client)
}

func (c command) run(client *ssh.Client) (string, error) {
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	if c.terminal {
		if err := session.RequestPty("xterm", 40, 120, nil); err != nil {
			return "", err
		}
	}
	out, err := session.Output(c.line)
	return string(out), err
}
