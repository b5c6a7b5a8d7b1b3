package cost

import "math"

// Present is the present value of each part of a Path, kroner of the price year; of a person, or a difference between two
// arms.
type Present struct {
	Wage, SubsidisedWage, Subsidy, Tiltak float64
	Benefits                              float64 // NaN: not known in kroner
}

// PresentOf is the present value of each part of a path. It panics where slices differ in length.
func (d Discounting) PresentOf(x Path) Present {
	months := 0
	for _, s := range [][]float64{x.Wage, x.SubsidisedWage, x.Subsidy, x.Tiltak, x.Benefits} {
		if len(s) > 0 && months > 0 && len(s) != months {
			panic("cost: the columns of Path differ in length")
		}
		months = max(months, len(s))
	}
	v := Present{Wage: d.Present(x.Wage), SubsidisedWage: d.Present(x.SubsidisedWage), Subsidy: d.Present(x.Subsidy), Tiltak: d.Present(x.Tiltak), Benefits: math.NaN()}
	if x.Benefits != nil {
		v.Benefits = d.Present(x.Benefits)
	}
	return v
}

// ValueOf is Value of present values: it is linear in them.
func ValueOf(x Present, p Parameters) Values {
	known := func(share float64) float64 {
		if math.IsNaN(share) {
			return 0
		}
		return share
	}
	v := Values{
		Production: x.Wage * (1 + p.OTP) * (1 + p.AGA),
		Tiltak:     x.Tiltak,
		Subsidies:  x.Subsidy,
		Benefits:   math.NaN(),
		PayrollTax: (x.Wage + x.SubsidisedWage) * (1 + p.OTP) * p.AGA,
		IncomeTax:  (x.Wage + x.SubsidisedWage) * known(p.WageTax),
	}
	if cost := x.SubsidisedWage * (1 + p.OTP) * (1 + p.AGA); math.IsNaN(p.SubsidisedValue) {
		v.Subsidised = cost - v.Subsidies
	} else {
		v.Subsidised = p.SubsidisedValue * cost
	}
	financed := v.Tiltak + v.Subsidies - v.PayrollTax - v.IncomeTax
	v.NetOutlay = math.NaN()
	if !math.IsNaN(x.Benefits) {
		v.Benefits = x.Benefits
		tax := v.Benefits * known(p.BenefitTax)
		v.IncomeTax += tax
		financed += v.Benefits - tax
		v.NetOutlay = financed
	}
	v.TaxFinancing = p.TaxCost * financed
	v.Budget = -v.NetOutlay
	v.Society = v.Production + v.Subsidised - v.Tiltak - v.TaxFinancing
	return v
}
