package datasets

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// Direct identifiers are refused by three rules (CONTRACT.md): by the name of a column; in a column of keys where over
// 5 % of the distinct values are national identity numbers; in any other text column where one value holds a national
// identity number, an e-mail address or a telephone number. Columns that the mapping drops are exempt.

// The numbers of a column of integers are searched as keys are: a national identity number that begins with no 0 is one.

// Organisation numbers belong in columns of keys (arbeidsgiver_id, arrangor_id). Another column of which most distinct
// values are organisation numbers is refused too.

// maxShare is the share of the distinct values of a key column that may look like national identity numbers. Of random
// numbers of 11 digits 0.2 % do.
const maxShare = 0.05

// The national identity numbers as integers, which have lost a leading zero.
const (
	lowestNumber  = 1_01_00_0000_0 // 01 01 00 00000
	highestNumber = 99_999_999_999
)

func checkName(path, original, name string) error {
	for _, n := range []string{original, name} {
		if isDirectName(n) {
			return fault.Dataf("identifier", path, original,
				"column `%s` is a direct identifier by its name: drop it in the mapping, or leave it out of the file", original)
		}
	}
	return nil
}

// guard searches a column for direct identifiers.
type guard struct {
	path string
	name string
	id   bool
	mu   sync.Mutex

	persons atomic.Bool // an integer is the number of a person

	all sketch // distinct values of a key column, and which of them are numbers of persons
}

func newGuard(path string, c *sourceColumn) *guard {
	return &guard{path: path, name: c.name, id: c.id}
}

// concerns tells whether a column of that kind is searched. Keys with missing values come as numbers out of pandas.
func (g *guard) concerns(kind vector.Kind) bool {
	return kind == vector.String || kind == vector.Int64 || kind == vector.Float64 && g.id
}

// numbers is the range of integers that the search is for.
func (g *guard) numbers() (low, high int64) {
	if g.id {
		return lowestNumber, highestNumber
	}
	return lowestOrganisation, highestNumber
}

// outside tells whether no integer is one that the search is for.
func (g *guard) outside(values []int64) bool {
	low, high := g.numbers()
	for _, n := range values {
		if n >= low && n <= high {
			return false
		}
	}
	return true
}

// inspect searches a part of the column.
func (g *guard) inspect(p part, v vector.Values) error {
	switch {
	case !g.concerns(v.Kind):
		return nil
	case v.Kind == vector.Float64:
		s := g.begin()
		for i, x := range v.Floats {
			if x == x && (v.Null == nil || !v.Null[i]) {
				n, ok := whole(x)
				s.add(mix(math.Float64bits(x)), ok && n >= lowestNumber && n <= highestNumber && isNumberOfPerson(n))
			}
		}
		g.merge(&s)
	case v.Kind == vector.Int64:
		if !g.id && g.outside(v.Ints) { // an amount or a count: no need to know how many there are
			return nil
		}
		s := g.begin()
		before, any, persons := int64(0), false, false
		for i, n := range v.Ints {
			if any && n == before || v.Null != nil && v.Null[i] {
				continue
			}
			before, any = n, true
			person := n >= lowestNumber && n <= highestNumber && isNumberOfPerson(n)
			s.add(mix(uint64(n)), person || !g.id && isOrganisation(n))
			persons = persons || person
		}
		g.merge(&s)
		if persons {
			g.persons.Store(true)
		}
	case g.id:
		s := g.begin()
		for code, text := range v.Levels {
			if text == "" {
				continue
			}
			n, ok := keyDigits(text)
			s.add(hash(text), ok && isNumberOfPerson(n))
			if findEmail(text) {
				return g.refuse(p, v, uint32(code), "an e-mail address")
			}
		}
		g.merge(&s)
	default:
		s := g.begin()
		for code, text := range v.Levels {
			if text == "" {
				continue
			}
			if what := findIdentifier(text); what != "" {
				return g.refuse(p, v, uint32(code), what)
			}
			n, ok := digits(text, 9)
			s.add(hash(text), ok && isOrganisation(n))
		}
		g.merge(&s)
	}
	return nil
}

// begin is an empty sketch of a part, which need not keep what the others have found too large.
func (g *guard) begin() sketch {
	g.mu.Lock()
	defer g.mu.Unlock()
	return sketch{limit: g.all.limit}
}

func (g *guard) merge(s *sketch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all.merge(s)
}

// refuse names the first row with the text of a code, where rows are known. The text itself is not repeated: messages
// end in logs.
func (g *guard) refuse(p part, v vector.Values, code uint32, what string) error {
	e := fault.Dataf("identifier", p.file, g.name, "column `%s` holds %s", g.name, what)
	if v.Rows == p.rows {
		if i := slices.Index(v.Codes, code); i >= 0 {
			e = e.At(p.first + int64(i) + 1)
			e.Message += " (first in data row " + itoa(e.Row) + ")"
		}
	}
	e.Message += ": drop the column in the mapping, or remove it from the file"
	return e
}

// conclude judges the share of national identity numbers in a key column, and of organisation numbers in another.
func (g *guard) conclude() error {
	distinct, numbers := g.all.count()
	share := float64(numbers) / float64(max(distinct, 1))
	switch {
	case (g.id || g.persons.Load()) && share > maxShare:
		return fault.Dataf("identifier", g.path, g.name,
			"column `%s` holds national identity numbers (%.3g %% of its distinct values): replace them by random keys, or drop the column in the mapping", g.name, 100*share)
	case !g.id && share > 0.5 && numbers >= 10: // of random numbers that begin with 8 or 9, 9 % are
		return fault.Dataf("identifier", g.path, g.name,
			"column `%s` holds organisation numbers (%.3g %% of its distinct values): call it `arbeidsgiver_id` or `arrangor_id`, or drop it in the mapping", g.name, 100*share)
	}
	return nil
}
