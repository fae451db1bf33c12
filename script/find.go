package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// names of trees, the preferred first.
var treeNames = []string{"deploy", "deploy.star"}

// NotFoundError says that no tree was found.
type NotFoundError struct {
	Looked []string // the folders that were looked into
}

func (e *NotFoundError) Error() string {
	where := e.Looked[0]
	if len(e.Looked) > 1 {
		where += " or any folder above it"
	}
	return fmt.Sprintf("there is no tree: neither %s in %s: name one (deployer ./TREE), or start one with deployer init",
		strings.Join(treeNames, " nor "), where)
}

// Find returns the tree that is meant when none is named: the file deploy, else deploy.star, in dir, else in the
// nearest folder above it that has one. What is in dir itself is named as dir is, so relative to the current folder if
// dir is; what is above by its whole path. The error is a *NotFoundError, or of the file system.
func Find(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("the directory this was started in is not there any more: start it in another one")
	}
	if err != nil {
		return "", fmt.Errorf("find the tree: %w", err)
	}
	missing := &NotFoundError{}
	for {
		missing.Looked = append(missing.Looked, full)
		if path := treeIn(dir); path != "" {
			return path, nil
		}
		above := filepath.Dir(full)
		if above == full {
			return "", missing
		}
		full, dir = above, above
	}
}

// treeIn returns the tree in a folder, or "".
func treeIn(dir string) string {
	for _, name := range treeNames {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
