// Command minimal is the least that a program can do to run a command on hosts over SSH: dial, authenticate with one key,
// run, print. Benchmarks measure deployer against it.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"
)

// atOnce is how many connections are made at once: deployer's default.
const atOnce = 64

func main() {
	log.SetFlags(0)
	if len(os.Args) != 7 {
		log.Fatal("usage: minimal ADDRESS USER KEYFILE HOSTKEYFILE HOSTS COMMAND")
	}
	config, err := clientConfig(os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	n, err := strconv.Atoi(os.Args[5])
	if err != nil {
		log.Fatal(err)
	}
	var all sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for range n {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			out, err := run(os.Args[1], config, os.Args[6])
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

func run(address string, config *ssh.ClientConfig, command string) (string, error) {
	client, err := ssh.Dial("tcp", address, config)
	if err != nil {
		return "", err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return "", err
	}
	defer session.Close()
	out, err := session.Output(command)
	return string(out), err
}
