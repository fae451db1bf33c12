// Package hosts is about one machine: where commands run, how they get there, and how they end.
//
// A [Host] is a place where commands run: this machine ([Local]), a machine behind SSH ([SSH]), or whatever a wrapper
// command reaches ([Wrapped]). It is a definition that never changes; what is open (connections, passwords typed,
// limits) belongs to a [Session], of which a run has one. A [Handle] is a host in a session together with a directory,
// variables and prefixes: what scripts call env.host. A [Set] is several handles, by role.
//
//	Handle.Run → hostshell.Request (one script for sh) → Host.Start → hostshell.Dialogue (sudo) → journal, capture
//
// Files are used in one of three ways, which all behave alike; in a sandbox a layer over them takes what is written:
//
//	Handle.WriteFile → fileUse → files.System (SFTP, Local or Shell; a Layer over it in a sandbox) → files.Draft → journal
//
// Every failure is an [*Error] with a [Fault] that says which of the different answers it is: a host that cannot be
// reached is not a command that failed.
//
// Connections of golang.org/x/crypto/ssh are made here (and in internal/sshserver) and nowhere else. What needs no
// connection is beside it: internal/sshconfig reads ssh_config, internal/knownhosts judges host keys, internal/sshkeys
// reads those to log in with, internal/sshagent asks an agent, and internal/hostshell writes what the shells of a host
// read.
//
// What the files are about is told by how their names begin:
//
//	host, local, wrapped, func, ssh          the kinds of hosts
//	handle, set, facts, network              what is asked of them
//	command, begin, sudo, capture, record    one command, from its start to what is told of its end
//	file                                     files, and their copying
//	session, scope, post, parked, silence    who works when, and who waits for whom
//	sshpool, sshidle, sockets                the connections of a session
//	sshconfig, sshoptions, sshinfo           what is said of a host, and by which line
//	sshdial, sshopen, sshproxy, sshwire      the way to a server
//	sshauth, sshoffer, sshask, sshperson     logging in, and whom that asks
//	sshprocess, sshsessions, sshspare        commands on a connection that is open
package hosts
