package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// File is a file to read, and how.
type File struct {
	Name string
	// System says that the file is the machine's: relative names of Include are in /etc/ssh, and ~ is not allowed in
	// them. Without it they are in ~/.ssh.
	System bool
	// Optional says that the file need not exist.
	Optional bool
	// Private says that nobody but its owner may be able to write to the file, who must be the user or root. That is
	// always asked of files that others include.
	Private bool
}

// Where OpenSSH looks.
const (
	systemFile   = "/etc/ssh/ssh_config"
	systemFolder = "/etc/ssh"
	userFolder   = ".ssh"
)

// DefaultFiles are the files that OpenSSH reads where none is named.
func DefaultFiles(home string) []File {
	return []File{
		{Name: filepath.Join(home, userFolder, "config"), Optional: true, Private: true},
		{Name: systemFile, System: true, Optional: true},
	}
}

// Config is what files of ssh_config say. It does not change, and is safe for use by many goroutines.
type Config struct {
	local Local
	files []*file
}

// file is a file that was read.
type file struct {
	system bool
	lines  []*line
}

// line is a line with a keyword.
type line struct {
	at       Position
	name     string   // the keyword, in lower case
	keyword  *keyword // nil: it is not known
	raw      string   // what follows it
	system   bool
	hosts    []string    // of Host
	criteria []criterion // of Match
	included []*file     // by Include
	settings []setting
}

// Read reads files in the order in which they count. Its error is Errors, or that of a file that cannot be read.
func Read(local Local, files ...File) (*Config, error) {
	r := reading{local: &local}
	c := &Config{local: local}
	for _, f := range files {
		read, err := r.file(f, 0)
		if f.Optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, read)
	}
	return c, r.wrong.orNil()
}

// reading is what goes on while files are read.
type reading struct {
	local *Local
	wrong Errors
}

// maxDepth is how deep files may include each other.
const maxDepth = 16

func (r *reading) file(f File, depth int) (*file, error) {
	content, err := f.read()
	if err != nil {
		return nil, err
	}
	read := &file{system: f.System}
	number := 0
	for text := range strings.Lines(content) {
		number++
		l := &line{at: Position{f.Name, number}, system: f.System}
		known, err := r.line(l, strings.TrimSuffix(text, "\n"), depth)
		r.wrong.add(l.at, err)
		if known && err == nil {
			read.lines = append(read.lines, l)
		}
	}
	return read, nil
}

// read returns the content of the file. A folder has none, as in OpenSSH, for patterns of Include match folders too.
func (f File) read() (string, error) {
	opened, err := os.Open(f.Name)
	if err != nil {
		return "", err
	}
	defer opened.Close() // it was only read
	info, err := opened.Stat()
	if err != nil {
		return "", err
	}
	if f.Private {
		if err := checkOwner(f.Name, info); err != nil {
			return "", err
		}
	}
	if info.IsDir() {
		return "", nil
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		return "", err
	}
	if slices.Contains(content, 0) {
		return "", fmt.Errorf("%s is not a text: it contains a NUL", f.Name)
	}
	return string(content), nil
}

// line reads a line, and reports whether there is anything on it.
func (r *reading) line(l *line, text string, depth int) (bool, error) {
	name, rest, err := splitKeyword(text)
	if name == "" || err != nil {
		return false, err
	}
	l.name, l.raw = name, rest
	l.keyword = lookUp(name)
	if l.keyword != nil {
		l.name = strings.ToLower(l.keyword.name)
	}
	if rest == "" {
		return false, fmt.Errorf("%s %w", l.shown(), errMissing)
	}
	arguments := arguments{local: r.local, raw: rest}
	if arguments.words, err = words(rest); err != nil {
		return false, fmt.Errorf("%s: %w", l.shown(), err)
	}
	if err := r.arguments(l, arguments, depth); err != nil {
		return false, l.wrong(err)
	}
	return true, nil
}

// shown is the keyword for people.
func (l *line) shown() string {
	if l.keyword == nil {
		return l.name
	}
	return l.keyword.name
}

// wrong adds the keyword to what is wrong with its values.
func (l *line) wrong(err error) error {
	var placed *Error
	var many Errors
	if errors.As(err, &many) || errors.As(err, &placed) {
		return err
	}
	return fmt.Errorf("%s %w", l.shown(), err)
}

func (r *reading) arguments(l *line, a arguments, depth int) (err error) {
	switch l.name {
	case keyHost:
		l.hosts = a.words
		if slices.Contains(a.words, "") {
			return errEmpty
		}
	case keyMatch:
		l.criteria, err = parseMatch(a.raw)
	case keyInclude:
		l.included, err = r.include(l, a.words, depth)
	default:
		if l.keyword != nil {
			l.settings, err = l.keyword.read(a)
		}
	}
	return err
}
