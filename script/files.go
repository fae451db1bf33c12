package script

import (
	"context"
	"fmt"
	"io/fs"

	"go.starlark.net/starlark"

	"deployer/files"
	"deployer/hosts"
)

// fileMethodNames are the methods of hosts that have to do with files.
var fileMethodNames = []string{
	"chmod", "chown", "exists", "get_dir", "get_file", "listdir", "listdir_stat", "mkdir", "open", "put_dir", "put_file",
	"read_file", "remove", "rename", "stat", "symlink", "write_file",
}

// fileMethodOf returns one of fileMethodNames, or nil.
func fileMethodOf(name string) method {
	switch name {
	case "open":
		return openMethod
	case "read_file":
		return readFileMethod
	case "write_file":
		return writeFileMethod
	case "put_file":
		return putFileMethod
	case "get_file":
		return getFileMethod
	case "put_dir":
		return putDirMethod
	case "get_dir":
		return getDirMethod
	case "exists":
		return existsMethod
	case "stat":
		return statMethod
	case "listdir":
		return listdirMethod
	case "listdir_stat":
		return listdirStatMethod
	}
	return changeMethodOf(name)
}

// changeMethodOf returns one of the methods that change files as a whole, or nil.
func changeMethodOf(name string) method {
	switch name {
	case "mkdir":
		return mkdirMethod
	case "remove":
		return removeMethod
	case "rename":
		return renameMethod
	case "symlink":
		return symlinkMethod
	case "chmod":
		return chmodMethod
	case "chown":
		return chownMethod
	}
	return nil
}

// fileParams are the parameters of everything that has to do with files: a path, more, and as whom. A leading ~ is
// always a home directory, so that expand has nothing to change.
func fileParams(path *string, o *hosts.FileOptions, more ...param) []param {
	var expand bool
	params := append([]param{{name: "path", set: someText(path)}}, more...)
	return append(params,
		option("use_sudo", truth(&o.Sudo)), option("sudo", truth(&o.Sudo)), option("user", someText(&o.User)),
		option("sandbox", truth(&o.Sandbox)), option("expand", truth(&expand)))
}

// onFiles reads the arguments of a method and does something with the files of every host.
func (s site) onFiles(fn string, on machines, params []param,
	do func(context.Context, *hosts.Handle) (starlark.Value, error)) (starlark.Value, error) {
	if err := s.complain(s.bind(fn, params)...); err != nil {
		return nil, err
	}
	return on.each(s.call, do)
}

// truthOf is the value of something that may have changed a file, or says whether one is there.
func truthOf(yes bool, err error) (starlark.Value, error) {
	if err != nil {
		return nil, err
	}
	return starlark.Bool(yes), nil
}

// modeParam is the permissions of a file: 0o644, or "0644".
func modeParam(to *fs.FileMode, optional bool) param {
	return param{name: "mode", optional: optional, set: func(v starlark.Value) error {
		var bits int
		if text, ok := v.(starlark.String); ok {
			if n, err := fmt.Sscanf(string(text), "%o", &bits); n != 1 || err != nil || bits < 1 || bits > 0o7777 {
				return fmt.Errorf(`got %s, want an octal number such as "0644"`, v)
			}
		} else if err := number(&bits, 1, 0o7777)(v); err != nil {
			return err
		}
		*to = files.FileMode(uint32(bits))
		return nil
	}}
}

// data is a string, or bytes.
func data(to *[]byte) func(starlark.Value) error {
	return func(v starlark.Value) error {
		switch v := v.(type) {
		case starlark.String:
			*to = []byte(v)
		case starlark.Bytes:
			*to = []byte(v)
		default:
			return typeError(v, "a string or bytes")
		}
		return nil
	}
}

func existsMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var o hosts.FileOptions
	params := fileParams(&path, &o)
	return s.onFiles("exists", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(h.Exists(ctx, path, o))
	})
}

func readFileMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var o hosts.FileOptions
	params := fileParams(&path, &o)
	return s.onFiles("read_file", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		text, err := h.ReadFile(ctx, path, o)
		return starlark.String(text), err
	})
}

func writeFileMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var text []byte
	var o hosts.WriteOptions
	params := fileParams(&path, &o.FileOptions, param{name: "data", set: data(&text)},
		modeParam(&o.Mode, true), option("owner", someText(&o.Owner)))
	return s.onFiles("write_file", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(h.WriteFile(ctx, path, text, o))
	})
}

// onlyOne is the error of what several hosts cannot do together.
func onlyOne(fn string, set *hostSet) error {
	return wrong("%s works on one host, and these are %s: call it for each, as in [h.%s(…) for h in env.hosts]",
		fn, count(set.Len(), "host"), fn)
}

func statMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var o hosts.FileOptions
	followed := true
	params := append(fileParams(&path, &o), option("follow", truth(&followed)))
	return s.onFiles("stat", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		stat := h.Stat
		if !followed {
			stat = h.Lstat
		}
		info, err := stat(ctx, path, o)
		if err != nil {
			return nil, err
		}
		return statStruct(info), nil
	})
}

// statStruct is what stat returns.
func statStruct(info *hosts.FileInfo) starlark.Value {
	link := starlark.Value(starlark.None)
	if info.Link != "" {
		link = starlark.String(info.Link)
	}
	return newStruct(starlark.StringDict{
		"name": starlark.String(info.Name), "size": starlark.MakeInt64(info.Size),
		"uid": starlark.MakeInt(info.UID), "gid": starlark.MakeInt(info.GID),
		"mode": starlark.MakeUint64(uint64(files.UnixMode(info.Mode))), "mtime": starlark.MakeInt64(info.ModTime.Unix()),
		"is_dir": starlark.Bool(info.IsDir()), "is_file": starlark.Bool(info.IsFile()),
		"is_link": starlark.Bool(info.IsLink()), "link": link,
	})
}

func listdirMethod(s site, on machines) (starlark.Value, error) {
	return s.listdir("listdir", on, func(info *hosts.FileInfo) starlark.Value { return starlark.String(info.Name) })
}

func listdirStatMethod(s site, on machines) (starlark.Value, error) {
	return s.listdir("listdir_stat", on, statStruct)
}

func (s site) listdir(fn string, on machines, show func(*hosts.FileInfo) starlark.Value) (starlark.Value, error) {
	path := "."
	var o hosts.FileOptions
	params := fileParams(&path, &o)
	params[0].optional = true
	return s.onFiles(fn, on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		list, err := h.ListDir(ctx, path, o)
		if err != nil {
			return nil, err
		}
		var entries []starlark.Value
		for _, info := range list {
			entries = append(entries, show(info))
		}
		return starlark.NewList(entries), nil
	})
}

func mkdirMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var o hosts.MkdirOptions
	params := fileParams(&path, &o.FileOptions, modeParam(&o.Mode, true), option("owner", someText(&o.Owner)),
		option("parents", truth(&o.Parents)))
	return s.onFiles("mkdir", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(h.Mkdir(ctx, path, o))
	})
}

func removeMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var o hosts.RemoveOptions
	params := fileParams(&path, &o.FileOptions, option("recursive", truth(&o.Recursive)))
	return s.onFiles("remove", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(h.Remove(ctx, path, o))
	})
}

func renameMethod(s site, on machines) (starlark.Value, error) {
	var path, to string
	var o hosts.FileOptions
	params := fileParams(&path, &o, param{name: "new_path", set: someText(&to)})
	return s.onFiles("rename", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return starlark.None, h.Rename(ctx, path, to, o)
	})
}

func symlinkMethod(s site, on machines) (starlark.Value, error) {
	var target, path string
	var o hosts.FileOptions
	params := append([]param{{name: "target", set: someText(&target)}}, fileParams(&path, &o)...)
	return s.onFiles("symlink", on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(h.Symlink(ctx, target, path, o))
	})
}

func chmodMethod(s site, on machines) (starlark.Value, error) {
	var path string
	var mode fs.FileMode
	var o hosts.FileOptions
	return s.onFiles("chmod", on, fileParams(&path, &o, modeParam(&mode, false)),
		func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
			return truthOf(h.Chmod(ctx, path, mode, o))
		})
}

func chownMethod(s site, on machines) (starlark.Value, error) {
	var path, owner string
	var o hosts.FileOptions
	return s.onFiles("chown", on, fileParams(&path, &o, param{name: "owner", set: someText(&owner)}),
		func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
			return truthOf(h.Chown(ctx, path, owner, o))
		})
}
