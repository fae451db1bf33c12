package deployer

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is the import table: what of ours every package may use. A package that is not in it fails the test; one that
// needs an arrow upwards is in the wrong place.
var allowed = map[string][]string{
	"deployer/cmd/deployer": {"deployer"},
	"deployer": {
		"deployer/shell", "deployer/scpshell", "deployer/prompt", "deployer/lineedit", "deployer/script", "deployer/nodes", "deployer/hosts", "deployer/console",
		"deployer/journal", "deployer/pty", "deployer/report",
		"deployer/internal/drawn", "deployer/internal/hostset", "deployer/internal/nearest", "deployer/internal/runs",
		"deployer/internal/sshserver",
	},
	"deployer/deployertest": {
		"deployer", "deployer/nodes", "deployer/hosts", "deployer/console", "deployer/journal", "deployer/pty",
		"deployer/pty/ptytest",
	},
	"deployer/shell": {
		"deployer/nodes", "deployer/hosts", "deployer/prompt", "deployer/console", "deployer/journal",
		"deployer/internal/hostset", "deployer/internal/nearest",
	},
	"deployer/scpshell": {
		"deployer/hosts", "deployer/files", "deployer/prompt", "deployer/console", "deployer/journal",
		"deployer/internal/hostset", "deployer/internal/nearest",
	},
	"deployer/prompt": {"deployer/console", "deployer/pty"},
	"deployer/script": {
		"deployer/nodes", "deployer/stock", "deployer/hosts", "deployer/console", "deployer/files", "deployer/journal",
		"deployer/internal/expr", "deployer/internal/iflist", "deployer/internal/nearest",
	},
	"deployer/stock": {"deployer/nodes", "deployer/hosts", "deployer/console", "deployer/journal"},
	"deployer/nodes": {
		"deployer/hosts", "deployer/journal", "deployer/internal/expr", "deployer/internal/hostset",
		"deployer/internal/nearest",
	},
	"deployer/hosts": {
		"deployer/files", "deployer/journal", "deployer/pty",
		"deployer/internal/drawn", "deployer/internal/hostshell", "deployer/internal/iflist",
		"deployer/internal/knownhosts", "deployer/internal/printable", "deployer/internal/sshagent",
		"deployer/internal/sshconfig", "deployer/internal/sshkeys", "deployer/internal/textdiff",
	},
	"deployer/files": {"deployer/internal/sftp"},
	"deployer/console": {
		"deployer/report", "deployer/journal", "deployer/pty", "deployer/internal/drawn", "deployer/internal/hostset",
		"deployer/internal/textdiff",
	},
	"deployer/report":                 {"deployer/journal", "deployer/internal/drawn"},
	"deployer/internal/sshserver":     {"deployer/pty"},
	"deployer/internal/bench/answers": {},
	"deployer/internal/bench/copy":    {"deployer/hosts", "deployer/journal"},
	"deployer/internal/bench/library": {},
	"deployer/internal/bench/minimal": {},
	"deployer/internal/bench/scale":   {"deployer/hosts", "deployer/journal"},
	"deployer/internal/drawn":         {},
	"deployer/internal/expr":          {},
	"deployer/internal/generated":     {},
	"deployer/internal/hostset":       {"deployer/internal/nearest"},
	"deployer/internal/hostshell":     {},
	"deployer/internal/iflist":        {},
	"deployer/internal/knownhosts": {
		"deployer/internal/printable", "deployer/internal/sshconfig", "deployer/internal/sshkeys",
	},
	"deployer/internal/nearest":   {},
	"deployer/internal/printable": {},
	"deployer/internal/ratio":     {},
	"deployer/internal/runs":      {"deployer/journal"},
	"deployer/internal/sftp":      {},
	"deployer/internal/sshagent":  {},
	"deployer/internal/sshconfig": {},
	"deployer/internal/sshdtest":  {"deployer/pty"},
	"deployer/internal/sshkeys":   {},
	"deployer/internal/textdiff":  {},
	"deployer/journal":            {},
	"deployer/lineedit":           {"deployer/pty"},
	"deployer/pty":                {},
	"deployer/pty/ptytest":        {"deployer/pty"},
}

// onlyForTests may be imported by the tests of every package.
var onlyForTests = []string{
	"deployer/internal/bench/scale", "deployer/internal/generated", "deployer/internal/ratio", "deployer/internal/sshserver",
	"deployer/internal/sshdtest", "deployer/pty/ptytest", "deployer/testdata/trees/tutorialgo",
	"deployer/testdata/trees/tutorialstepsgo", "deployer/testdata/trees/websystemgo",
	"deployer/deployertest",
}

// homes are the packages where a third party may be used; its tests and those in onlyForTests aside.
var homes = map[string][]string{
	"go.starlark.net": {"deployer/script"},
	"golang.org/x/crypto": { // only hosts connects; what it needs to read, to judge and to sign is beside it
		"deployer/hosts", "deployer/internal/knownhosts", "deployer/internal/sshagent", "deployer/internal/sshkeys",
		"deployer/internal/bench/answers", "deployer/internal/bench/library", "deployer/internal/bench/minimal",
	},
	"github.com/elk-language":       {"deployer/lineedit"},
	"github.com/rivo/uniseg":        {"deployer/lineedit"},
	"github.com/hinshun/vt10x":      {"deployer/pty/ptytest"},
	"github.com/pkg/sftp":           {"deployer/internal/sshserver", "deployer/internal/bench/library"},
	"github.com/bmatcuk/doublestar": {"deployer/files"},
	"golang.org/x/sync":             {"deployer/files", "deployer/internal/bench/library"},
	"github.com/aymanbagabas":       {"deployer/internal/textdiff"},
	"github.com/creack/pty":         {"deployer/pty"},
	"golang.org/x/term":             {"deployer/pty"},
	"golang.org/x/sys":              {"deployer/pty", "deployer/hosts", "deployer/files"},
	"github.com/fatih/color":        {"deployer/console"},
	"github.com/spf13/cobra":        {"deployer"},
	"github.com/spf13/pflag":        {"deployer"},
}

func TestImportTable(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != "." || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(file, ".go") {
			pkg := path.Join("deployer", filepath.ToSlash(filepath.Dir(file)))
			seen[pkg] = true
			checkImports(t, pkg, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("%s is in the table, and there is no such package", pkg)
		}
	}
}

func checkImports(t *testing.T, pkg, file string) {
	may, known := allowed[pkg]
	if !known {
		t.Errorf("%s: package %s is not in the import table", file, pkg)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	test := strings.HasSuffix(file, "_test.go")
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		ours := imported == "deployer" || strings.HasPrefix(imported, "deployer/")
		switch {
		case ours && (slices.Contains(may, imported) || imported == pkg && test || test && slices.Contains(onlyForTests, imported)):
		case ours:
			t.Errorf("%s: %s must not import %s", file, pkg, imported)
		case !test && !slices.Contains(onlyForTests, pkg) && !atHome(pkg, imported):
			t.Errorf("%s: %s is not the place for %s", file, pkg, imported)
		}
	}
}

// atHome reports whether a package may import a package that is not ours.
func atHome(pkg, imported string) bool {
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	for module, places := range homes {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			return slices.Contains(places, pkg)
		}
	}
	return false
}
