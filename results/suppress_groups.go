package results

import (
	"slices"
	"strings"
)

// nesting holds which group may lie inside which: inside[g][h] is true where nothing in the run speaks against g ⊆ h.
//
// Groups are flags and a run does not say which contain which. But g ⊆ h implies that in every row, whatever the tiltak,
// outcome, month or method, g has no more starts, persons, persons with the outcome and persons without it than h. One
// row that breaks this proves that g is not inside h; what is never broken is treated as nested, which can only suppress
// too much.
type nesting map[string]map[string]bool

// restKey is everything that says what an estimate is, except its group.
func restKey(e *Estimate) string {
	return join(e.Tiltak, e.Outcome, e.Method, monthOf(e), e.Window, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.Role)
}

// monthOf is the month of a row, a large negative number where it has none.
func monthOf(e *Estimate) int {
	if e.Month == nil {
		return -1 << 30
	}
	return *e.Month
}

func newNesting(rows []Estimate) nesting {
	n := nesting{}
	broken := map[[2]string]bool{}
	for _, cell := range grouped(rows, restKey) {
		for _, i := range cell {
			for _, j := range cell {
				a, b := &rows[i], &rows[j]
				if a.Group == b.Group || a.NPersonsTreated < 0 || b.NPersonsTreated < 0 || disjoint(a.Group, b.Group) {
					continue
				}
				pair := [2]string{a.Group, b.Group}
				if failed(a) || failed(b) { // a method that could not be used counts nobody, and proves nothing
					if a.NStartsEligible > b.NStartsEligible {
						broken[pair] = true
					} else if n[a.Group] == nil {
						n[a.Group] = map[string]bool{b.Group: true}
					} else {
						n[a.Group][b.Group] = true
					}
				} else if a.NStarts > b.NStarts || a.NPersonsTreated > b.NPersonsTreated ||
					a.OnesTreated >= 0 && b.OnesTreated >= 0 && (a.OnesTreated > b.OnesTreated || a.ZerosTreated > b.ZerosTreated) {
					broken[pair] = true
				} else if n[a.Group] == nil {
					n[a.Group] = map[string]bool{b.Group: true}
				} else {
					n[a.Group][b.Group] = true
				}
			}
		}
	}
	for pair := range broken {
		if pair[1] != everybody && !within(pair[0], pair[1]) { // these contain it: a method that matches may still keep fewer of them
			delete(n[pair[0]], pair[1])
		} else if n[pair[0]] == nil {
			n[pair[0]] = map[string]bool{pair[1]: true}
		} else {
			n[pair[0]][pair[1]] = true
		}
	}
	return n
}

// failed tells whether a method could not be used in a cell: it then counts no starts.
func failed(e *Estimate) bool { return e.NStarts == 0 && e.Reason != "" }

// eligible is how many starts a row is about, used or not.
func eligible(e *Estimate) int { return max(e.NStarts, e.NStartsEligible) }

// partition is a total group and groups that may add up to it.
type partition struct {
	total string
	parts []string
}

// newParts finds, for each tiltak, sets of groups whose starts add up to those of a group that may contain them all: up to
// four groups that lie inside it, and any number with a common beginning of their names (`fylke=03`, `fylke=11`, …).
// Equal sums by chance only suppress too much.
func newParts(rows []Estimate, n nesting) map[string][]partition {
	starts := map[string]map[string]int{}
	var order []string
	for i := range rows {
		e := &rows[i]
		if e.SubsetVar != "" || eligible(e) < 0 {
			continue
		}
		if starts[e.Tiltak] == nil {
			starts[e.Tiltak] = map[string]int{}
			order = append(order, e.Tiltak)
		}
		starts[e.Tiltak][e.Group] = max(starts[e.Tiltak][e.Group], eligible(e))
	}
	out := map[string][]partition{}
	for _, tiltak := range order {
		groups := make([]string, 0, len(starts[tiltak]))
		for g := range starts[tiltak] {
			groups = append(groups, g)
		}
		slices.Sort(groups)
		for _, total := range groups {
			var inside []string
			for _, g := range groups {
				if g != total && n[g][total] {
					inside = append(inside, g)
				}
			}
			out[tiltak] = append(out[tiltak], sums(total, inside, starts[tiltak])...)
		}
	}
	return out
}

func sums(total string, inside []string, starts map[string]int) []partition {
	var out []partition
	goal := starts[total]
	most := 4
	if len(inside) > 40 {
		most = 3
	}
	var chosen []string
	var try func(from, left int)
	try = func(from, left int) {
		if left == 0 && len(chosen) > 1 {
			out = append(out, partition{total, slices.Clone(chosen)})
		}
		if left <= 0 || len(chosen) == most {
			return
		}
		for i := from; i < len(inside); i++ {
			if starts[inside[i]] == 0 {
				continue
			}
			chosen = append(chosen, inside[i])
			try(i+1, left-starts[inside[i]])
			chosen = chosen[:len(chosen)-1]
		}
	}
	try(0, goal)
	for _, at := range grouped(inside, func(g *string) string { return family(*g) }) {
		sum := 0
		var members []string
		for _, i := range at {
			members = append(members, inside[i])
			sum += starts[inside[i]]
		}
		// Members without a start analysed belong to the sum too: they may have starts.
		if family(members[0]) != "" && (len(members) > most && sum >= goal || len(members) > 1 && sum == goal) {
			out = append(out, partition{total, members})
		}
	}
	return out
}

// family is the common beginning of groups that part a population: `fylke` of `fylke=03`; "" where a name has none.
func family(group string) string {
	if at := strings.IndexAny(group, "=:"); at > 0 {
		return group[:at]
	}
	return ""
}

// disjoint tells whether two groups are parts of one family, neither of them its sum: nobody is in both.
func disjoint(a, b string) bool {
	return family(a) != "" && family(a) == family(b) && !strings.HasSuffix(a, "=*") && !strings.HasSuffix(b, "=*")
}

// withFamilies appends, for each family of groups, rows of its sum. Nobody writes them, but whoever adds up the members
// has them: without a group `alle`, the counties give it away. They are cut off again after the rules have run.
func withFamilies(rows []Estimate) []Estimate {
	out := rows[:len(rows):len(rows)]
	for _, at := range grouped(rows, func(e *Estimate) string { return join(restKey(e), family(e.Group)) }) {
		first := rows[at[0]]
		if len(at) < 2 || family(first.Group) == "" {
			continue
		}
		first.Group = family(first.Group) + "=*"
		for _, i := range at[1:] {
			e := &rows[i]
			first.NStarts += e.NStarts
			first.NStartsEligible += e.NStartsEligible
			first.NPersonsTreated += e.NPersonsTreated
			if first.OnesTreated >= 0 && e.OnesTreated >= 0 {
				first.OnesTreated += e.OnesTreated
				first.ZerosTreated += e.ZerosTreated
			}
		}
		out = append(out, first)
	}
	return out
}
