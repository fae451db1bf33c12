package nodes

import (
	"io"
	"io/fs"

	"deployer/hosts"
)

// fileOptions are those that Sudo and As have set.
func (h Host) fileOptions() hosts.FileOptions {
	return hosts.FileOptions{Sudo: h.options.Sudo, User: h.options.User, Sandbox: h.options.Sandbox}
}

// Stat is [hosts.Handle.Stat].
func (h Host) Stat(path string) (*hosts.FileInfo, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.handle.Stat(h.ctx, path, h.fileOptions())
}

// ListDir is [hosts.Handle.ListDir].
func (h Host) ListDir(path string) ([]*hosts.FileInfo, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.handle.ListDir(h.ctx, path, h.fileOptions())
}

// Exists is [hosts.Handle.Exists].
func (h Host) Exists(path string) (bool, error) {
	if h.err != nil {
		return false, h.err
	}
	return h.handle.Exists(h.ctx, path, h.fileOptions())
}

// Open is [hosts.Handle.Open].
func (h Host) Open(path string) (io.ReadCloser, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.handle.Open(h.ctx, path, h.fileOptions())
}

// Create is [hosts.Handle.Create]. The host says as whom: see [Host.As].
func (h Host) Create(path string, o hosts.WriteOptions) (*hosts.FileWriter, error) {
	if h.err != nil {
		return nil, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Create(h.ctx, path, o)
}

// Append is [hosts.Handle.Append]. The host says as whom.
func (h Host) Append(path string, o hosts.WriteOptions) (*hosts.FileWriter, error) {
	if h.err != nil {
		return nil, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Append(h.ctx, path, o)
}

// ReadFile is [hosts.Handle.ReadFile].
func (h Host) ReadFile(path string) ([]byte, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.handle.ReadFile(h.ctx, path, h.fileOptions())
}

// WriteFile is [hosts.Handle.WriteFile]. The host says as whom.
func (h Host) WriteFile(path string, data []byte, o hosts.WriteOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.WriteFile(h.ctx, path, data, o)
}

// PutFile is [hosts.Handle.PutFile]. The host says as whom.
func (h Host) PutFile(local, path string, o hosts.CopyOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.PutFile(h.ctx, local, path, o)
}

// GetFile is [hosts.Handle.GetFile].
func (h Host) GetFile(path, local string, o hosts.CopyOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.GetFile(h.ctx, path, local, o)
}

// PutDir is [hosts.Handle.PutDir]. The host says as whom.
func (h Host) PutDir(local, path string, o hosts.CopyOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.PutDir(h.ctx, local, path, o)
}

// GetDir is [hosts.Handle.GetDir].
func (h Host) GetDir(path, local string, o hosts.CopyOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.GetDir(h.ctx, path, local, o)
}

// Put is [hosts.Handle.Put]. The host says as whom.
func (h Host) Put(local, path string, o hosts.CopyOptions) (*hosts.CopyResult, error) {
	if h.err != nil {
		return &hosts.CopyResult{}, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Put(h.ctx, local, path, o)
}

// Get is [hosts.Handle.Get]. The host says as whom.
func (h Host) Get(path, local string, o hosts.CopyOptions) (*hosts.CopyResult, error) {
	if h.err != nil {
		return &hosts.CopyResult{}, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Get(h.ctx, path, local, o)
}

// Mkdir is [hosts.Handle.Mkdir]. The host says as whom.
func (h Host) Mkdir(path string, o hosts.MkdirOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Mkdir(h.ctx, path, o)
}

// Remove is [hosts.Handle.Remove]. The host says as whom.
func (h Host) Remove(path string, o hosts.RemoveOptions) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	o.FileOptions = h.fileOptions()
	return h.handle.Remove(h.ctx, path, o)
}

// Rename is [hosts.Handle.Rename].
func (h Host) Rename(from, to string) error {
	if h.err != nil {
		return h.err
	}
	return h.handle.Rename(h.ctx, from, to, h.fileOptions())
}

// Chmod is [hosts.Handle.Chmod].
func (h Host) Chmod(path string, mode fs.FileMode) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	return h.handle.Chmod(h.ctx, path, mode, h.fileOptions())
}

// Chown is [hosts.Handle.Chown].
func (h Host) Chown(path, owner string) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	return h.handle.Chown(h.ctx, path, owner, h.fileOptions())
}

// Symlink is [hosts.Handle.Symlink].
func (h Host) Symlink(text, path string) (changed bool, err error) {
	if h.err != nil {
		return false, h.err
	}
	return h.handle.Symlink(h.ctx, text, path, h.fileOptions())
}
