package shell

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"deployer/console"
	"deployer/internal/nearest"
	"deployer/nodes"
	"deployer/prompt"
)

func (s *Shell) cd(_ context.Context, a arguments) error {
	to := s.here.at.Root()
	if len(a.words) > 0 {
		var err error
		if to, err = s.resolve(a.text); err != nil {
			return err
		}
	}
	s.move(to)
	return nil
}

func (s *Shell) ls(_ context.Context, a arguments) error {
	path, long := a.text, false
	if len(a.words) > 0 && strings.HasPrefix(a.words[0].Raw, "-") && a.words[0].Raw != "-" {
		if option := a.words[0].Raw; option != "-l" {
			return fmt.Errorf("ls has no option %s: it has -l, which lists hosts too", prompt.Quote(option))
		}
		_, path, _ = strings.Cut(path, "-l")
		long = true
	}
	at, err := s.resolve(path)
	if err != nil {
		return err
	}
	if !long {
		return s.write(FormatPlace(at, "nodes:", s.layout()))
	}
	return s.write(formatLong(at, s.layout()))
}

// formatLong is a list of what is at a node, with the hosts of each node.
func formatLong(n *nodes.Place, l console.Layout) string {
	text := FormatPlace(n, "nodes:", l)
	var rows []console.Row
	add := func(name string, at *nodes.Place) {
		for _, role := range at.Roles() {
			rows = append(rows, console.Row{Name: name, Colour: GroupColour(at), Text: role.Name + ": " + hostNames(role)})
			name = ""
		}
	}
	add(".", n)
	for _, c := range n.Children() {
		if c.Err == nil && !nodes.IsPrivate(c.Name) {
			add(nodes.FormatStep(c.Name), c.Place)
		}
	}
	return text + l.List("hosts:", rows)
}

func (s *Shell) pwd(_ context.Context, a arguments) error {
	at, err := s.resolve(a.text)
	if err != nil {
		return err
	}
	return s.write(PathSpans(at).Format(s.o.Colour) + "\n")
}

// search is what find looks for.
type search struct {
	from                *nodes.Place
	name, action, group string
	host                string
	hosts               map[string]bool // of a set, in place of host
}

// searchKeys are the filters of find.
var searchKeys = []string{"name", "action", "group", "host"}

func (s *Shell) find(ctx context.Context, a arguments) error {
	look, err := s.search(a.words)
	if err != nil {
		return err
	}
	none := true
	err = s.page(ctx, "find", func(yield func(string) bool) {
		for n, err := range look.from.Walk().All() {
			if err != nil {
				fmt.Fprintln(s.o.Err, s.o.Secrets.Mask(err.Error()))
				continue
			}
			line, found := look.line(n, s.o.Colour)
			none = none && !found
			if ctx.Err() != nil || found && !yield(line) {
				return
			}
		}
	})
	if err == nil && none {
		fmt.Fprintln(s.o.Err, s.o.Secrets.Mask("nothing found below "+look.from.Path()+look.meant()))
	}
	return err
}

// line is what is printed of a node that was found.
func (l *search) line(n *nodes.Place, colour bool) (line string, found bool) {
	actions, found := l.match(n)
	if !found {
		return "", false
	}
	return strings.Join(append([]string{PathSpans(n).Format(colour)}, actions...), " "), true
}

// search reads the words after find: at first a path, as far as they are one, then a pattern, and filters.
func (s *Shell) search(words []prompt.Word) (search, error) {
	look := search{from: s.here.at}
	for i, w := range words {
		key, value, isFilter := strings.Cut(w.Text, "=")
		if isFilter && !w.Quoted() {
			if err := look.set(key, value); err != nil {
				return look, err
			}
			continue
		}
		if at, err := s.step(look.from, w, i == 0); err == nil && look.name == "" && !strings.ContainsAny(w.Raw, "*?") {
			look.from = at
			continue
		}
		if look.name != "" {
			return look, fmt.Errorf("find takes one pattern, and got %q and %q", look.name, w.Text)
		}
		look.name = w.Text
	}
	if strings.ContainsAny(look.host, "[,!&^@/") {
		found, err := look.from.Select(look.host)
		if err != nil {
			return look, err
		}
		look.hosts = map[string]bool{}
		for _, slug := range found {
			look.hosts[slug] = true
		}
	}
	for _, pattern := range []string{look.name, look.action} {
		if _, err := path.Match(pattern, ""); err != nil {
			return look, fmt.Errorf("find: %q is no pattern: a [ in it has no ]", pattern)
		}
	}
	return look, nil
}

func (l *search) set(key, value string) error {
	to := map[string]*string{"name": &l.name, "action": &l.action, "group": &l.group, "host": &l.host}[key]
	if to == nil {
		return fmt.Errorf("find has no filter %q: use %s", key, strings.Join(searchKeys, ", "))
	}
	if value == "" {
		return fmt.Errorf("find: %s= has no value", key)
	}
	*to = value
	return nil
}

// meant asks whether the host or the group that was looked for, and is not there, is a misspelling of one that is.
func (l *search) meant() string {
	var groups, hosts []string
	for n := range l.from.Walk().Places() {
		if g := n.Group(); g != nil {
			groups = append(groups, g.Name)
		}
		hosts = append(hosts, slugs(n)...)
	}
	near := append(misspelt(l.group, groups), misspelt(l.host, hosts)...)
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(near, " or ") + "?"
}

// misspelt are the names that a word, which is none of them, may be meant for.
func misspelt(word string, names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	if word == "" || slices.ContainsFunc(names, func(name string) bool { return matches(word, name) }) {
		return nil
	}
	return nearest.Names(word, names)
}

// match reports whether a node is what is looked for, and which actions of it are.
func (l *search) match(n *nodes.Place) (actions []string, ok bool) {
	if !matches(l.name, n.Name()) || l.group != "" && (n.Group() == nil || n.Group().Name != l.group) {
		return nil, false
	}
	if l.host != "" && !slices.ContainsFunc(slugs(n), l.isHost) {
		return nil, false
	}
	if l.action == "" {
		return nil, true
	}
	for _, name := range n.ActionNames() {
		if matches(l.action, name) {
			actions = append(actions, name)
		}
	}
	return actions, len(actions) > 0
}

// isHost reports whether a host is one that is looked for.
func (l *search) isHost(slug string) bool {
	if l.hosts != nil {
		return l.hosts[slug]
	}
	return matches(l.host, slug)
}

// matches reports whether a name is of a pattern. search has checked that it is one.
func matches(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		return strings.Contains(strings.ToLower(name), strings.ToLower(pattern))
	}
	ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
	return ok
}

func slugs(n *nodes.Place) []string {
	var all []string
	for _, h := range n.Hosts() {
		all = append(all, h.Slug())
	}
	return all
}

func (s *Shell) tree(ctx context.Context, a arguments) error {
	depth, path := -1, a.text
	if last := len(a.words) - 1; last >= 0 {
		if n, err := strconv.Atoi(a.words[last].Raw); err == nil && n >= 0 {
			depth, path = n, path[:strings.LastIndex(path, a.words[last].Raw)]
		}
	}
	at, err := s.resolve(path)
	if err != nil {
		return err
	}
	return s.page(ctx, "tree", func(yield func(string) bool) {
		_ = yield(PathSpans(at).Format(s.o.Colour)) && s.branches(at, "", depth, yield)
	})
}

// branches draws what is below a node, as long as lines are wanted.
func (s *Shell) branches(n *nodes.Place, indent string, depth int, yield func(string) bool) bool {
	if depth == 0 {
		return true
	}
	children := slices.DeleteFunc(n.Children(), func(c nodes.Child) bool { return nodes.IsPrivate(c.Name) })
	for i, c := range children {
		branch, below := "├── ", "│   "
		if i == len(children)-1 {
			branch, below = "└── ", "    "
		}
		name := nodes.FormatStep(c.Name)
		if c.Err != nil {
			name += ": " + c.Err.Error()
		} else {
			name = console.FormatName(name, GroupColour(c.Place), s.o.Colour)
		}
		if !yield(indent+branch+name) || c.Err == nil && !s.branches(c.Place, indent+below, depth-1, yield) {
			return false
		}
	}
	return true
}
