package did

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// longData is a reference data set, read by the tests' own reader.
type longData struct {
	id, time []int64
	start    []int64
	y        []float64
	column   func(name string) []float64
}

// readLong reads columns of a CSV file under ../shared/oracles; a start of 0 is Never.
func readLong(t testing.TB, file, id, time, start, y string) longData {
	t.Helper()
	c := oracle.CSV(t, file)
	ints := func(name string) []int64 {
		var out []int64
		codes := map[string]int64{}
		for _, s := range c[name] {
			var v int64
			if _, err := fmt.Sscanf(s, "%d", &v); err != nil {
				if _, ok := codes[s]; !ok {
					codes[s] = int64(len(codes))
				}
				v = codes[s]
			}
			out = append(out, v)
		}
		return out
	}
	d := longData{id: ints(id), time: ints(time), y: oracle.Floats(t, c[y])}
	d.column = func(name string) []float64 { return oracle.Floats(t, c[name]) }
	if start != "" {
		for _, g := range ints(start) {
			if g == 0 {
				g = Never
			}
			d.start = append(d.start, g)
		}
	}
	return d
}

// panelOf turns long rows into a panel, units in order of their ids, and returns the ids.
func panelOf(d longData, covariates [][]float64, weights []float64, clusters ...[]int64) (*Panel, []int64) {
	times := slices.Clone(d.time)
	slices.Sort(times)
	times = slices.Compact(times)
	ids := slices.Clone(d.id)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	n, T := len(ids), len(times)
	wide := func() [][]float64 {
		w := make([][]float64, T)
		for t := range w {
			w[t] = make([]float64, n)
			for i := range w[t] {
				w[t][i] = math.NaN()
			}
		}
		return w
	}
	p := &Panel{Times: times, Start: make([]int64, n), Outcome: wide()}
	for range covariates {
		p.Covariates = append(p.Covariates, wide())
	}
	if weights != nil {
		p.Weights = wide()
	}
	for range clusters {
		p.Clusters = append(p.Clusters, make([]int32, n))
	}
	codes := make([]map[int64]int32, len(clusters))
	for r, id := range d.id {
		i, _ := slices.BinarySearch(ids, id)
		t, _ := slices.BinarySearch(times, d.time[r])
		p.Start[i] = d.start[r]
		p.Outcome[t][i] = d.y[r]
		for k, c := range covariates {
			p.Covariates[k][t][i] = c[r]
		}
		if weights != nil {
			p.Weights[t][i] = weights[r]
		}
		for k, c := range clusters {
			if codes[k] == nil {
				codes[k] = map[int64]int32{}
			}
			if _, ok := codes[k][c[r]]; !ok {
				codes[k][c[r]] = int32(len(codes[k]))
			}
			p.Clusters[k][i] = codes[k][c[r]]
		}
	}
	return p, ids
}

func mpdta(t testing.TB) longData {
	return readLong(t, "mpdta_did/data.csv", "countyreal", "year", "first.treat", "lemp")
}

// Tolerances of the comparison with did: without a logit both solve the same linear algebra (1e-10); with one, R's
// fitting stops at a relative change of the deviance of 1e-8 and leaves about 5e-11 to 1e-9 in the estimates, and we go to
// the maximum.
const (
	tolLinear = 1e-10
	tolLogit  = 1e-8
)

// checkDid estimates and compares with checkResult.
func checkDid(t *testing.T, ref oracle.Node, p *Panel, o Options, tol float64) *Result {
	t.Helper()
	r, err := GroupTime(p, o)
	if err != nil {
		t.Fatal(err)
	}
	checkResult(t, ref, r, tol)
	return r
}

// checkResult compares a result with an entry of mpdta_did: cells, standard errors, pre-test, covariance, aggregates.
func checkResult(t *testing.T, ref oracle.Node, r *Result, tol float64) {
	t.Helper()
	group, time := ref.At("group").Floats(), ref.At("t").Floats()
	if len(group) != len(r.Cells) {
		t.Fatalf("%d cells, reference %d", len(r.Cells), len(group))
	}
	att, se := make([]float64, len(group)), make([]float64, len(group))
	for i, c := range r.Cells {
		if float64(c.Group) != group[i] || float64(c.Time) != time[i] {
			t.Fatalf("cell %d is (%d,%d), reference (%g,%g)", i, c.Group, c.Time, group[i], time[i])
		}
		att[i], se[i] = c.Estimate.Estimate, c.StdError
	}
	// An estimate near 0 is a difference of numbers near 5: its own rounding is absolute.
	for i, n := range ref.At("att").List() {
		n.NearAbs(att[i], tol*max(math.Abs(n.Float()), 1e-2))
	}
	ref.At("se").NearAll(se, tol)
	if ref.Has("n") {
		ref.At("n").Near(float64(r.Units), 0)
	}
	if ref.Has("wald_pre") {
		if r.PreTest == nil {
			t.Error("no pre-test")
		} else {
			ref.At("wald_pre").Near(r.PreTest.Statistic, 100*tol)   // a quadratic form in an inverse: condition number
			ref.At("wald_pre_p").NearAbs(r.PreTest.PValue, 0.51e-5) // did rounds to 5 digits
		}
	}
	for _, kind := range []Aggregation{Simple, Dynamic, Group, Calendar} {
		checkAggregate(t, ref.At("agg_"+string(kind)), r, kind, tol)
	}
}

func checkAggregate(t *testing.T, ref oracle.Node, r *Result, kind Aggregation, tol float64) {
	t.Helper()
	at := map[int64]Aggregate{}
	for _, a := range r.Aggregates {
		if a.Type != kind {
			continue
		}
		if a.Overall {
			ref.At("overall_att").Near(a.Estimate.Estimate, tol)
			ref.At("overall_se").Near(a.StdError, tol)
		} else {
			at[a.Key] = a
		}
	}
	if !ref.Has("egt") {
		return
	}
	egt, att, se := ref.At("egt").List(), ref.At("att_egt").List(), ref.At("se_egt").List()
	if len(egt) != len(at) {
		t.Fatalf("%s: %d keys, reference %d", kind, len(at), len(egt))
	}
	for i := range egt {
		a, ok := at[int64(egt[i].Float())]
		if !ok {
			t.Fatalf("%s: no key %g", kind, egt[i].Float())
		}
		att[i].NearAbs(a.Estimate.Estimate, tol*max(math.Abs(att[i].Float()), 1e-2))
		se[i].Near(a.StdError, tol)
	}
}

// optionsOf reads a key such as dr|nevertreated|varying|x|antic0.
func optionsOf(t *testing.T, name string) (o Options, covariates bool) {
	part := strings.Split(name, "|")
	if err := o.Method.UnmarshalText([]byte(part[0])); err != nil {
		t.Fatal(err)
	}
	o.Controls = NeverTreated
	if part[1] == "notyettreated" {
		o.Controls = NotYetTreated
	}
	if part[2] == "varying" {
		o.Base = Varying
	}
	o.Anticipation = int64(part[4][5] - '0')
	return o, part[3] == "x"
}

// All 48 configurations of att_gt: method, controls, base, covariates, anticipation.
func TestMpdtaGrid(t *testing.T) {
	d := mpdta(t)
	ref := oracle.JSON(t, "mpdta_did/result.json").At("att_gt")
	names := ref.Keys()
	slices.Sort(names)
	if len(names) != 48 {
		t.Fatalf("%d configurations", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			o, with := optionsOf(t, name)
			tol := tolLinear
			var x [][]float64
			if with {
				x = [][]float64{d.column("lpop")}
				if o.Method != Reg {
					tol = tolLogit
				}
			}
			p, _ := panelOf(d, x, nil)
			r := checkDid(t, ref.At(name), p, o, tol)
			n := float64(r.Units)
			psi, err := r.Influence()
			if err != nil {
				t.Fatal(err)
			}
			squares, absolute := ref.At(name, "inf_checks", "col_sumsq").List(), ref.At(name, "inf_checks", "col_sumabs").List()
			for i, c := range psi {
				if c == nil {
					continue
				}
				s, a := 0., 0.
				for _, v := range c {
					s += v * v * n * n // did's influence is n times ours
					a += math.Abs(v) * n
				}
				squares[i].Near(s, 2*tol)
				absolute[i].Near(a, tol)
			}
			one, min1, max1 := int64(1), int64(-1), int64(1)
			balanced := o
			balanced.BalanceE = &one
			if r, err = GroupTime(p, balanced); err != nil {
				t.Fatal(err)
			}
			checkAggregate(t, ref.At(name, "agg_dynamic_balance_e1"), r, Dynamic, tol)
			window := o
			window.MinE, window.MaxE = &min1, &max1
			if r, err = GroupTime(p, window); err != nil {
				t.Fatal(err)
			}
			checkAggregate(t, ref.At(name, "agg_dynamic_min_e_m1_max_e_1"), r, Dynamic, tol)
		})
	}
}

// The figures that the issue names.
func TestMpdtaHeadline(t *testing.T) {
	p, _ := panelOf(mpdta(t), nil, nil)
	r, err := GroupTime(p, LikeDid())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range r.Aggregates {
		if !a.Overall {
			continue
		}
		switch a.Type { // methods/did.md §5.1, seven digits
		case Simple:
			oracle.Known(t, "did.md §5.1 simple", a.Estimate.Estimate, -0.0399513, 2e-6)
			oracle.Known(t, "did.md §5.1 simple se", a.StdError, 0.0120340, 5e-6)
		case Dynamic:
			oracle.Known(t, "did.md §5.1 dynamic", a.Estimate.Estimate, -0.0772398, 2e-6)
			oracle.Known(t, "did.md §5.1 dynamic se", a.StdError, 0.0199650, 5e-6)
		}
	}
}

func TestMpdtaInfluence(t *testing.T) {
	d := mpdta(t)
	p, ids := panelOf(d, [][]float64{d.column("lpop")}, nil)
	r, err := GroupTime(p, LikeDid())
	if err != nil {
		t.Fatal(err)
	}
	psi, err := r.Influence()
	if err != nil {
		t.Fatal(err)
	}
	ref := oracle.JSON(t, "mpdta_did/result.json").At("influence_function_full")
	values := ref.At("values").List()
	for row, id := range ref.At("unit_id").Texts() {
		var v int64
		fmt.Sscan(id, &v)
		i, ok := slices.BinarySearch(ids, v)
		if !ok {
			t.Fatalf("no unit %s", id)
		}
		for c, n := range values[row].List() {
			n.NearAbs(psi[c][i]*float64(len(ids)), 1e-8) // values up to 2: R's early stop moves single values by 3e-9
		}
	}
}

func TestMpdtaClusteredWeightedNoNever(t *testing.T) {
	d := mpdta(t)
	ref := oracle.JSON(t, "mpdta_did/result.json")
	x := [][]float64{d.column("lpop")}
	var state []int64
	for _, s := range d.column("state") {
		state = append(state, int64(s))
	}
	t.Run("clustered_state", func(t *testing.T) {
		p, _ := panelOf(d, x, nil, state)
		checkDid(t, ref.At("clustered_state"), p, LikeDid(), tolLogit)
	})
	t.Run("weighted", func(t *testing.T) {
		w := make([]float64, len(d.id))
		for i, id := range d.id {
			w[i] = 0.5 + float64(id%7)/7
		}
		p, _ := panelOf(d, x, w)
		checkDid(t, ref.At("weighted"), p, LikeDid(), tolLogit)
	})
	t.Run("unbalanced_balanced", func(t *testing.T) {
		e := d
		e.y = slices.Clone(d.y)
		for i, id := range d.id {
			if id%10 == 3 && d.time[i] == 2005 {
				e.y[i] = math.NaN()
			}
		}
		p, _ := panelOf(e, x, nil)
		checkDid(t, ref.At("unbalanced_balanced"), p, LikeDid(), tolLogit)
	})
	t.Run("no_never_treated", func(t *testing.T) {
		var e longData
		for i, g := range d.start {
			if g != Never {
				e.id, e.time, e.start, e.y = append(e.id, d.id[i]), append(e.time, d.time[i]), append(e.start, g), append(e.y, d.y[i])
			}
		}
		p, _ := panelOf(e, nil, nil)
		o := LikeDid()
		o.Controls = NotYetTreated
		checkDid(t, ref.At("no_never_treated"), p, o, tolLinear)
	})
}

// Repeated cross-sections and an unbalanced panel taken as rows, as did takes them.
func TestMpdtaRows(t *testing.T) {
	d := mpdta(t)
	ref := oracle.JSON(t, "mpdta_did/result.json")
	for name, m := range map[string]Method{"rcs_dr": DR, "rcs_reg": Reg, "rcs_ipw": IPW} {
		t.Run(name, func(t *testing.T) {
			o := LikeDid()
			o.Method = m
			r, err := GroupTimeRows(&CrossSections{Time: d.time, Start: d.start, Outcome: d.y, Covariates: [][]float64{d.column("lpop")}}, o)
			if err != nil {
				t.Fatal(err)
			}
			tol := tolLogit
			if m == Reg {
				tol = tolLinear
			}
			checkResult(t, ref.At(name), r, tol)
		})
	}
	t.Run("unbalanced_allow", func(t *testing.T) {
		e := d
		e.y = slices.Clone(d.y)
		for i, id := range d.id {
			if id%10 == 3 && d.time[i] == 2005 {
				e.y[i] = math.NaN()
			}
		}
		p, _ := panelOf(e, [][]float64{d.column("lpop")}, nil)
		o := LikeDid()
		o.Unbalanced = Rows
		checkDid(t, ref.At("unbalanced_allow"), p, o, tolLogit)
	})
	t.Run("gaps rc", func(t *testing.T) {
		c := oracle.CSV(t, "did_public/sim/ref_gaps.csv")
		r, err := GroupTimeRows(&CrossSections{Time: d.time, Start: d.start, Outcome: d.y}, LikeDid())
		if err != nil {
			t.Fatal(err)
		}
		checkCells(t, "did_public/sim:gaps:rc", c, rowsOf(c, map[string]string{"scenario": "rc"}), r, tolLinear)
	})
}

// The multiplier bootstrap is random: its standard errors and critical values lie in the range of did's over seeds, widened
// by half, and so does the deterministic sup-t value; with many units it gives the analytic errors (with few its interquartile
// range does not: 20 counties start in 2004).
func TestMpdtaBootstrap(t *testing.T) {
	d := mpdta(t)
	x := [][]float64{d.column("lpop")}
	p, _ := panelOf(d, x, nil)
	ref := oracle.JSON(t, "mpdta_did/result.json").At("bootstrap_range")
	o := LikeDid()
	o.Pointwise = false
	analytic := estimated(t, p, o)
	o.Bootstrap, o.Seed = 1000, 3
	r := estimated(t, p, o)
	within := func(name string, got float64) {
		t.Helper()
		v := ref.At(name).Floats()
		half := (v[1] - v[0]) / 2
		oracle.Known(t, "mpdta_did:bootstrap_range:"+name, min(max(got, v[0]-half), v[1]+half), got, 0)
	}
	var dynamic, overall Aggregate
	for _, a := range r.Aggregates {
		switch {
		case a.Type == Dynamic && a.Overall:
			overall = a
		case a.Type == Dynamic && dynamic.Type == "":
			dynamic = a
		}
	}
	within("att_gt_crit_val", r.CriticalOf["group_time"])
	within("dynamic_crit_val", r.CriticalOf[Dynamic])
	within("dynamic_crit_val", analytic.CriticalOf[Dynamic])
	within("att_gt_se1", r.Cells[0].StdError)
	within("dynamic_se1", dynamic.StdError)
	within("overall_se", overall.StdError)

	large := small{n: 1500, T: 3, cohorts: []int64{101, 102}, never: true}.panel(rand.New(rand.NewPCG(20, 1)))
	plain, many := estimated(t, large, Options{}), estimated(t, large, Options{Bootstrap: 10_000})
	for i, c := range many.Cells {
		if a := plain.Cells[i]; math.Abs(c.StdError/a.StdError-1) > 0.04 { // an interquartile range of 10,000 draws: sd 1.2 %
			t.Errorf("(%d,%d): %g, analytic %g", c.Group, c.Time, c.StdError, a.StdError)
		}
	}
	var state []int64
	for _, s := range d.column("state") {
		state = append(state, int64(s))
	}
	p, _ = panelOf(d, x, nil, state)
	clustered := oracle.JSON(t, "mpdta_did/result.json").At("bootstrap_range_clustered_state")
	o.Bootstrap = 1000
	r = estimated(t, p, o)
	low, high := clustered.At("se_min").Floats(), clustered.At("se_max").Floats()
	for i, c := range r.Cells {
		half := high[i] - low[i]
		if c.StdError < low[i]-half || c.StdError > high[i]+half {
			t.Errorf("clustered (%d,%d): %g outside [%g, %g]", c.Group, c.Time, c.StdError, low[i], high[i])
		}
	}
}
