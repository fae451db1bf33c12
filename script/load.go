package script

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"deployer/internal/nearest"
	"deployer/journal"
	"deployer/nodes"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Options are how a tree is loaded. The zero value is usable.
type Options struct {
	// Secrets get what the files call secret. nil: secrets of the tree alone, which nothing outside masks.
	Secrets *journal.Secrets
	// Check also walks the tree and tells what is wrong with nodes that stop no others (see [nodes.Tree.Check]).
	Check bool
	// Print takes what the files print while they load, a line without its end. nil: it is dropped.
	Print func(at nodes.Pos, text string)
}

// Loaded is a tree without mistakes.
type Loaded struct {
	Tree     *nodes.Tree
	Warnings []Problem
}

// Load reads a tree from the file at path and the files that it loads. Nothing else is touched. The error is a *Problems
// with every mistake that was found, or the cause of ctx if that was done first.
func Load(ctx context.Context, path string, o Options) (*Loaded, error) {
	if o.Secrets == nil {
		o.Secrets = journal.NewSecrets()
	}
	l := &loader{
		ctx: ctx, opts: o, modules: map[string]*module{}, told: map[nodes.Problem]bool{},
		actions: map[*starlark.Function]*nodes.Action{},
	}
	l.prog = &program{secrets: o.Secrets, sources: map[string]*source{}, hosts: map[string][]*hostValue{}}
	l.prog.builtins = builtins(l.prog)
	m := l.module(path, nodes.Pos{File: path})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	tree := l.tree(path, m)
	if tree != nil && o.Check {
		l.recordAll(tree.Check())
	}
	l.settle(tree)
	list := sortProblems(l.problems, l.files)
	mistakes := slices.DeleteFunc(slices.Clone(list), func(p Problem) bool { return p.Warning })
	switch {
	case len(mistakes) > 0 && o.Check:
		return nil, &Problems{list}
	case len(mistakes) > 0:
		return nil, &Problems{mistakes}
	}
	tree.File, tree.Sources = l.sources(path)
	return &Loaded{Tree: tree, Warnings: list}, nil
}

// loader is the state of one Load.
type loader struct {
	ctx      context.Context
	opts     Options
	prog     *program
	modules  map[string]*module // by absolute path
	loading  []*module          // from the tree itself to the file that is being loaded now
	files    []string           // as shown, in the order of loading
	problems []Problem
	told     map[nodes.Problem]bool
	kept     []starlark.Value // what templates hold, and the globals may not reach
	actions  map[*starlark.Function]*nodes.Action
}

// module is a file as it is loaded, once.
type module struct {
	source  *source
	full    string
	digest  [sha256.Size]byte // of its text
	globals starlark.StringDict
	done    bool
	broken  bool // it stopped before its end: globals may be missing
}

// record takes note of a problem.
func (l *loader) record(p nodes.Problem, trace []Frame) {
	same := p
	same.In = nil
	if l.told[same] {
		return // the same call, executed again
	}
	l.told[same] = true
	l.problems = append(l.problems, Problem{Problem: p, Trace: trace})
}

// recordAll takes note of problems outside of functions.
func (l *loader) recordAll(problems []nodes.Problem) {
	for _, p := range problems {
		l.record(p, nil)
	}
}

func (l *loader) print(at nodes.Pos, text string) {
	if l.opts.Print != nil {
		l.opts.Print(at, l.opts.Secrets.Mask(text))
	}
}

// settle fills in what is known once everything is loaded, and freezes what the templates hold, which many goroutines
// will read.
func (l *loader) settle(tree *nodes.Tree) {
	var paths map[*nodes.Template]string
	if tree != nil && len(l.problems) > 0 {
		paths = tree.Paths()
	}
	for i, p := range l.problems {
		l.problems[i].Node = paths[p.In]
		l.problems[i].Line, l.problems[i].mark = l.prog.line(p.Pos)
		l.problems[i].Message = l.opts.Secrets.Mask(p.Message)
		l.problems[i].Hint = l.opts.Secrets.Mask(p.Hint)
	}
	for _, v := range l.kept {
		v.Freeze()
	}
}

// module loads a file. from is where it is asked for. It returns nil if there is no such file.
func (l *loader) module(path string, from nodes.Pos) *module {
	full := fullPath(path)
	if m := l.modules[full]; m != nil {
		if !m.done {
			l.record(nodes.Problem{Pos: from, Message: "files load each other in a circle: " + l.circle(m),
				Hint: "move what both need into a third file"}, nil)
		}
		return m
	}
	text, err := readSource(path)
	if err != nil {
		l.record(nodes.Problem{Pos: from, Message: err.Error()}, nil)
		return nil
	}
	m := &module{source: newSource(path, text), full: full, digest: sha256.Sum256([]byte(text))}
	l.modules[full] = m
	l.prog.sources[path] = m.source
	l.files = append(l.files, path)
	l.loading = append(l.loading, m)
	l.run(m)
	l.loading = l.loading[:len(l.loading)-1]
	m.done = true
	if !m.broken && len(l.loading) > 0 {
		m.source.forget()
	}
	return m
}

// circle writes the files from m to the one being loaded, and m again.
func (l *loader) circle(m *module) string {
	var names []string
	for _, at := range l.loading[slices.Index(l.loading, m):] {
		names = append(names, at.source.path)
	}
	return strings.Join(append(names, m.source.path), " → ")
}

// run parses a file and executes it. Whatever is wrong is recorded.
func (l *loader) run(m *module) {
	m.broken = true
	s := m.source
	if p := badText(s); p != nil {
		l.record(*p, nil)
		return
	}
	problems, suspect := s.parse()
	if s.file != nil {
		prog, err := starlark.FileProgram(s.file, l.prog.builtins.Has)
		if err == nil && len(problems) == 0 {
			l.recordAll(s.queryMistakes())
			l.execute(m, prog)
			return
		}
		if err != nil {
			problems = append(problems, s.resolveProblems(err, suspect, l.known())...)
		}
	}
	l.recordAll(problems)
	l.loadsOf(s) // they may have mistakes of their own
}

// known are the names that every file has.
func (l *loader) known() []string {
	return append(l.prog.builtins.Keys(), starlark.Universe.Keys()...)
}

// loadsOf loads what a file that cannot be executed would load.
func (l *loader) loadsOf(s *source) {
	if s.file == nil {
		return
	}
	for _, stmt := range s.file.Stmts {
		if load, ok := stmt.(*syntax.LoadStmt); ok {
			if name := load.ModuleName(); name != "" {
				l.named(s.path, name, pos(load.Module.TokenPos))
			}
		}
	}
}

// relativeTo is the path of a file that is named in another one.
func relativeTo(file, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
}

// execute runs the statements of a file.
func (l *loader) execute(m *module, prog *starlark.Program) {
	c := newCall(l.ctx, l.prog, nil)
	defer c.end()
	c.loader = l
	defer func(outer *call) { l.prog.loading = outer }(l.prog.loading)
	l.prog.loading = c
	c.thread.Load = func(_ *starlark.Thread, name string) (starlark.StringDict, error) { return l.load(m.source, name) }
	globals, err := prog.Init(c.thread, l.prog.builtins)
	globals.Freeze()
	m.globals = globals
	nameTemplates(globals)
	cause := c.failed()
	m.broken = err != nil || cause != nil
	if !m.broken || l.ctx.Err() != nil {
		return
	}
	e := c.newError(err, cause)
	if len(l.problems) > 0 && strings.Contains(e.Msg, broken{}.Type()) {
		return // it follows from what was told already
	}
	p := nodes.Problem{Pos: e.Pos, Message: e.Msg}
	if cut := strings.LastIndex(e.Msg, " (did you mean "); cut >= 0 {
		p.Message, p.Hint = e.Msg[:cut], strings.Trim(e.Msg[cut:], " ()")
	}
	trace := e.Backtrace
	if len(trace) > 0 {
		trace = trace[:len(trace)-1]
	}
	l.record(p, trace)
}

// load is the load statement: the globals of another file. What the file does not have, or lost by a mistake of its
// own, is replaced by a value that makes no further complaints.
func (l *loader) load(s *source, name string) (starlark.StringDict, error) {
	stmt := s.loadStmt(name)
	if name == "" {
		l.record(nodes.Problem{Pos: pos(stmt.Module.TokenPos), Message: "load needs the name of a file"}, nil)
	}
	var m *module
	if name != "" {
		m = l.named(s.path, name, pos(stmt.Module.TokenPos))
	}
	out := starlark.StringDict{}
	for _, id := range s.loadedNames(name) {
		switch {
		case m != nil && m.globals.Has(id.Name):
			out[id.Name] = m.globals[id.Name]
			continue
		case m != nil && m.done && !m.broken:
			l.record(nodes.Problem{Pos: pos(id.NamePos), Message: fmt.Sprintf("%s has no global %s", m.source.path, id.Name),
				Hint: nearest.Hint(id.Name, exported(m.globals))}, nil)
		}
		out[id.Name] = broken{}
	}
	return out, nil
}

func exported(globals starlark.StringDict) []string {
	return slices.DeleteFunc(globals.Keys(), func(name string) bool { return strings.HasPrefix(name, "_") })
}

// tree makes the tree of the global root of its file.
func (l *loader) tree(path string, m *module) *nodes.Tree {
	if m == nil || m.broken {
		return nil
	}
	at := nodes.Pos{File: m.source.path}
	v, ok := m.globals["root"]
	if !ok {
		l.record(nodes.Problem{Pos: at, Message: "there is no root: a tree is the global root of its file",
			Hint: "root = node(…)"}, nil)
		return nil
	}
	t, ok := v.(*template)
	if _, unavailable := v.(broken); unavailable {
		return nil
	}
	if !ok {
		l.record(nodes.Problem{Pos: m.source.globalPos("root", at),
			Message: fmt.Sprintf("root is a %s: expected a node", v.Type()), Hint: "root = node(…)"}, nil)
		return nil
	}
	if k := t.t.Kind; k == nodes.KindArray || k == nodes.KindJustOne {
		l.record(nodes.Problem{Pos: t.t.Pos, Message: fmt.Sprintf("root is %s: these stand only inside a node", k),
			Hint: "root = node(name = …)"}, nil)
		return nil
	}
	if t.t.Doc == "" {
		t.t.Doc = moduleDoc(m.source.file)
	}
	m.source.forget()
	return &nodes.Tree{Name: filepath.Base(path), Template: t.t, Code: l.prog.code}
}
