package report_test

import (
	"fmt"

	"deployer/journal"
	"deployer/report"
)

func ExampleCollector() {
	c := report.NewCollector(report.Options{Limit: 1 << 20})
	defer c.Close()
	run := journal.New("example", nil, c)
	for id, host := range []string{"web1", "web2", "web3"} {
		version := "2.1\n"
		if host == "web2" {
			version = "2.0\n"
		}
		run.Write(journal.Event{Kind: journal.CommandOutput, ID: uint64(id + 1), Host: host, Stream: journal.Stdout, Data: []byte(version)})
		run.Write(journal.Event{Kind: journal.HostEnd, Host: host, State: journal.Done})
	}
	for _, group := range c.Groups() {
		fmt.Println(group.Slugs(), group.State(), group.Hosts[0].Size(), "bytes")
	}
	// Output:
	// [web1 web3] done 4 bytes
	// [web2] done 4 bytes
}
