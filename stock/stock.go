// Package stock holds nodes that many trees need: configuration files, clones of git repositories, packages, services.
//
// Trees in Go use them as types, a field for each; trees as scripts load them as templates and derive from these:
//
//	load("@stock//git.star", "Git")
//	app = Git.array(repository = "https://git.example.com/app.git", project_directory = "~/app")
//
// All of them are parallel nodes, for one host each: in a node that is none they stand in a [nodes.Array] or a
// [nodes.JustOne], or as T.array(…) or T.just_one(…).
//
// What they change they change only where it is not as it should be: a second run changes nothing. In a sandbox they
// look at the host and show what they would do.
package stock

import (
	"embed"
	"io/fs"

	"deployer/nodes"
)

// File is a file of stock nodes, as scripts load it.
type File struct {
	Name  string           // "git.star"
	Nodes []nodes.Embedder // what it defines, under the names of the types
}

// Files are all stock nodes.
func Files() []File {
	return []File{
		{"analysis.star", []nodes.Embedder{&HostAnalysis{}}},
		{"apt.star", []nodes.Embedder{&Apt{}}},
		{"config.star", []nodes.Embedder{&Config{}}},
		{"connect.star", []nodes.Embedder{&Connect{}}},
		{"git.star", []nodes.Embedder{&Git{}, &GitOverview{}}},
		{"service.star", []nodes.Embedder{&Service{}, &SupervisorService{}, &SystemdService{}}},
		{"virtualenv.star", []nodes.Embedder{&Virtualenv{}}},
	}
}

// source is the text of the package: programs have the documentation of the nodes with them.
//
//go:embed analysis.go apt.go command.go config.go connect.go git.go gitcheckout.go gitoverview.go service.go
//go:embed stock.go supervisor.go systemd.go virtualenv.go
var source embed.FS

// GoSource implements nodes.WithSource.
func (*Git) GoSource() fs.FS { return source }
