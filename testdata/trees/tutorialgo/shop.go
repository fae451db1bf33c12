package tutorialgo

import (
	"deployer/hosts"
	"deployer/nodes"
)

// Shop is our shop, in two environments.
type Shop struct {
	nodes.Node
	Staging    DjangoDeployment `group:"staging"`
	Production DjangoDeployment `group:"production"`
}

// New makes the tree. The servers listen at bind: that of staging on port 8001, that of production on port 8000.
func New(staging, production hosts.Host, bind string) *Shop {
	s := &Shop{Staging: deployment("staging", staging), Production: deployment("production", production)}
	s.Staging.Bind = bind + ":8001"
	s.Staging.Git.ProjectDirectory = "~/staging/django-project"
	s.Staging.VirtualEnv.Location = "~/staging/env"
	s.Staging.VirtualEnv.RequirementsFiles = []string{"~/staging/django-project/requirements.txt"}
	s.Production.Bind = bind + ":8000"
	return s
}

func deployment(site string, on hosts.Host) DjangoDeployment {
	return DjangoDeployment{
		Node:           nodes.Node{Roles: nodes.Roles{nodes.Role("host", on)}},
		Program:        "django-project",
		SiteName:       site,
		Supervisorctl:  "supervisorctl -c ~/supervisor/supervisord.conf",
		SupervisorFile: nodes.Q("'~/supervisor/conf.d/%s.conf' % program"),
		Git: Git{
			ProjectDirectory: "~/git/django-project",
			Repository:       "git@git.example.com:shop/django-project.git",
		},
		VirtualEnv: VirtualEnv{
			Location:          "~/.virtualenvs/project-env",
			RequirementsFiles: []string{"~/git/django-project/requirements.txt"},
			Packages:          []string{"gunicorn"},
			Pip:               "pip install --no-index --find-links ~/wheels",
		},
	}
}
