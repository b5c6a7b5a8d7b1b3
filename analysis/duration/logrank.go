package duration

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// TestOptions are the choices of a test between groups.
type TestOptions struct {
	Rho     float64 // weight S(t−)^ρ: 0 log-rank, 1 Peto–Peto's Wilcoxon
	State   int     // the state whose hazard is compared, others censored; 0: any state is the event
	Stratum []int32 // in [0, Strata): differences add up within strata; nil: one stratum
	Strata  int     // number of strata
	Workers int
}

// TestResult is a test that groups do not differ. Slices have one element a group.
type TestResult struct {
	Test      string // "logrank" or "gray"
	State     string // of Gray's test
	Robust    bool   // the variance is that of weighted or dependent rows
	Rows      []int  // rows with a time
	Observed  []float64
	Expected  []float64
	Variance  [][]float64 // of observed − expected
	Statistic float64     // χ²
	DF        int
	PValue    float64
	Reason    estimate.Reason
}

// LogRank is the test of equal hazards in all groups of in (Fleming and Harrington's G-ρ family). At each time with d
// of n at risk ending, n_k of them in group k, and with weight w = S(t−)^ρ of the pooled curve of the stratum,
//
//	O_k = Σ w d_k,  E_k = Σ w d n_k/n,  V = Σ w² d (n−d)/(n−1) (diag(n_k/n) − n n′/n²);
//
// times with n = 1 add no variance; strata add up. The statistic is (O−E)′V⁻¹(O−E) over the groups with E > 0 but the
// first of them, χ² with one degree less than there are such groups. Rows may be left-truncated. With weights or
// clusters no variance of this form is right: it is then the sum over clusters of the squared influence of their rows
// (robust; the statistic is the robust score test of a Cox regression on the groups with Breslow's ties).
//
// Harrington and Fleming (1982), doi:10.1093/biomet/69.3.553; as survdiff of R's survival.
func LogRank(in Input, opt TestOptions) (*TestResult, error) {
	if in.Group == nil || len(in.Groups) < 2 {
		return nil, fault.Usagef("one_group", "a test between groups needs at least two groups")
	}
	if opt.State < 0 || opt.State > in.states() {
		return nil, fault.Usagef("bad_state", "there is no state %d", opt.State)
	}
	cells, g, strata, err := in.stratified(opt)
	if err != nil {
		return nil, err
	}
	K := len(in.Groups)
	r := newTestResult("logrank", K)
	for s := range strata {
		r.addStratum(cells[s*K:(s+1)*K], opt)
	}
	if r.Robust = in.Weight != nil || in.Cluster != nil; r.Robust {
		r.Variance = in.robustVariance(g, cells, strata, opt)
	}
	r.finish()
	return r, nil
}

// stratified are the tables of each group within each stratum: those of stratum s from s·groups on.
func (in *Input) stratified(opt TestOptions) (cells []*table, g *grid, strata int, err error) {
	facts, err := in.check(opt.Workers)
	if err != nil {
		return nil, nil, 0, err
	}
	if strata, err = checkStrata(opt.Stratum, opt.Strata, len(in.Time)); err != nil {
		return nil, nil, 0, err
	}
	K := len(in.Groups)
	if g, err = newGrid(in, facts, K*strata); err != nil {
		return nil, nil, 0, err
	}
	return tables(g, opt.Workers, K*strata, func(dst []int32, from int) {
		copy(dst, in.Group[from:])
		for i := range dst {
			if opt.Stratum != nil {
				dst[i] += opt.Stratum[from+i] * int32(K)
			}
		}
	}), g, strata, nil
}

func newTestResult(test string, groups int) *TestResult {
	r := &TestResult{Test: test, Rows: make([]int, groups), Observed: make([]float64, groups), Expected: make([]float64, groups), Variance: make([][]float64, groups)}
	for k := range r.Variance {
		r.Variance[k] = make([]float64, groups)
	}
	return r
}

func checkStrata(stratum []int32, strata, n int) (int, error) {
	if stratum == nil {
		return 1, nil
	}
	if len(stratum) != n {
		return 0, fault.Dataf("bad_length", "", "strata", "%d rows of strata for %d of time; they must be as many", len(stratum), n)
	}
	for i, s := range stratum {
		if s < 0 || int(s) >= strata {
			return 0, fault.Dataf("bad_stratum", "", "strata", "a row has a stratum that does not exist").At(int64(i + 1))
		}
	}
	return strata, nil
}

// exitsIn is the number of rows that end at position j of the table in the tested state.
func (t *table) exitsIn(state, j int) float64 {
	if state == 0 {
		return t.anyExit[j]
	}
	return t.event[state][j]
}

// union is every number of the grid that is in one of the tables, ascending.
func union(tables []*table) []int32 {
	var all []int32
	for _, t := range tables {
		all = append(all, t.index...)
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	n := 0
	for i, v := range all {
		if i == 0 || v != all[n-1] {
			all[n] = v
			n++
		}
	}
	return all[:n]
}

func (r *TestResult) addStratum(groups []*table, opt TestOptions) {
	K := len(groups)
	at := make([]int, K) // position of each table: the first at or after the time
	n, d := make([]float64, K), make([]float64, K)
	S := 1.
	for k, t := range groups {
		r.Rows[k] += t.rows
	}
	for _, u := range union(groups) {
		total, deaths := 0., 0.
		for k, t := range groups {
			for at[k] < len(t.index) && t.index[at[k]] < u {
				at[k]++
			}
			n[k], d[k] = 0, 0
			if j := at[k]; j < len(t.index) {
				n[k] = t.risk[j]
				if t.index[j] == u {
					d[k] = t.exitsIn(opt.State, j)
				}
			}
			total += n[k]
			deaths += d[k]
		}
		if deaths == 0 {
			continue
		}
		w := 1.
		if opt.Rho != 0 {
			w = math.Pow(S, opt.Rho)
		}
		S *= (total - deaths) / total
		v := 0.
		if total > 1 {
			v = w * w * deaths * (total - deaths) / (total - 1)
		}
		for k := range K {
			p := n[k] / total
			r.Observed[k] += w * d[k]
			r.Expected[k] += w * deaths * p
			if p == 0 {
				continue
			}
			for l := range K {
				r.Variance[k][l] -= v * p * n[l] / total
			}
			r.Variance[k][k] += v * p
		}
	}
}

// finish makes χ² of observed − expected, without groups where nothing was expected and without the first of the rest.
func (r *TestResult) finish() {
	var kept []int
	for k, e := range r.Expected {
		if e > 0 {
			kept = append(kept, k)
		}
	}
	r.Statistic, r.PValue = math.NaN(), math.NaN()
	if len(kept) < 2 {
		r.Reason = estimate.NotDefined
		return
	}
	kept = kept[1:]
	p := len(kept)
	V, u := make([]float64, p*p), make([]float64, p)
	for a, k := range kept {
		u[a] = r.Observed[k] - r.Expected[k]
		for b, l := range kept {
			V[a*p+b] = r.Variance[k][l]
		}
	}
	r.DF = p
	chi, ok := quadratic(V, u)
	if !ok {
		r.Reason = estimate.Singular
		return
	}
	r.Statistic, r.PValue = chi, chiSquaredTail(chi, p)
}

// chiSquaredTail is the probability over x of χ² with df degrees of freedom.
func chiSquaredTail(x float64, df int) float64 {
	return distuv.ChiSquared{K: float64(df)}.Survival(x)
}
