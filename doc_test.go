package deployer_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deployer/nodes"
	"deployer/script"
)

// The documents are tested by following them. Their blocks are marked by the first word after the fence:
//
//	python            a tree, if it sets the global root: it is loaded, and is the file deploy from then on
//	python FILE       a file that trees load
//	go                a program in Go, which is main.go from then on (see reader.program); "go skip" is a part of one
//	go FILE.go        another file of it
//	console           commands after "$ ", and all that they print (see reader.follow)
//	json              events of the runs before, one a line (see reader.events)
//
// Other blocks are not looked at. Commands run in a folder of the document, in its order; a home with an ssh_config for
// web1 to web3, db1 and others is made for it, see [docHosts].

// documents are all texts for users.
func documents(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("doc/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatalf("there are no documents: %v", err)
	}
	return append([]string{"README.md"}, docs...)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, path := range documents(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			d := readDocument(t, path)
			r := newReaderOf(t, path)
			for _, b := range d.blocks {
				switch b.words[0] {
				case "python":
					r.write(b)
				case "go":
					r.program(b)
				case "console":
					r.follow(d, b)
				case "json":
					r.events(d, b)
				}
			}
			d.update(t)
		})
	}
}

// document is a text with its fenced blocks.
type document struct {
	path    string
	lines   []string
	blocks  []*block
	changed bool
}

// block is the text between two fences.
type block struct {
	words []string // after the fence; at least one, which may be ""
	lines []string
	at    int // index of its first line in the document
}

func (b *block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func readDocument(t *testing.T, path string) *document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{path: path, lines: strings.Split(string(text), "\n")}
	var open *block
	for i, line := range d.lines {
		words, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{words: strings.Split(words, " "), at: i + 1}
		case fence:
			open.lines = d.lines[open.at:i]
			d.blocks = append(d.blocks, open)
			open = nil
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block has no end", path, open.at)
	}
	return d
}

// update writes the document with what its commands print now, if that was asked for with DEPLOYER_UPDATE=1.
func (d *document) update(t *testing.T) {
	t.Helper()
	if !d.changed {
		return
	}
	var lines []string
	next := 0
	for _, b := range d.blocks {
		lines = append(append(lines, d.lines[next:b.at]...), b.lines...)
		for next = b.at; !strings.HasPrefix(d.lines[next], "```"); next++ {
		}
	}
	lines = append(lines, d.lines[next:]...)
	if err := os.WriteFile(d.path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

var setsRoot = regexp.MustCompile(`(?m)^root = `)

// write puts a file of a tree where the commands of the document run, and loads it if it is a tree.
func (r *reader) write(b *block) {
	r.t.Helper()
	isTree := setsRoot.MatchString(b.text())
	name := "deploy"
	switch {
	case len(b.words) > 1:
		name = b.words[1]
	case !isTree:
		return
	}
	file := filepath.Join(r.work, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		r.t.Fatal(err)
	}
	_ = os.Remove(file) // the program may be reading the old one
	if err := os.WriteFile(file, []byte(r.real(b.text())), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if !isTree {
		return
	}
	loaded, err := script.Load(r.t.Context(), file, script.Options{})
	if err != nil {
		r.t.Errorf("line %d: the tree has mistakes:\n%v", b.at, err)
		return
	}
	for _, w := range loaded.Warnings {
		r.t.Errorf("line %d: the tree has a warning: %v", b.at, w)
	}
}

// notWrapped are documents whose lines may be long: one is generated, the other is notes.
var notWrapped = []string{"doc/script.md", "doc/decisions.md"}

// TestTextOfDocuments checks what holds for the prose: its lines are short, and what it links to is there.
func TestTextOfDocuments(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile("`[^`]*`")
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	for _, path := range documents(t) {
		d := readDocument(t, path)
		for i, line := range d.lines {
			if d.inBlock(i) {
				continue
			}
			if !slices.Contains(notWrapped, path) && len([]rune(line)) > 120 && !strings.HasPrefix(line, "|") {
				t.Errorf("%s:%d has more than 120 characters", path, i+1)
			}
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				d.checkLink(t, i+1, m[1], strings.TrimPrefix(m[2], "#"))
			}
		}
	}
}

func (d *document) checkLink(t *testing.T, line int, file, heading string) {
	t.Helper()
	to := d
	if file != "" {
		name := filepath.Join(filepath.Dir(d.path), file)
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s:%d: %v", d.path, line, err)
			return
		}
		to = &document{path: name}
		if heading != "" {
			to = readDocument(t, name)
		}
	}
	if heading != "" && !slices.ContainsFunc(to.lines, func(l string) bool { return anchor(l) == heading }) {
		t.Errorf("%s:%d: %s has no heading #%s", d.path, line, to.path, heading)
	}
}

// anchor is how links name a heading; "" for a line that is none.
func anchor(line string) string {
	title := strings.TrimLeft(line, "#")
	if title == line {
		return ""
	}
	kept := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
	return strings.ReplaceAll(kept, " ", "-")
}

func (d *document) inBlock(line int) bool {
	return slices.ContainsFunc(d.blocks, func(b *block) bool { return line >= b.at && line < b.at+len(b.lines) })
}

// TestNestingTable compares the table of the overview with what may be nested.
func TestNestingTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc/overview.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := []nodes.Kind{nodes.KindNormal, nodes.KindParallel, nodes.KindArray, nodes.KindJustOne}
	for _, outer := range []nodes.Kind{nodes.KindNormal, nodes.KindParallel} {
		want := "| `" + strings.TrimPrefix(outer.String(), "a ") + "`"
		for _, inner := range kinds {
			if mayNest(outer, inner) {
				want += " | yes"
			} else {
				want += " | no"
			}
		}
		if !strings.Contains(string(text), want+" |\n") {
			t.Errorf("the table has no row %q", want+" |")
		}
	}
}

func mayNest(outer, inner nodes.Kind) bool {
	kind := inner
	if inner != nodes.KindNormal {
		kind = nodes.KindParallel
	}
	child, _ := nodes.NewTemplate(kind, nodes.Definition{})
	if inner != kind {
		child, _ = child.Nested(inner, nodes.Definition{})
	}
	_, problems := nodes.NewTemplate(outer, nodes.Definition{Members: []nodes.Member{{Name: "child", Child: child}}})
	return len(problems) == 0
}
