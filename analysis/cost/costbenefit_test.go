package cost

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
)

// Closed forms: 4 % for 40 years, 3 % to 75, 2 % beyond.
func TestDiscountFactor(t *testing.T) {
	p, _, err := ParametersAt(nil, date("2024-12-31"), "")
	if err != nil {
		t.Fatal(err)
	}
	for months, want := range map[float64]float64{
		0: 1, 12: 1 / 1.04, 6: math.Pow(1.04, -0.5), 480: math.Pow(1.04, -40), 600: math.Pow(1.04, -40) * math.Pow(1.03, -10),
		1200: math.Pow(1.04, -40) * math.Pow(1.03, -35) * math.Pow(1.02, -25), -5: 1,
	} {
		if got := p.Discount.Factor(months); math.Abs(got-want) > 1e-14 { // a product of at most three powers
			t.Errorf("month %v: %v, want %v", months, got, want)
		}
	}
	if got := (Discounting)(nil).Factor(1000); got != 1 {
		t.Errorf("without a rate: %v", got)
	}
	if p.TaxCost != 0.2 || p.OTP != 0.02 || p.AGA != 0.141 || !math.IsNaN(p.WageTax) {
		t.Errorf("parameters %+v", p)
	}
}

func TestParametersAreMarked(t *testing.T) {
	_, w, err := ParametersAt(nil, date("2026-12-31"), "")
	if err != nil || !has(w, "parameter_unconfirmed") || !has(w, "payroll_unconfirmed") {
		t.Errorf("%v, %v", w, err)
	}
	if _, _, err := ParametersAt(nil, date("1990-01-01"), ""); fault.StatusOf(err) != fault.Usage {
		t.Errorf("parameters of 1990: %v", err)
	}
	if _, _, err := ParametersAt(nil, date("2024-01-01"), "X"); fault.StatusOf(err) != fault.Usage {
		t.Errorf("zone X: %v", err)
	}
}

// By hand, in the month of start (no discounting): 1 000 kr of ordinary wage, 500 of subsidised, a subsidy of 300, 200 to a
// provider, benefits down by 400; OTP 2 %, arbeidsgiveravgift 14.1 %, tax 20 % on wages and 10 % on benefits.
func TestValueByHand(t *testing.T) {
	p := Parameters{TaxCost: 0.2, OTP: 0.02, AGA: 0.141, WageTax: 0.2, BenefitTax: 0.1, SubsidisedValue: math.NaN()}
	one := func(x float64) []float64 { return []float64{x} }
	x := Path{Wage: one(1000), SubsidisedWage: one(500), Subsidy: one(300), Tiltak: one(200), Benefits: one(-400)}
	v := Value(x, p)
	want := Values{
		Production: 1163.82, // 1 000 · 1.02 · 1.141
		Subsidised: 281.91,  // 500 · 1.16382 − 300
		Tiltak:     200, Subsidies: 300, Benefits: -400,
		PayrollTax:   215.73,  // 1 500 · 1.02 · 0.141
		IncomeTax:    260,     // 1 500 · 0.2 − 400 · 0.1
		NetOutlay:    -375.73, // 200 + 300 − 400 − 215.73 − 260
		TaxFinancing: -75.146, // a fifth of it
		Budget:       375.73,
		Society:      1320.876, // 1 163.82 + 281.91 − 200 + 75.146
	}
	for name, c := range map[string][2]float64{
		"production": {v.Production, want.Production}, "subsidised": {v.Subsidised, want.Subsidised}, "tiltak": {v.Tiltak, want.Tiltak},
		"subsidies": {v.Subsidies, want.Subsidies}, "benefits": {v.Benefits, want.Benefits}, "payroll tax": {v.PayrollTax, want.PayrollTax},
		"income tax": {v.IncomeTax, want.IncomeTax}, "net outlay": {v.NetOutlay, want.NetOutlay}, "tax financing": {v.TaxFinancing, want.TaxFinancing},
		"budget": {v.Budget, want.Budget}, "society": {v.Society, want.Society},
	} {
		if math.Abs(c[0]-c[1]) > 1e-9 { // a handful of roundings of figures near 1 000
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
	p.SubsidisedValue = 0.6
	if got, want := Value(x, p).Subsidised, 0.6*500*1.16382; math.Abs(got-want) > 1e-9 {
		t.Errorf("overridden value of subsidised work: %v, want %v", got, want)
	}
}

// A transfer between the public and persons costs society its tax financing alone; a subsidy without work behind it too.
func TestTransfersAreNoResources(t *testing.T) {
	p := Parameters{TaxCost: 0.2, WageTax: math.NaN(), BenefitTax: math.NaN(), SubsidisedValue: 1}
	if v := Value(Path{Benefits: []float64{100}}, p); v.Society != -20 || v.Budget != -100 {
		t.Errorf("benefits of 100: society %v, budget %v", v.Society, v.Budget)
	}
	if v := Value(Path{Subsidy: []float64{100}, Benefits: []float64{0}}, p); v.Society != -20 || v.Budget != -100 {
		t.Errorf("a subsidy of 100: society %v, budget %v", v.Society, v.Budget)
	}
	if v := Value(Path{Tiltak: []float64{100}, Benefits: []float64{0}}, p); v.Society != -120 || v.Budget != -100 {
		t.Errorf("payments of 100 to a provider: society %v, budget %v", v.Society, v.Budget)
	}
}

// Value is linear: of the difference of two arms it is the difference of their values, which is why it may be estimated
// person by person.
func TestValueIsLinear(t *testing.T) {
	p, _, _ := ParametersAt(nil, date("2024-12-31"), "")
	p.WageTax, p.BenefitTax = 0.25, 0.15
	r := rand.New(rand.NewPCG(7, 1))
	for range 200 {
		const months = 37
		draw := func() []float64 {
			x := make([]float64, months)
			for i := range x {
				x[i] = 30_000 * r.NormFloat64()
			}
			return x
		}
		a, b := Path{draw(), draw(), draw(), draw(), draw()}, Path{draw(), draw(), draw(), draw(), draw()}
		less := func(x, y []float64) []float64 {
			d := make([]float64, months)
			for i := range d {
				d[i] = x[i] - y[i]
			}
			return d
		}
		d := Path{less(a.Wage, b.Wage), less(a.SubsidisedWage, b.SubsidisedWage), less(a.Subsidy, b.Subsidy), less(a.Tiltak, b.Tiltak), less(a.Benefits, b.Benefits)}
		va, vb, vd := Value(a, p), Value(b, p), Value(d, p)
		for _, k := range components {
			// sums of 37 terms up to 1e5, in other orders
			if got, want := k.of(&vd), k.of(&va)-k.of(&vb); math.Abs(got-want) > 1e-6 {
				t.Fatalf("%s: %v of the difference, %v as difference", k.id, got, want)
			}
		}
	}
}

func TestBenefitsKnownAsYesOrNo(t *testing.T) {
	p, _, _ := ParametersAt(nil, date("2024-12-31"), "")
	a := CostBenefit(Path{Wage: []float64{0, 1000}}, nil, p, 0.95)
	budget, _ := a.Component("budget")
	society, _ := a.Component("society")
	if !math.IsNaN(budget.Estimate.Estimate) || budget.Reason != BenefitsNotPriced || math.IsNaN(society.Estimate.Estimate) || !has(a.Warnings, "benefits_not_priced") || !has(a.Warnings, "income_tax_not_counted") {
		t.Errorf("budget %+v, society %+v, warnings %v", budget, society, a.Warnings)
	}
}

func TestCostBenefitDraws(t *testing.T) {
	p := Parameters{TaxCost: 0, WageTax: 0, BenefitTax: 0, SubsidisedValue: math.NaN()}
	path := func(x float64) Path { return Path{Tiltak: []float64{x}, Benefits: []float64{0}} }
	draws := []Path{path(1), path(-2), path(3), path(4), path(0)}
	a := CostBenefit(path(2), draws, p, 0.5)
	tiltak, _ := a.Component("tiltak")
	// draws −2, 0, 1, 3, 4: mean 1.2, squares 10.24 + 1.44 + 0.04 + 3.24 + 7.84 = 22.8 over 4; quartiles 0 and 3; three over 0
	if tiltak.Estimate.Estimate != 2 || math.Abs(tiltak.StdError-math.Sqrt(5.7)) > 1e-12 || tiltak.ConfLow != 0 || tiltak.ConfHigh != 3 || tiltak.SharePositive != 0.6 {
		t.Errorf("%+v", tiltak)
	}
	if a.Draws != 5 || len(a.Components) != 11 || len(a.Warnings) != 0 {
		t.Errorf("%d draws, %d components, warnings %v", a.Draws, len(a.Components), a.Warnings)
	}
}

// Differentiated rates: 45 % of AFT in January 2024 pays half of 20 205 today (10 102.5 → 10 103), and 0.5 of it in steps of
// 10 % too; 60 % pays 20 205 today and 0.6 of it, 12 123, in steps.
func TestWhatIfDifferentiatedRates(t *testing.T) {
	c := catalog.Default()
	changed := c.WithPartTime(aft, date("2024-01-01"), Proportional(10, 0.3))
	base, _ := NewPricer(c, 0, ByKPI)
	other, _ := NewPricer(changed, 0, ByKPI)
	inputs := []ParticipationInput{
		at(aft, "2024-01-01", "2024-01-31", 45), at(aft, "2024-01-01", "2024-01-31", 60), at(aft, "2024-01-01", "2024-01-31", 100),
		at(aft, "2023-12-01", "2023-12-31", 60), at(aft, "2024-01-01", "2024-01-31", 15), at("AVKLARING", "2024-01-01", "2024-01-31", 60),
	}
	// Today 10 103 + 20 205 + 20 205 + 19 500 + 10 103; changed 10 103 + 12 123 + 20 205 + 19 500 + 0.3 · 20 205 = 6 061.5 → 6 062.
	w, err := Compare(base, other, inputs)
	if err != nil || w.Base != 80_116 || w.Changed != 67_993 || w.N != 5 || w.Unpriced != 1 || w.Lower != 2 || w.Higher != 0 || w.Difference() != -12_123 {
		t.Errorf("%+v, %v", w, err)
	}
	if share, _ := c.PartTimeShare(aft, date("2024-06-01"), 60); share != 1 {
		t.Error("the catalogue was changed")
	}
	for percent, want := range map[float64]float64{0: 0.1, 10: 0.1, 10.1: 0.2, 95: 1, 100: 1} {
		if got, _ := catalog.PaidShare(Proportional(10, 0), percent); got != want {
			t.Errorf("%v %%: %v, want %v", percent, got, want)
		}
	}
}
