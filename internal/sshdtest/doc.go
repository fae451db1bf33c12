// Package sshdtest runs the real OpenSSH sshd on the loopback interface for tests, as root and as an ordinary user.
//
// As root it can have throwaway accounts, with passwords, login shells and the right to use the real sudo: sshd then
// runs in a mount namespace of its own, which sees other account files. Nothing of the machine is changed, and
// nothing is left of it, however the test ends.
package sshdtest
