package scpshell

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/prompt"
)

// completer returns what the word now may become, after the words before it.
type completer func(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate

// where says which of the two sides.
type where int

const (
	here where = iota
	there
)

// Complete returns what the word before the cursor, a number of bytes, may become; start is where in the line that word
// begins. Directories are listed for it, but a host that does not answer keeps nobody waiting for long.
func (s *Shell) Complete(line string, cursor int) (start int, candidates []prompt.Candidate) {
	before, now := prompt.At(line, cursor)
	if strings.HasPrefix(strings.TrimLeft(line, prompt.Blanks), "!") {
		if len(before) == 0 {
			return now.Start, nil
		}
		return now.Start, s.paths(here, now, false)
	}
	if len(before) == 0 {
		return now.Start, s.commandNames(now.Raw)
	}
	cmd := s.named(before[0].Text)
	if cmd == nil || before[0].Quoted() || cmd.complete == nil && len(cmd.Options) == 0 {
		return now.Start, nil
	}
	if strings.HasPrefix(now.Raw, "-") {
		return now.Start, cmd.optionNames(now.Raw)
	}
	if cmd.complete == nil {
		return now.Start, nil
	}
	operands, value := cmd.operands(before[1:])
	if value {
		return now.Start, nil
	}
	return now.Start, cmd.complete(s, operands, now)
}

// operands are the words that are no options, and no values of some. value says that the next word will be one.
func (c *Command) operands(words []prompt.Word) (all []prompt.Word, value bool) {
	for _, w := range words {
		switch {
		case value:
			value = false
		case !strings.HasPrefix(w.Raw, "-"):
			all = append(all, w)
		default:
			value = slices.ContainsFunc(c.Options, func(o Option) bool { return o.Value != "" && w.Raw == "--"+o.Name })
		}
	}
	return all, value
}

func (s *Shell) commandNames(prefix string) []prompt.Candidate {
	var all []prompt.Candidate
	for _, cmd := range s.commands {
		if strings.HasPrefix(cmd.Name, prefix) {
			all = append(all, prompt.Candidate{Text: cmd.Name, Shown: cmd.Name, Description: cmd.Short, Colour: "cyan"})
		}
	}
	return all
}

func (c *Command) optionNames(prefix string) []prompt.Candidate {
	var all []prompt.Candidate
	for _, o := range c.Options {
		for _, text := range []string{"-" + o.Letter, "--" + o.Name} {
			if text != "-" && strings.HasPrefix(text, prefix) {
				all = append(all, prompt.Candidate{Text: text, Shown: text, Description: o.Text})
				break
			}
		}
	}
	return all
}

func nothing(where) completer { return nil }

// anyPaths completes paths of a side.
func anyPaths(at where) completer {
	return func(s *Shell, _ []prompt.Word, now prompt.Word) []prompt.Candidate { return s.paths(at, now, false) }
}

// directories completes paths of directories of a side.
func directories(at where) completer {
	return func(s *Shell, _ []prompt.Word, now prompt.Word) []prompt.Candidate { return s.paths(at, now, true) }
}

// modePaths completes paths after a mode.
func modePaths(at where) completer {
	return func(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
		if len(before) == 0 {
			return nil
		}
		return s.paths(at, now, false)
	}
}

// transferPaths completes what is copied from one side, and then also where on the other.
func transferPaths(from, to where) completer {
	return func(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
		all := s.paths(from, now, false)
		if len(before) == 0 {
			return all
		}
		for i := range all {
			all[i].Description += ", " + s.sideOf(from).label
		}
		targets := s.paths(to, now, false)
		for i := range targets {
			targets[i].Description += ", " + s.sideOf(to).label
		}
		return append(targets, all...)
	}
}

func completeHelp(s *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	if len(before) > 0 {
		return nil
	}
	return s.commandNames(now.Raw)
}

func completeOption(_ *Shell, before []prompt.Word, now prompt.Word) []prompt.Candidate {
	var all []prompt.Candidate
	add := func(text, description string) {
		if strings.HasPrefix(text, now.Raw) {
			all = append(all, prompt.Candidate{Text: text, Shown: text, Description: description})
		}
	}
	for _, o := range optionTable() {
		switch {
		case len(before) == 0:
			add(o.name, o.help)
		case len(before) == 1 && before[0].Text == o.name:
			add("on", "")
			add("off", "")
		}
	}
	return all
}

// sideOf is one of the sides; that of a host that was not chosen yet is nil.
func (s *Shell) sideOf(at where) *side {
	if at == here {
		return s.here
	}
	return s.there
}

// paths completes a path of a side.
func (s *Shell) paths(at where, now prompt.Word, onlyDirectories bool) []prompt.Candidate {
	side := s.sideOf(at)
	if side == nil {
		return nil
	}
	lead, prefix := path.Split(now.Text)
	if lead == "" && isHome(now) {
		return []prompt.Candidate{{Text: now.Raw + "/", Shown: now.Raw + "/", Description: "home", Colour: "blue"}}
	}
	files, err := s.listed(side, at, lead, lead != "" && isHome(now))
	if err != nil {
		return nil
	}
	home := ""
	if isHome(now) {
		home, lead, _ = strings.Cut(lead, "/")
		home += "/"
	}
	var all []prompt.Candidate
	for _, f := range files {
		hidden := strings.HasPrefix(f.Name, ".") && prefix == ""
		if hidden || !strings.HasPrefix(f.Name, prefix) || !isName(f.Name) || onlyDirectories && !f.IsDir() && !f.IsLink() {
			continue
		}
		all = append(all, candidate(home, lead, f))
	}
	return all
}

// candidate is a file that a path may end in.
func candidate(home, lead string, f *hosts.FileInfo) prompt.Candidate {
	end, description := "", size(f.Size)+"  "+f.ModTime.Local().Format("2006-01-02 15:04")
	switch {
	case f.IsDir():
		end, description = "/", "directory"
	case !f.IsFile():
		description = kindOf(f)
	}
	return prompt.Candidate{Text: home + prompt.Quote(lead+f.Name+end), Shown: prompt.Quote(f.Name) + end,
		Description: description, Colour: colourOf(f)}
}

// listed is what is in the directory that a path leads to, as far as that is known soon.
func (s *Shell) listed(at *side, side where, lead string, home bool) ([]*hosts.FileInfo, error) {
	dir := lead
	if !home && !path.IsAbs(dir) {
		dir = path.Join(at.dir, dir)
	}
	key := listingKey{host: at.host.Slug(), dir: dir}
	if !home {
		key.dir = path.Clean(dir)
	}
	if side == there {
		key.files = s.settings.files(call{})
	}
	return s.listings.of(key, func(ctx context.Context, session *hosts.Session) ([]*hosts.FileInfo, error) {
		return session.Handle(at.host).ListDir(ctx, key.dir, key.files)
	})
}

// size is a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1000, 0
	for value >= 999.5 && unit < 4 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.3g %cB", value, "kMGTP"[unit])
}
