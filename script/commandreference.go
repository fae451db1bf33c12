package script

func envSection() section {
	return section{
		title: "env, inside an action",
		text: `An env is a node in a run. Its members are its attributes: constants as they are, properties
evaluated, children as envs, actions to be called. It cannot be changed. If the node is parallel and not a cell,
actions and properties run in every cell and give a parallel result. Calling an env runs its default action. str(env)
is its path, dir(env) lists its attributes.`,
		entries: []entry{
			{
				name: "env.host", usage: "env.host",
				text: "The only host of the node. It is an error if there are more, or none.",
			},
			{
				name: "env.hosts", usage: "env.hosts",
				text: "All hosts of the node.",
			},
			{
				name: "env.parent", usage: "env.parent",
				text: "The node above; None at the root.",
			},
			{
				name: "env.sandbox", usage: "env.sandbox",
				text: "True if nothing may be changed.",
			},
			{
				name: "env.log", usage: "env.log(*values)",
				text: "Writes a line to the log of the run.",
			},
			{
				name: "env.initialize_node", usage: "env.initialize_node(template)",
				text: `A node that has no place in the tree, with hosts of its own, which may be those of env:
T(hosts = {"web": env.hosts.filter("web")}). Messages call it <NAME>.`,
			},
			{
				name: "env[…]", usage: `env["web1"], env[0], env[host], env["web1", "db1"]`,
				text: `A cell, by slug, by number or by host; of several dimensions one after the other, or all at
once. Iterating yields all cells; a node that is not split yields itself.`,
			},
		},
	}
}

func commandSection() section {
	return section{
		title: "A host or a set of hosts, inside an action",
		text: `A host has the attributes slug, address and username. Its methods are those of a set of hosts too,
where the command runs on every host, in parallel, and the result is a list in the order in which the hosts were
defined.

In a sandbox run a command is not run, and what it would give is unknown. That may be passed around; testing,
comparing or formatting it ends the action as "unknown: depends on COMMAND".`,
		entries: []entry{
			{
				name: "host.run", usage: "host.run(command, **options)",
				text: `Runs a command in the host's shell. What it prints is shown, and returned as a string: the
standard output, or with a terminal both streams. It fails if the exit status is not 0. At most 16 MiB are kept:
reading more is an error.`,
				options: runOptions(),
			},
			{
				name: "host.sudo", usage: "host.sudo(command, **options)",
				text: "As run, with sudo: as root, or as user =.",
			},
			{
				name: "host.output", usage: "host.output(command, sudo = False, **options)",
				text: `Runs a command without a terminal and shows nothing. Returns its standard output without the
last newline.`,
			},
			{
				name: "host.result", usage: "host.result(command, sudo = False, **options)",
				text: `Runs a command without a terminal, and does not fail. Returns a struct: stdout, stderr,
status, signal (None, or its name without SIG), ok, truncated, host (the slug), seconds.`,
			},
			{
				name: "host.cd", usage: "host.cd(path, expand = )",
				text: `Returns a host whose commands run in path. A relative path is joined to the one before; a
leading ~ or ~user is a home directory, with and without expand.`,
			},
			{
				name: "host.env", usage: "host.env(name, value, escape = True)",
				text: `Returns a host whose commands see a variable. With escape = False the value is shell text, in
which $X is replaced on the host. None is the empty value.`,
			},
			{
				name: "host.prefix", usage: "host.prefix(command)",
				text: `Returns a host whose commands run after this one has succeeded, in the same shell:
host.prefix(". venv/bin/activate").`,
			},
			{
				name: "host.has_command", usage: "host.has_command(command, use_sudo = False)",
				text: "True if the host's shell finds the command. Works in a sandbox.",
			},
			{
				name: "host.getcwd", usage: "host.getcwd()",
				text: "The directory that commands run in. Works in a sandbox.",
			},
			{
				name: "host.get_start_path", usage: "host.get_start_path()",
				text: "The directory that commands run in without any cd. Works in a sandbox.",
			},
			{
				name: "host.expand_path", usage: "host.expand_path(path)",
				text: `The path as an absolute one: joined to the directory that commands run in, a leading ~ or ~user
replaced by the home directory. Works in a sandbox.`,
			},
			{
				name: "host.start_interactive_shell", usage: "host.start_interactive_shell(command = None, initial_input = None)",
				text: `Gives the person a shell on the host, in its directory and with its variables, or runs command
on the terminal in its place; initial_input is typed first. Returns the exit status. Not on a set of hosts; in a sandbox
nothing is opened. Without a terminal the shell reads initial_input alone, and none is an error.`,
			},
			{
				name: "host.ip_address", usage: "host.ip_address(interface = None)",
				text: `The first IPv4 address of an interface; without a name, of the first interface that is up and
is not the loopback. Works in a sandbox.`,
			},
			{
				name: "host.ifconfig", usage: "host.ifconfig(only_active_interfaces = True)",
				text: `The network interfaces: interfaces, a list of structs (name; ip, the first IPv4 address; up;
hardware; addresses, with the size of their networks), get_interface(name) and get_address(ip). Those without an IPv4
address are left out. Works in a sandbox.`,
			},
			{
				name: "host.facts", usage: "host.facts()",
				text: `What the host is, asked in one round trip: a struct of hostname, system, kernel, architecture,
distribution, release, user, uid, home, shell, processors, memory (bytes), addresses (structs of interface and
address). Works in a sandbox.`,
			},
		},
	}
}

// runOptions are the options of run, sudo, output and result.
func runOptions() []optionEntry {
	return []optionEntry{
		{"user", "sudo: the account; by default root"},
		{"interactive", "False: the command never takes the terminal"},
		{"ignore_exit_status", "True: a bad exit status is no failure"},
		{"initial_input", "a string that is given to its standard input, which then ends"},
		{"silent", "True: nothing is shown or logged"},
		{"timeout", "seconds after which the command is ended and has failed"},
		{"silence", `seconds without output or input after which its host is parked: others take its place; 0: never.
By default what the host says, then --silence, then 300`},
		{"sandbox", "True: the command is checked and not run. A sandbox cannot be left by False"},
		{"reads", "True: the command only looks, and is run in a sandbox too"},
	}
}

func setSection() section {
	return section{
		title: "A set of hosts",
		text: `Iterating yields the hosts, len counts them; hosts[0] and hosts["slug"] choose one. On an empty set
run returns [] and warns.`,
		entries: []entry{
			{
				name: "hosts.filter", usage: "hosts.filter(*roles)",
				text: "The hosts of some roles, in the order of these. A role that is not there is empty.",
			},
			{
				name: "hosts.select", usage: "hosts.select(set)",
				text: `The hosts of a set that is written as for --hosts: slugs, ranges web[01-20] and patterns web*,
@web for the hosts of a role, and between them a,b (both), a!b (a without b), a&b (what is in both) and a^b (what is in
one of them), from left to right: env.hosts.select("web[1-3],db*!web2"). A name that no host has is an error. Hosts that
the run is limited not to reach are left out.`,
			},
			{
				name: "hosts.roles", usage: "hosts.roles",
				text: "The names of the roles.",
			},
			{
				name: "hosts.by_role", usage: "hosts.by_role()",
				text: "A dict of the sets of hosts by role.",
			},
			{
				name: "hosts.get_hosts", usage: "hosts.get_hosts()",
				text: "A list of the hosts as they are defined, each once, which the hosts of a template can be.",
			},
			{
				name: "hosts.get_hosts_as_dict", usage: "hosts.get_hosts_as_dict()",
				text: "A dict of such lists by role.",
			},
		},
	}
}

func resultSection() section {
	return section{
		title: "A parallel result",
		text: `What an action gives that ran in every cell. Iterating yields the values in the order of the cells,
len counts them; result["web1"], result[0], result[host] and result[cell] choose one.`,
		entries: []entry{
			{
				name: "result.keys", usage: "result.keys()",
				text: "The cells, as envs.",
			},
			{
				name: "result.values", usage: "result.values()",
				text: "The values; None where the cell failed.",
			},
			{
				name: "result.items", usage: "result.items()",
				text: "Pairs of cell and value.",
			},
			{
				name: "result.errors", usage: "result.errors",
				text: "A dict of messages by slug, of the cells that failed.",
			},
		},
	}
}
