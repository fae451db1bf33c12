package expr

import "fmt"

// Parse reads an expression. Its errors are *SyntaxError.
func Parse(text string) (Expr, error) {
	all, err := tokens(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: all}
	if p.here().kind == endToken {
		return nil, p.wrong("", "the query is empty")
	}
	e, err := p.test()
	if err != nil {
		return nil, err
	}
	if p.here().kind != endToken {
		return nil, p.unexpected()
	}
	return e, nil
}

// maxNesting is how deep brackets and operators may be nested in a text.
const maxNesting = 200

// parser goes over the tokens of a text, once, and looks no further than the next.
type parser struct {
	tokens []token
	pos    int
	depth  int
}

func (p *parser) here() token { return p.tokens[p.pos] }

// accept goes over the next token if it is this one.
func (p *parser) accept(text string) bool {
	if !p.here().is(text) {
		return false
	}
	p.pos++
	return true
}

func (p *parser) expect(text string) error {
	if !p.accept(text) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) wrong(hint, format string, args ...any) error {
	return &SyntaxError{Offset: p.here().at, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// reserved are words that cannot be names, and what to write instead.
var reserved = map[string]string{
	"lambda": "a property can call functions: property(lambda env: …)", "for": "a property can: property(f)",
	"is": "compare with ==", "and": "", "or": "", "in": "", "not": "", "if": "write a if condition else b", "else": "",
	"elif": "", "while": "", "def": "", "return": "", "pass": "", "break": "", "continue": "", "load": "", "as": "",
	"assert": "", "async": "", "await": "", "class": "", "del": "", "except": "", "finally": "", "from": "", "global": "",
	"import": "", "nonlocal": "", "raise": "", "try": "", "with": "", "yield": "",
}

// unexpected is the error of a token that fits nowhere.
func (p *parser) unexpected() error {
	t := p.here()
	hint, isReserved := reserved[t.text]
	var before token
	if p.pos > 0 {
		before = p.tokens[p.pos-1]
	}
	switch {
	case t.kind == endToken:
		return p.wrong("", "it ends too early")
	case t.is("="):
		hint = "compare with =="
	case t.is(":"):
		return p.wrong("", "there are no slices in a query")
	case t.is("for"):
		return p.wrong(hint, "there are no comprehensions in a query")
	case t.kind == nameToken && isReserved && hint != "":
		return p.wrong(hint, "there is no %s in a query", t.text)
	case t.kind == literalToken && before.kind == literalToken:
		hint = "write + between two strings"
	}
	return p.wrong(hint, "unexpected %s", t.text)
}

// nested counts how deep the parser is in; the caller calls the function that it returns when it leaves.
func (p *parser) nested() (leave func(), err error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.wrong("", "this is nested too deep")
	}
	return func() { p.depth-- }, nil
}

// test reads an expression, which may be a condition.
func (p *parser) test() (Expr, error) {
	leave, err := p.nested()
	if err != nil {
		return nil, err
	}
	defer leave()
	then, err := p.operation(orLevel)
	if err != nil || !p.accept("if") {
		return then, err
	}
	cond := &Cond{Then: then}
	if cond.If, err = p.operation(orLevel); err != nil {
		return nil, err
	}
	if err := p.expect("else"); err != nil {
		return nil, err
	}
	cond.Else, err = p.test()
	return cond, err
}

// operation reads operators of at least a level, and what they stand between.
func (p *parser) operation(least level) (Expr, error) {
	x, err := p.prefix(least)
	if err != nil {
		return nil, err
	}
	for {
		op, size := p.operator()
		of := binaryLevels[op]
		if size == 0 || of < least {
			return x, nil
		}
		p.pos += size
		y, err := p.operation(of + 1)
		if err != nil {
			return nil, err
		}
		x = &Binary{op, x, y}
		if next, size := p.operator(); of == compareLevel && size > 0 && binaryLevels[next] == of {
			return nil, p.wrong(`write "a < b and b < c"`, "comparisons do not follow each other")
		}
	}
}

// operator is the next operator between two values, and of how many tokens it is; 0 if there is none.
func (p *parser) operator() (op Op, size int) {
	t := p.here()
	if t.is("not") && p.tokens[p.pos+1].is("in") {
		return NotIn, 2
	}
	if t.kind == literalToken || binaryLevels[Op(t.text)] == 0 {
		return "", 0
	}
	return Op(t.text), 1
}

// prefix reads operators before a value, and the value.
func (p *parser) prefix(least level) (Expr, error) {
	t := p.here()
	op := Op(t.text)
	of, ok := unaryLevels[op]
	if !ok || t.kind == literalToken || of == notLevel && least > notLevel {
		return p.primary()
	}
	leave, err := p.nested()
	if err != nil {
		return nil, err
	}
	defer leave()
	p.pos++
	x, err := p.operation(of)
	return &Unary{op, x}, err
}

// primary reads a value and the attributes, entries and calls after it.
func (p *parser) primary() (Expr, error) {
	e, err := p.value()
	for err == nil {
		switch {
		case p.accept("."):
			name := p.here()
			if name.kind != nameToken {
				return nil, p.wrong("", "after the dot there is no name")
			}
			p.pos++
			e = &Attr{e, name.text}
		case p.accept("["):
			e, err = p.index(e)
		case p.accept("("):
			e, err = p.call(e)
		default:
			return e, nil
		}
	}
	return nil, err
}

func (p *parser) value() (Expr, error) {
	t := p.here()
	switch {
	case t.kind == literalToken:
		p.pos++
		return &Literal{t.value}, nil
	case p.accept("("):
		return p.brackets()
	case p.accept("["):
		elems, _, err := p.elements("]")
		return &List{elems}, err
	case p.accept("{"):
		return p.dict()
	case t.kind != nameToken:
		return nil, p.unexpected()
	}
	if _, ok := reserved[t.text]; ok {
		return nil, p.unexpected()
	}
	p.pos++
	switch t.text {
	case "None":
		return &Literal{}, nil
	case "True", "False":
		return &Literal{t.text == "True"}, nil
	case "Q":
		return Self{}, nil
	}
	return &Name{t.text}, nil
}

// elements reads expressions with commas between them up to a closing bracket.
func (p *parser) elements(end string) (elems []Expr, comma bool, err error) {
	for !p.accept(end) {
		if len(elems) > 0 && !comma {
			return nil, false, p.unexpected()
		}
		e, err := p.test()
		if err != nil {
			return nil, false, err
		}
		elems = append(elems, e)
		comma = p.accept(",")
	}
	return elems, comma, nil
}

// brackets reads what follows a round bracket that calls nothing.
func (p *parser) brackets() (Expr, error) {
	elems, comma, err := p.elements(")")
	if err != nil {
		return nil, err
	}
	if len(elems) == 1 && !comma {
		return elems[0], nil
	}
	return &Tuple{elems}, nil
}

func (p *parser) dict() (Expr, error) {
	d := &Dict{}
	for comma := true; !p.accept("}"); comma = p.accept(",") {
		if !comma {
			return nil, p.unexpected()
		}
		key, err := p.test()
		if err != nil {
			return nil, err
		}
		if p.here().kind == endToken {
			return nil, p.unexpected()
		}
		if !p.accept(":") {
			return nil, p.wrong("a dict is {key: value}", "unexpected %s", p.here().text)
		}
		value, err := p.test()
		if err != nil {
			return nil, err
		}
		d.Entries = append(d.Entries, Entry{key, value})
	}
	return d, nil
}

// index reads what follows a square bracket after a value. With commas the key is a tuple.
func (p *parser) index(x Expr) (Expr, error) {
	elems, comma, err := p.elements("]")
	switch {
	case err != nil:
		return nil, err
	case len(elems) == 0:
		p.pos--
		return nil, p.wrong("", "the brackets are empty")
	case len(elems) == 1 && !comma:
		return &Index{x, elems[0]}, nil
	}
	return &Index{x, &Tuple{elems}}, nil
}

// call reads what follows a round bracket after a value.
func (p *parser) call(fn Expr) (Expr, error) {
	at := p.pos
	c := &Call{Fn: fn}
	for comma := true; !p.accept(")"); comma = p.accept(",") {
		if !comma {
			return nil, p.unexpected()
		}
		if err := p.argument(c); err != nil {
			return nil, err
		}
	}
	if fn != (Self{}) {
		return c, nil
	}
	if len(c.Args) != 1 || len(c.Named) > 0 {
		p.pos = at - 1
		return nil, p.wrong("call an action of the node by its name", "Q(…) takes one value")
	}
	return &Wrapped{c.Args[0]}, nil
}

func (p *parser) argument(c *Call) error {
	if p.here().is("*") {
		return p.wrong("give the arguments one by one", "there is no * before an argument in a query")
	}
	name := p.here()
	if name.kind != nameToken || !p.tokens[p.pos+1].is("=") {
		if len(c.Named) > 0 {
			return p.wrong("", "an argument without a name comes after one with a name")
		}
		e, err := p.test()
		c.Args = append(c.Args, e)
		return err
	}
	for _, n := range c.Named {
		if n.Name == name.text {
			return p.wrong("", "%s is given twice", name.text)
		}
	}
	p.pos += 2
	e, err := p.test()
	c.Named = append(c.Named, NamedExpr{name.text, e})
	return err
}
