package script

import (
	"fmt"
	"strings"

	"deployer/nodes"
)

// This file knows what people who know Python write, and what to write instead.

// reserved are the words that Starlark keeps free because Python has them.
var reserved = map[string]nodes.Problem{
	"class": {Message: "there are no classes", Hint: "a node is node(…), derived by calling it; fields are struct(…)"},
	"try": {Message: "there is no try",
		Hint: "attempt(f, …) calls f and returns a struct with ok, value and error"},
	"except":  {Message: "there is no except", Hint: "attempt(f, …) returns a struct with ok, value and error"},
	"finally": {Message: "there is no finally", Hint: "attempt(f, …) returns, also when f failed"},
	"with": {Message: "there is no with",
		Hint: "cd(…), env(…) and prefix(…) return a new host: h = env.host.cd(dir), then h.run(…); " +
			"a file is closed, and a progress bar ended, with its action"},
	"import": {Message: "there is no import",
		Hint: `load("lib/x.star", "name") loads names from a file; json and struct are there`},
	"from":     {Message: "there is no from … import", Hint: `load("lib/x.star", "name") loads names from a file`},
	"raise":    {Message: "there is no raise", Hint: `fail("what is wrong")`},
	"assert":   {Message: "there is no assert", Hint: `if not …: fail("what is wrong")`},
	"is":       {Message: "there is no is", Hint: "compare with == or !="},
	"global":   {Message: "there is no global", Hint: "globals are frozen after loading: return the value instead"},
	"nonlocal": {Message: "there is no nonlocal", Hint: "return the value, or keep it in a dict of the outer function"},
	"del":      {Message: "there is no del", Hint: "x.pop(key) takes an entry out of a dict or a list"},
	"yield":    {Message: "there is no yield", Hint: "collect the values in a list and return it"},
	"async":    {Message: "there is no async", Hint: "env.hosts.run(…) runs on all hosts in parallel"},
	"await":    {Message: "there is no await", Hint: "calls wait by themselves"},
	"as":       {Message: "there is no as", Hint: "assign with ="},
}

// notMembers are methods of Python that a node has not, and what to write instead.
var notMembers = map[string]string{
	"__call__": "what calling a node runs is default = f",
	"__init__": "a node is made by node(…), and its attributes are members",
}

// wrongSigns are never right.
var wrongSigns = map[string]string{
	"&&": "write and", "||": "write or", "!": "write not", ":=": "assign with = on a line of its own",
	"->": "functions have no types here", "@": "call the function instead: action(f, …), property(f)",
	"$": "use %s and the % operator to put values into a text",
	"?": "write a if condition else b", "`": "write str(x)",
}

// pythonisms finds what Python has and Starlark has not, at most one in a logical line.
func pythonisms(tokens []token) []nodes.Problem {
	var problems []nodes.Problem
	found, tried := false, false
	for i, t := range tokens {
		if t.kind == lineToken {
			found = false
			continue
		}
		if found {
			continue
		}
		if t.is("try") {
			tried = true
		} else if tried && (t.is("except") || t.is("finally")) {
			found = true // told with the try
			continue
		}
		if p, ok := pythonism(tokens, i); ok {
			p.Pos = nodes.Pos{Line: t.line, Col: t.col}
			problems = append(problems, p)
			found = true
		}
	}
	return problems
}

func pythonism(tokens []token, i int) (nodes.Problem, bool) {
	t := tokens[i]
	var prev, next token
	if i > 0 {
		prev = tokens[i-1]
	}
	if i+1 < len(tokens) {
		next = tokens[i+1]
	}
	switch t.kind {
	case stringToken:
		return stringPythonism(t, prev)
	case wordToken:
		p, ok := reserved[t.text]
		if ok && (prev.is(".") || next.is("=") || next.is(",") || next.is(")")) {
			p = nodes.Problem{Message: fmt.Sprintf("%s is a reserved word", t.text), Hint: "choose another name"}
		}
		return p, ok
	case signToken:
		if hint := wrongSigns[t.text]; hint != "" {
			return nodes.Problem{Message: fmt.Sprintf("there is no %s", t.text), Hint: hint}, true
		}
		if t.is("**") && endsValue(prev) {
			return nodes.Problem{Message: "there is no **", Hint: "multiply, or shift: 1 << n"}, true
		}
	}
	return nodes.Problem{}, false
}

func stringPythonism(t, prev token) (nodes.Problem, bool) {
	letters := strings.ToLower(t.text[:strings.IndexAny(t.text, `"'`)])
	switch {
	case strings.Contains(letters, "f"):
		return nodes.Problem{Message: "there are no f-strings", Hint: `write "…%s…" % x, or "…{}…".format(x)`}, true
	case strings.Contains(letters, "u"):
		return nodes.Problem{Message: "there are no u-strings", Hint: "every string is text: leave out the u"}, true
	case prev.kind == stringToken && prev.text != "" && !prev.open:
		return nodes.Problem{Message: "two strings side by side are not joined", Hint: "write + between them"}, true
	}
	return nodes.Problem{}, false
}

// endsValue reports whether an operator may follow the token.
func endsValue(t token) bool {
	return t.kind == wordToken && !t.is("lambda") || t.kind == numberToken || t.kind == stringToken && t.text != "" ||
		t.is(")") || t.is("]") || t.is("}")
}

const attemptHint = "attempt(f, …).error says in kind what failed"

// strangers are names that people expect from Python, from the forerunner or from other languages.
var strangers = map[string]string{
	"self":                      "the first parameter of an action is named env",
	"Node":                      "write node(…)",
	"ParallelNode":              "write parallel_node(…)",
	"SSHHost":                   `write ssh_host("slug", …)`,
	"LocalHost":                 "write local_host()",
	"required_property":         `write required("why")`,
	"dont_isolate_yet":          `write action(f, isolate = "later")`,
	"isolate_one_only":          `write action(f, isolate = "one")`,
	"alias":                     `write action(f, alias = "name")`,
	"suppress_action_result":    "write action(f, suppress_result = True)",
	"set_group":                 "write group = groups.production, or group = group(\"name\"), in node(…)",
	"Group":                     `write group("name", color = "red")`,
	"production":                "write groups.production",
	"staging":                   "write groups.staging",
	"beta":                      "write groups.beta",
	"local":                     "write groups.local",
	"other":                     "write groups.other",
	"utility":                   "write groups.utility",
	"Hosts":                     `write hosts = {"web": [web1, web2]} in node(…)`,
	"HostsContainer":            `write hosts = {"web": [web1, web2]} in node(…); in an action, env.hosts`,
	"HostContainer":             "in an action, env.host",
	"initialize_node":           "in an action, env.initialize_node(T)",
	"Env":                       "actions get the node as their first parameter, env",
	"Console":                   "in an action, env.console",
	"Inspector":                 "write inspect(env)",
	"PublicOnly":                "write filters.public",
	"PrivateOnly":               "write filters.private",
	"IsInstance":                "write filters.instance_of(T)",
	"HasAction":                 `write filters.has_action("name")`,
	"InGroup":                   "write filters.in_group(groups.production)",
	"ConnectionFailedException": attemptHint,
	"ExecCommandFailed":         attemptHint,
	"ActionException":           attemptHint,
	"QueryException":            attemptHint,
	"NoInput":                   attemptHint,
	"DeployerException":         attemptHint,
	"super":                     "T.action(env, …) calls T's own version of an action",
	"isinstance":                `compare types: type(x) == "string"`,
	"Exception":                 `fail("what is wrong") ends the action`,
	"object":                    "fields are struct(…)",
	"open":                      "files are on hosts, inside an action",
	"input":                     "an action gets what it needs as parameters, or asks: env.console.input(…)",
	"exit":                      `fail("why") ends the action`,
	"sys":                       "an action gets its arguments as parameters",
	"os":                        "commands run on hosts: env.host.run(…); from_env(NAME) reads a variable",
	"subprocess":                "commands run on hosts: env.host.run(…)",
	"time":                      "loading reads no clock; on a host: env.host.output(\"date\")",
	"re":                        "use split, find, startswith and the other methods of strings",
	"map":                       "write [f(x) for x in list]",
	"filter":                    "write [x for x in list if …]",
	"sum":                       "add in a for loop",
	"round":                     "write int(x + 0.5)",
	"format":                    `write "%s" % x, or "{}".format(x)`,
	"true":                      "write True", "false": "write False", "null": "write None", "nil": "write None",
	"none": "write None",
}
