package script

// consoleSection is the chapter of the reference about questions.
func consoleSection() section {
	return section{
		title: "Questions",
		text: `What an action asks the person who runs it. Where nobody is there (no terminal, --non-interactive) a
question gives its default, and the log says so; without a default it is an error. A question that is left without an
answer, by Ctrl-D, is an error too. Ctrl-C ends the run.

` + "```python" + `
def checkout(env, commit = ""):
    """Check out a commit, which is asked for if it is not given."""
    commit = commit or env.console.input("commit", default = "main")
    branch = env.console.choice("from where?", ["origin", "backup"], default = "origin")
    if env.console.confirm("throw local changes away?", default = False):
        env.host.run("git reset --hard")
    env.host.run("git checkout " + quote(branch + "/" + commit))

root = node(hosts = local_host(), actions = [checkout])
` + "```" + `

Where several cells ask at once, one question follows the other, each with the path of its cell.`,
		entries: []entry{
			{
				name: "env.console", usage: "env.console",
				text: "Asks questions. It has these methods.",
			},
			{
				name: "console.input", usage: "env.console.input(label, is_password = False, answers = None, default = None)",
				text: `A line of text, without spaces around it. An empty one is the default; without a default it is
not taken.`,
				options: []optionEntry{
					{"is_password", "True: what is typed is not shown, and is a secret"},
					{"answers", "a list of those that are accepted"},
					{"default", `what is taken for an empty answer; "" accepts that`},
				},
			},
			{
				name: "console.password", usage: "env.console.password(label)",
				text: "A secret, which is not shown while it is typed. It may not be empty, and has no default.",
			},
			{
				name: "console.confirm", usage: "env.console.confirm(question, default = None)",
				text: "True for yes, False for no.",
			},
			{
				name: "console.choice", usage: "env.console.choice(question, options, allow_random = False, default = None)",
				text: `One of several options, which are strings or pairs of name and value. The person types its
number or its name; what is returned is its value.`,
				options: []optionEntry{
					{"allow_random", "True: an empty answer chooses at random"},
					{"default", "the value that an empty answer chooses"},
				},
			},
			{
				name: "console.warning", usage: "env.console.warning(text)",
				text: "Writes a warning to the log of the run.",
			},
			{
				name: "console.is_interactive", usage: "env.console.is_interactive",
				text: "True if somebody is there to be asked.",
			},
		},
	}
}
