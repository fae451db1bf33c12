package deployer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deployer/internal/runs"
	"deployer/journal"
)

const runsHelp = `List earlier runs, the newest first: their names, when they began, how long they took, what they ran, how they
ended, and on which hosts.

Every run keeps a journal in $XDG_STATE_HOME/deployer/runs, or ~/.local/state/deployer/runs. With a TREE only runs of
that tree are listed. A run whose process was killed says so: where it was at work, hosts are unknown.`

// lastRun names the newest run.
const lastRun = "last"

func (p *program) runsCommand() *cobra.Command {
	asJSON, most := false, 0
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "list earlier runs",
		Long:  runsHelp,
		Args:  p.noArguments,
		RunE: func(*cobra.Command, []string) error {
			if most < 0 {
				return &usageError{fmt.Errorf("-n is %d: it is how many runs are listed, and 0 lists all", most), p.Name + " runs --help"}
			}
			return p.listRuns(p.ownRun(""), most, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write a JSON object for each run, on a line of its own")
	cmd.Flags().IntVarP(&most, "number", "n", defaultRuns, "list at most `N` runs; 0 lists all")
	return cmd
}

// defaultRuns is how many runs are listed if nothing is said.
const defaultRuns = 20

// ownRun tells the runs of the tree that is named, or of this program's own; of any tree where none is.
func (p *program) ownRun(tree string) func(start journal.Event) bool {
	if p.Root != nil {
		file, digests := ownSources()
		return func(start journal.Event) bool { return start.Path == file || sameProgram(start.Sources, digests) }
	}
	if tree = cmp.Or(tree, p.tree); tree == "" {
		return func(journal.Event) bool { return true }
	}
	file, err := filepath.Abs(tree)
	if err != nil {
		file = tree
	}
	return func(start journal.Event) bool { return start.Path == file }
}

// sameProgram reports whether two programs are the same, wherever they lie.
func sameProgram(a, b map[string]string) bool {
	for _, one := range a {
		for _, other := range b {
			return len(a) == 1 && one == other
		}
	}
	return false
}

// runLine is a run as the command runs --json lists it.
type runLine struct {
	Run       string                     `json:"run"`
	Time      time.Time                  `json:"time"`
	Seconds   float64                    `json:"seconds"`
	Tree      string                     `json:"tree"`
	Path      string                     `json:"path,omitempty"`
	Node      string                     `json:"node"`
	Action    string                     `json:"action"`
	Args      []string                   `json:"args,omitempty"`
	Sandbox   bool                       `json:"sandbox,omitempty"`
	Continues string                     `json:"continues,omitempty"`
	State     journal.State              `json:"state"`
	Exit      *int                       `json:"exit,omitempty"`
	Hosts     map[journal.State][]string `json:"hosts"` // slugs
}

// listRuns lists the newest runs that keep wants.
func (p *program) listRuns(keep func(journal.Event) bool, most int, asJSON bool) error {
	store, err := p.runStore()
	if err != nil {
		return err
	}
	list, err := store.List(most, keep)
	switch {
	case err != nil:
		return err
	case asJSON:
		for _, r := range list {
			if err := writeLine(p.Out, lineOf(r)); err != nil {
				return err
			}
		}
		return nil
	case len(list) == 0:
		fmt.Fprintf(p.Err, "no journals of runs in %s\n", store.Dir)
		return nil
	}
	_, err = io.WriteString(p.Out, formatRuns(list, p.output(p.Out, "auto").Layout()))
	return err
}

// writeLine writes a value as a line of JSON.
func writeLine(w io.Writer, value any) error {
	line := json.NewEncoder(w)
	line.SetEscapeHTML(false)
	return line.Encode(value)
}

func lineOf(r *runs.Run) runLine {
	s := r.Start
	return runLine{Run: r.Name, Time: s.Time, Seconds: r.Took().Seconds(), Tree: s.Tree, Path: s.Path, Node: s.Node,
		Action: s.Action, Args: s.Args, Sandbox: s.Sandbox, Continues: s.Continues, State: r.State(), Exit: r.End.Exit,
		Hosts: byState(r.Hosts)}
}

// byState are the slugs of hosts by their state.
func byState(hosts []runs.Host) map[journal.State][]string {
	by := map[journal.State][]string{}
	for _, h := range hosts {
		by[h.State] = append(by[h.State], h.Slug)
	}
	return by
}

// runNamed returns the name of a run that a person means: the newest that keep wants, or one by name.
func (p *program) runNamed(store *runs.Store, name string, keep func(journal.Event) bool) (string, error) {
	if name != lastRun {
		return name, nil
	}
	list, err := store.List(1, keep)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", &usageError{errors.New("there is no journal of an earlier run in " + store.Dir), ""}
	}
	return list[0].Name, nil
}

// completeRuns completes the name of a run.
func (p *program) completeRuns(typed string) []string {
	store, err := p.runStore()
	if err != nil {
		return nil
	}
	starts, err := store.Starts(p.ownRun(""))
	if err != nil {
		return nil
	}
	all := []string{lastRun}
	for _, s := range starts {
		all = append(all, cobra.CompletionWithDesc(s.Run, called(s)))
	}
	return slices.DeleteFunc(all, func(one string) bool { return !strings.HasPrefix(one, typed) })
}
