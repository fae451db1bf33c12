package script

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"go.starlark.net/starlark"

	"deployer/console"
)

// progress is what env.console.progress_bar returns. It belongs to the call that made it.
type progress struct{ bar *console.Bar }

var _ starlark.HasAttrs = progress{}

func (progress) String() string        { return "<progress bar>" }
func (progress) Type() string          { return "progress bar" }
func (progress) Truth() starlark.Bool  { return true }
func (progress) Freeze()               {}
func (progress) Hash() (uint32, error) { return 0, wrong("a progress bar cannot be a key") }

// progressMethods are the methods of a bar.
func progressMethods() map[string]func(progress, site) (starlark.Value, error) {
	return map[string]func(progress, site) (starlark.Value, error){
		"next": progress.next, "set_progress": progress.set, "done": progress.done,
	}
}

func (progress) AttrNames() []string { return sortedKeys(progressMethods()) }

func (p progress) Attr(name string) (starlark.Value, error) {
	m := progressMethods()[name]
	if m == nil {
		return nil, noAttr("a progress bar", name, p.AttrNames())
	}
	return builtin(func(s site) (starlark.Value, error) {
		if err := s.call.failed(); err != nil {
			return nil, err
		}
		return m(p, s)
	}).value(name), nil
}

// next is next().
func (p progress) next(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("next", nil)...); err != nil {
		return nil, err
	}
	p.bar.Next()
	return starlark.None, nil
}

// set is set_progress(value, rewrite = True).
func (p progress) set(s site) (starlark.Value, error) {
	var count int
	rewrite := true
	err := s.complain(s.bind("set_progress", []param{
		{name: "value", set: number(&count, 0, math.MaxInt32)},
		{name: "rewrite", optional: true, set: truth(&rewrite)},
	})...)
	if err != nil {
		return nil, err
	}
	p.bar.Set(count)
	if rewrite {
		p.bar.Redraw()
	}
	return starlark.None, nil
}

// done is done().
func (p progress) done(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("done", nil)...); err != nil {
		return nil, err
	}
	p.bar.Done()
	return starlark.None, nil
}

// progressBar is env.console.progress_bar(message, expected = None, clear_on_finish = False, format_str = None).
func (consoleValue) progressBar(s site) (starlark.Value, error) {
	var message string
	var o console.ProgressOptions
	var some bool
	return s.showProgress("progress_bar", &message, &o, []param{
		{name: "message", set: text(&message)},
		{name: "expected", optional: true, set: unlessNone(&some, number(&o.Expected, 0, math.MaxInt32))},
		{name: "clear_on_finish", optional: true, set: truth(&o.Clear)},
		{name: "format_str", optional: true, set: unlessNone(&some, progressFormat(&o.Format))},
	})
}

// progressWithSteps is env.console.progress_bar_with_steps(message, steps, format_str = None).
func (consoleValue) progressWithSteps(s site) (starlark.Value, error) {
	var message string
	var o console.ProgressOptions
	var some bool
	return s.showProgress("progress_bar_with_steps", &message, &o, []param{
		{name: "message", set: text(&message)},
		{name: "steps", set: stepTexts(&o.Steps)},
		{name: "format_str", optional: true, set: unlessNone(&some, progressFormat(&o.Format))},
	})
}

func (s site) showProgress(fn string, message *string, o *console.ProgressOptions, params []param) (starlark.Value, error) {
	if err := s.complain(s.bind(fn, params)...); err != nil {
		return nil, err
	}
	bar := console.From(s.call.ctx).Progress(*message, *o)
	s.call.bars = append(s.call.bars, bar)
	return progress{bar}, nil
}

// stepTexts is a dict of counts and texts, or a list of texts, whose first is that of the count 1.
func stepTexts(to *map[int]string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		*to = map[int]string{}
		var list []string
		if _, isDict := v.(*starlark.Dict); !isDict {
			if err := words(&list)(v); err != nil {
				return typeError(v, "a dict of counts and texts, or a list of texts")
			}
			for i, text := range list {
				(*to)[i+1] = text
			}
			return nil
		}
		for _, item := range v.(*starlark.Dict).Items() {
			var count int
			var step string
			if err := number(&count, 0, math.MaxInt32)(item[0]); err != nil {
				return fmt.Errorf("a count: %w", err)
			}
			if err := text(&step)(item[1]); err != nil {
				return fmt.Errorf("the step %d: %w", count, err)
			}
			(*to)[count] = step
		}
		return nil
	}
}

var placeholder = regexp.MustCompile(`%\((\w+)\)s|%%|%`)

// progressFormat is a line with placeholders: "%(message)s: %(counter)s".
func progressFormat(to *func(console.Progress) string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		var format string
		if err := text(&format)(v); err != nil {
			return err
		}
		for _, found := range placeholder.FindAllStringSubmatch(format, -1) {
			if _, known := progressField(console.Progress{}, found[1]); !known && found[0] != "%%" {
				return fmt.Errorf("%q is no placeholder: use %%(message)s, counter, expected, percentage, duration, status; "+
					"%%%% is a percent sign", found[0])
			}
		}
		*to = func(p console.Progress) string {
			return placeholder.ReplaceAllStringFunc(format, func(found string) string {
				if found == "%%" {
					return "%"
				}
				text, _ := progressField(p, found[len("%("):len(found)-len(")s")])
				return text
			})
		}
		return nil
	}
}

// progressField is what stands for a placeholder.
func progressField(p console.Progress, name string) (text string, known bool) {
	switch name {
	case "message":
		return p.Message, true
	case "counter":
		return strconv.Itoa(p.Count), true
	case "expected":
		return strconv.Itoa(p.Expected), true
	case "percentage":
		return strconv.Itoa(p.Percent()), true
	case "duration":
		return p.Clock(), true
	case "status":
		return p.Status, true
	}
	return "", false
}

// endBars ends the bars that a call left.
func (c *call) endBars(err error) {
	for _, bar := range c.bars {
		if err == nil {
			bar.Done()
		}
		bar.Stop()
	}
}
