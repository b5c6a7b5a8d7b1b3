package analysis

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results"
)

// placeboPooled is the kind of a row over all tiltak of a group.
const placeboPooled = "pooled"

// pooledTest is a placebo estimate of a cell with what pooling over tiltak needs. Persons without influence are left out.
type pooledTest struct {
	Row    results.Placebo
	DF     float64 // of t; 0: normal
	Person []int32 // in the register; offices or counties where errors are summed by those
	Psi    []float32
}

func newPooledTest(row results.Placebo, t contrast, c *cell) pooledTest {
	p := pooledTest{Row: row, DF: t.df}
	for u, v := range t.person {
		if v != 0 {
			p.Person, p.Psi = append(p.Person, c.numbers[u]), append(p.Psi, float32(v))
		}
	}
	return p
}

// poolPlacebos adds, for each group, method and conditioning, the mean of each placebo over tiltak and their joint test. What no
// table holds and works in every tiltak moves all of them the same way; a mean sees it where no tiltak alone has the persons to.
// With s_k the errors of the tiltak and ω_k = 1/s_k² over their sum,
//
//	θ = Σ ω_k·θ_k,   s² = Σ_k Σ_l ω_k·ω_l·s_k·s_l·r_kl,   r_kl the correlation of the influence by person,
//
// since a person stands in the trials of several tiltak. Cells of few persons are left out.
func poolPlacebos(tests []pooledTest, limit int, level float64) []results.Placebo {
	type key struct{ group, method, by, outcome, window string }
	at := map[key][]int{}
	var order []key
	for i := range tests {
		r := &tests[i].Row
		if r.FewAmounts || r.PersonsTreated < limit || r.PersonsComparison < limit || !(r.StdError > 0) {
			continue
		}
		k := key{r.Group, r.Method, r.Conditioning, r.Outcome, r.Window}
		if at[k] == nil {
			order = append(order, k)
		}
		at[k] = append(at[k], i)
	}
	together := map[key]int{} // place of the first test of a group, method and conditioning
	family := func(k key) key { return key{group: k.group, method: k.method, by: k.by} }
	for i, k := range order {
		if _, ok := together[family(k)]; !ok {
			together[family(k)] = i
		}
	}
	slices.SortStableFunc(order, func(a, b key) int { return together[family(a)] - together[family(b)] })
	var out []results.Placebo
	var joined []contrast
	first := 0
	for o, k := range order {
		rows := at[k]
		row, c := pool(tests, rows, level)
		if len(rows) > 1 {
			out = append(out, row)
			joined = append(joined, c)
		}
		if last := o == len(order)-1; !last {
			if family(order[o+1]) == family(k) {
				continue
			}
		}
		if len(joined) > 1 {
			base := out[len(out)-1]
			base.Kind, base.Outcome, base.Window = placeboJoint, "", ""
			nan := math.NaN()
			base.Estimate, base.StdError, base.ConfLow, base.ConfHigh, base.PValue = nan, nan, nan, nan, nan
			out = append(out, joint(base, aligned(joined), out[first:]))
		}
		joined, first = nil, len(out)
	}
	return out
}

// pool is the mean over some tests; the influence of the contrast is by place in the sorted list of all persons of tests.
func pool(tests []pooledTest, rows []int, level float64) (results.Placebo, contrast) {
	row := tests[rows[0]].Row
	row.Tiltak, row.Kind = "", placeboPooled
	total, theta, df := 0., 0., 0. // df: the fewest of those that have any
	for _, i := range rows {
		r := &tests[i].Row
		if d := tests[i].DF; d > 0 && (df == 0 || d < df) {
			df = d
		}
		w := 1 / (r.StdError * r.StdError)
		total += w
		theta += w * r.Estimate
		row.PersonsTreated, row.PersonsComparison = min(row.PersonsTreated, r.PersonsTreated), min(row.PersonsComparison, r.PersonsComparison)
	}
	theta /= total
	sum := map[int32]float64{}
	variance := 0.
	for a, i := range rows {
		si := tests[i].Row.StdError
		of, squares := map[int32]float64{}, 0.
		for k, p := range tests[i].Person {
			v := float64(tests[i].Psi[k])
			of[p] = v
			squares += v * v
			sum[p] += v / (si * si * total)
		}
		variance += 1 / (si * si)
		for _, j := range rows[:a] {
			sj := tests[j].Row.StdError
			cross, other := 0., 0.
			for k, p := range tests[j].Person {
				v := float64(tests[j].Psi[k])
				cross += v * of[p]
				other += v * v
			}
			if squares > 0 && other > 0 {
				variance += 2 * cross / math.Sqrt(squares*other) / (si * sj)
			}
		}
	}
	se := math.Sqrt(variance) / total
	e := estimate.Normal(theta, se, level)
	if df > 0 {
		e = estimate.Student(theta, se, level, df)
	}
	row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue, row.Reason = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue, ""
	return row, contrast{value: theta, stdError: se, byPerson: sum, df: df}
}

// aligned lays the influences of several contrasts out over the same persons, in the order of their numbers.
func aligned(cs []contrast) []contrast {
	seen := map[int32]bool{}
	var persons []int32
	for _, c := range cs {
		for p := range c.byPerson {
			if !seen[p] {
				seen[p] = true
				persons = append(persons, p)
			}
		}
	}
	slices.Sort(persons)
	for k := range cs {
		cs[k].person = make([]float64, len(persons))
		for u, p := range persons {
			cs[k].person[u] = cs[k].byPerson[p]
		}
	}
	return cs
}
