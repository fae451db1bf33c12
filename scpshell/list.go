package scpshell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"deployer/console"
	"deployer/files"
	"deployer/hosts"
	"deployer/prompt"
)

// list prints what is at some paths, or in the directory.
func list(w *work, p place) error {
	if len(w.call.words) == 0 {
		return p.listDirectory(p.dir)
	}
	paths, err := p.expand(w.call.words)
	if err != nil {
		return err
	}
	var wrong []error
	var files []*hosts.FileInfo
	var dirs []string
	for _, name := range paths {
		info, err := p.handle().Stat(p.ctx, name, p.files)
		if errors.Is(err, fs.ErrNotExist) {
			info, err = p.handle().Lstat(p.ctx, name, p.files) // a link that leads nowhere
		}
		switch {
		case err != nil:
			wrong = append(wrong, p.fail(name, err))
		case info.IsDir() && !w.call.has("directory"):
			dirs = append(dirs, name)
		default:
			named := *info
			named.Name = p.relative(name)
			files = append(files, &named)
		}
	}
	if len(files) > 0 {
		wrong = append(wrong, p.printList("", files))
	}
	for _, dir := range dirs {
		if len(paths) > 1 {
			wrong = append(wrong, p.print([]string{prompt.Quote(p.relative(dir)) + ":"}))
		}
		wrong = append(wrong, p.listDirectory(dir))
	}
	return errors.Join(wrong...)
}

// relative is a path as it is seen from the directory.
func (p place) relative(name string) string {
	if inside, ok := strings.CutPrefix(name, strings.TrimSuffix(p.dir, "/")+"/"); ok {
		return inside
	}
	return name
}

// listDirectory prints what is in a directory.
func (p place) listDirectory(dir string) error {
	all, err := p.list(dir)
	if err != nil {
		return p.fail(dir, err)
	}
	var shown []*hosts.FileInfo
	for _, f := range all {
		if p.call.has("hidden") || !strings.HasPrefix(f.Name, ".") {
			shown = append(shown, f)
		}
	}
	return p.printList(dir, shown)
}

// printList prints files, of a directory if that is not "".
func (p place) printList(dir string, files []*hosts.FileInfo) error {
	p.sort(files)
	if p.call.has("long") {
		return p.print(p.longList(dir, files))
	}
	var items []string
	for _, f := range files {
		items = append(items, p.coloured(f))
	}
	if p.call.has("one") {
		return p.print(items)
	}
	console.From(p.ctx).Columns(items, 0)
	return nil
}

// sort puts files, which are in the order of their names, in the order that was asked for.
func (p place) sort(files []*hosts.FileInfo) {
	if p.call.has("time") {
		slices.SortStableFunc(files, func(a, b *hosts.FileInfo) int { return b.ModTime.Compare(a.ModTime) })
	}
	if p.call.has("reverse") {
		slices.Reverse(files)
	}
}

// print prints lines, for a person a page at a time.
func (p place) print(lines []string) error {
	return console.From(p.ctx).Pager(func(yield func(string) bool) {
		for _, line := range lines {
			if !yield(line) {
				return
			}
		}
	})
}

// coloured is the name of a file, in a colour for what it is.
func (p place) coloured(f *hosts.FileInfo) string {
	name := prompt.Quote(f.Name)
	if f.IsDir() {
		name += "/"
	}
	return console.FormatName(name, colourOf(f), p.o.Colour)
}

// colourOf is the colour for what a file is.
func colourOf(f *hosts.FileInfo) string {
	switch {
	case f.IsDir():
		return "blue"
	case f.IsLink():
		return "cyan"
	case !f.IsFile():
		return "yellow"
	case f.Mode&0o111 != 0:
		return "green"
	}
	return ""
}

// longList has a line for each file.
func (p place) longList(dir string, files []*hosts.FileInfo) []string {
	ownerWidth, sizeWidth := 0, 0
	owners := p.ownersThere()
	for _, f := range files {
		ownerWidth, sizeWidth = max(ownerWidth, len(owners.short(f))), max(sizeWidth, len(p.size(f)))
	}
	var lines []string
	for _, f := range files {
		lines = append(lines, fmt.Sprintf("%s %-*s %*s %s %s%s", modeOf(f.Mode), ownerWidth, owners.short(f), sizeWidth, p.size(f),
			timeOf(f.ModTime), p.coloured(f), p.leadsTo(dir, f)))
	}
	return lines
}

// size is how large a file is, as it was asked for.
func (p place) size(f *hosts.FileInfo) string {
	if p.call.has("human") {
		return size(f.Size)
	}
	return strconv.FormatInt(f.Size, 10)
}

// leadsTo is where a symbolic link leads; "" for what is none, and where that is not known.
func (p place) leadsTo(dir string, f *hosts.FileInfo) string {
	link := f.Link
	if !f.IsLink() {
		return ""
	}
	if link == "" && dir != "" {
		if full, err := p.handle().Lstat(p.ctx, path.Join(dir, f.Name), p.files); err == nil {
			link = full.Link
		}
	}
	if link == "" {
		return ""
	}
	return " -> " + prompt.Quote(link)
}

func timeOf(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// modeOf is a mode as ls -l writes it.
func modeOf(mode fs.FileMode) string {
	bits := []byte("-rwxrwxrwx")
	for _, kind := range []struct {
		mode fs.FileMode
		mark byte
	}{
		{fs.ModeDir, 'd'}, {fs.ModeSymlink, 'l'}, {fs.ModeNamedPipe, 'p'}, {fs.ModeSocket, 's'}, {fs.ModeDevice, 'b'},
		{fs.ModeCharDevice, 'c'}, // it is a device too
	} {
		if mode&kind.mode != 0 {
			bits[0] = kind.mark
		}
	}
	for i := range 9 {
		if mode&(1<<(8-i)) == 0 {
			bits[i+1] = '-'
		}
	}
	special := func(set fs.FileMode, at int, with, without byte) {
		switch {
		case mode&set == 0:
		case bits[at] == 'x':
			bits[at] = with
		default:
			bits[at] = without
		}
	}
	special(fs.ModeSetuid, 3, 's', 'S')
	special(fs.ModeSetgid, 6, 's', 'S')
	special(fs.ModeSticky, 9, 't', 'T')
	return string(bits)
}

// status prints what is known of files.
func status(w *work, p place) error {
	paths, err := p.expand(w.call.words)
	if err != nil {
		return err
	}
	var wrong []error
	for _, name := range paths {
		info, err := p.handle().Lstat(p.ctx, name, p.files)
		if err != nil {
			wrong = append(wrong, p.fail(name, err))
			continue
		}
		wrong = append(wrong, p.print(p.statusLines(name, info)))
	}
	return errors.Join(wrong...)
}

func (p place) statusLines(name string, f *hosts.FileInfo) []string {
	lines := []string{
		"path      " + p.show(name),
		"kind      " + kindOf(f),
		fmt.Sprintf("size      %d bytes", f.Size),
		fmt.Sprintf("mode      %04o %s", files.UnixMode(f.Mode), modeOf(f.Mode)),
		"owner     " + p.ownersThere().full(f),
		"modified  " + timeOf(f.ModTime),
	}
	if f.IsLink() {
		lines = append(lines, "leads to  "+prompt.Quote(f.Link))
	}
	return lines
}

// kindOf names what a file is.
func kindOf(f *hosts.FileInfo) string {
	switch {
	case f.IsDir():
		return "directory"
	case f.IsFile():
		return "file"
	case f.IsLink():
		return "symbolic link"
	case f.Mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case f.Mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
