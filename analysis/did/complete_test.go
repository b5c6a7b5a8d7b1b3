package did

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// The joint covariance of the cells, of every configuration that has one in the reference.
func TestMpdtaCovariance(t *testing.T) {
	d := mpdta(t)
	all := oracle.JSON(t, "mpdta_did/result.json")
	check := func(ref oracle.Node, r *Result, tol float64) {
		t.Helper()
		var columns []column
		for i := range r.Cells {
			if r.Cells[i].Reason == "" {
				columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
			}
		}
		v, err := r.engine.covariance(columns)
		if err != nil {
			t.Fatal(err)
		}
		k, rows := len(columns), ref.At("vcov").List()
		for a := range columns {
			row := rows[columns[a].cells[0]].List()
			for b := range columns {
				// covariances near 0 have the rounding of their variances
				row[columns[b].cells[0]].NearAbs(v[a*k+b], tol*math.Sqrt(v[a*k+a]*v[b*k+b]))
			}
		}
		ref.At("crit_val_pointwise").Near((r.Cells[columns[0].cells[0]].ConfHigh-r.Cells[columns[0].cells[0]].Estimate.Estimate)/r.Cells[columns[0].cells[0]].StdError, 1e-12)
	}
	x := [][]float64{d.column("lpop")}
	names := all.At("att_gt").Keys()
	slices.Sort(names)
	for _, name := range names {
		o, with := optionsOf(t, name)
		tol, covariates := tolLinear, [][]float64(nil)
		if with {
			if covariates = x; o.Method != Reg {
				tol = tolLogit
			}
		}
		p, _ := panelOf(d, covariates, nil)
		check(all.At("att_gt", name), estimated(t, p, o), tol)
	}
	plain, _ := panelOf(d, x, nil)
	check(all.At("clustered_state"), estimated(t, plain, LikeDid()), tolLogit) // did's matrix is of units, whatever the clusters
	w := make([]float64, len(d.id))
	gaps := d
	gaps.y = slices.Clone(d.y)
	for i, id := range d.id {
		w[i] = 0.5 + float64(id%7)/7
		if id%10 == 3 && d.time[i] == 2005 {
			gaps.y[i] = math.NaN()
		}
	}
	weighted, _ := panelOf(d, x, w)
	check(all.At("weighted"), estimated(t, weighted, LikeDid()), tolLogit)
	unbalanced, _ := panelOf(gaps, x, nil)
	check(all.At("unbalanced_balanced"), estimated(t, unbalanced, LikeDid()), tolLogit)
	o := LikeDid()
	o.Unbalanced = Rows
	check(all.At("unbalanced_allow"), estimated(t, unbalanced, o), tolLogit)
	for name, m := range map[string]Method{"rcs_dr": DR, "rcs_reg": Reg, "rcs_ipw": IPW} {
		o := LikeDid()
		o.Method = m
		r, err := GroupTimeRows(&CrossSections{Time: d.time, Start: d.start, Outcome: d.y, Covariates: x}, o)
		if err != nil {
			t.Fatal(err)
		}
		check(all.At(name), r, tolLogit)
	}
	var treated longData
	for i, g := range d.start {
		if g != Never {
			treated.id, treated.time, treated.start, treated.y = append(treated.id, d.id[i]), append(treated.time, d.time[i]), append(treated.start, g), append(treated.y, d.y[i])
		}
	}
	p, _ := panelOf(treated, nil, nil)
	o = LikeDid()
	o.Controls = NotYetTreated
	check(all.At("no_never_treated"), estimated(t, p, o), tolLinear)
}

// The static regression of the Bacon reference, with its errors.
func TestDivorceStatic(t *testing.T) {
	ref := oracle.JSON(t, "bacon_imputation/result.json").At("twfe_divorce")
	p := divorce(t)
	for name, kind := range map[string]VarianceKind{"iid": IID, "cluster": Clustered} {
		r, err := Regress(p, Static, RegressionOptions{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		ref.At("coef").Near(r.Terms[0].Estimate.Estimate, 1e-9)
		ref.At("se", name).Near(r.Terms[0].StdError, 1e-9)
	}
}

// The Medicaid expansion of methods/did.md §5.6, all 46 states and years: group-time effects, the static regression and its
// comparisons, to the digits given.
func TestMedicaid(t *testing.T) {
	c := oracle.CSV(t, "did_public/ehec.csv")
	d := longData{y: oracle.Floats(t, c["dins"])}
	codes := map[string]int64{}
	for i, s := range c["stfips"] {
		if _, ok := codes[s]; !ok {
			codes[s] = int64(len(codes))
		}
		g := int64(num(t, orZero(c["yexp2"][i])))
		if g == 0 {
			g = Never
		}
		d.id, d.time, d.start = append(d.id, codes[s]), append(d.time, int64(num(t, c["year"][i]))), append(d.start, g)
	}
	p, _ := panelOf(d, nil, nil)
	oracle.Known(t, "did.md §5.6 states", float64(len(p.Start)), 46, 0)
	o := LikeDid()
	o.Controls = NotYetTreated
	r := estimated(t, p, o)
	simple := r.Overall(Simple)
	oracle.Known(t, "did.md §5.6 simple", 1+simple.Estimate, 1+0.068, 6e-4)
	oracle.Known(t, "did.md §5.6 simple se", 1+simple.StdError, 1+0.0077, 3e-4) // of a bootstrap of 1,000 draws: 3 %
	for i, want := range []float64{.0467, .0692, .0785, .0725, .0738, .0803} {
		for _, x := range r.Cells {
			if x.Group == 2014 && x.Time == 2014+int64(i) {
				oracle.Known(t, "did.md §5.6 2014", 1+x.Estimate.Estimate, 1+want, 6e-5)
				if i == 0 {
					oracle.Known(t, "did.md §5.6 ATT(2014,2014)", x.Estimate.Estimate, 0.04670243, 1e-6) // outcomes have seven digits
				}
			}
		}
	}
	static, err := Regress(p, Static, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	oracle.Known(t, "did.md §5.6 TWFE", static.Terms[0].Estimate.Estimate, 0.070321, 1e-5)
	oracle.Known(t, "did.md §5.6 TWFE se", static.Terms[0].StdError, 0.007401, 1e-4)
	bacon, err := Bacon(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	weight, mean := map[string]float64{}, map[string]float64{}
	for _, x := range bacon {
		weight[x.Type] += x.Weight
		mean[x.Type] += x.Weight * x.Estimate
		if x.Treated == 2014 && x.Comparison == Never {
			oracle.Known(t, "did.md §5.6 2014 vs never", x.Estimate, .074935691, 1e-7)
			oracle.Known(t, "did.md §5.6 2014 vs never, weight", x.Weight, .6215420836, 1e-9)
		}
	}
	for kind, want := range map[string][2]float64{"earlier-vs-later": {.14911, .06983}, "later-vs-earlier": {.05827, .04486}, "treated-vs-never": {.79262, .07228}} {
		oracle.Known(t, "did.md §5.6 weight of "+kind, 1+weight[kind], 1+want[0], 6e-6)
		oracle.Known(t, "did.md §5.6 "+kind, 1+mean[kind]/weight[kind], 1+want[1], 6e-6)
	}
}

// R's etwfe with a covariate, all its averages: its own test file (grantmcdermott/etwfe, inst/tinytest/test_emfx.R, which
// methods/did.md §5.1 names), in full precision.
func TestEtwfeAverages(t *testing.T) {
	d := mpdta(t)
	p, _ := panelOf(d, [][]float64{d.column("lpop")}, nil)
	r, err := Regress(p, Extended, RegressionOptions{LikeEtwfe: true})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]float64{
		"simple 0":      {-0.0506270331228907, 0.0124972546529842},
		"calendar 2004": {-0.0212480022225509, 0.0217240109737018}, "calendar 2005": {-0.0818499992698648, 0.0273693827216135},
		"calendar 2006": {-0.0442655912990223, 0.0173733625406716}, "calendar 2007": {-0.0524323095862384, 0.015015825012757},
		"group 2004": {-0.0876269608795944, 0.0230474099815232}, "group 2006": {-0.0212783329358987, 0.0185912208081438}, "group 2007": {-0.0459545277368072, 0.0179714452432232},
		"dynamic 0": {-0.0332122037837542, 0.0133659635774059}, "dynamic 1": {-0.0573456479257483, 0.0171496442892364},
		"dynamic 2": {-0.137870386660852, 0.0307883597041053}, "dynamic 3": {-0.10953945536511, 0.0323152785480507},
	}
	for _, a := range r.Aggregates {
		name := fmt.Sprintf("%s %d", a.Type, a.Key)
		if w, ok := want[name]; ok {
			oracle.Known(t, "etwfe "+name, a.Estimate.Estimate, w[0], 1e-7) // fixest iterates
			oracle.Known(t, "etwfe "+name+" se", a.StdError, w[1], 1e-6)    // marginaleffects differentiates numerically
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not estimated: %v", want)
	}
}
