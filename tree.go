package deployer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"deployer/journal"
	"deployer/nodes"
	"deployer/script"
)

// load finds and loads the tree. Its mistakes are shown, and the error is then only a status.
func (p *program) load(ctx context.Context, secrets *journal.Secrets) (*script.Loaded, error) {
	path := p.tree
	if path == "" {
		found, err := script.Find(".")
		if err != nil {
			return nil, &usageError{err, "deployer --help"}
		}
		path = found
	}
	loaded, err := script.Load(ctx, path, script.Options{
		Secrets: secrets,
		Print:   func(_ nodes.Pos, text string) { fmt.Fprintln(p.Err, secrets.Mask(text)) },
	})
	var problems *script.Problems
	if errors.As(err, &problems) {
		var text strings.Builder
		_ = problems.Format(&text) // into memory
		fmt.Fprint(p.Err, secrets.Mask(text.String()))
		return nil, &shownError{exitUsage}
	}
	return loaded, err
}

// check loads the tree and shows every problem.
func (p *program) check(ctx context.Context) error {
	secrets := journal.NewSecrets()
	loaded, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	for _, w := range loaded.Warnings {
		var text strings.Builder
		_ = w.Format(&text) // into memory
		fmt.Fprint(p.Err, secrets.Mask(text.String()))
	}
	root := loaded.Tree.Root()
	fmt.Fprintf(p.Out, "%s: %s, %s, no mistakes\n", loaded.Tree.Name, count(countNodes(root), "node"), count(len(allHosts(root)), "host"))
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func countNodes(n *nodes.Place) int {
	count := 1
	for _, name := range n.Steps() {
		if child, err := n.Step(name); err == nil { // Check has told what is wrong with it
			count += countNodes(child)
		}
	}
	return count
}

// resolve returns the node at a path, as written on a command line.
func resolve(tree *nodes.Tree, path string) (*nodes.Place, error) {
	if path == "" {
		return tree.Root(), nil
	}
	parsed, err := nodes.ParsePath(path)
	if err != nil {
		return nil, err
	}
	return nodes.Resolve(parsed, tree.Root())
}

// list shows what is at a path: what could be run there, and what lies below.
func (p *program) list(ctx context.Context, path string) error {
	secrets := journal.NewSecrets()
	loaded, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	n, err := resolve(loaded.Tree, path)
	if err != nil {
		return &usageError{err, ""}
	}
	w := tabwriter.NewWriter(p.Out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(w, n.Path())
	if doc := firstLine(n.Template().Doc); doc != "" {
		fmt.Fprintln(w, doc)
	}
	listChildren(w, n)
	listActions(w, n)
	return w.Flush()
}

// starter writes a tree to begin with.
func (p *program) starter(dir string) error {
	path := filepath.Join(dir, "deploy")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: remove it, or name another folder: deployer init DIR", path)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(starterTree)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "wrote %s: read it, then try\n\n  %s run hello\n", path, commandFor(path))
	return nil
}

// commandFor is how the file at path is executed. Its first line finds this program in the PATH; where that has none, the
// program is named.
func commandFor(path string) string {
	if !filepath.IsAbs(path) {
		path = "./" + path
	}
	if _, err := exec.LookPath("deployer"); err == nil {
		return path
	}
	program, err := os.Executable()
	if err != nil {
		return path
	}
	return program + " " + path
}
