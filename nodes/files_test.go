package nodes_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

// fileCalls are all calls of a host for files, each of which finds what those before it made. here is a directory of this
// machine with a file in it.
var fileCalls = []struct {
	name string
	call func(h nodes.Host, here string) (any, error)
	want string
}{
	{"Mkdir", func(h nodes.Host, _ string) (any, error) { return h.Mkdir("a/b", hosts.MkdirOptions{Parents: true}) }, "true"},
	{"Mkdir again", func(h nodes.Host, _ string) (any, error) { return h.Mkdir("a/b", hosts.MkdirOptions{}) }, "false"},
	{"Exists", func(h nodes.Host, _ string) (any, error) { return h.Exists("a/file") }, "false"},
	{"WriteFile", func(h nodes.Host, _ string) (any, error) {
		return h.WriteFile("a/file", []byte("one\n"), hosts.WriteOptions{Mode: 0o640})
	}, "true"},
	{"Append", func(h nodes.Host, _ string) (any, error) {
		f, err := h.Append("a/file", hosts.WriteOptions{})
		return written(f, err, "two\n")
	}, "written"},
	{"Create", func(h nodes.Host, _ string) (any, error) {
		f, err := h.Create("a/other", hosts.WriteOptions{})
		return written(f, err, "other\n")
	}, "written"},
	{"ReadFile", func(h nodes.Host, _ string) (any, error) {
		text, err := h.ReadFile("a/file")
		return string(text), err
	}, "one\ntwo\n"},
	{"Open", func(h nodes.Host, _ string) (any, error) {
		f, err := h.Open("a/other")
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(f)
		return string(text), errors.Join(err, f.Close())
	}, "other\n"},
	{"Stat", func(h nodes.Host, _ string) (any, error) {
		info, err := h.Stat("a/file")
		if err != nil {
			return nil, err
		}
		return fmt.Sprint(info.Name, " ", info.Size, " ", info.Mode), nil
	}, "file 8 -rw-r-----"},
	{"Chmod", func(h nodes.Host, _ string) (any, error) { return h.Chmod("a/file", 0o600) }, "true"},
	{"Chown", func(h nodes.Host, _ string) (any, error) { return h.Chown("a/file", fmt.Sprint(os.Getuid())) }, "false"},
	{"Symlink", func(h nodes.Host, _ string) (any, error) { return h.Symlink("file", "a/link") }, "true"},
	{"Rename", func(h nodes.Host, _ string) (any, error) { return "renamed", h.Rename("a/other", "a/moved") }, "renamed"},
	{"PutFile", func(h nodes.Host, here string) (any, error) {
		return h.PutFile(filepath.Join(here, "note"), "a/note", hosts.CopyOptions{})
	}, "true"},
	{"PutDir", func(h nodes.Host, here string) (any, error) { return h.PutDir(here, "a/b", hosts.CopyOptions{}) }, "true"},
	{"ListDir", func(h nodes.Host, _ string) (any, error) {
		files, err := h.ListDir("a")
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		return names, err
	}, "[b file link moved note]"},
	{"GetFile", func(h nodes.Host, here string) (any, error) {
		return h.GetFile("a/file", filepath.Join(here, "got"), hosts.CopyOptions{})
	}, "true"},
	{"GetDir", func(h nodes.Host, here string) (any, error) {
		return h.GetDir("a/b", filepath.Join(here, "dir"), hosts.CopyOptions{})
	}, "true"},
	{"Remove", func(h nodes.Host, _ string) (any, error) {
		return h.Remove("a/b", hosts.RemoveOptions{Recursive: true})
	}, "true"},
}

// written ends a file with a text.
func written(f *hosts.FileWriter, err error, text string) (any, error) {
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(f, text)
	return "written", errors.Join(err, f.Close())
}

// note is a directory with a file.
func note(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "note"), []byte("note\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func onHosts(slugs ...string) *Holder {
	var all []hosts.Host
	for _, slug := range slugs {
		all = append(all, local(slug))
	}
	return &Holder{nodes.Node{Roles: nodes.Roles{nodes.Role("host", all...)}}}
}

func TestFilesOfHosts(t *testing.T) {
	root, here, there := onHosts("a"), note(t), t.TempDir()
	h := root.Host(runOf(t, root)).Cd(there)
	for _, c := range fileCalls {
		if got, err := c.call(h, here); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s gave %q, error %v, want %q", c.name, got, err, c.want)
		}
	}
	for file, want := range map[string]string{
		filepath.Join(there, "a/file"): "one\ntwo\n", filepath.Join(there, "a/moved"): "other\n",
		filepath.Join(here, "got"): "one\ntwo\n", filepath.Join(here, "dir/note"): "note\n",
	} {
		if text, err := os.ReadFile(file); err != nil || string(text) != want {
			t.Errorf("%s holds %q, error %v", file, text, err)
		}
	}
}

// TestFilesOfSeveralHosts wants an error of every call where one host is needed, and there are two.
func TestFilesOfSeveralHosts(t *testing.T) {
	root, here := onHosts("a", "b"), note(t)
	h := root.Host(runOf(t, root))
	for _, c := range fileCalls {
		var count *nodes.HostCountError
		if _, err := c.call(h, here); !errors.As(err, &count) || count.Count != 2 {
			t.Errorf("%s gave %v", c.name, err)
		}
	}
}

// TestFilesInSandbox wants that nothing is written, here or there, and that what would be written is read.
func TestFilesInSandbox(t *testing.T) {
	root, here, there := onHosts("a"), note(t), t.TempDir()
	s, _ := session(t)
	ctx, err := nodes.NewContext(t.Context(), root, nodes.Options{Session: s, Sandbox: true})
	if err != nil {
		t.Fatal(err)
	}
	h := root.Host(ctx).Cd(there)
	for _, c := range fileCalls {
		if got, err := c.call(h, here); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s gave %q, error %v, want %q", c.name, got, err, c.want)
		}
	}
	for dir, want := range map[string][]string{here: {"note"}, there: nil} {
		entries, err := os.ReadDir(dir)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if err != nil || !slices.Equal(names, want) {
			t.Errorf("%s holds %s, error %v", dir, strings.Join(names, " "), err)
		}
	}
}
