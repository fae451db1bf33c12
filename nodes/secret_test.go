package nodes_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

// Publisher needs secrets.
type Publisher struct {
	nodes.Node
	Given, Variable, Command, Missing, Unset nodes.Secret
}

// Publish sends a secret in a variable and in the input.
func (p *Publisher) Publish(ctx context.Context, which string) (string, error) {
	token := map[string]nodes.Secret{"given": p.Given, "variable": p.Variable, "command": p.Command, "missing": p.Missing, "unset": p.Unset}[which].In(ctx)
	h := p.Host(ctx).Env("TOKEN", "<"+token+">").With(hosts.RunOptions{Input: token})
	if err := h.Run("echo $TOKEN $(cat)"); err != nil {
		return "", err
	}
	out, err := h.Output("echo $TOKEN | tr a-z A-Z")
	return out, err
}

func TestSecrets(t *testing.T) {
	t.Setenv("PUBLISHER_TOKEN", "from-the-environment")
	p := &Publisher{
		Node:  nodes.Node{Roles: nodes.Roles{nodes.Role("host", local("here"))}},
		Given: nodes.NewSecret("given-in-the-code"), Variable: nodes.SecretFromEnv("PUBLISHER_TOKEN"),
		Command: nodes.SecretFromCommand("echo", "from-a-command"), Missing: nodes.SecretFromEnv("PUBLISHER_NONE"),
	}
	s, events := session(t)
	ctx, err := nodes.NewContext(t.Context(), p, nodes.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	for which, want := range map[string]string{
		"given": "<GIVEN-IN-THE-CODE>", "variable": "<FROM-THE-ENVIRONMENT>", "command": "<FROM-A-COMMAND>",
		"missing": "the environment variable PUBLISHER_NONE is not set", "unset": "the nodes.Secret was not set",
	} {
		value, err := nodes.Call(ctx, p, "publish", which)
		if got := fmt.Sprint(value, err); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", which, got, want)
		}
	}
	shown := fmt.Sprintf("%v %+v %#v %s %q %d %v", p.Given, *p, p.Given, p.Given, p.Given, p.Given, &p.Given)
	for _, e := range events.Events() {
		shown += fmt.Sprintf("%+v %s\n", e, e.Data)
	}
	for _, secret := range []string{"given-in-the-code", "from-the-environment", "from-a-command"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%s is seen in\n%s", secret, shown)
		}
	}
	if got, err := nodes.FormatResult(p.Given); got != "********\n" || err != nil {
		t.Errorf("got %q, error %v", got, err)
	}
}
