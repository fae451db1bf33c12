package deployer_test

import (
	"context"
	"fmt"
	"os"

	"deployer"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Greeter says hello.
type Greeter struct {
	nodes.Node
	Greeting string
}

// Greet greets somebody.
func (g *Greeter) Greet(_ context.Context, name string) string { return g.Greeting + " " + name }

// The program over a tree in Go is a value: arguments and streams in, exit status out. deployer.Main(root) does that
// with those of the process.
func ExampleProgram() {
	root := &Greeter{
		Node:     nodes.Node{Roles: nodes.Roles{nodes.Role("host", nodes.LocalHost(hosts.LocalOptions{}))}},
		Greeting: "hello",
	}
	p := deployer.Program{Root: root, Name: "greeter"}
	status := p.Run(context.Background(), []string{"run", "greet", "world"}, deployer.Stdio{Out: os.Stdout, Err: os.Stderr})
	fmt.Println("exit status", status)
	// Output:
	// hello world
	// exit status 0
}

// states is a reader of the journal that tells how every action ended.
type states struct{}

func (states) Write(e journal.Event) error {
	if e.Kind == journal.ActionEnd {
		fmt.Println(e.Node, e.Action, "is", e.State)
	}
	return nil
}

// More readers of the journal are given to the program, or to deployer.Main(root, sinks…).
func ExampleProgram_sinks() {
	root := &Greeter{Greeting: "hello"}
	p := deployer.Program{Root: root, Sinks: []journal.Sink{states{}}}
	p.Run(context.Background(), []string{"run", "--allow-empty", "greet", "world"}, deployer.Stdio{Out: os.Stdout, Err: os.Stderr})
	// Output:
	// / greet is done
	// hello world
}
