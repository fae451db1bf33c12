// Command answers is an SSH server that answers commands from memory: it starts no process, so that all that is measured
// against it is what the client does. It knows how deployer sends a command, and says that the command has begun where
// that asks for it; every command prints the same line.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// line is what every command prints.
const line = "answered from memory\n"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: answers HOSTKEYFILE CLIENTKEYFILE ADDRESSES; it prints its port, and ends with its standard input")
	}
	config, err := serverConfig(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	n, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	port := 0
	for i := range n {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:%d", i+1, port))
		if err != nil {
			log.Fatal(err)
		}
		port = listener.Addr().(*net.TCPAddr).Port
		go accept(listener, config)
	}
	fmt.Println(port)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until its end
}

// serverConfig lets the client in that has the key whose public half is beside the file.
func serverConfig(hostKey, clientKey string) (*ssh.ServerConfig, error) {
	text, err := os.ReadFile(hostKey)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	text, err = os.ReadFile(clientKey)
	if err != nil {
		return nil, err
	}
	client, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	known := string(client.PublicKey().Marshal())
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != known {
			return nil, fmt.Errorf("an unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(key)
	return config, nil
}

func accept(listener net.Listener, config *ssh.ServerConfig) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn, config)
	}
}

// serve answers a connection until it ends. What goes wrong with it, the client tells.
func serve(conn net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for asked := range channels {
		if asked.ChannelType() != "session" {
			_ = asked.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := asked.Accept()
		if err != nil {
			return
		}
		go answer(channel, requests)
	}
}

func answer(channel ssh.Channel, requests <-chan *ssh.Request) {
	terminal := false
	for r := range requests {
		terminal = terminal || r.Type == "pty-req"
		if r.WantReply {
			_ = r.Reply(r.Type == "exec" || r.Type == "pty-req", nil)
		}
		if r.Type != "exec" {
			continue
		}
		var asked struct{ Command string }
		if ssh.Unmarshal(r.Payload, &asked) == nil {
			reply(channel, asked.Command, terminal)
		}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
		_ = channel.Close()
	}
}

// word returns what is in the script that deployer sends, between quotes as it encodes them, and in what it waits for.
func word(command string) (string, bool) {
	const quote, length = `\0047`, 16
	for {
		_, after, found := strings.Cut(command, quote)
		if !found {
			return "", false
		}
		command = after
		if len(after) > length && strings.HasPrefix(after[length:], quote) && !strings.ContainsAny(after[:length], `\/~`) {
			return after[:length], true
		}
	}
}

// reply prints what deployer waits for, and the line.
func reply(channel ssh.Channel, command string, terminal bool) {
	if word, found := word(command); found {
		to := channel.Stderr()
		if terminal {
			to = channel
		}
		fmt.Fprintf(to, "\x01%s:started\x01", word)
	}
	if terminal {
		fmt.Fprint(channel, strings.ReplaceAll(line, "\n", "\r\n"))
		return
	}
	fmt.Fprint(channel, line)
}
