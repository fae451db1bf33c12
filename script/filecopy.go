package script

import (
	"context"

	"deployer/hosts"

	"go.starlark.net/starlark"
)

// copyFunc copies between this machine and a host. The first path is that of the source.
type copyFunc func(h *hosts.Handle, ctx context.Context, from, to string, o hosts.CopyOptions) (changed bool, err error)

func putFileMethod(s site, on machines) (starlark.Value, error) {
	var o hosts.CopyOptions
	more := append(fileCopyParams(&o), modeParam(&o.Mode, true), option("owner", someText(&o.Owner)))
	return s.put("put_file", on, &o, (*hosts.Handle).PutFile, more)
}

func putDirMethod(s site, on machines) (starlark.Value, error) {
	var o hosts.CopyOptions
	more := append(dirCopyParams(&o), option("owner", someText(&o.Owner)))
	return s.put("put_dir", on, &o, (*hosts.Handle).PutDir, more)
}

func getFileMethod(s site, on machines) (starlark.Value, error) {
	var o hosts.CopyOptions
	return s.get("get_file", on, &o, (*hosts.Handle).GetFile, fileCopyParams(&o))
}

func getDirMethod(s site, on machines) (starlark.Value, error) {
	var o hosts.CopyOptions
	return s.get("get_dir", on, &o, (*hosts.Handle).GetDir, dirCopyParams(&o))
}

// fileCopyParams are the options of everything that copies.
func fileCopyParams(o *hosts.CopyOptions) []param {
	return []param{option("verify", truth(&o.Verify)), option("resume", truth(&o.Resume))}
}

// dirCopyParams are the options of what copies directories.
func dirCopyParams(o *hosts.CopyOptions) []param {
	return append(fileCopyParams(o), option("include", patterns(&o.Include)), option("exclude", patterns(&o.Exclude)),
		option("checksum", truth(&o.Checksum)), option("follow", truth(&o.Follow)))
}

// patterns are one pattern, or several.
func patterns(to *[]string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		list, ok := v.(starlark.Iterable)
		if text, one := starlark.AsString(v); one {
			*to = []string{text}
			return nil
		}
		if !ok {
			return typeError(v, "a pattern or a list of patterns")
		}
		for item := range starlark.Elements(list) {
			text, ok := starlark.AsString(item)
			if !ok {
				return typeError(item, "a pattern")
			}
			*to = append(*to, text)
		}
		return nil
	}
}

func (s site) put(fn string, on machines, o *hosts.CopyOptions, put copyFunc, more []param) (starlark.Value, error) {
	var local, path string
	params := append([]param{{name: "local_path", set: someText(&local)}}, fileParams(&path, &o.FileOptions, more...)...)
	params[1].name = "remote_path"
	return s.onFiles(fn, on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(put(h, ctx, local, path, *o))
	})
}

func (s site) get(fn string, on machines, o *hosts.CopyOptions, get copyFunc, more []param) (starlark.Value, error) {
	var path, local string
	params := fileParams(&path, &o.FileOptions, append([]param{{name: "local_path", set: someText(&local)}}, more...)...)
	params[0].name = "remote_path"
	if set, ok := on.(*hostSet); ok && set.Len() > 1 {
		return nil, onlyOne(fn, set)
	}
	return s.onFiles(fn, on, params, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		return truthOf(get(h, ctx, path, local, *o))
	})
}
