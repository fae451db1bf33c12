package report

import (
	"encoding/json"
	"io"
	"time"

	"deployer/journal"
)

// summaryVersion is the version of the format of a summary, written as its field v.
const summaryVersion = 1

// summary is a run, as one JSON document.
type summary struct {
	V       int                   `json:"v"`
	Run     string                `json:"run"`
	Tree    string                `json:"tree"`
	Node    string                `json:"node"`
	Action  string                `json:"action"`
	Args    []string              `json:"args"`
	Sandbox bool                  `json:"sandbox"`
	Started time.Time             `json:"started"`
	Ended   time.Time             `json:"ended"`
	Seconds float64               `json:"seconds"`
	Exit    *int                  `json:"exit"`
	State   journal.State         `json:"state"`
	Error   *journal.Error        `json:"error,omitempty"`
	Counts  map[journal.State]int `json:"counts"`
	Hosts   []summaryHost         `json:"hosts"`
	Result  json.RawMessage       `json:"result,omitempty"`
}

type summaryHost struct {
	Host    string         `json:"host"`
	Node    string         `json:"node"`
	State   journal.State  `json:"state"`
	Seconds float64        `json:"seconds"`
	Error   *journal.Error `json:"error,omitempty"`
}

// Summary writes what came of a run that has ended as one JSON document, which doc/results.md describes.
func (c *Collector) Summary(w io.Writer) error {
	s := summary{
		V: summaryVersion, Run: c.Start.Run, Tree: c.Start.Tree, Node: c.Start.Node, Action: c.Start.Action,
		Args: append([]string{}, c.Args...), Sandbox: c.Start.Sandbox, Started: c.Start.Time.UTC(), Ended: c.End.Time.UTC(),
		Seconds: c.End.Seconds, Exit: c.End.Exit, State: c.End.State, Error: c.End.Error,
		Counts: map[journal.State]int{}, Hosts: []summaryHost{}, Result: c.Result,
	}
	for _, h := range c.Hosts() {
		s.Counts[h.State]++
		s.Hosts = append(s.Hosts, summaryHost{h.Slug, h.Node, h.State, h.Seconds, h.Error})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}
