// Package hostset reads and writes sets of hosts as people type them: web[01-20], @role, /production/web and what
// operators make of them, as ClusterShell does.
//
// A set is terms between operators, which are taken from left to right and bind alike, as in ClusterShell:
//
//	a,b   the hosts of a and those of b
//	a!b   the hosts of a without those of b
//	a&b   the hosts that are in a and in b
//	a^b   the hosts that are in one of a and b, not in both
//
// So web*,db1!web3 is (web* and db1) without web3. A term is one of
//
//	web1            a host by its slug
//	web[1-3,7]      a range: web1, web2, web3 and web7; [01-20] keeps the zeros, [0-10/2] takes every second; several
//	                ranges in a term are combined with each other
//	web*  db?       the hosts that match a pattern: * is any text, ? any character; a range may be in it
//	@web            a role or a group; @role:web and @group:web where both have the name
//	/production/web the hosts of a node of the tree
//	"odd, name"[1-3] text between quotes, ' or ", is literal; a backslash in it keeps the next character
//
// Spaces around operators mean nothing.
package hostset
