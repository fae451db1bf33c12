package nodes_test

import (
	"context"
	"fmt"
	"log"

	"deployer/hosts"
	"deployer/nodes"
)

// Fleet is a fleet of machines.
type Fleet struct {
	nodes.Node
	Greeting string
	Machines nodes.Array[Worker]
}

// Worker is one of them.
type Worker struct{ nodes.Node }

// Greet greets on one machine.
func (w *Worker) Greet(ctx context.Context) (string, error) {
	greeting := nodes.Parent[*Fleet](w).Greeting
	return w.Host(ctx).Output("echo " + hosts.Quote(greeting+" from "+w.Host(ctx).Slug()))
}

func exampleFleet() *Fleet {
	machine := func(slug string) hosts.Host { return nodes.LocalHost(hosts.LocalOptions{Slug: slug}) }
	return &Fleet{
		Node:     nodes.Node{Roles: nodes.Roles{nodes.Role("host", machine("m1"), machine("m2"))}},
		Greeting: "hello",
	}
}

// A tree is used from another program, without a command line and without a terminal.
func ExampleNewContext() {
	session := hosts.NewSession(hosts.Options{})
	defer session.Close()
	fleet := exampleFleet()
	ctx, err := nodes.NewContext(context.Background(), fleet, nodes.Options{Session: session})
	if err != nil {
		log.Fatal(err)
	}
	greetings, err := nodes.Collect(ctx, &fleet.Machines, func(ctx context.Context, w *Worker) (string, error) {
		return w.Greet(ctx)
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(greetings)
	// Output: [hello from m1 hello from m2]
}

// An action is run by its name, as the command line does.
func ExampleCall() {
	session := hosts.NewSession(hosts.Options{})
	defer session.Close()
	fleet := exampleFleet()
	ctx, err := nodes.NewContext(context.Background(), fleet, nodes.Options{Session: session})
	if err != nil {
		log.Fatal(err)
	}
	value, err := nodes.Call(ctx, &fleet.Machines.Cell, "greet")
	if err != nil {
		log.Fatal(err)
	}
	text, err := nodes.FormatResult(value)
	fmt.Printf("%q %v\n", text, err)
	// Output: "m1\thello from m1\nm2\thello from m2\n" <nil>
}
