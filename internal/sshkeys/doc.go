// Package sshkeys knows the keys of SSH: their kinds and what these sign with ([HostAlgorithms], [Signatures]), the
// files that OpenSSH keeps them in ([PublicHalf], [Locked]), and certificates ([Files.Certificate]). Which keys are
// offered to a host, and what becomes of that, is up to package hosts.
package sshkeys
