package shell

import (
	"errors"
	"slices"
	"strings"

	"deployer/nodes"
	"deployer/prompt"
)

// The kinds of candidates.
const (
	KindCommand   = "command"
	KindNode      = "node"
	KindCell      = "cell"
	KindAction    = "action"
	KindProperty  = "property"
	KindQuery     = "query"
	KindParameter = "parameter" // of an action, by name
	KindValue     = "value"     // of a parameter, an option or a filter
)

// Complete returns what the word before the cursor, a number of bytes, may become; start is where in the line that word,
// or the part of it that the candidates replace, begins. Nothing is evaluated and no host is asked.
func (s *Shell) Complete(line string, cursor int) (start int, candidates []prompt.Candidate) {
	before, now := prompt.At(line, cursor)
	return now.Start, s.candidates(before, now)
}

// wanted says which members of a node are candidates, beside its children.
type wanted func(*nodes.Member) (kind string)

func nodesOnly(*nodes.Member) string { return "" }

func andActions(m *nodes.Member) string {
	if m.Action != nil {
		return KindAction
	}
	return ""
}

func andAttributes(m *nodes.Member) string {
	switch {
	case m.Property != nil:
		return KindProperty
	case m.Query != nil:
		return KindQuery
	}
	return andActions(m)
}

// candidates are those for a word after others.
func (s *Shell) candidates(before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) == 0 {
		return append(s.paths(nil, now, andActions), s.commandNames(now.Raw)...)
	}
	if cmd := s.command(before[0]); cmd != nil {
		if cmd.complete == nil {
			return nil
		}
		return cmd.complete(s, before[1:], now)
	}
	return s.actionLine(before, now)
}

func (s *Shell) commandNames(prefix string) []prompt.Candidate {
	var all []prompt.Candidate
	for _, cmd := range s.commands {
		if strings.HasPrefix(cmd.Name, prefix) && (cmd.Name != "return" || len(s.below) > 0) {
			all = append(all, prompt.Candidate{Text: cmd.Name, Shown: cmd.Name, Description: cmd.Short, Kind: KindCommand})
		}
	}
	return all
}

// actionLine completes a path with an action, or the arguments after those.
func (s *Shell) actionLine(before []prompt.Word, now prompt.Word) []prompt.Candidate {
	for i := range before {
		if t, err := s.target(before[:i+1]); err == nil && (t.name != "" || len(t.rest) > 0) {
			return parameters(t.action, before[i+1:], now)
		}
	}
	all := s.paths(before, now, andActions)
	if at, err := s.walk(before); err == nil && at.IsCallable() {
		all = append(all, parameters(at.Template().Default, nil, now)...)
	}
	return all
}

// nodePath completes a path.
func nodePath(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	return s.paths(before, now, nodesOnly)
}

// memberPath completes a path that may end in an action, a property or a query.
func memberPath(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	return s.paths(before, now, andAttributes)
}

// walk is the node that words lead to.
func (s *Shell) walk(words []prompt.Word) (*nodes.Place, error) {
	at := s.here.at
	for i, w := range words {
		var err error
		if at, err = s.step(at, w, i == 0); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// paths completes a step of a path after words that are steps too.
func (s *Shell) paths(before []prompt.Word, now prompt.Word, members wanted) []prompt.Candidate {
	at, err := s.walk(before)
	if err != nil {
		return nil
	}
	at, lead, err := leading(at, now.Raw)
	if err != nil {
		return nil
	}
	last := now.Raw[len(lead):]
	c := steps{at: at, lead: lead, prefix: unquote(last), members: members}
	c.cells(last)
	c.children()
	c.byDefault()
	if lead == "" && last == "" {
		c.specials(len(before) == 0 && s.here.previous != nil)
	}
	return c.all
}

// leading goes as far as what was typed of a path leads, and returns that part of it.
func leading(at *nodes.Place, raw string) (*nodes.Place, string, error) {
	cuts := separators(raw)
	for i := len(cuts) - 1; i >= 0; i-- {
		lead := raw[:cuts[i]]
		if next, err := resolveFrom(at, leadPath(lead)); err == nil {
			return next, lead, nil
		}
	}
	if strings.HasPrefix(raw, "/") {
		return nil, "", errors.New("the path leads nowhere")
	}
	return at, "", nil // a name may have separators in it
}

// separators are the places after those in a path, in order.
func separators(raw string) []int {
	var cuts []int
	last, quote := 0, byte(0)
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\' && quote != '\'' && quote != ']':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[':
			quote = ']'
		case c == '/', c == '.' && !onlyDots(raw[last:]):
			last = i + 1
			cuts = append(cuts, last)
		}
	}
	return cuts
}

// onlyDots reports whether a step is, or begins like, "." or "..".
func onlyDots(step string) bool { return strings.HasPrefix(step, ".") }

// leadPath is the path to what a lead, which ends in a separator, leads to.
func leadPath(lead string) string {
	if lead == "/" {
		return lead
	}
	return lead[:len(lead)-1]
}

// unquote takes the quotes out of a step that is being typed, closed or not.
func unquote(text string) string { return strings.NewReplacer("'", "", `"`, "", `\`, "").Replace(text) }

// steps collects the candidates for a step of a path.
type steps struct {
	at      *nodes.Place
	lead    string // typed before the step
	prefix  string // what the step begins with
	members wanted
	all     []prompt.Candidate
}

// offers reports whether a name is a candidate: a private one only if that is asked for.
func (c *steps) offers(name string) bool {
	return strings.HasPrefix(name, c.prefix) && (c.prefix != "" || !nodes.IsPrivate(name))
}

func (c *steps) add(text, shown string, one prompt.Candidate) {
	one.Text, one.Shown = c.lead+text, shown
	c.all = append(c.all, one)
}

// children adds the children and members of the node.
func (c *steps) children() {
	group := c.at.Group()
	var odd []string // names that need to be told apart from beginnings of others
	for _, name := range c.at.Steps() {
		if strings.ContainsAny(name, "./[: \t\r\n") {
			odd = append(odd, name)
		}
	}
	for _, m := range c.at.Template().Members() {
		if m.Child != nil {
			if c.offers(m.Name) {
				text := nodes.FormatStep(m.Name, odd...)
				c.add(text, text, inGroup(KindNode, m.Child.Documentation(), nearestGroup(m.Child.Group, group)))
			}
			continue
		}
		kind := c.members(m)
		if kind == "" {
			continue
		}
		for _, name := range names(m) {
			if c.offers(name) {
				c.add(name, name, inGroup(kind, memberDoc(m), group))
			}
		}
	}
}

// names are the names of a member: an action has aliases.
func names(m *nodes.Member) []string {
	if m.Action == nil {
		return []string{m.Name}
	}
	return append([]string{m.Name}, m.Action.Aliases...)
}

func nearestGroup(own, above *nodes.Group) *nodes.Group {
	if own != nil {
		return own
	}
	return above
}

func inGroup(kind, doc string, g *nodes.Group) prompt.Candidate {
	c := prompt.Candidate{Kind: kind, Description: firstLine(doc)}
	if g != nil {
		c.Group, c.Colour = g.Name, g.Color
	}
	return c
}

// memberDoc is the documentation of a member that is no child; of an action with its signature.
func memberDoc(m *nodes.Member) string {
	switch {
	case m.Action != nil:
		_, signature, _ := strings.Cut(nodes.Usage(m.Action), " ")
		return strings.Trim(signature+"  "+firstLine(m.Action.Documentation()), " ")
	case m.Property != nil && m.Property.Documentation() != "":
		return m.Property.Documentation()
	case m.Query != nil && m.Doc == "":
		return m.Query.String()
	}
	return m.Doc
}

// cells adds the cells of the step that was typed, or of the node itself.
func (c *steps) cells(typed string) {
	cut := strings.IndexAny(typed, "[:")
	name, at := typed, c.at
	if cut >= 0 {
		name = typed[:cut]
	}
	if name != "" {
		next, err := resolveFrom(c.at, name)
		if err != nil {
			return
		}
		at = next
	}
	var key string
	colon := name == "" // :web1 is how a cell of the node itself is written
	if cut >= 0 {
		key, colon = unquote(strings.TrimLeft(typed[cut:], "[:")), typed[cut] == ':'
	}
	for i, slug := range at.Cells() {
		if !strings.HasPrefix(slug, key) {
			continue
		}
		text := nodes.FormatCell(slug)
		if colon {
			text = ":" + slug
		}
		cell := prompt.Candidate{Kind: KindCell}
		if to, err := at.Cell(i); err == nil {
			cell = inGroup(KindCell, address(to), to.Group())
		}
		c.add(name+text, name+text, cell)
	}
}

// address is that of the host of a cell.
func address(cell *nodes.Place) string {
	if h := cell.CellHost(); h != nil {
		return h.Address()
	}
	return ""
}

// byDefault adds the node itself, where it has an action that would run.
func (c *steps) byDefault() {
	if d := c.at.Template().Default; d != nil && c.lead == "" && c.prefix == "" && c.members(&nodes.Member{Action: d}) != "" {
		c.add(".", ".", inGroup(KindAction, d.Documentation(), c.at.Group()))
	}
}

// specials adds the steps that are no names.
func (c *steps) specials(previous bool) {
	if up, ok := c.at.Up(); ok {
		c.add("..", "..", inGroup(KindNode, up.Path(), up.Group()))
		c.add("/", "/", inGroup(KindNode, "the root", c.at.Root().Group()))
	}
	if previous {
		c.add("-", "-", prompt.Candidate{Kind: KindNode, Description: "the node before"})
	}
}

// parameters are those of an action that can still be given by name, or the values of the one that is being given.
func parameters(a *nodes.Action, given []prompt.Word, now prompt.Word) []prompt.Candidate {
	if slices.ContainsFunc(given, func(w prompt.Word) bool { return w.Raw == "--" }) {
		return nil
	}
	var named []string
	positional := 0
	for _, w := range given {
		if name, _, ok := strings.Cut(w.Text, "="); ok && hasParam(a, name) {
			named = append(named, name)
		} else {
			positional++
		}
	}
	var all []prompt.Candidate
	for i, p := range a.Params {
		byPosition := i < positional && !p.NamedOnly
		if byPosition || slices.Contains(named, p.Name) {
			continue
		}
		all = append(all, parameter(p, now.Raw)...)
	}
	return all
}

func hasParam(a *nodes.Action, name string) bool {
	return slices.ContainsFunc(a.Params, func(p nodes.Param) bool { return p.Name == name })
}

// parameter is a parameter, or its values once its name is typed.
func parameter(p nodes.Param, typed string) []prompt.Candidate {
	name := p.Name + "="
	value, isNamed := strings.CutPrefix(typed, name)
	if !isNamed {
		if !strings.HasPrefix(name, typed) {
			return nil
		}
		usage := nodes.Usage(&nodes.Action{Params: []nodes.Param{p}})
		return []prompt.Candidate{{Text: name, Shown: name, Description: strings.TrimSpace(usage), Kind: KindParameter}}
	}
	if _, isBool := p.Default.(bool); !isBool {
		return nil
	}
	return values(name, value, "true", "false")
}

// values are those of some values that begin with what was typed after a lead.
func values(lead, typed string, of ...string) []prompt.Candidate {
	var all []prompt.Candidate
	for _, v := range of {
		if strings.HasPrefix(v, typed) {
			all = append(all, prompt.Candidate{Text: lead + v, Shown: v, Kind: KindValue})
		}
	}
	return all
}
