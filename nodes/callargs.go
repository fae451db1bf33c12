package nodes

import (
	"fmt"
	"slices"
)

// CheckArgs says what is wrong with the arguments of a call of an action, whatever their values. The error is a
// *UsageError.
func CheckArgs(a *Action, args Args) error {
	wrong := func(format string, values ...any) error {
		return &UsageError{Action: a.Name, Usage: Usage(a), Message: fmt.Sprintf(format, values...)}
	}
	given := map[string]bool{}
	for i := range args.Positional {
		if i < len(a.Params) && !a.Params[i].NamedOnly {
			given[a.Params[i].Name] = true
		} else if !a.Variadic {
			return wrong("got %s", count(len(args.Positional), "positional argument"))
		}
	}
	for _, arg := range args.Named {
		known := slices.ContainsFunc(a.Params, func(p Param) bool { return p.Name == arg.Name })
		switch {
		case given[arg.Name]:
			return wrong("%s is given twice", arg.Name)
		case !known && !a.Keywords:
			return wrong("there is no parameter %s", arg.Name)
		}
		given[arg.Name] = true
	}
	for _, p := range a.Params {
		if !p.Optional && !given[p.Name] {
			return wrong("the argument %s is missing", p.Name)
		}
	}
	return nil
}
