package deployer

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"deployer/journal"
	"deployer/nodes"
	"deployer/script"
	"deployer/shell"
)

// load makes the tree: of the root in Go, or of the script that the command line names. Its mistakes are shown, and the
// error is then only a status.
func (p *program) load(ctx context.Context, secrets *journal.Secrets) (*nodes.Tree, error) {
	if p.Root != nil {
		return p.bind(secrets)
	}
	loaded, err := p.loadScript(ctx, secrets, false)
	if err != nil {
		return nil, err
	}
	return loaded.Tree, nil
}

// bind makes the tree of the root in Go.
func (p *program) bind(secrets *journal.Secrets) (*nodes.Tree, error) {
	tree, err := nodes.Bind(p.Root)
	var wrong *nodes.TreeError
	if errors.As(err, &wrong) {
		p.showProblems(wrong.Problems, secrets)
		return nil, &shownError{exitUsage}
	}
	if err == nil {
		tree.File, tree.Sources = ownSources()
	}
	return tree, err
}

// ownSources are the program as what a tree in Go is made of.
func ownSources() (file string, digests map[string]string) {
	file, err := os.Executable()
	if err != nil {
		return "", nil
	}
	digest, err := programDigest(file)
	if err != nil {
		return file, nil
	}
	return file, map[string]string{file: digest}
}

// programDigest tells a program apart from others: by what its linker says it was built from, or else by its content.
func programDigest(file string) (string, error) {
	if program, err := elf.Open(file); err == nil {
		defer program.Close()
		if note := program.Section(".note.go.buildid"); note != nil {
			if id, err := note.Data(); err == nil {
				return fmt.Sprintf("build:%x", sha256.Sum256(id)), nil
			}
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content := sha256.New()
	if _, err := io.Copy(content, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", content.Sum(nil)), nil
}

// loadScript finds and loads a tree that is a script. With check every node of it is looked at.
func (p *program) loadScript(ctx context.Context, secrets *journal.Secrets, check bool) (*script.Loaded, error) {
	path := p.tree
	if path == "" {
		found, err := script.Find(".")
		if err != nil {
			return nil, &usageError{err, p.Name + " --help"}
		}
		path = found
	}
	loaded, err := script.Load(ctx, path, script.Options{
		Secrets: secrets,
		Check:   check,
		Print:   func(_ nodes.Pos, text string) { fmt.Fprintln(p.Err, secrets.Mask(text)) },
	})
	var problems *script.Problems
	if errors.As(err, &problems) {
		p.show(problems.Format, secrets)
		return nil, &shownError{exitUsage}
	}
	return loaded, err
}

// show writes a text to standard error, without secrets.
func (p *program) show(format func(io.Writer) error, secrets *journal.Secrets) {
	var text strings.Builder
	_ = format(&text) // into memory
	fmt.Fprint(p.Err, secrets.Mask(text.String()))
}

// showProblems shows what is wrong with a tree in Go.
func (p *program) showProblems(problems []nodes.Problem, secrets *journal.Secrets) {
	for _, one := range problems {
		p.show(script.Problem{Problem: one}.Format, secrets)
	}
}

// check loads the tree and shows every problem.
func (p *program) check(ctx context.Context) error {
	secrets := journal.NewSecrets()
	tree, err := p.checkTree(ctx, secrets)
	if err != nil {
		return err
	}
	root := tree.Root()
	fmt.Fprintf(p.Out, "%s: %s, %s, no mistakes\n", tree.Name, count(countNodes(root), "node"), count(len(root.HostsBelow()), "host"))
	return nil
}

// checkTree shows what is wrong with the tree. If that is more than warnings, the error is a status.
func (p *program) checkTree(ctx context.Context, secrets *journal.Secrets) (*nodes.Tree, error) {
	if p.Root != nil {
		tree, err := p.bind(secrets)
		if err != nil {
			return nil, err
		}
		found := tree.Check()
		p.showProblems(found, secrets)
		if slices.ContainsFunc(found, func(p nodes.Problem) bool { return !p.Warning }) {
			return nil, &shownError{exitUsage}
		}
		return tree, nil
	}
	loaded, err := p.loadScript(ctx, secrets, true)
	if err != nil {
		return nil, err
	}
	for _, w := range loaded.Warnings {
		p.show(w.Format, secrets)
	}
	return loaded.Tree, nil
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

// list shows what is at a node: what could be run there, and what lies below.
func (p *program) list(n *nodes.Place, color string) error {
	_, err := io.WriteString(p.Out, shell.FormatPlace(n, "nodes, to name with --path:", p.output(p.Out, color).Layout()))
	return err
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
