package nodes

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// sources reads the Go files of a tree, when something in them is asked for. They are at hand where the program was
// built, unless it was built with -trimpath; elsewhere nothing is found.
type sources struct {
	dirs     map[string]string // of packages, by path; filled before the tree is used
	embedded map[string]fs.FS  // of packages that bring their text with them; likewise

	mu    sync.Mutex
	files map[string]*sourceFile
}

// sourceFile is a parsed file; nil decls: it is not there, or is no Go.
type sourceFile struct {
	set   *token.FileSet
	decls []ast.Decl
}

func newSources() *sources {
	return &sources{dirs: map[string]string{}, embedded: map[string]fs.FS{}, files: map[string]*sourceFile{}}
}

// WithSource is implemented by structs of a package that is built into programs together with its text, so that
// documentation and source are at hand wherever the program runs.
type WithSource interface {
	// GoSource holds the Go files of the package that defines the method.
	GoSource() fs.FS
}

// embed takes note of the text of a struct's package, if the struct itself brings it.
func (s *sources) embed(n Embedder) {
	if with, ok := n.(WithSource); ok {
		pos, of := whereIs(reflect.TypeOf(n).Elem(), "GoSource")
		s.embedded[of.PkgPath()] = with.GoSource()
		s.dirs[of.PkgPath()] = filepath.Dir(pos.File) // a struct may have no other method
	}
}

// ofMethod returns the source of a method that is written at pos.
func (s *sources) ofMethod(of reflect.Type, name string, pos Pos) Source {
	if pos.File != "" {
		s.dirs[of.PkgPath()] = filepath.Dir(pos.File)
	}
	return &methodSource{s, of.PkgPath(), pos.File, typeName(of), name}
}

// ofType returns the source of a type.
func (s *sources) ofType(t reflect.Type) Source { return &typeSource{s, t.PkgPath(), typeName(t)} }

// typeName is the name of a type without its type arguments.
func typeName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return name
}

// file returns a file of a package, which is parsed once.
func (s *sources) file(pkg, path string) *sourceFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[path]
	if f == nil {
		f = &sourceFile{set: token.NewFileSet()}
		mode := parser.ParseComments | parser.SkipObjectResolution
		if text, err := s.read(pkg, path); err == nil {
			if parsed, err := parser.ParseFile(f.set, path, text, mode); err == nil {
				f.decls = parsed.Decls
			}
		}
		s.files[path] = f
	}
	return f
}

func (s *sources) read(pkg, path string) ([]byte, error) {
	if in := s.embedded[pkg]; in != nil {
		return fs.ReadFile(in, filepath.Base(path))
	}
	return os.ReadFile(path)
}

// list returns the Go files of a package.
func (s *sources) list(pkg string) []string {
	dir, known := s.dirs[pkg]
	if !known {
		return nil
	}
	in := s.embedded[pkg]
	if in == nil {
		in = os.DirFS(dir)
	}
	names, _ := fs.Glob(in, "*.go") // a folder that cannot be read is not at hand
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names
}

func (f *sourceFile) pos(p token.Pos) Pos {
	at := f.set.Position(p)
	return Pos{File: at.Filename, Line: at.Line, Col: at.Column}
}

// code prints a declaration.
func (f *sourceFile) code(decl ast.Node) (string, Pos) {
	var b strings.Builder
	if err := printer.Fprint(&b, f.set, decl); err != nil {
		return "", Pos{}
	}
	return b.String(), f.pos(start(decl))
}

// start is where a declaration begins, with the comment on it.
func start(decl ast.Node) token.Pos {
	var doc *ast.CommentGroup
	switch d := decl.(type) {
	case *ast.FuncDecl:
		doc = d.Doc
	case *ast.GenDecl:
		doc = d.Doc
	case *ast.TypeSpec:
		doc = d.Doc
	}
	if doc != nil {
		return doc.Pos()
	}
	return decl.Pos()
}

// methodSource is a method in a file.
type methodSource struct {
	*sources
	pkg, path, of, name string
}

func (m *methodSource) find() (*sourceFile, *ast.FuncDecl) {
	f := m.file(m.pkg, m.path)
	for _, decl := range f.decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.Name == m.name && receiverName(fn) == m.of {
			return f, fn
		}
	}
	return f, nil
}

// receiverName is the type that a method belongs to.
func receiverName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) != 1 {
		return ""
	}
	for t := fn.Recv.List[0].Type; ; {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.ParenExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.IndexListExpr:
			t = of.X
		case *ast.Ident:
			return of.Name
		default:
			return ""
		}
	}
}

// Doc implements Source.
func (m *methodSource) Doc() string {
	if _, fn := m.find(); fn != nil {
		return docOf(fn.Doc, m.name)
	}
	return ""
}

// Code implements Source.
func (m *methodSource) Code() (string, Pos) {
	f, fn := m.find()
	if fn == nil {
		return "", Pos{}
	}
	return f.code(fn)
}

// typeSource is a type in a package, whose folder is known from methods of its types.
type typeSource struct {
	*sources
	pkg, name string
}

func (t *typeSource) find() (*sourceFile, *ast.GenDecl, *ast.TypeSpec) {
	for _, path := range t.list(t.pkg) {
		f := t.file(t.pkg, path)
		for _, decl := range f.decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			at := slices.IndexFunc(gen.Specs, func(s ast.Spec) bool { return s.(*ast.TypeSpec).Name.Name == t.name })
			if at >= 0 {
				return f, gen, gen.Specs[at].(*ast.TypeSpec)
			}
		}
	}
	return nil, nil, nil
}

// Doc implements Source.
func (t *typeSource) Doc() string {
	_, gen, spec := t.find()
	switch {
	case spec == nil:
		return ""
	case spec.Doc == nil && len(gen.Specs) == 1:
		return docOf(gen.Doc, t.name)
	}
	return docOf(spec.Doc, t.name)
}

// Code implements Source.
func (t *typeSource) Code() (string, Pos) {
	f, gen, spec := t.find()
	switch {
	case spec == nil:
		return "", Pos{}
	case len(gen.Specs) == 1:
		return f.code(gen)
	}
	return f.code(spec)
}

// docOf is a comment for people who know the thing by another name: without the name that it begins with in Go.
func docOf(comment *ast.CommentGroup, name string) string {
	text := strings.TrimSpace(comment.Text())
	rest, named := strings.CutPrefix(text, name+" ")
	if !named {
		return text
	}
	for _, is := range []string{"is ", "are "} {
		rest = strings.TrimPrefix(rest, is)
	}
	first, size := utf8.DecodeRuneInString(rest)
	return string(unicode.ToUpper(first)) + rest[size:]
}
