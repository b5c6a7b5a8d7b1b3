package simulate

import (
	"cmp"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

// Quirk is one way in which real registers are not clean (domain.md §7).
type Quirk struct {
	Name     string
	Number   int    // of domain.md §7
	Restored bool   // the rules of the register room bring back the clean register, as far as effects are concerned
	About    string // what is done to the data

	inject func(*patient) bool // nil: done to whole columns; false: this person has nothing to do it to
}

// Finding is what the ledger of the register room must say of a simulated register for one rule, or, with an empty rule, an
// injection that no rule looks for.
type Finding struct {
	Quirk    int    // number in domain.md §7, 0 none
	Name     string // of the injection where Rule is empty, otherwise of those that the rule meets, joined by +
	Table    string
	Rule     string
	Injected int64 // rows that were made for it
	Rows     int64 // rows in all: also those that a clean register has
	Persons  int64
}

// Quirks lists all of them, by number: every number of domain.md §7 has one or more. Of quirk 9 (breaks in what the law and the
// sources measure) it is rows from before a-ordningen; 2020 is in the local markets of every scenario.
func Quirks() []Quirk { return slices.Clone(quirks) }

// QuirkNames are the names of the quirks, of those alone that the rules restore where restored is set.
func QuirkNames(restored bool) []string {
	var names []string
	for _, q := range quirks {
		if q.Restored || !restored {
			names = append(names, q.Name)
		}
	}
	return names
}

func checkQuirks(names []string) error {
	for _, name := range names {
		if !slices.Contains(QuirkNames(false), name) {
			return fault.Usagef("bad_quirk", "quirk `%s` is not known%s", name, fault.Suggest(name, QuirkNames(false)))
		}
	}
	return nil
}

// quirkShare is the share of persons with a quirk each; nobody has two, so that what each rule finds can be counted.
const quirkShare = .30

// findings gathers what the ledger must say.
type findings struct {
	rows     map[findingKey]*Finding
	personal map[findingKey]int // rows of the person at hand
}

type findingKey struct{ table, rule, name string }

func newFindings() *findings {
	return &findings{map[findingKey]*Finding{}, map[findingKey]int{}}
}

// found counts rows of the person at hand that a rule must find; name is empty for what a clean register has too.
func (f *findings) found(table, rule, name string, rows int) {
	if rule != "" {
		f.personal[findingKey{table, rule, ""}] += rows
	}
	key := findingKey{table, rule, name}
	if rule != "" {
		key.name = ""
	}
	x := f.finding(key)
	if name != "" {
		x.Injected += int64(max(rows, 0))
		if rule == "" {
			x.Rows, x.Persons = x.Rows+int64(rows), x.Persons+1
		} else if !slices.Contains(strings.Split(x.Name, "+"), name) {
			x.Name = strings.Trim(x.Name+"+"+name, "+")
		}
	}
}

// values counts a value of a column that has been given another type.
func (f *findings) values(table string) {
	x := f.finding(findingKey{table, "other_type", ""})
	x.Name, x.Quirk, x.Injected, x.Rows = "mixed_types", 16, x.Injected+1, x.Rows+1
}

func (f *findings) finding(key findingKey) *Finding {
	x := f.rows[key]
	if x == nil {
		x = &Finding{Name: key.name, Table: key.table, Rule: key.rule}
		if t, ok := register.TextOf(key.rule); ok {
			x.Quirk = t.Quirk
		}
		for _, q := range quirks {
			if q.Name == key.name && key.rule == "" {
				x.Quirk = q.Number
			}
		}
		f.rows[key] = x
	}
	return x
}

// endPerson adds the rows of the person at hand to the sums.
func (f *findings) endPerson() {
	for key, n := range f.personal {
		if n > 0 {
			x := f.finding(key)
			x.Rows, x.Persons = x.Rows+int64(n), x.Persons+1
		}
	}
	clear(f.personal)
}

// list is the findings with rows, by quirk, table, rule and name; for the types of maaned, which are all its own, the columns.
func (f *findings) list(names []string) []Finding {
	var out []Finding
	if slices.Contains(names, "mixed_types") {
		out = append(out, Finding{Quirk: 16, Name: "mixed_types", Table: "maaned", Injected: 3})
	}
	for _, x := range f.rows {
		if x.Rows > 0 {
			y := *x
			names := strings.Split(y.Name, "+")
			slices.Sort(names)
			y.Name = strings.Join(names, "+")
			out = append(out, y)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Quirk, b.Quirk), strings.Compare(a.Table, b.Table), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Name, b.Name))
	})
	return out
}

// add sums the findings of two pieces of a register, which have no person in common.
func (f *findings) add(g *findings) {
	for key, x := range g.rows {
		y := f.finding(key)
		y.Injected, y.Rows, y.Persons = y.Injected+x.Injected, y.Rows+x.Rows, y.Persons+x.Persons
		names := strings.Split(y.Name, "+")
		for _, n := range strings.Split(x.Name, "+") {
			if n != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		y.Name = strings.Trim(strings.Join(names, "+"), "+")
	}
}

// FindingsTable is quirks.csv: one row a rule that must find something, and an injection that no rule looks for.
func FindingsTable(list []Finding) *datasets.Table {
	n := len(list)
	number, injected, rows, persons := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	name, table, rule := make([]string, n), make([]string, n), make([]string, n)
	for i, f := range list {
		number[i], injected[i], rows[i], persons[i] = int64(f.Quirk), f.Injected, f.Rows, f.Persons
		name[i], table[i], rule[i] = f.Name, f.Table, f.Rule
	}
	return datasets.NewTable(datasets.IntColumn("quirk", number), datasets.TextColumn("table", table, nil), datasets.TextColumn("rule", rule, nil),
		datasets.TextColumn("injection", name, nil), datasets.IntColumn("injected", injected), datasets.IntColumn("rows", rows), datasets.IntColumn("persons", persons))
}
