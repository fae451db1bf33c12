package script

import "slices"

// fileSection is about files; see table.go.
func fileSection() section {
	return section{
		title: "Files of a host or a set of hosts",
		text: `A relative path begins where commands run, as host.cd says. A leading ~ or ~user is a home directory,
also with use_sudo; all else is literal. A file is never changed in its place: the new one is written beside it, and
takes its place at once when all of it is on the disk. Mode and owner are kept, unless they are given. Where the path is
a symbolic link, the file is written that it leads to. What is already as it should be is not touched.

In a sandbox run nothing is written. A diff shows what would change, and what the run reads later is as if it had been.
A secret in data is written as its value, and masked in the diff.

All of them take the options use_sudo = True (also sudo = True), user = "postgres" with it, and sandbox = True. On a set
of hosts they work on every host, in parallel, and the result is a list in the order in which the hosts were defined.`,
		entries: slices.Concat(contentEntries(), copyEntries(), changeEntries()),
	}
}

// copyEntries are about copying.
func copyEntries() []entry {
	return []entry{
		{
			name: "host.put_file", usage: "host.put_file(local_path, remote_path, mode = , owner = , verify = False, resume = False, **options)",
			text: `Makes a file of the host hold what one of this machine holds. Returns True if it did not before.
A relative local path begins where deployer runs. A file that is there keeps its permissions and owner; a new one has
the permissions of the local one. Both get its time of change. A connection that is lost is made anew, and a large file
gone on with where it was lost, after what is there was compared.`,
			options: []optionEntry{
				{"mode", `permissions: 0o644 or "0644"`},
				{"owner", `"user", "user:group" or ":group", by name or number`},
				{"verify", "compare the checksum of what was written with that of the source, before it takes its place"},
				{"resume", "go on with a large file where an earlier, interrupted call ended, and leave what another can go on with"},
			},
		},
		{
			name: "host.get_file", usage: "host.get_file(remote_path, local_path, verify = False, resume = False, **options)",
			text: `Makes a file of this machine hold what one of the host holds. Returns True if it did not before.
Not on a set of hosts. verify and resume are those of put_file.`,
		},
		{
			name: "host.put_dir", usage: `host.put_dir(local_path, remote_path, owner = , include = , exclude = , checksum = False, follow = False, verify = False, resume = False, **options)`,
			text: `Makes a directory of the host hold what one of this machine holds, with all that is below, with the
same permissions and times; a directory that is there keeps its own. A file that is there with the same size and time is
taken to be the same; one of the same size and another time is compared. Symbolic links stay links. What else is there is left alone. Returns True if anything
changed. When some files fail the others are copied, and it fails with the error of the first.`,
			options: []optionEntry{
				{"owner", `"user", "user:group" or ":group", by name or number, of what is written`},
				{"include", `a pattern or a list of them: of the files only those are copied that match one. "*.py" is a name at any depth, "app/*.py" a path below the directory; ** stands for any number of directories`},
				{"exclude", `patterns of what is not copied; with a slash at the end ("cache/") of directories only`},
				{"checksum", "compare what is in files of the same size, whatever their time"},
				{"follow", "copy what symbolic links lead to"},
				{"verify", "compare checksums of what was written"},
				{"resume", "as in put_file, for each large file"},
			},
		},
		{
			name: "host.get_dir", usage: `host.get_dir(remote_path, local_path, include = , exclude = , checksum = False, follow = False, verify = False, resume = False, **options)`,
			text: "The same the other way. Not on a set of hosts.",
		},
	}
}

// contentEntries are about what is in files.
func contentEntries() []entry {
	return []entry{
		{
			name: "host.read_file", usage: "host.read_file(path, **options)",
			text: "What is in a file of at most 16 MiB, as a string.",
		},
		{
			name: "host.write_file", usage: "host.write_file(path, data, mode = , owner = , **options)",
			text: `Makes data, a string or bytes, what is in a file. Returns True if it was not so before.`,
			options: []optionEntry{
				{"mode", `permissions: 0o644 or "0644"`},
				{"owner", `"user", "user:group" or ":group", by name or number`},
			},
		},
		{
			name: "host.open", usage: `host.open(path, mode = "r", **options)`,
			text: `Opens a file: to read it ("r"), write it anew ("w") or write at its end ("a"); with a b ("rb") what
is read is bytes. Nobody sees what is written before it is closed. What is still open when the action ends is closed if
the action has succeeded; else what was written is given up. Not on a set of hosts.`,
		},
		{
			name: "file.read", usage: "file.read(size = -1)",
			text: "The next size bytes of the file, or all that is left, of at most 16 MiB.",
		},
		{
			name: "file.readline", usage: "file.readline()",
			text: "The next line with its end, or an empty string at the end of the file.",
		},
		{
			name: "file.write", usage: "file.write(data)",
			text: "Writes a string or bytes.",
		},
		{
			name: "file.close", usage: "file.close()",
			text: "Puts a file that was written in its place. Closing it again does nothing.",
		},
		{
			name: "file.closed", usage: "file.closed",
			text: "True once it was closed.",
		},
	}
}

// changeEntries are about files as a whole.
func changeEntries() []entry {
	return []entry{
		{
			name: "host.exists", usage: "host.exists(path, **options)",
			text: "True if there is a file of any kind, also a symbolic link that leads nowhere.",
		},
		{
			name: "host.stat", usage: "host.stat(path, follow = True, **options)",
			text: `What the host says of a file: a struct of name, size, uid, gid, mode (permissions: 0o644), mtime
(seconds since 1970), is_dir, is_file, is_link and link, what a symbolic link says. follow = False looks at a symbolic
link itself.`,
		},
		{
			name: "host.listdir", usage: `host.listdir(path = ".", **options)`,
			text: "The names of what is in a directory, sorted.",
		},
		{
			name: "host.listdir_stat", usage: `host.listdir_stat(path = ".", **options)`,
			text: "The same with what stat says, without following symbolic links.",
		},
		{
			name: "host.mkdir", usage: "host.mkdir(path, mode = , owner = , parents = False, **options)",
			text: `Makes sure that there is a directory. Returns True if it made it. parents = True makes those above
it too. Mode and owner of a directory that is there are left as they are.`,
		},
		{
			name: "host.remove", usage: "host.remove(path, recursive = False, **options)",
			text: `Makes sure that there is nothing. Returns True if there was something. recursive = True removes a
directory with all that is in it.`,
		},
		{
			name: "host.rename", usage: "host.rename(path, new_path, **options)",
			text: "Gives a file or directory another name. It replaces a file, but no directory.",
		},
		{
			name: "host.symlink", usage: "host.symlink(target, path, **options)",
			text: `Makes sure that path is a symbolic link that says target. Returns True if it was not. Replaces
another link at once, and nothing else.`,
		},
		{
			name: "host.chmod", usage: "host.chmod(path, mode, **options)",
			text: "Makes sure that a file has these permissions. Returns True if it had not.",
		},
		{
			name: "host.chown", usage: "host.chown(path, owner, **options)",
			text: `Makes sure that a file belongs to "user", "user:group" or ":group". Returns True if it did not.`,
		},
	}
}
