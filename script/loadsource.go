package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"deployer/nodes"

	"go.starlark.net/syntax"
)

// maxSource is the size of the largest file that is read as a script, in bytes.
const maxSource = 4 << 20

// sources are the file of a tree, and the digests of all files that were loaded.
func (l *loader) sources(path string) (file string, digests map[string]string) {
	digests = make(map[string]string, len(l.modules))
	for full, m := range l.modules {
		digests[full] = fmt.Sprintf("sha256:%x", m.digest)
	}
	file, err := filepath.Abs(path)
	if err != nil {
		file = path
	}
	return file, digests
}

// fullPath is one name for a file, however it was reached.
func fullPath(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		full = path
	}
	if real, err := filepath.EvalSymlinks(full); err == nil {
		return real
	}
	return full
}

func readSource(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no file %s", path)
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		if tree := treeIn(path); tree != "" {
			return "", fmt.Errorf("%s is not a file: did you mean %s?", path, tree)
		}
		return "", fmt.Errorf("%s is not a file", path)
	case info.Size() > maxSource:
		return "", fmt.Errorf("%s is larger than 4 MiB: this is no tree", path)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// badText is about a file that is no text.
func badText(s *source) *nodes.Problem {
	for i, line := range s.lines {
		if bad := badRune(line); bad >= 0 {
			at := nodes.Pos{File: s.path, Line: i + 1, Col: utf8.RuneCountInString(line[:bad]) + 1}
			return &nodes.Problem{Pos: at, Message: fmt.Sprintf("the byte %#02x is not text", line[bad]),
				Hint: "save the file as UTF-8"}
		}
	}
	return nil
}

// badRune is the place of the first byte that is not UTF-8, or a NUL; -1 if there is none.
func badRune(line string) int {
	for i, r := range line {
		if r == 0 {
			return i
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// moduleDoc is the text that a file begins with, if it does.
func moduleDoc(f *syntax.File) string {
	if len(f.Stmts) == 0 {
		return ""
	}
	expr, ok := f.Stmts[0].(*syntax.ExprStmt)
	if !ok {
		return ""
	}
	if lit, ok := expr.X.(*syntax.Literal); ok && lit.Token == syntax.STRING {
		return cleanDoc(lit.Value.(string))
	}
	return ""
}

// cleanDoc takes the indentation out of a docstring, as Python's inspect.cleandoc does.
func cleanDoc(doc string) string {
	lines := strings.Split(strings.ReplaceAll(doc, "\t", "        "), "\n")
	margin := -1
	for _, line := range lines[1:] {
		if text := strings.TrimLeft(line, " "); text != "" {
			if indent := len(line) - len(text); margin < 0 || indent < margin {
				margin = indent
			}
		}
	}
	for i, line := range lines {
		if i > 0 && margin > 0 {
			line = line[min(margin, len(line)):]
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	lines[0] = strings.TrimLeft(lines[0], " ")
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
