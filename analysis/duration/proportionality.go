package duration

import (
	"math"
	"sort"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// TimeScale is the function of time g that a coefficient is allowed to change with in [CoxFit.Proportionality].
type TimeScale uint8

// The time scales.
const (
	KaplanMeierScale TimeScale = iota // 1 − S(t−) of all rows: the default, as in R's cox.zph
	IdentityScale                     // t
	LogScale                          // log t
	RankScale                         // rank of the time among those of all rows, ties averaged
)

// String is the name as R has it.
func (s TimeScale) String() string { return [...]string{"km", "identity", "log", "rank"}[s] }

// ProportionalityTest is a test that the coefficients of a term do not change with time.
type ProportionalityTest struct {
	Term string // "GLOBAL" for all together
	Chi
	Reason estimate.Reason
}

// Proportionality tests proportional hazards: for each term, and for all together, it is the score test of adding x·g(t)
// to the fitted model. With s(t) the score of the deaths at t, V(t) their information and g centred at the deaths,
//
//	u = Σ g(t) s(t),   blocks ΣV, Σ g V, Σ g² V,
//
// and the statistic of a term is the quadratic form of (0, u_term) in the inverse of the blocks of all coefficients and
// of that term's. Terms are those of Covariates.Terms, without the columns that were left out.
//
// Grambsch and Therneau (1994), doi:10.1093/biomet/81.3.515, in the exact form of R's survival since 3.0.
func (f *CoxFit) Proportionality(x Covariates, scale TimeScale) ([]ProportionalityTest, error) {
	d := f.data
	if !f.Converged || d.p == 0 {
		return nil, fault.Dataf("not_converged", "", "", "there is no fitted Cox regression to test the proportionality of")
	}
	if scale == LogScale && d.time[0] == 0 {
		return nil, fault.Dataf("log_of_zero", "", "time", "a row ends at time 0, which has no logarithm; choose another scale of time")
	}
	g := d.timeScale(scale)
	p := d.p
	u := make([]float64, p)
	v0, v1, v2 := make([]float64, p*p), make([]float64, p*p), make([]float64, p*p)
	expected := make([]float64, p)
	d.visit(f.beta, true, func(t *tie) {
		t.scalars(f.Ties)
		t.expected(expected)
		w := g[t.cell]
		for j := range p {
			u[j] += w * (t.wx[j] - t.mean*expected[j])
		}
		t.information(v0, 1)
		t.information(v1, w)
		t.information(v2, w*w)
	})
	test := func(name string, columns []int) ProportionalityTest {
		q := p + len(columns)
		V, s := make([]float64, q*q), make([]float64, q)
		for i := range p {
			for j := range p {
				V[i*q+j] = v0[i*p+j]
			}
			for b, j := range columns {
				V[i*q+p+b], V[(p+b)*q+i] = v1[i*p+j], v1[i*p+j]
			}
		}
		for a, i := range columns {
			s[p+a] = u[i]
			for b, j := range columns {
				V[(p+a)*q+p+b] = v2[i*p+j]
			}
		}
		chi, ok := quadratic(V, s)
		if !ok || math.IsNaN(chi) {
			return ProportionalityTest{name, Chi{math.NaN(), len(columns), math.NaN()}, estimate.Singular}
		}
		return ProportionalityTest{name, newChi(chi, len(columns)), ""}
	}
	var out []ProportionalityTest
	var all []int
	for a := 0; a < p; {
		term := x.term(d.columns[a])
		var columns []int
		for ; a < p && x.term(d.columns[a]) == term; a++ {
			columns = append(columns, a)
		}
		out = append(out, test(term, columns))
		all = append(all, columns...)
	}
	return append(out, test("GLOBAL", all)), nil
}

func (x Covariates) term(column int) string {
	if x.Terms == nil {
		return x.Names[column]
	}
	return x.Terms[column]
}

// timeScale is g at each cell, centred at its mean over the deaths so that the blocks are well conditioned.
func (d *coxData) timeScale(scale TimeScale) []float64 {
	deaths := make([]int, len(d.time))
	for a := range d.n {
		if d.event[a] {
			deaths[d.cell[a]]++
		}
	}
	g := make([]float64, len(d.time))
	switch scale {
	case IdentityScale:
		copy(g, d.time)
	case LogScale:
		for c, t := range d.time {
			g[c] = math.Log(t)
		}
	case RankScale:
		order := d.cellsByTime()
		rank := 0.
		for k := 0; k < len(order); {
			same, n := k, 0
			for ; k < len(order) && d.time[order[k]] == d.time[order[same]]; k++ {
				n += int(d.first[order[k]+1] - d.first[order[k]])
			}
			for _, c := range order[same:k] {
				g[c] = rank + float64(n+1)/2
			}
			rank += float64(n)
		}
	default:
		d.kaplanMeierScale(g)
	}
	mean := 0.
	for c, n := range deaths {
		if n > 0 {
			mean += g[c] * float64(n) / float64(d.events)
		}
	}
	for c, n := range deaths {
		if n > 0 {
			g[c] -= mean
		} else {
			g[c] = 0
		}
	}
	return g
}

func (d *coxData) cellsByTime() []int {
	order := make([]int, len(d.time))
	for c := range order {
		order[c] = c
	}
	sort.SliceStable(order, func(a, b int) bool { return d.time[order[a]] < d.time[order[b]] })
	return order
}

// kaplanMeierScale is 1 − S(t−), S that of all rows whatever their stratum and weight, as in R's cox.zph.
func (d *coxData) kaplanMeierScale(g []float64) {
	in := Input{Time: d.in.Time, Start: d.in.Start, Event: make([]int32, len(d.in.Time)), Weight: make([]float64, len(d.in.Time))}
	for a, i := range d.row {
		in.Weight[i] = 1 // those without weight stay out
		if d.event[a] {
			in.Event[i] = 1
		}
	}
	p, err := prepare(in, Options{Variance: Greenwood})
	if err != nil {
		panic(err) // the same rows have been checked
	}
	t := p.tables[0]
	S := t.survival()
	for c, u := range d.time {
		if k := sort.SearchFloat64s(t.time, u); k > 0 { // the last time before u
			g[c] = 1 - S[k-1]
		}
	}
}
