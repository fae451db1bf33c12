// Package deployer is the program deployer as a value: [Program.Run] takes arguments and streams, and returns an exit
// status. [Main] is the program of a tree written in Go; [MainScript] that of trees written as scripts.
//
// These are the nouns of the program. Everything else is written in terms of them.
//
//   - A host is a place where commands run: this machine, a machine behind SSH, or whatever a wrapper command reaches.
//     It has a slug, its unique name, and an address. One rule holds for all hosts: what a command gave and how it ended
//     is known exactly, or it is an error that says what is not known. See [deployer/hosts.Host].
//   - A role is a name under which a node holds hosts. A child's roles are its parent's, unchanged or mapped.
//   - A node is a named place in the tree, with roles, children, attributes and actions. A template is its definition;
//     templates are derived from templates by overriding. See [deployer/nodes.Place] and [deployer/nodes.Template].
//   - A parallel node has a cell for every host of its role "host". An action of it runs once in every cell.
//   - An action is a function of a node. Its first argument is the env: the node in a run. See [deployer/nodes.Env].
//   - A run is the execution of one action and all that it calls: a session of hosts, a journal, a person or nobody, a
//     sandbox or not. See [deployer/nodes.Run] and [deployer/hosts.Session].
//   - The journal is every event of a run. The screen, the log file and the JSON output are its readers. See
//     [deployer/journal.Journal].
//   - A secret is a text that is masked wherever it would be seen. See [deployer/journal.Secrets].
//
// Packages import downwards only; the table is in imports_test.go, and a package that is not in it fails the test.
package deployer
