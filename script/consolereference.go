package script

// consoleSection is the chapter of the reference about questions.
func consoleSection() section {
	return section{
		title: "The console",
		text: `How an action talks with the person who runs it. Where nobody is there (no terminal, --non-interactive) a
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
				text: "Asks the person, and shows things in a way that suits the terminal. It has these methods.",
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
				name:  "console.progress_bar",
				usage: "env.console.progress_bar(message, expected = None, clear_on_finish = False, format_str = None)",
				text: `Shows how something goes on, in a line at the bottom of the terminal. It returns a bar with three
methods: next() counts one more; set_progress(value, rewrite = True) sets the counter, and shows it at once if rewrite is
True, else within a tenth of a second; done() ends the bar. One that is not ended ends with its action. While a question
is asked, and once a command prints that has the terminal, the bar is not shown: give run interactive = False. Where standard error is no
terminal, lines of the log tell how far it is every ten seconds, and its end.`,
				options: []optionEntry{
					{"expected", "what the counter will come to"},
					{"clear_on_finish", "True: nothing is left of it at its end"},
					{"format_str", `the line that is shown, with %(message)s, %(counter)s, %(expected)s, %(percentage)s,
%(duration)s and %(status)s in it; %% is a percent sign`},
				},
				after: "```python" + `
def copy(env):
    bar = env.console.progress_bar("copying", expected = len(env.files))
    for name in env.files:
        env.host.run("cp -- %s /backup" % quote(name), interactive = False)
        bar.next()
    bar.done()

root = node(hosts = local_host(), files = ["a.db", "b.db"], actions = [copy])
` + "```",
			},
			{
				name:  "console.progress_bar_with_steps",
				usage: "env.console.progress_bar_with_steps(message, steps, format_str = None)",
				text: `A bar of what is done in steps: a dict of counts and texts, such as {1: "download", 2: "unpack"}, or
a list of texts, whose first belongs to the count 1. The highest count is what is expected, and the status is the step of
the present count. Where there is no terminal every step is a line of the log.`,
			},
			{
				name: "console.in_columns", usage: "env.console.in_columns(item_iterator, margin_left = 0)",
				text: `Prints a list of strings in columns of the terminal's width, as ls does. Where standard output is
no terminal every one is a line. Pairs of a string and its length will do: colours are not counted anyway.`,
			},
			{
				name: "console.lesspipe", usage: "env.console.lesspipe(line_iterator)",
				text: `Prints lines one page of the terminal at a time: q or Ctrl-C quits, which is no error, and any
other key shows the next page. It takes a list of strings or another thing to go over, a string, or a function that
returns one line after the other and None at the end, which is called as lines are needed. Where nobody is there, where
standard output is no terminal, and in several cells at once all is just printed.`,
			},
			{
				name:  "console.select_node",
				usage: `env.console.select_node(root_node, prompt = "Select a node", filter = None)`,
				text: `A node that the person chooses among root_node and all below it, by its path, a part of it that no
other path has, or its number. Tab completes the path. Of a node with several cells one is chosen then. A single node is
taken without asking; of several, where nobody is there, it is an error.`,
				options: []optionEntry{
					{"filter", "which nodes are offered: filters.public, for example"},
				},
				after: "```python" + `
def restart(env):
    env.host.run("systemctl restart web")

def restart_some(env):
    env.console.select_node(env, filter = filters.has_action("restart")).restart()

Web = parallel_node(actions = [restart])
root = node(hosts = local_host(), web = Web.array(), actions = [restart_some])
` + "```",
			},
			{
				name: "console.select_node_isolation", usage: "env.console.select_node_isolation(node)",
				text: `A cell of a node that the person chooses; with an empty answer, and where nobody is there, a random
one. A single one, also of a node without cells, is taken without asking.`,
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
