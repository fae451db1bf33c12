package nodes

import (
	"fmt"
	"reflect"
	"strings"
)

// params reads the parameters of an action after the context, with the names and defaults that its options give.
func (t *structType) params(f foundMethod, m *method) bool {
	last := f.Type.NumIn()
	if m.variadic {
		last--
		if rest := f.Type.In(last).Elem(); rest.Kind() != reflect.String {
			t.wrong(f.Name, "take ...string, or a slice", "its last parameter is ...%s", rest)
			return false
		}
	}
	ok := true
	for i := 2; i < last; i++ {
		w, known := wordTypeOf(f.Type.In(i))
		if !known {
			t.wrong(f.Name, hintParams, "an action cannot take a %s", f.Type.In(i))
			ok = false
			continue
		}
		m.params = append(m.params, methodParam{wordType: w, name: w.name})
	}
	return ok && t.nameParams(f, m)
}

const hintParams = "take strings, bools, numbers, durations, lists of them, or what implements encoding.TextUnmarshaler; " +
	"or set Helper in Actions"

// nameParams gives the parameters the names and defaults of the options, or else tells those of one type apart.
func (t *structType) nameParams(f foundMethod, m *method) bool {
	given := f.options.Params
	if given == nil {
		numberParams(m.params)
		return true
	}
	if len(given) != len(m.params) {
		t.wrong("Actions", "", "there are %d names for the %d parameters of %s", len(given), len(m.params), f.Name)
		return false
	}
	names := map[string]bool{}
	for i := range m.params {
		if wrong := m.params[i].rename(given[i], names, i > 0 && m.params[i-1].def != nil); wrong != "" {
			t.wrong("Actions", "", "the parameter %q of %s %s", given[i], f.Name, wrong)
			return false
		}
	}
	return true
}

// rename gives a parameter the name, and maybe the default, of "name" or "name=default".
func (p *methodParam) rename(spec string, names map[string]bool, afterDefault bool) (wrong string) {
	name, word, hasDefault := strings.Cut(spec, "=")
	switch {
	case !isIdentifier(name):
		return "is not a name: use letters, digits and _"
	case names[name]:
		return "is there twice"
	case afterDefault && !hasDefault:
		return "has no default, but the one before it has"
	}
	p.name, names[name] = name, true
	if hasDefault {
		v, want := p.word(word)
		if want != "" {
			return "has a default that is not " + want
		}
		p.def = v
	}
	return ""
}

// numberParams makes names of types into different names: string1 and string2.
func numberParams(params []methodParam) {
	count := map[string]int{}
	for _, p := range params {
		count[p.name]++
	}
	seen := map[string]int{}
	for i, p := range params {
		if count[p.name] > 1 {
			seen[p.name]++
			params[i].name = fmt.Sprintf("%s%d", p.name, seen[p.name])
		}
	}
}

// modelParams are the parameters as the model knows them.
func (m *method) modelParams() []Param {
	var all []Param
	for _, p := range m.params {
		param := Param{Name: p.name, Optional: p.def != nil, Read: p.word}
		if p.def != nil {
			param.Default, _ = plain(p.def) // what a word can be read as can be shown
		}
		all = append(all, param)
	}
	return all
}
