package did

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// The improved doubly robust comparison of repeated cross-sections is DRDID's, as moderndid has it.
func TestRowsImproved(t *testing.T) {
	b, err := os.ReadFile("testdata/moderndid/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref map[string]struct{ N, ATT, SE float64 }
	if err := json.Unmarshal(b, &ref); err != nil {
		t.Fatal(err)
	}
	m := mpdta(t)
	lpop := m.column("lpop")
	for _, name := range []string{"plain", "weighted"} {
		c := &CrossSections{Covariates: make([][]float64, 1)}
		for i, g := range m.start {
			if g != Never && g != 2007 || m.time[i] < 2006 || m.time[i] == 2006 && m.id[i]%3 == 0 {
				continue
			}
			c.Time, c.Start, c.Outcome, c.Covariates[0] = append(c.Time, m.time[i]), append(c.Start, g), append(c.Outcome, m.y[i]), append(c.Covariates[0], lpop[i])
			if name == "weighted" {
				c.Weights = append(c.Weights, 0.5+float64(m.id[i]%7)/7)
			}
		}
		r, err := GroupTimeRows(c, Options{Method: Imp, Base: Varying})
		if err != nil {
			t.Fatal(err)
		}
		want := ref[name]
		oracle.Known(t, name+" n", float64(len(c.Time)), want.N, 0)
		oracle.Known(t, name+" att", r.Cells[0].Estimate.Estimate, want.ATT, 1e-7) // its calibration stops at a gradient of 1e-7
		oracle.Known(t, name+" se", r.Cells[0].StdError, want.SE, 1e-7)
	}
}

// Rows with a risk set: where no row is missing, the estimates of the panel and, without covariates, its errors; and a row that is
// missing in the period before the start takes its unit out.
func TestRowsRiskSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(35, 1))
	p := small{n: 400, T: 6, cohorts: []int64{102, 104}, never: true}.panel(rng)
	p.AtRisk = make([][]bool, 6)
	for q := range p.AtRisk {
		p.AtRisk[q] = make([]bool, 400)
		for i := range p.AtRisk[q] {
			p.AtRisk[q][i] = rng.IntN(4) > 0
		}
	}
	for _, c := range []Controls{RiskSet, LaterStart} {
		panel, rows := estimated(t, p, Options{Controls: c, Draws: 100}), estimated(t, p, Options{Controls: c, Unbalanced: Rows, Draws: 100})
		for i, x := range panel.Cells {
			y := rows.Cells[i]
			if math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > 1e-11 || x.Reason == "" && math.Abs(x.StdError-y.StdError) > 1e-11 {
				t.Errorf("%v (%d,%d): %+v, as rows %+v", c, x.Group, x.Time, x.Estimate, y.Estimate)
			}
		}
		for i, x := range panel.Aggregates {
			if y := rows.Aggregates[i]; math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > 1e-11 || math.Abs(x.StdError-y.StdError) > 1e-11 {
				t.Errorf("%v %s: %+v, as rows %+v", c, x.Type, x.Estimate, y.Estimate)
			}
		}
	}
	gap, out := *p, *p
	gap.Outcome = append([][]float64(nil), p.Outcome...)
	gap.Outcome[1] = append([]float64(nil), p.Outcome[1]...)
	out.AtRisk = append([][]bool(nil), p.AtRisk...)
	out.AtRisk[1] = append([]bool(nil), p.AtRisk[1]...)
	for i := range 100 { // unseen in the period before 102, or seen and not at risk there
		gap.Outcome[1][i] = math.NaN()
		out.AtRisk[1][i] = false
	}
	a, b := estimated(t, &gap, Options{Controls: RiskSet, Unbalanced: Rows, Draws: 100}), estimated(t, &out, Options{Controls: RiskSet, Unbalanced: Rows, Draws: 100})
	for i, x := range a.Cells {
		if y := b.Cells[i]; x.Group == 102 && x.Reason == "" && math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > 1e-12 {
			t.Errorf("(%d,%d): %+v and %+v", x.Group, x.Time, x.Estimate, y.Estimate)
		}
	}
	once := p.rows()
	once.Unit = nil
	if _, err := GroupTimeRows(once, Options{Controls: RiskSet}); err == nil {
		t.Error("a risk set of rows without units passes")
	}
	for i := range once.Time {
		once.Unit = append(once.Unit, int32(i))
	}
	once.AtRisk = make([]bool, len(once.Time))
	if _, err := GroupTimeRows(once, Options{Controls: RiskSet}); err == nil {
		t.Error("a risk set with nobody in it passes")
	}
}
