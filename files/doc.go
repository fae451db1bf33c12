// Package files is one way to look at the files of a machine, whatever leads to them, and to copy between two of them.
//
// A [System] is the files of a machine as one account sees them: [Local] are those of this one, [SFTP] those behind an
// SSH connection, [Shell] those that only commands reach (with sudo, in a container, without an SFTP server), and a
// [Layer] over any of them keeps what would be changed. What is written goes into a [Draft] beside its target and takes
// its place in one step: whoever reads the file finds the old one or the new one, each whole.
//
//	hosts.Handle.WriteFile → files.System.Create → files.Draft.Commit
//
// It knows nothing of hosts, journals and people: what it needs of a machine are [Commands] and a [Conn].
package files
