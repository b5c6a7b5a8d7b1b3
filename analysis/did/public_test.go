package did

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// rowsOf are the row numbers of a table where every given column has the given text.
func rowsOf(c map[string][]string, where map[string]string) []int {
	var rows []int
	for i := range c[anyKey(c)] {
		ok := true
		for k, v := range where {
			ok = ok && c[k][i] == v
		}
		if ok {
			rows = append(rows, i)
		}
	}
	return rows
}

func anyKey(c map[string][]string) string {
	for k := range c {
		return k
	}
	return ""
}

func num(t testing.TB, s string) float64 { return oracle.Floats(t, []string{s})[0] }

// checkCells compares cells with rows (group, t, att, se) of a table.
func checkCells(t *testing.T, place string, c map[string][]string, rows []int, r *Result, tol float64) {
	t.Helper()
	cell := map[[2]int64]Cell{}
	for _, x := range r.Cells {
		cell[[2]int64{x.Group, x.Time}] = x
	}
	if len(rows) != len(r.Cells) {
		t.Fatalf("%s: %d cells, reference %d", place, len(r.Cells), len(rows))
	}
	for _, i := range rows {
		g, s := int64(num(t, c["group"][i])), int64(num(t, c["t"][i]))
		x, ok := cell[[2]int64{g, s}]
		if !ok {
			t.Fatalf("%s: no cell (%d,%d)", place, g, s)
		}
		at := fmt.Sprintf("%s:(%d,%d):", place, g, s)
		att := num(t, c["att"][i])
		// The estimate is a difference of means of about 1 and has their rounding.
		oracle.Known(t, at+"att", x.Estimate.Estimate, att, tol*max(1, 0.01/math.Abs(att)))
		oracle.Known(t, at+"se", x.StdError, num(t, c["se"][i]), tol)
	}
}

func TestDidPublicMpdtaAndSim(t *testing.T) {
	attgt, aggte, pre := oracle.CSV(t, "did_public/ref_attgt.csv"), oracle.CSV(t, "did_public/ref_aggte.csv"), oracle.CSV(t, "did_public/ref_pretest.csv")
	m := mpdta(t)
	lpop := [][]float64{m.column("lpop")}
	plain, _ := panelOf(m, nil, nil)
	withX, _ := panelOf(m, lpop, nil)
	s := readLong(t, "did_public/sim_data.csv", "id", "period", "G", "Y")
	sim, _ := panelOf(s, [][]float64{s.column("X")}, nil)
	notYet, reg, ipw := LikeDid(), LikeDid(), LikeDid()
	notYet.Controls, reg.Method, ipw.Method = NotYetTreated, Reg, IPW
	for _, c := range []struct {
		scenario string
		p        *Panel
		o        Options
		tol      float64
	}{
		{"mpdta_nev_dr", plain, LikeDid(), tolLinear},
		{"mpdta_nyt_dr", plain, notYet, tolLinear},
		{"mpdta_nev_reg_cov", withX, reg, tolLinear},
		{"mpdta_nev_ipw", plain, ipw, tolLinear},
		{"sim_nev_dr", sim, LikeDid(), tolLogit},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			r, err := GroupTime(c.p, c.o)
			if err != nil {
				t.Fatal(err)
			}
			place := "did_public:" + c.scenario
			checkCells(t, place, attgt, rowsOf(attgt, map[string]string{"scenario": c.scenario}), r, c.tol)
			for _, i := range rowsOf(aggte, map[string]string{"scenario": c.scenario}) {
				for _, a := range r.Aggregates {
					if string(a.Type) != aggte["type"][i] {
						continue
					}
					at := place + ":" + aggte["type"][i] + ":" + aggte["egt"][i]
					if a.Overall {
						oracle.Known(t, at+":overall_att", a.Estimate.Estimate, num(t, aggte["overall_att"][i]), c.tol)
						oracle.Known(t, at+":overall_se", a.StdError, num(t, aggte["overall_se"][i]), c.tol)
					} else if strconv.FormatInt(a.Key, 10) == aggte["egt"][i] {
						oracle.Known(t, at+":att", a.Estimate.Estimate, num(t, aggte["att_egt"][i]), 10*c.tol)
						oracle.Known(t, at+":se", a.StdError, num(t, aggte["se_egt"][i]), c.tol)
					}
				}
			}
			for _, i := range rowsOf(pre, map[string]string{"scenario": c.scenario}) {
				oracle.Known(t, place+":W", r.PreTest.Statistic, num(t, pre["W"][i]), 100*c.tol)
				oracle.Known(t, place+":Wpval", math.Round(r.PreTest.PValue*1e5)/1e5, num(t, pre["Wpval"][i]), 1e-12)
			}
		})
	}
}

// Six simulated panels, 2 to 10 periods, never and not yet treated, dr and reg with a covariate.
func TestDidPublicSimulatedPanels(t *testing.T) {
	ref := oracle.CSV(t, "did_public/sim/ref_sim.csv")
	for _, name := range []string{"tp2_const", "tp4_const", "tp4_dyn", "tp5_dyn", "tp8_dyn", "tp10_const"} {
		d := readLong(t, "did_public/sim/"+name+".csv", "id", "period", "G", "Y")
		p, _ := panelOf(d, [][]float64{d.column("X")}, nil)
		for _, control := range []string{"nevertreated", "notyettreated"} {
			for _, method := range []string{"dr", "reg"} {
				t.Run(name+"/"+control+"/"+method, func(t *testing.T) {
					o := LikeDid()
					tol := tolLogit
					if control == "notyettreated" {
						o.Controls = NotYetTreated
					}
					if method == "reg" {
						o.Method, tol = Reg, tolLinear
					}
					r, err := GroupTime(p, o)
					if err != nil {
						t.Fatal(err)
					}
					rows := rowsOf(ref, map[string]string{"dataset": name, "control": control, "est": method})
					checkCells(t, "did_public/sim:"+name+":"+control+":"+method, ref, rows, r, tol)
				})
			}
		}
	}
}

func TestDidPublicFactorCovariate(t *testing.T) {
	ref := oracle.CSV(t, "did_public/sim/ref_factor.csv")
	c := oracle.CSV(t, "did_public/sim/factor_cov.csv")
	d := readLong(t, "did_public/sim/factor_cov.csv", "id", "period", "G", "Y")
	levels := slices.Clone(c["cat"])
	slices.Sort(levels)
	levels = slices.Compact(levels)
	dummies := func(levels []string) (x [][]float64) {
		for _, l := range levels {
			v := make([]float64, len(c["cat"]))
			for i, s := range c["cat"] {
				if s == l {
					v[i] = 1
				}
			}
			x = append(x, v)
		}
		return x
	}
	all := make([]int, len(ref["group"]))
	for i := range all {
		all[i] = i
	}
	// A redundant dummy of the first level must change nothing: the constant and the others hold it.
	for _, first := range []int{1, 0} {
		p, _ := panelOf(d, dummies(levels[first:]), nil)
		r, err := GroupTime(p, LikeDid())
		if err != nil {
			t.Fatal(err)
		}
		checkCells(t, "did_public/sim:factor", ref, all, r, tolLogit)
	}
}

func TestDidPublicGaps(t *testing.T) {
	ref := oracle.CSV(t, "did_public/sim/ref_gaps.csv")
	d := readLong(t, "did_public/sim/mpdta_extra.csv", "countyreal", "year", "first.treat", "lemp")
	var clust []int64
	for _, v := range d.column("clust") {
		clust = append(clust, int64(v))
	}
	plain, _ := panelOf(d, nil, nil)
	weighted, _ := panelOf(d, nil, d.column("wt"))
	clustered, _ := panelOf(d, nil, nil, clust)
	universal, ahead := LikeDid(), LikeDid()
	universal.Base, ahead.Anticipation = Universal, 1
	for _, c := range []struct {
		scenario string
		p        *Panel
		o        Options
	}{
		{"universal", plain, universal}, {"anticipation1", plain, ahead}, {"weighted", weighted, LikeDid()}, {"clustered", clustered, LikeDid()},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			r, err := GroupTime(c.p, c.o)
			if err != nil {
				t.Fatal(err)
			}
			checkCells(t, "did_public/sim:gaps:"+c.scenario, ref, rowsOf(ref, map[string]string{"scenario": c.scenario}), r, tolLinear)
		})
	}
}

func TestDidPublicWeightPeriods(t *testing.T) {
	ref := oracle.CSV(t, "did_public/ref_fixweights.csv")
	d := readLong(t, "did_public/mpdta_tvw.csv", "countyreal", "year", "first.treat", "lemp")
	p, _ := panelOf(d, nil, d.column("wt"))
	for name, when := range map[string]WeightPeriod{"none": EarlierPeriod, "base_period": CohortBase, "first_period": FirstPeriod} {
		t.Run(name, func(t *testing.T) {
			o := LikeDid()
			o.Weights = when
			r, err := GroupTime(p, o)
			if err != nil {
				t.Fatal(err)
			}
			checkCells(t, "did_public:fix_weights:"+name, ref, rowsOf(ref, map[string]string{"fix_weights": name}), r, tolLinear)
		})
	}
}

// Each period with its own weights: the rows of the panel as cross-sections, with influence summed by unit.
func TestDidPublicVaryingWeights(t *testing.T) {
	ref := oracle.CSV(t, "did_public/ref_fixweights.csv")
	d := readLong(t, "did_public/mpdta_tvw.csv", "countyreal", "year", "first.treat", "lemp")
	p, _ := panelOf(d, nil, d.column("wt"))
	o := LikeDid()
	o.Unbalanced = Rows
	r, err := GroupTime(p, o)
	if err != nil {
		t.Fatal(err)
	}
	checkCells(t, "did_public:fix_weights:varying", ref, rowsOf(ref, map[string]string{"fix_weights": "varying"}), r, tolLinear)
}

// nsw is the cross-section of changes 1975–1978 of the NSW experiment's controls and the CPS comparison (methods/did.md §5.3).
func nsw(t testing.TB) (dy []float64, s Sample) {
	t.Helper()
	file, err := os.Open(oracle.Path(t, "did_public", "nsw_long.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for j, h := range rows[0] {
		at[h] = j
	}
	base := map[string][]string{}
	var order []string
	after := map[string]float64{}
	for _, r := range rows[1:] {
		// DRDID's example takes the randomised-out of the experiment as "treated" against CPS: the truth is 0.
		if r[at["treated"]] != "0" && r[at["sample"]] != "2" {
			continue
		}
		id := r[at["id"]]
		if r[at["year"]] == "1975" {
			base[id] = r
			order = append(order, id)
		} else {
			after[id] = num(t, r[at["re"]])
		}
	}
	s.X = make([][]float64, 7)
	for _, id := range order {
		r := base[id]
		dy = append(dy, after[id]-num(t, r[at["re"]]))
		s.Treated = append(s.Treated, r[at["experimental"]] == "1")
		for j, c := range []string{"age", "educ", "black", "married", "nodegree", "hisp", "re74"} {
			s.X[j] = append(s.X[j], num(t, r[at[c]]))
		}
	}
	return dy, s
}

func TestNSWMethods(t *testing.T) {
	dy, s := nsw(t)
	oracle.Known(t, "did.md §5.3 n", float64(len(dy)), 16417, 0)
	for _, c := range []struct {
		method  Method
		att, se float64
	}{
		{Imp, -901.2703, 393.6127}, {DR, -871.3271, 396.0211}, {Reg, -1300.6446, 349.8259}, {IPW, -1021.6095, 397.5201},
	} {
		a, err := TwoByTwo(dy, s, c.method, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if a.Reason != "" {
			t.Fatalf("%v: %s", c.method, a.Reason)
		}
		// Printed with four decimals; the standard error of R's DRDID is of the centred influence.
		place := "did.md §5.3 " + c.method.String()
		oracle.Known(t, place, a.Estimate.Estimate, c.att, 1e-7)
		oracle.Known(t, place+" se", a.StdError, c.se, 3e-7)
	}
}
