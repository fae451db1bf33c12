package script

func rollingEntry() entry {
	return entry{
		name: "rolling", usage: "rolling(batch = , canary = , max_fail = , pause = , check = )",
		text: `How actions go over the cells of a parallel node, as in parallel_node(rolling = rolling(batch = "25%")):
in batches, in definition order. The options of run (--batch, --canary, --max-fail, --pause, --check) go before what an
action says, and that before what its node says, each by itself. It is about the outermost node that is split into cells: what
an action calls inside of a cell goes over all cells at once, as a set of hosts does.`,
		options: []optionEntry{
			{"batch", `how many cells a batch has, 5, or which share of all, "25%": rounded down, at least one`},
			{"canary", "how many cells come first, as a batch of their own. If one of them fails, no other begins"},
			{"max_fail", `how many cells, or which share of all, may fail: once more have, no other begins. Where it is
not given, and anything else is, none may; "100%" never stops`},
			{"pause", "seconds for which a batch is left alone, before its check, or without one before the next batch"},
			{"check", `an action of the node, or its name. It runs in every cell of a batch that did not fail; if it
fails in one, no other batch begins`},
		},
		after: `A cell that has begun is never stopped by others. Those that did not begin are told at the end, and have
the state "not begun".`,
	}
}
