// Package sshserver is SSH servers inside this process, over real TCP on the loopback interface: the throwaway hosts
// of `deployer demo`, and hosts for tests that can be made to misbehave.
//
// A [Server] behaves as OpenSSH's sshd does towards a client: commands run by a login shell in a session of their
// own, standard error apart, exit status and exit signal, pseudo-terminals, signals, the sftp subsystem, forwarding
// (so that it can be a jump host), a limit on sessions. What a client that disconnects leaves behind is what it
// leaves behind on a real host; [Server.Close] alone ends it.
//
//	accept → flaky (faults) → gliderlabs/ssh (handshake, authentication) → session | direct-tcpip
//	session → process (pipes or a pseudo-terminal) | sftp
package sshserver
