package tutorialstepsgo

import (
	"context"

	"deployer/hosts"
	"deployer/nodes"
	"deployer/testdata/trees/tutorialgo"
)

// Step7 deploys a Django application.
type Step7 struct {
	Step6
	VirtualEnv tutorialgo.VirtualEnv
}

// Actions leave out what is now the environment's.
func (s *Step7) Actions() nodes.Actions {
	return without(s.Step6.Actions(), "InstallRequirements", "InstallPackage", "InstallGunicorn")
}

// without makes methods those of Go code only.
func without(actions nodes.Actions, methods ...string) nodes.Actions {
	for _, method := range methods {
		actions[method] = nodes.ActionOptions{Helper: true}
	}
	return actions
}

// RunManagementCommand runs a management command in the virtual environment.
func (s *Step7) RunManagementCommand(ctx context.Context, command string) error {
	return s.run(ctx, "./manage.py "+command)
}

// RunGunicorn runs the server, for a look, until Ctrl-C.
func (s *Step7) RunGunicorn(ctx context.Context) error {
	return s.run(ctx, "gunicorn --bind "+s.Bind+" shop.wsgi:application")
}

func (s *Step7) run(ctx context.Context, command string) error {
	activate, err := s.VirtualEnv.ActivateCmd(ctx)
	if err != nil {
		return err
	}
	return s.Host(ctx).Prefix(activate).Cd(project).Run(command)
}

// Setup sets up all that the application needs.
func (s *Step7) Setup(ctx context.Context) error {
	return call(ctx, &s.VirtualEnv, "setup_env")
}

// Step8 deploys a Django application.
type Step8 struct {
	Step7
	Git tutorialgo.Git
}

// Actions leave out what is now the repository's.
func (s *Step8) Actions() nodes.Actions {
	return without(s.Step7.Actions(), "InstallGit", "GitClone", "GitCheckout")
}

// Setup sets up all that the application needs.
func (s *Step8) Setup(ctx context.Context) error {
	for _, action := range []string{"install", "clone"} {
		if err := call(ctx, &s.Git, action); err != nil {
			return err
		}
	}
	return s.Step7.Setup(ctx)
}

// Steps makes the trees, by the names of their scripts. The server listens at port 8000 of bind.
func Steps(web1 hosts.Host, bind string) map[string]nodes.Embedder {
	const repository, pip = "git@git.example.com:shop/django-project.git", "pip install --no-index --find-links ~/wheels"
	one := Step1{nodes.Node{Roles: nodes.Roles{nodes.Role("host", web1)}}}
	two := Step2{one, project, repository}
	three := Step3{two}
	four := Step4{three, ". ~/.virtualenvs/project-env/bin/activate", pip}
	five := Step5{four}
	six := Step6{five, bind + ":8000", "supervisorctl -c ~/supervisor/supervisord.conf"}
	seven := Step7{six, tutorialgo.VirtualEnv{
		Location:          "~/.virtualenvs/project-env",
		RequirementsFiles: []string{project + "/requirements.txt"},
		Packages:          []string{"gunicorn"},
		Pip:               pip,
	}}
	eight := Step8{seven, tutorialgo.Git{ProjectDirectory: project, Repository: repository}}
	return map[string]nodes.Embedder{
		"step1.star": &one, "step2.star": &two, "step3.star": &three, "step4.star": &four,
		"step5.star": &five, "step6.star": &six, "step7.star": &seven, "step8.star": &eight,
	}
}
