package nodes

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/internal/nearest"
)

// Cell returns a cell of the next open dimension: by slug, by number from 0, or by host. A []any chooses in all open
// dimensions at once, from the outermost to the innermost.
func (e *Env) Cell(key any) (*Env, error) {
	cell, err := e.place.CellOf(key)
	if err != nil {
		return nil, err
	}
	return e.run.Env(cell), nil
}

// CellOf is [Env.Cell] outside of a run.
func (n *Place) CellOf(key any) (*Place, error) {
	keys, all := key.([]any)
	if !all {
		keys = []any{key}
	}
	at := n
	for _, one := range keys {
		index, err := at.cellIndex(one)
		if err != nil {
			return nil, err
		}
		if at, err = at.Cell(index); err != nil {
			return nil, err
		}
	}
	if all && !at.isolated {
		return nil, &NameError{Node: n.Path(), What: "cell", Name: joinKeys(keys),
			Hint: fmt.Sprintf("%s has cells of its own, and that names none of them", at.Path())}
	}
	return at, nil
}

// cellIndex returns which of the cells of the next dimension a key names.
func (n *Place) cellIndex(key any) (int, error) {
	slugs := n.Cells()
	if len(slugs) == 0 && n.open() == nil {
		return 0, n.noCells()
	}
	name := keyText(key)
	if i, isNumber := key.(int); isNumber {
		if 0 <= i && i < len(slugs) {
			return i, nil
		}
		return 0, n.noCell(name, slugs, fmt.Sprintf("%d in all, counted from 0", len(slugs)))
	}
	if name == "" {
		return 0, fmt.Errorf("%s: a cell is chosen by slug, number or host, not by %T", n.Path(), key)
	}
	index, err := CellIndex(slugs, name)
	if err != nil {
		return 0, n.noCell(name, slugs, otherHosts(name, slugs))
	}
	return index, nil
}

// otherHosts is a hint that names what a slug may have meant: the nearest, else what there is.
func otherHosts(slug string, slugs []string) string {
	return cmp.Or(nearest.Hint(slug, slugs), "there is "+hostset.FoldWithin(slugs, maxFolded))
}

// noCell says that a cell is not among those of the slugs.
func (n *Place) noCell(name string, slugs []string, hint string) error {
	if len(slugs) == 0 {
		hint = fmt.Sprintf("its role %q holds no hosts", HostRole)
	}
	return &NameError{Node: n.Path(), What: "cell", Name: name, Hint: hint}
}

// keyText is what names a cell as a person would write it, or "" if it is none.
func keyText(key any) string {
	switch key := key.(type) {
	case string:
		return key
	case int:
		return strconv.Itoa(key)
	case hosts.Host:
		return key.Slug()
	}
	return ""
}

func joinKeys(keys []any) string {
	var parts []string
	for _, key := range keys {
		parts = append(parts, keyText(key))
	}
	return strings.Join(parts, ":")
}
