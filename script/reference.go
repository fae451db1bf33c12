package script

// The sections of the reference, see table.go.

func nodeSection() section {
	return section{title: "Nodes", entries: append(templateEntries(), memberEntries()...)}
}

func templateEntries() []entry {
	return []entry{
		{
			name: "node", usage: "node(**members)",
			text: `Makes a template: the definition of a node. A member is an action if it is a function whose
first parameter is named env, a child if it is a template, a property, required(…), or else a constant. Names that
begin with _ are private: they work, and are not offered. These names have a meaning of their own:`,
			options: []optionEntry{
				{"hosts", `the hosts of the node by role, or map_roles(…); without it the node has the roles of
its parent`},
				{"actions", `a list of actions, each under its own name; the list adds and replaces, and never
removes`},
				{"default", "what calling the node itself runs: a function, or action(…)"},
				{"group", "groups.production and the like; children inherit it"},
				{"rolling", "rolling(…), of a parallel_node: how actions go over its cells"},
				{"doc", "a text about the node"},
			},
		},
		{
			name: "parallel_node", usage: "parallel_node(**members)",
			text: `Makes the template of a node that is split into cells, one for every host of its role host. An
action runs once in every cell, in parallel, and gives a parallel result; so does what is below a parallel node. Inside
a node it is nested as P.array(…) or P.just_one(…), inside another parallel node as it is. An array inside an array has
a node between them, and cells of two dimensions.`,
		},
		{
			name: "T(…)", usage: "T(**overrides)",
			text: `Derives a template from the template T: the members given are replaced in their place or
added, T stays as it is. a__b__c = v sets c of the child b of the child a, and is an error if there is no such child.`,
		},
		{
			name: "T.array", usage: "P.array(**overrides)",
			text: `Nests a parallel node in a node: a cell for every host of its role host. Without hosts = …
that role is filled with all hosts of the parent.`,
		},
		{
			name: "T.just_one", usage: "P.just_one(**overrides)",
			text: "Nests a parallel node in a node for exactly one host: it is its own only cell.",
		},
		{
			name: "T.MEMBER", usage: "T.name, T.action(env, …)",
			text: `A member of a template: a constant or a child as it is. An action is called with an env, and
runs as T defines it, also where a derived template has another one.`,
		},
	}
}

func memberEntries() []entry {
	return []entry{
		{
			name: "required", usage: `required(why = "")`,
			text: "A member that a derived template must set. Reading it is an error that says why.",
		},
		{
			name: "property", usage: "property(f)",
			text: "A member that is evaluated whenever it is read: f(env).",
		},
		{
			name: "action", usage: "action(f, name = , alias = , suppress_result = , isolate = , rolling = )",
			text: "An action with options. f may have any name for its first parameter.",
			options: []optionEntry{
				{"name", "its name in actions = […]; a lambda needs one"},
				{"alias", "one more name, or a list of them; they may contain any character"},
				{"suppress_result", "True: what it returns is not printed"},
				{"isolate", `on a parallel node that is no cell: "later" runs it once, with all hosts; "one" runs
it in one cell, which a person chooses. Else it runs once in every cell`},
				{"rolling", "rolling(…): how it goes over the cells, before what its node says"},
			},
		},
		rollingEntry(),
		{
			name: "groups", usage: "groups.production, staging, beta, local, other, utility",
			text: "The groups that every tree knows.",
		},
		{
			name: "group", usage: `group(name, color = "")`,
			text: "A group of your own. The colours are grey, red, green, yellow, blue, magenta, cyan and white.",
		},
	}
}

func roleSection() section {
	return section{
		title: "Roles",
		text: `A node holds hosts under the names of roles: hosts = {"web": [web1, web2], "db": db1}. A role holds a
host, or a list, tuple or set of hosts; a host or a list without a dict is the role host. A child has the roles of its
parent, unless it has hosts = … itself. Roles and hosts keep the order in which they are written.

A slug names one machine of the tree: two hosts of one slug are a mistake, unless they are accounts of one machine.`,
		entries: []entry{
			{
				name: "map_roles", usage: `map_roles("web", x = ["web", "db"])`,
				text: `Fills the roles of a node from those of its parent: a name, or a list of names. Names given by
position fill the role host. What is not mapped is not seen. A role that the parent does not have is empty; deployer
check warns of those that no parent in the tree has.`,
			},
			{
				name: "ALL_HOSTS", usage: "map_roles(ALL_HOSTS), map_roles(x = ALL_HOSTS)",
				text: "Every host of every role of the parent.",
			},
		},
	}
}

func hostSection() section {
	return section{
		title: "Hosts",
		text: `A host is a value with the attributes slug, address and username. Its slug is its unique name. Calling
it derives another one: web1(username = "root"). Every host has these options:

- shell: what runs commands there; by default bash where the host has it, else /bin/sh
- sudo_password: the password that sudo asks for
- sudo_password_command: a list, a command of this machine that prints it
- history: True has every command noted in ~/.deployer/history there, see [security.md](security.md#history-on-hosts)
- silence: seconds without output or input after which a command's host is parked; 0: never`,
		entries: []entry{
			{
				name: "ssh_host", usage: "ssh_host(slug, **options)",
				text: `A machine behind SSH. What is not given comes from ~/.ssh/config, then from the defaults of
OpenSSH.`,
				options: []optionEntry{
					{"address", "host name or IP address; by default the slug"},
					{"port", "1 to 65535"},
					{"username", "the account to log in to"},
					{"password", "for logging in, and for sudo; a secret from then on"},
					{"key_filename", "a private key"},
					{"key", "the text of a private key; a secret from then on (also rsa_key)"},
					{"key_password", "the passphrase of either (also rsa_key_password)"},
					{"config_filename", `instead of ~/.ssh/config and the system's; "none": no file at all`},
					{"known_hosts", "a file of host keys, or a list of them"},
					{"host_keys", `"strict" or "accept-new": what happens to a host key that is not known. A changed
key is refused always`},
					{"host_key", "a public key line that pins the key of this host"},
					{"timeout", "seconds, to connect"},
					{"keepalive_interval", "seconds between two keepalives"},
					{"jump", `user@host:port to go through, several with commas; "none"`},
					{"proxy_command", `a command whose standard input and output are the connection; "none"`},
					{"identities_only", "True: only the keys named here and in ssh_config are offered"},
					{"agent_forwarding", "True: commands on the host can use the local agent"},
				},
			},
			{
				name: "local_host", usage: `local_host(slug = "localhost", **options)`,
				text: "This machine.",
			},
			{
				name: "wrapped_host", usage: `wrapped_host(slug, command = ["docker", "exec", "-i", "web"], **options)`,
				text: `Whatever a command of this machine reaches: it is given a shell and its arguments as further
words.`,
			},
		},
	}
}

func secretSection() section {
	return section{
		title: "Secrets",
		text: `A secret is a string that is masked wherever it would be shown or stored. It can be joined with other
strings and formatted into them. It reaches a host by standard input (initial_input =) or in a variable (env(name,
secret)), never on a command line.`,
		entries: []entry{
			{
				name: "secret", usage: "secret(value)",
				text: "Makes a secret of a string.",
			},
			{
				name: "from_env", usage: "from_env(name)",
				text: "A secret that is read from a variable of the environment when it is needed.",
			},
			{
				name: "from_command", usage: `from_command(["pass", "show", "web"])`,
				text: "A secret that a command of this machine prints when it is needed. The line end is cut off.",
			},
		},
	}
}

func helperSection() section {
	return section{
		title: "Helpers",
		entries: []entry{
			{
				name: "quote", usage: "quote(text)",
				text: "The text as one word of a shell command, with its quotes.",
			},
			{
				name: "esc1", usage: "esc1(text), esc2(text)",
				text: "The text for a place inside '…', or inside \"…\", of a shell command. quote is safer.",
			},
			{
				name: "esc2", usage: "esc2(text)",
				text: "See esc1.",
			},
			{
				name: "indent", usage: `indent(text, prefix = "  ")`,
				text: "The text with a prefix before every line.",
			},
			{
				name: "parse_ifconfig_output", usage: "parse_ifconfig_output(output, only_active_interfaces = True)",
				text: `Reads what ip -j addr, ip addr or ifconfig print, of whatever system, as host.ifconfig() does.`,
			},
			{
				name: "iter_isolations", usage: `iter_isolations(env, identifier_type = "numbers")`,
				text: `A list of pairs, one for every cell of a node: a tuple that names the cell, with an entry for
each dimension, and the cell. The tuple holds "numbers", "hosts" or "slugs" (in the manual INT_TUPLES, HOST_TUPLES and
HOSTS_SLUG); env[tuple] is the cell again. A node that is not split gives itself, with an empty tuple.`,
			},
			{
				name: "attempt", usage: "attempt(f, *args, **kwargs)",
				text: `Calls f and returns a struct: ok; value, what f returned; error, what went wrong, or None. If an
action failed in some cells or on some hosts, value holds what the others gave. Ctrl-C is not caught, nor what is
unknown in a sandbox, nor endless recursion.`,
			},
			{
				name: "error", usage: "attempt(…).error",
				text: `What went wrong. str(error) is the message; "text" in error looks into it. Of several failures
the attributes tell the first; what a failure has not is None.`,
				options: []optionEntry{
					{"kind", "the kind of failure, see below"},
					{"message", "the whole message"},
					{"node, action, host", "where it happened: a path, a name and a slug"},
					{"command, status, signal, stderr, hint", `of a failure on a host: the command, its exit status or
signal, the last lines it printed, what to do`},
					{"sudo", "True if the command was run with sudo"},
					{"attribute, query", "of a query that failed: its name, and what it says"},
					{"errors", "a list of the failures: one for each host or cell that failed"},
				},
				after: `Kinds on a host: command (the exit status was not 0), unreachable, login, host key, lost,
time limit, sudo, directory, syntax, refused. Others: fail (of fail(…)), script (a mistake in the script), name (no such
attribute, action, child or cell), required (an attribute that is not set), usage (wrong arguments of an action), hosts
(not as many as needed), query, no answer (of a person who was asked).`,
			},
			{
				name: "struct", usage: "struct(**fields)",
				text: "A value with these fields.",
			},
			{
				name: "json", usage: "json.encode(x), json.decode(text), json.indent(text)",
				text: "Reads and writes JSON.",
			},
			{
				name: "load", usage: `load("lib/x.star", "name", other = "name2")`,
				text: `Takes globals out of another file, whose name is relative to the file that loads it. A file is
executed once. Names that begin with _ cannot be loaded. "@stock//git.star" and its like are the stock nodes of
doc/stock.md.`,
			},
			{
				name: "print", usage: "print(*values)",
				text: "Writes a line: to standard output in an action, to standard error while the tree loads.",
			},
			{
				name: "fail", usage: "fail(*values)",
				text: "Ends the action with a message.",
			},
		},
	}
}
