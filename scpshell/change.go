package scpshell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"

	"deployer/files"
	"deployer/hosts"
	"deployer/prompt"
)

// each does something with every path that words stand for. What fails keeps nothing else from it.
func (p place) each(words []prompt.Word, do func(string) error) error {
	paths, err := p.expand(words)
	if err != nil {
		return err
	}
	var wrong []error
	for _, name := range paths {
		if p.ctx.Err() != nil {
			break
		}
		if err := do(name); err != nil {
			wrong = append(wrong, p.fail(name, err))
		}
	}
	return errors.Join(wrong...)
}

func makeDirectories(w *work, p place) error {
	o := hosts.MkdirOptions{FileOptions: p.files, Parents: w.call.has("parents")}
	return p.each(w.call.words, func(name string) error {
		made, err := p.handle().Mkdir(w.ctx, name, o)
		if err == nil && !made && !o.Parents && !w.settings.sandbox {
			err = syscall.EEXIST
		}
		if errors.Is(err, fs.ErrNotExist) {
			return &pathError{path: p.show(name), err: err, hint: "-p makes those above it too"}
		}
		return err
	})
}

func remove(w *work, p place) error {
	o := hosts.RemoveOptions{FileOptions: p.files, Recursive: w.call.has("recursive")}
	return p.each(w.call.words, func(name string) error {
		if name == "/" || name == p.dir || strings.HasPrefix(p.dir, name+"/") {
			return errors.New("this shell is in it: go elsewhere before it is removed")
		}
		info, err := p.handle().Lstat(w.ctx, name, p.files)
		switch {
		case errors.Is(err, fs.ErrNotExist) && w.call.has("force"):
			return nil
		case err != nil:
			return err
		case info.IsDir() && !o.Recursive:
			return fmt.Errorf("it is a directory: %s -r removes it with all that is in it", w.name())
		}
		_, err = p.handle().Remove(w.ctx, name, o)
		return err
	})
}

func move(w *work, p place) error {
	last := len(w.call.words) - 1
	goal, err := p.target(w.call.words[last])
	if err != nil {
		return err
	}
	paths, err := p.expand(w.call.words[:last])
	if err != nil {
		return err
	}
	if len(paths) > 1 && !goal.into {
		return fmt.Errorf("%s is no directory, and there are %d files to move", p.show(goal.path), len(paths))
	}
	var wrong []error
	for _, name := range paths {
		wrong = append(wrong, p.moveOne(name, goal))
	}
	return errors.Join(wrong...)
}

func (p place) moveOne(name string, goal target) error {
	if _, err := p.handle().Lstat(p.ctx, name, p.files); err != nil {
		return p.fail(name, err)
	}
	to := goal.path
	if goal.into {
		to = path.Join(to, path.Base(name))
	}
	err := p.handle().Rename(p.ctx, name, to, p.files)
	if err == nil {
		return nil
	}
	failed := &pathError{path: p.show(name) + " to " + p.show(to), err: err}
	switch {
	case errors.Is(err, syscall.EXDEV):
		failed.hint = "copy it to the other file system, and then remove it"
	case !errors.Is(err, fs.ErrNotExist): // what is meant is not the source
		failed.hint = p.hint(to, err)
	}
	return failed
}

func changeMode(w *work, p place) error {
	mode := w.call.words[0].Text
	if _, err := newMode(mode, 0); err != nil {
		return err
	}
	return p.each(w.call.words[1:], func(name string) error {
		info, err := p.handle().Stat(w.ctx, name, p.files)
		if err != nil {
			return err
		}
		bits, err := newMode(mode, info.Mode)
		if err != nil {
			return err
		}
		_, err = p.handle().Chmod(w.ctx, name, bits, p.files)
		return err
	})
}

func changeOwner(w *work, p place) error {
	return p.each(w.call.words[1:], func(name string) error {
		_, err := p.handle().Chown(w.ctx, name, w.call.words[0].Text, p.files)
		return err
	})
}

// link makes a symbolic link, which says what was typed.
func link(w *work, p place) error {
	text := w.call.words[0].Text
	if !w.call.has("symbolic") {
		return fmt.Errorf("%s makes symbolic links only: %s -s", w.name(), w.name())
	}
	goal, err := p.target(w.call.words[1])
	if err != nil {
		return err
	}
	if info, err := p.handle().Lstat(w.ctx, goal.path, p.files); goal.into && err == nil && info.IsDir() {
		goal.path = path.Join(goal.path, path.Base(text))
	}
	_, err = p.handle().Symlink(w.ctx, text, goal.path, p.files)
	return p.fail(goal.path, err)
}

// newMode is what a mode becomes: by an octal number, or by what changes, u+x,g=r.
func newMode(text string, old fs.FileMode) (fs.FileMode, error) {
	if bits, err := strconv.ParseUint(text, 8, 32); err == nil && bits <= 0o7777 {
		return files.FileMode(uint32(bits)), nil
	}
	bits := files.UnixMode(old)
	for change := range strings.SplitSeq(text, ",") {
		at := strings.IndexAny(change, "+-=")
		if at < 0 || strings.Trim(change[:at], "ugoa") != "" || strings.Trim(change[at+1:], "rwxXst") != "" {
			return 0, fmt.Errorf("%s is no mode: it is octal, 640, or says what changes, as u=rw,g=r,o= or +x",
				prompt.Quote(text))
		}
		bits = changed(bits, change[:at], change[at], change[at+1:], old.IsDir())
	}
	return files.FileMode(bits), nil
}

// changed does one change of a mode.
func changed(bits uint32, who string, how byte, what string, dir bool) uint32 {
	if who == "" || strings.Contains(who, "a") {
		who = "ugo"
	}
	var set, all uint32
	for i, class := range "ugo" {
		if !strings.ContainsRune(who, class) {
			continue
		}
		shift := uint32(6 - 3*i)
		all |= 7<<shift | specialBit(class)
		for _, right := range what {
			set |= rightBits(right, class, shift, bits, dir)
		}
	}
	switch how {
	case '+':
		return bits | set
	case '-':
		return bits &^ set
	}
	return bits&^all | set
}

// specialBit is the bit that s means for a class, or t for others.
func specialBit(class rune) uint32 {
	return map[rune]uint32{'u': 0o4000, 'g': 0o2000, 'o': 0o1000}[class]
}

// rightBits are the bits of a right of a class.
func rightBits(right, class rune, shift, bits uint32, dir bool) uint32 {
	switch right {
	case 'r':
		return 4 << shift
	case 'w':
		return 2 << shift
	case 'x':
		return 1 << shift
	case 'X':
		if dir || bits&0o111 != 0 {
			return 1 << shift
		}
	case 's':
		if class != 'o' {
			return specialBit(class)
		}
	case 't':
		if class == 'o' {
			return specialBit(class)
		}
	}
	return 0
}
