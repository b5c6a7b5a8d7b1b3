package results

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Suppress takes out of the tables, in place, every figure that rests on fewer than minCell distinct persons, and every
// figure that would give such a one away by subtraction. It comes before anything is written or drawn; what it takes away
// is NaN, −1 or "" with the reason `suppressed`, so nothing downstream can show it. It returns the number of rows by table
// and rule, never a value; Summary says it in one warning. minCell under 2 suppresses nothing. It is called once: it needs the counts
// that it takes away.
//
// A cell is small where an arm has 1 to minCell−1 persons, or, for a 0/1 outcome, where fewer than minCell persons of an
// arm are with it or without it (none counts as few: "nobody in the group found work" tells about each of them). Level,
// estimate and error go together.
//
// Against subtraction:
//   - groups: where one group may lie inside another (judged from the counts of the whole run, see nesting), the smaller
//     one goes where the difference is a small cell; where groups add up to a larger one, a small part takes its
//     smallest sibling with it; the same for the values of a subset variable; an intersection of two groups goes where what
//     the two leave of a larger one is small;
//   - methods and samples: where a method analyses nearly the same starts as another, its levels go and the effect
//     stays (the level of its comparison is unknown, so the effect tells nothing); a rival sample goes altogether;
//   - outcomes: where one lies inside another, in the same month or some months before, or a stricter definition inside the study's, and
//     few are between them, the level of one goes and the effect stays, see nestedOutcomes;
//   - covariates: those that few have or lack, also among those whom a method drops or a larger group has more, see balance;
//   - months: a sum over a window goes with any month in it; where an outcome only ever grows (entry into work), months
//     are thinned until each step between two that are shown is none or at least minCell persons;
//   - years and bins: a small year takes the smallest other year with it; small bins are merged with their neighbours;
//   - curves: events and censorings are pooled over time until they are none or enough, the tail with too few at risk
//     goes, and the curve is rounded so that the pooled parts cannot be solved for;
//   - cost against effect follows the estimates of its outcome: it goes where they go, and a sum over months with any of them;
//   - chains: transitions, sequences and states are tables with margins, group by group; see suppress_chains.go;
//   - competing exits, waits, retention and shares of long and short participations are rounded until they tell numbers no
//     closer than the limit, without counts;
//   - flow: start = dropped + analysed is a sum like any other, also where a part of it stands in another table:
//     `analysed` in the estimates and the curves to work, `start` in the costs and the curve of time in tiltak. Where the
//     start has to go, it goes from all of them.
//
// It does not know of other runs (see Between), nor of tables that others publish.
func Suppress(t *Tables, minCell int) []Suppression {
	if minCell < 2 {
		return nil
	}
	s := &suppressor{t: t, min: minCell, count: map[string]int{}, near: map[cellKey]bool{}, starts: map[cellKey]bool{}, analysed: map[cellKey]bool{}, known: map[cellKey]bool{}}
	written := len(t.Estimates)
	all := withFamilies(append(t.Estimates[:written:written], t.Census...))
	s.nest = newNesting(all)
	s.parts = newParts(all, s.nest)
	t.Estimates = slices.DeleteFunc(all, func(e Estimate) bool { return e.Outcome != "" && isCensus(&e) })
	s.four = newQuads(groupsOf(t), s.nest)
	s.estimates()
	s.census = t.Estimates[written:]
	t.Estimates = t.Estimates[:written]
	s.robustness()
	s.heterogeneity()
	if written == 0 { // what was hidden is a census that nobody sees
		maps.DeleteFunc(s.count, func(key string, _ int) bool { return strings.HasPrefix(key, "estimates/") })
	}
	s.balance()
	s.overlap()
	s.flow() // before the tables that count the same starts
	s.composition()
	s.durations()
	s.costs()
	s.costEffect()
	s.portfolio()
	s.placebo()
	s.sensitivity()
	s.preEffects()
	s.reforms()
	s.experiment()
	s.descriptive()
	s.diagnostics()
	s.chains()
	var out []Suppression
	for _, key := range slices.Sorted(maps.Keys(s.count)) {
		table, rule, _ := strings.Cut(key, "/")
		out = append(out, Suppression{table, rule, s.count[key]})
	}
	return out
}

// isCensus tells a row of Tables.Census from an estimate.
func isCensus(e *Estimate) bool { return e.Role == CensusRole }

// Suppression is how many rows of a table a rule of disclosure control hid or reduced.
type Suppression struct {
	Table string `json:"table"`
	Rule  string `json:"rule"`
	Rows  int    `json:"rows"`
}

// Summary is one warning for all that disclosure control did, none where it did nothing: the rows by table. A row that two
// rules concern counts with each.
func Summary(done []Suppression, minCell int) []fault.Warning {
	if len(done) == 0 {
		return nil
	}
	var parts []string
	all := 0
	for _, at := range grouped(done, func(d *Suppression) string { return d.Table }) {
		rows := 0
		for _, i := range at {
			rows += done[i].Rows
		}
		all += rows
		parts = append(parts, fmt.Sprintf("%s %d", done[at[0]].Table, rows))
	}
	return []fault.Warning{fault.Warnf("suppressed", "%d rows of tables are hidden or reduced so that nobody can be recognised (limit %d persons): %s; `suppressed` in run.json says by which rule", all, minCell, strings.Join(parts, ", "))}
}

type suppressor struct {
	t     *Tables
	min   int
	count map[string]int

	census []Estimate // of a description, as the rules for estimates left it

	nest  nesting
	parts map[string][]partition // by tiltak
	four  []quad
	near  map[cellKey]bool // cells that are small, or differ from a larger one by a small cell

	// Cells whose number of starts, or of starts analysed, is hidden in the flow: it must not be read from another table.
	starts, analysed map[cellKey]bool
	known            map[cellKey]bool // cells whose number of starts is shown in the flow
}

// cellKey is a tiltak in a group.
type cellKey struct{ tiltak, group string }

func (s *suppressor) note(table, rule string) { s.count[table+"/"+rule]++ }

// few tells that a number of persons is over zero and too low. Negative means unknown or taken away.
func (s *suppressor) few(persons int) bool { return persons > 0 && persons < s.min }

// rare tells that a number with or without a 0/1 outcome is too low; zero counts. Negative means not 0/1.
func (s *suppressor) rare(n int) bool { return n >= 0 && n < s.min }

// member is one of the parts of a published total.
type member struct {
	size   int  // persons, to choose the smallest
	hidden bool // hidden already, for whatever reason
	small  bool // hidden because it is small itself, or because what it leaves of a larger group is
	hide   func()
}

// complete hides one more member where one alone is hidden, since it is the total less what is shown, or where all that are
// hidden are small, since their sum may be. The one that goes with them is the smallest that could stand alone, so that
// what can be derived is never smaller than that. A member may be part of several sums: whatever is hidden as a cover in
// one has to be covered in the others too, and the callers go on until nothing changes.
func complete(members []member) bool {
	if covered(members) {
		return false
	}
	best := -1
	for i, m := range members {
		if !m.hidden && m.size > 0 && (best < 0 || m.size < members[best].size) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	members[best].hide()
	return true
}

// covered tells whether nothing small can be derived from a shown total and the shown members.
func covered(members []member) bool {
	hidden, small := 0, 0
	for _, m := range members {
		if m.hidden {
			hidden++
			if m.small {
				small++
			}
		}
	}
	return hidden == 0 || hidden > 1 && small < hidden
}

// grouped collects indices by key, keys in order of first appearance.
func grouped[R any](rows []R, key func(*R) string) [][]int {
	place := map[string]int{}
	var out [][]int
	for i := range rows {
		k := key(&rows[i])
		j, ok := place[k]
		if !ok {
			j = len(out)
			place[k] = j
			out = append(out, nil)
		}
		out[j] = append(out[j], i)
	}
	return out
}

// join makes one key of parts: texts, whole numbers and truth values.
func join(parts ...any) string {
	var buf [160]byte
	b := buf[:0]
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = strconv.AppendInt(b, int64(p), 10)
		case bool:
			b = strconv.AppendBool(b, p)
		default:
			panic(fmt.Sprintf("results: %T in a key", p))
		}
		b = append(b, 0)
	}
	return string(b)
}

const suppressed = estimate.Suppressed
