package deployer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
	"deployer/script"
)

const connectInfoHelp = `Say how a host would be logged in to, and why: for each part the option of the host, the line of ssh_config or of
known_hosts that says so; then the same for its jump hosts. HOST is the slug of a host of the tree, or what ssh
could be given: a name, user@name or ssh://user@name:port. No host is connected to; the agent is asked for its keys, and
the commands of "Match exec" in ssh_config are run.`

func (p *program) connectInfoCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:                   "connect-info [OPTIONS] HOST",
		DisableFlagsInUseLine: true,
		Short:                 "say how a host would be logged in to, and why",
		Long:                  connectInfoHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{fmt.Errorf("expected one HOST, and there are %d", len(args)), cmd.CommandPath() + " --help"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.connectInfo(cmd.Context(), args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object")
	return cmd
}

func (p *program) connectInfo(ctx context.Context, name string, asJSON bool) error {
	secrets := journal.NewSecrets()
	h, err := p.hostCalled(ctx, name, secrets)
	if err != nil {
		return err
	}
	remote, ok := h.(*hosts.SSH)
	if !ok {
		return &usageError{fmt.Errorf("%s is not reached by SSH: it is %s", name, h.Address()), p.Name + " connect-info --help"}
	}
	session := hosts.NewSession(hosts.Options{Journal: journal.New("", secrets)})
	aspects, err := remote.Info(ctx, session)
	if err = errors.Join(err, session.Close()); err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(p.Out)
		out.SetEscapeHTML(false)
		return out.Encode(struct {
			Host    string         `json:"host"`
			Aspects []hosts.Aspect `json:"aspects"`
		}{name, aspects})
	}
	return writeAspects(p.Out, aspects)
}

// writeAspects writes a table, and one for each jump host.
func writeAspects(out io.Writer, aspects []hosts.Aspect) error {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	jump := ""
	for _, a := range aspects {
		if a.Jump != jump {
			jump = a.Jump
			fmt.Fprintf(table, "\nthe jump host %s:\n", jump)
		}
		fmt.Fprintf(table, "%s\t%s [%s]\n", a.Name, a.Value, a.Source)
	}
	return table.Flush()
}

// hostCalled returns the host of the tree that has this slug. Where there is no tree, or no such host in it, the name
// is one for ssh_config.
func (p *program) hostCalled(ctx context.Context, name string, secrets *journal.Secrets) (hosts.Host, error) {
	if p.Root != nil || p.tree != "" || treeNearby() {
		tree, err := p.load(ctx, secrets)
		if err != nil {
			return nil, err
		}
		if h := hostIn(tree.Root(), name); h != nil {
			return h, nil
		}
	}
	return hosts.NewSSH(target(name))
}

// target reads what ssh takes for a host: a name, user@name or ssh://user@name:port.
func target(name string) hosts.SSHOptions {
	if uri, err := url.Parse(name); err == nil && uri.Scheme == "ssh" && strings.Trim(uri.Path, "/") == "" {
		if port, err := strconv.Atoi(cmp.Or(uri.Port(), "0")); err == nil {
			return hosts.SSHOptions{Slug: uri.Hostname(), Username: uri.User.Username(), Port: port}
		}
	}
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		return hosts.SSHOptions{Slug: name[at+1:], Username: name[:at]}
	}
	return hosts.SSHOptions{Slug: name}
}

func treeNearby() bool {
	_, err := script.Find(".")
	return err == nil
}

// hostIn returns the host of that slug at a node or below it, or nil. A child that cannot be reached has none.
func hostIn(n *nodes.Place, slug string) hosts.Host {
	for _, h := range n.Hosts() {
		if h.Slug() == slug {
			return h
		}
	}
	for _, step := range n.Steps() {
		if child, err := n.Step(step); err == nil {
			if h := hostIn(child, slug); h != nil {
				return h
			}
		}
	}
	return nil
}
