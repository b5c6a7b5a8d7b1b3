package cost

import "tiltakseffekt/internal/calendar"

// NewPath is a path of months months with nothing in it; benefits tells whether benefits are known in kroner.
func NewPath(months int, benefits bool) Path {
	all := make([]float64, 5*months)
	part := func(k int) []float64 { return all[k*months : (k+1)*months : (k+1)*months] }
	x := Path{Wage: part(0), SubsidisedWage: part(1), Subsidy: part(2), Tiltak: part(3)}
	if benefits {
		x.Benefits = part(4)
	}
	return x
}

// AddTo adds what a participation costs, at the price year, to the months of a path whose element 0 is the month first:
// wage subsidies to Subsidy and everything else to Tiltak. Months outside the path are left out. A person's path is the
// sum over all participations that begin in it, this and later ones. The total comes back so that the caller sees a
// participation without a price: then nothing is added, and the path is not the whole cost.
func (p *Pricer) AddTo(x *Path, first calendar.Month, in ParticipationInput) (Total, error) {
	into := x.Tiltak
	if p.c.SubsidyVariants(in.Tiltak) != nil {
		into = x.Subsidy
	}
	t, err := p.run(in, nil)
	if err != nil || t.Unpriced != "" {
		return t, err
	}
	return p.run(in, func(l Line) {
		if k := int(l.Month - first); k >= 0 && k < len(into) {
			into[k] += l.Real
		}
	})
}

// ByMonth is what a participation costs, at the price year, in each month from its first on, and whether it is a wage
// subsidy. The slice is nil where there is no price: Total says why.
func (p *Pricer) ByMonth(in ParticipationInput) (t Total, kroner []float64, subsidy bool, err error) {
	subsidy = p.c.SubsidyVariants(in.Tiltak) != nil
	kroner = make([]float64, int(in.To.Month()-in.From.Month())+1)
	t, err = p.run(in, func(l Line) { kroner[l.Month-in.From.Month()] += l.Real })
	if err != nil || t.Unpriced != "" {
		return t, nil, subsidy, err
	}
	return t, kroner, subsidy, nil
}
