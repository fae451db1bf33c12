package deployer

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"deployer/internal/sshserver"
)

// demoTree is the tree of the demo. It loads hosts.star, which is written when the hosts are up.
//
//go:embed testdata/trees/demo/deploy
var demoTree string

// demoHosts are the throwaway hosts.
var demoHosts = [...]string{"web1", "web2", "db1", "cache1"}

// demoUser is the account that the hosts let in.
const demoUser = "demo"

// demoLines are what a person who does not know the shell yet could type there.
var demoLines = [...]string{"ls -l", "machines release", "production deploy", "--run machines -- uname -n"}

// demo starts SSH hosts inside this process, runs one action on all of them and shows what came of it. Everything it
// made is gone afterwards.
func (p *program) demo(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "deployer-demo-")
	if err != nil {
		return err
	}
	d := &demo{dir: dir}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.start(); err != nil {
		return err
	}
	p.tree, p.state = filepath.Join(dir, "deploy"), dir
	fmt.Fprintf(p.Err, "four SSH hosts on this machine: %s\n", strings.Join(demoHosts[:], ", "))
	if p.interactive() {
		fmt.Fprintf(p.Err, "try: %s\n\n", strings.Join(demoLines[:], ", "))
		return p.openShell(ctx, defaultOptions())
	}
	fmt.Fprintln(p.Err)
	in := p.In
	p.In = nil // the shell only lists what there is
	err = p.openShell(ctx, defaultOptions())
	if p.In = in; err != nil {
		return err
	}
	for _, line := range [][]string{{"machines", "release"}, {"machines", "report"}} {
		fmt.Fprintf(p.Err, "\ndeployer run --path %s %s\n", line[0], line[1])
		o := defaultOptions()
		o.path = line[0]
		if err := p.oneShot(ctx, o, line[1], nil); err != nil {
			return err
		}
	}
	return nil
}

// demo is what a demo has running.
type demo struct {
	dir     string
	servers []*sshserver.Server
}

// start starts the hosts and writes the tree over them.
func (d *demo) start() error {
	keyFile := filepath.Join(d.dir, "key")
	key, err := sshserver.NewKeyFile(keyFile)
	if err != nil {
		return err
	}
	var definitions strings.Builder
	for _, slug := range demoHosts {
		home := filepath.Join(d.dir, slug)
		if err := os.Mkdir(home, 0o700); err != nil {
			return err
		}
		server, err := sshserver.Start(sshserver.Options{Home: home, User: demoUser, AuthorizedKeys: []sshserver.PublicKey{key}})
		if err != nil {
			return fmt.Errorf("start %s: %w", slug, err)
		}
		d.servers = append(d.servers, server)
		fmt.Fprintf(&definitions, `%s = ssh_host(%[1]q, address = "127.0.0.1", port = %d, username = %q, key_filename = %q, host_key = %q, config_filename = "none")`+"\n",
			slug, server.Port(), demoUser, keyFile, server.HostKey())
	}
	return errors.Join(
		os.WriteFile(filepath.Join(d.dir, "hosts.star"), []byte(definitions.String()), 0o600),
		os.WriteFile(filepath.Join(d.dir, "deploy"), []byte(demoTree), 0o700),
	)
}

// close ends the hosts, with all that runs there, and removes what they wrote.
func (d *demo) close() error {
	var errs []error
	for _, s := range d.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}
