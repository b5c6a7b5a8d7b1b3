package cohort

import (
	"strings"

	"tiltakseffekt/internal/fault"
)

// The expressions that define target groups, and what they say of a person before month m:
//
//	or      = and { "or" and }
//	and     = not { "and" not }
//	not     = "not" not | compare
//	compare = sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum ] | sum "in" "[" literal { "," literal } "]"
//	sum     = term { ( "+" | "-" ) term }
//	term    = factor { ( "*" | "/" ) factor }
//	factor  = number | "text" | true | false | name | name "(" argument { "," argument } ")" | "(" or ")" | "-" factor
//
// They are typed: numbers, texts and truth values. What is not known of a person (education missing) makes what is said of
// it unknown, not false: `not (education <= 2)` does not take in those of unknown education. The logic is Kleene's: unknown
// and false is false, unknown or true is true. A person belongs to a group where its expression is true.

// kindOf is the type of an expression.
type kindOf uint8

const (
	aNumber kindOf = iota
	aText
	aTruth
)

func (k kindOf) String() string { return [...]string{"a number", "a text", "true or false"}[k] }

// The truth values.
const (
	no      int8 = 0
	yes     int8 = 1
	unknown int8 = -1
)

// node is an expression that has been checked: exactly one of the functions is set, by its kind. NaN and "" are unknown.
type node struct {
	kind    kindOf
	number  func(*moment) float64
	text    func(*moment) string
	truth   func(*moment) int8
	literal bool     // a number or text as it stands
	value   float64  // of a literal number
	word    string   // of a literal text
	only    []string // the texts that it can be; nil: any
	name    string   // what it is called in messages
	// A column of the user's is a number or a text as its use has it: both functions are set until then.
	column string
}

// Expression is the definition of a group, parsed and typed. It is evaluated with what is known before month m alone.
type Expression struct {
	Text string
	// Columns are the columns of person and person_historikk that it reads besides those of every register, as
	// `person.NAME` and `person_historikk.NAME`, in the order in which they are named first, and whether each is used as a
	// text.
	Columns []string
	texts   []bool
	truths  []bool // … or as a flag
	// LookBack is how many months before m it looks at most; 0: none.
	LookBack int
	// Nearest is the nearest month before m that a window looks at; 0: none does.
	Nearest int
	needs   []need
	truth   func(*moment) int8
}

// need is a table or column of the register without which a name means nothing.
type need struct {
	name, column string
	there        func(*moment) bool
}

// maxDepth bounds the depth of an expression, so that no text can exhaust the stack.
const maxDepth = 400

// ParseExpression reads an expression. limit is the value of the name `limit` (the limit of the group in the catalogue), NaN
// where it has none. An error says what is wrong at which character, counted from 1.
func ParseExpression(text string, limit float64) (*Expression, error) {
	p := &parser{text: text, limit: limit, out: &Expression{Text: text}, typed: map[string]bool{}}
	p.next()
	n := p.or(0)
	if p.err == nil && p.token != tokenEnd {
		p.fail(p.at, "`%s` stands where the expression should end", p.word)
	}
	if p.err == nil && n.column != "" {
		p.use(0, &n, aTruth)
	}
	if p.err == nil && n.kind != aTruth {
		p.fail(0, "the expression is %s, and a group needs what is true or false, such as `%s < 30`", n.kind, "age")
	}
	if p.err != nil {
		return nil, p.err
	}
	p.out.truth = n.truth
	return p.out, nil
}

// take passes a sign that must stand here.
func (p *parser) take(sign string) {
	if p.err == nil && !(p.token == tokenSign && p.word == sign) {
		p.fail(p.at, "`%s` is missing before `%s`", sign, p.word)
		return
	}
	p.next()
}

func (p *parser) deep(depth int) bool {
	if depth > maxDepth {
		p.fail(p.at, "too many expressions stand inside one another; write it shorter")
	}
	return p.err != nil
}

func (p *parser) or(depth int) node {
	left := p.and(depth + 1)
	for p.is("or") {
		at := p.at
		p.next()
		right := p.and(depth + 1)
		if p.want(at, "or", aTruth, left, right) {
			return node{kind: aTruth}
		}
		a, b := left.truth, right.truth
		left = node{kind: aTruth, truth: func(x *moment) int8 {
			u := a(x)
			if u == yes {
				return yes
			}
			v := b(x)
			if v == yes {
				return yes
			}
			if u == unknown || v == unknown {
				return unknown
			}
			return no
		}}
	}
	return left
}

func (p *parser) and(depth int) node {
	left := p.not(depth + 1)
	for p.is("and") {
		at := p.at
		p.next()
		right := p.not(depth + 1)
		if p.want(at, "and", aTruth, left, right) {
			return node{kind: aTruth}
		}
		a, b := left.truth, right.truth
		left = node{kind: aTruth, truth: func(x *moment) int8 {
			u := a(x)
			if u == no {
				return no
			}
			v := b(x)
			if v == no {
				return no
			}
			if u == unknown || v == unknown {
				return unknown
			}
			return yes
		}}
	}
	return left
}

func (p *parser) not(depth int) node {
	if p.deep(depth) || !p.is("not") {
		return p.compare(depth + 1)
	}
	at := p.at
	p.next()
	n := p.not(depth + 1)
	if p.want(at, "not", aTruth, n) {
		return node{kind: aTruth}
	}
	f := n.truth
	return node{kind: aTruth, truth: func(x *moment) int8 {
		switch f(x) {
		case yes:
			return no
		case no:
			return yes
		}
		return unknown
	}}
}

// want complains of an operand of another type, and tells whether there is anything wrong.
func (p *parser) want(at int, sign string, kind kindOf, operands ...node) bool {
	if p.err != nil {
		return true
	}
	for _, n := range operands {
		if n.column != "" {
			p.use(at, &n, kind)
			continue
		}
		if n.kind != kind {
			p.fail(at, "`%s` takes %s, and here it gets %s", sign, map[kindOf]string{aNumber: "numbers", aText: "texts", aTruth: "what is true or false"}[kind], n.kind)
			return true
		}
	}
	return false
}

func (p *parser) compare(depth int) node {
	left := p.sum(depth + 1)
	switch {
	case p.is("<", "<=", ">", ">=", "==", "!="):
		at, sign := p.at, p.word
		p.next()
		right := p.sum(depth + 1)
		if p.err != nil {
			return node{kind: aTruth}
		}
		if p.is("<", "<=", ">", ">=", "==", "!=", "in") {
			p.fail(p.at, "two comparisons stand in a row; join them with `and`, as in `18 <= age and age < 30`")
			return node{kind: aTruth}
		}
		switch {
		case left.column != "" && right.column != "":
			p.fail(at, "two columns of your own are compared; which type they have cannot be told")
			return node{kind: aTruth}
		case left.column != "":
			p.use(at, &left, right.kind)
		case right.column != "":
			p.use(at, &right, left.kind)
		}
		if p.err != nil {
			return node{kind: aTruth}
		}
		if left.kind != right.kind {
			p.fail(at, "`%s` compares %s with %s", sign, left.kind, right.kind)
			return node{kind: aTruth}
		}
		if left.kind != aNumber && sign != "==" && sign != "!=" {
			p.fail(at, "`%s` compares numbers, not %s", sign, map[kindOf]string{aText: "texts", aTruth: "what is true or false"}[left.kind])
			return node{kind: aTruth}
		}
		return p.compared(at, sign, left, right)
	case p.is("in"):
		return p.oneOf(left)
	}
	return left
}

// use settles the type of a column of the user's.
func (p *parser) use(at int, n *node, kind kindOf) {
	for i, c := range p.out.Columns {
		if c != n.column {
			continue
		}
		if p.typed[c] && (p.out.texts[i] != (kind == aText) || p.out.truths[i] != (kind == aTruth)) {
			p.fail(at, "`%s` is used in two ways: as a number, a text or a flag", c)
		}
		p.out.texts[i], p.out.truths[i], p.typed[c] = kind == aText, kind == aTruth, true
	}
	n.kind, n.column = kind, ""
}

func truthOf(b bool) int8 {
	if b {
		return yes
	}
	return no
}

// compared is a comparison of two operands of one type.
func (p *parser) compared(at int, sign string, left, right node) node {
	equal := sign == "=="
	switch left.kind {
	case aTruth:
		a, b := left.truth, right.truth
		return node{kind: aTruth, truth: func(x *moment) int8 {
			u, v := a(x), b(x)
			if u == unknown || v == unknown {
				return unknown
			}
			return truthOf((u == v) == equal)
		}}
	case aText:
		for _, pair := range [][2]node{{left, right}, {right, left}} {
			p.possible(at, pair[0], pair[1])
		}
		a, b := left.text, right.text
		return node{kind: aTruth, truth: func(x *moment) int8 {
			u, v := a(x), b(x)
			if u == "" || v == "" {
				return unknown
			}
			return truthOf((u == v) == equal)
		}}
	}
	a, b := left.number, right.number
	holds := map[string]func(u, v float64) bool{
		"<": func(u, v float64) bool { return u < v }, "<=": func(u, v float64) bool { return u <= v },
		">": func(u, v float64) bool { return u > v }, ">=": func(u, v float64) bool { return u >= v },
		"==": func(u, v float64) bool { return u == v }, "!=": func(u, v float64) bool { return u != v },
	}[sign]
	return node{kind: aTruth, truth: func(x *moment) int8 {
		u, v := a(x), b(x)
		if u != u || v != v {
			return unknown
		}
		return truthOf(holds(u, v))
	}}
}

// possible complains of a text that what it is compared with can never be.
func (p *parser) possible(at int, what, literal node) {
	if !literal.literal || what.only == nil {
		return
	}
	for _, w := range what.only {
		if w == literal.word {
			return
		}
	}
	p.fail(at, "`%s` is never \"%s\"%s; it is %s", what.name, shortened(literal.word), fault.Suggest(literal.word, what.only), strings.Join(what.only, ", "))
}

// oneOf is `what in [literal, …]`.
func (p *parser) oneOf(what node) node {
	at := p.at
	p.next()
	p.take("[")
	var numbers []float64
	var words []string
	for p.err == nil {
		here := p.at
		item := p.factor(maxDepth)
		if p.err == nil && what.column != "" {
			p.use(here, &what, item.kind)
		}
		if p.err == nil && (!item.literal || item.kind != what.kind) {
			p.fail(here, "a list holds %s as it stands, such as [%s]", map[kindOf]string{aNumber: "numbers", aText: "texts", aTruth: "texts or numbers"}[what.kind],
				map[kindOf]string{aNumber: "1, 2", aText: `"03", "46"`, aTruth: "1, 2"}[what.kind])
		}
		if p.err != nil {
			break
		}
		p.possible(here, what, item)
		numbers, words = append(numbers, item.value), append(words, item.word)
		if p.token == tokenSign && p.word == "," {
			p.next()
			continue
		}
		p.take("]")
		break
	}
	if p.err != nil || what.kind == aTruth {
		if p.err == nil {
			p.fail(at, "`in` takes a number or a text before it")
		}
		return node{kind: aTruth}
	}
	if what.kind == aText {
		f := what.text
		return node{kind: aTruth, truth: func(x *moment) int8 {
			v := f(x)
			if v == "" {
				return unknown
			}
			for _, w := range words {
				if v == w {
					return yes
				}
			}
			return no
		}}
	}
	f := what.number
	return node{kind: aTruth, truth: func(x *moment) int8 {
		v := f(x)
		if v != v {
			return unknown
		}
		for _, w := range numbers {
			if v == w {
				return yes
			}
		}
		return no
	}}
}

func (p *parser) sum(depth int) node {
	left := p.term(depth + 1)
	for p.is("+", "-") {
		at, sign := p.at, p.word
		p.next()
		right := p.term(depth + 1)
		if p.want(at, sign, aNumber, left, right) {
			return node{}
		}
		a, b := left.number, right.number
		if sign == "+" {
			left = node{number: func(x *moment) float64 { return a(x) + b(x) }}
		} else {
			left = node{number: func(x *moment) float64 { return a(x) - b(x) }}
		}
	}
	return left
}

// term has products and quotients; what is divided by 0 is unknown.
func (p *parser) term(depth int) node {
	left := p.factor(depth + 1)
	for p.is("*", "/") {
		at, sign := p.at, p.word
		p.next()
		right := p.factor(depth + 1)
		if p.want(at, sign, aNumber, left, right) {
			return node{}
		}
		a, b := left.number, right.number
		if sign == "*" {
			left = node{number: func(x *moment) float64 { return float64(a(x) * b(x)) }}
			continue
		}
		left = node{number: func(x *moment) float64 {
			d := b(x)
			if d == 0 {
				return nan
			}
			return a(x) / d
		}}
	}
	return left
}

func (p *parser) factor(depth int) node {
	if p.err != nil {
		return node{}
	}
	at := p.at
	switch {
	case p.token == tokenNumber:
		v := p.num
		p.next()
		return node{number: func(*moment) float64 { return v }, literal: true, value: v}
	case p.token == tokenText:
		w := p.word
		if w == "" {
			p.fail(at, "an empty text is never equal to anything; what is not known makes a comparison unknown")
			return node{}
		}
		p.next()
		return node{kind: aText, text: func(*moment) string { return w }, literal: true, word: w}
	case p.is("(") && p.token == tokenSign:
		if p.deep(depth) {
			return node{}
		}
		p.next()
		n := p.or(depth + 1)
		p.take(")")
		return n
	case p.is("-") && p.token == tokenSign:
		if p.deep(depth) {
			return node{}
		}
		p.next()
		n := p.factor(depth + 1)
		if p.want(at, "-", aNumber, n) {
			return node{}
		}
		f := n.number
		return node{number: func(x *moment) float64 { return -f(x) }, literal: n.literal, value: -n.value}
	case p.is("true", "false"):
		v := truthOf(p.word == "true")
		p.next()
		return node{kind: aTruth, truth: func(*moment) int8 { return v }}
	case p.is("and", "or", "not", "in"):
		p.fail(at, "`%s` stands where a value is missing", p.word)
		return node{}
	case p.token == tokenName:
		name := p.word
		p.next()
		if p.token == tokenSign && p.word == "(" {
			return p.call(at, name, depth)
		}
		return p.named(at, name)
	}
	if p.token == tokenEnd {
		p.fail(at, "a value is missing at the end")
	} else {
		p.fail(at, "`%s` stands where a value is missing", p.word)
	}
	return node{}
}
