package validity

import (
	"math"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
)

// Table cost_effect against what else is known of the same starts: the effect in persons is the estimate at H, months are
// the sum of the estimates, and the cost of the treated is that of their participations one by one. Prices that are not
// known make the cost null where nothing else is said, and nothing is priced for a tiltak without a price of its own.
func TestCostEffectAgainstOtherTables(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 3000, Seed: 21, Counterfactual: true})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := func(cost string, workers int) (*analysis.Study, *analysis.Result) {
		s, err := analysis.Parse([]byte("study: k\ndata: {register: m}\npopulation: {from: 2019-01, to: 2020-12}\ntiltak: [MIDLERTIDIG_LONNSTILSKUDD, JOBBKLUBB]\n" +
			"outcomes: [{id: stabilt, kind: stable_work}]\nhorizon: 18\nmethods: [ebal, nearest, did]\ncost: " + cost + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return s, out
	}
	s, out := run("{price_year: 2023, unpriced: leave_out, perspectives: [budget, society]}", 1)
	prices, err := newCosts(reg, sim.Paths, 2023, s.Horizon)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	checked := 0
	for _, c := range out.Tables.CostEffect {
		if c.Method == "did" {
			if c.Reason != "not_defined" || !math.IsNaN(c.Estimate) {
				t.Errorf("did has a cost: %+v", c)
			}
			continue
		}
		at, sum := math.NaN(), 0.
		for _, e := range out.Tables.Estimates {
			if e.Tiltak != c.Tiltak || e.Method != c.Method || math.IsNaN(e.Estimate) {
				continue
			}
			if sum += e.Estimate; *e.Month == s.Horizon {
				at = e.Estimate
			}
		}
		switch {
		case c.Effect == "persons" && c.Statistic == "effect":
			near("persons "+c.Method, c.Estimate, at)
		case c.Effect == "months" && c.Statistic == "effect":
			near("months "+c.Method, c.Estimate, sum)
		case c.Statistic == "cost" && c.Tiltak == "JOBBKLUBB":
			if c.Reason != "not_priced" || !math.IsNaN(c.Estimate) || !math.IsNaN(c.MeanTreated) {
				t.Errorf("a tiltak without a price has a cost: %+v", c)
			}
		case c.Statistic == "cost" && c.Method == "ebal":
			want, starts := 0., 0.
			for _, cell := range out.Cells {
				if cell.Tiltak != c.Tiltak || cell.Method != c.Method {
					continue
				}
				for _, part := range cell.Analysed {
					p := &reg.Participations[part]
					var own []simulate.PathParticipation
					for i, q := range reg.Participations {
						if q.Person == p.Person {
							x := simulate.PathParticipation{Tiltak: reg.Tiltak[q.Tiltak], From: reg.Participations[i].Start, To: q.End, PartTime: -1, Subsidy: -1}
							if q.PartTime == q.PartTime {
								x.PartTime = int(q.PartTime)
							}
							if q.Subsidy == q.Subsidy {
								x.Subsidy = int(q.Subsidy)
							}
							own = append(own, x)
						}
					}
					paid, err := prices.paid(p.Start.Month(), own, prices.through(p.Person))
					if err != nil {
						t.Fatal(err)
					}
					want += paid
					starts++
				}
			}
			near("cost of the treated", c.MeanTreated, want/starts)
			near("extra cost", c.Estimate, c.MeanTreated-c.MeanComparison)
			checked++
		case c.Statistic == "budget" || c.Statistic == "benefits":
			if c.Reason != "benefits_not_priced" && c.Reason != "not_priced" {
				t.Errorf("benefits known as yes or no are priced: %+v", c)
			}
		}
	}
	if checked != 1 {
		t.Errorf("%d costs were checked", checked)
	}
	_, again := run("{price_year: 2023, unpriced: leave_out, perspectives: [budget, society]}", 2)
	if len(again.Tables.CostEffect) != len(out.Tables.CostEffect) {
		t.Fatal("other rows with two workers")
	}
	for i, c := range out.Tables.CostEffect {
		d := again.Tables.CostEffect[i]
		if c.Statistic != d.Statistic || c.Estimate != d.Estimate && !math.IsNaN(c.Estimate) || c.ConfLow != d.ConfLow && !math.IsNaN(c.ConfLow) {
			t.Fatalf("one worker and two differ: %+v, %+v", c, d)
		}
	}
	_, left := run("{price_year: 2023, unpriced: leave_out}\ncomparison: {later_entry: censor}", 2)
	censored := 0
	for _, c := range left.Tables.CostEffect {
		at, sum := math.NaN(), 0.
		for _, e := range left.Tables.Estimates {
			if e.Tiltak == c.Tiltak && e.Method == c.Method && !math.IsNaN(e.Estimate) && e.Month != nil {
				if sum += e.Estimate; *e.Month == s.Horizon {
					at = e.Estimate
				}
			}
		}
		switch {
		case c.Statistic == "effect" && c.Effect == "persons":
			near("persons, censored", c.Estimate, at)
		case c.Statistic == "effect":
			near("months, censored", c.Estimate, sum)
		case c.Statistic == "cost" && c.Method == "ebal" && c.Tiltak != "JOBBKLUBB":
			for _, d := range out.Tables.CostEffect {
				// Nobody of the comparison goes on to anything: it costs less, and the treated what they did.
				if d.Tiltak == c.Tiltak && d.Method == c.Method && d.Statistic == "cost" {
					near("cost of the treated, censored", c.MeanTreated, d.MeanTreated)
					if censored++; c.MeanComparison > d.MeanComparison/2 {
						t.Errorf("the comparison costs %v where it leaves at a later start, and %v where it is followed", c.MeanComparison, d.MeanComparison)
					}
				}
			}
		}
	}
	if censored != 1 {
		t.Errorf("%d costs with censoring", censored)
	}
	_, strict := run("{price_year: 2023}", 2)
	for _, c := range strict.Tables.CostEffect {
		switch {
		case c.Statistic == "cost" && c.Method != "did" && c.Reason != "not_priced":
			t.Errorf("a cost with later tiltak that have no price: %+v", c)
		case c.Statistic == "effect" && c.Reason != "":
			t.Errorf("the effect went with the cost: %+v", c)
		case c.Perspective != "tiltak":
			t.Errorf("a perspective that was not asked for: %+v", c)
		}
	}
}
