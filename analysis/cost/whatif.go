package cost

import (
	"tiltakseffekt/datasets/catalog"
)

// WhatIf is what the same participations cost under the rules as they are and under others, such as differentiated
// part-time rates: nobody takes part otherwise than before.
type WhatIf struct {
	N             int     // participations with a price under both
	Unpriced      int     // without one under either
	Base, Changed float64 // kroner in all, at the price year of the pricers
	Months        float64 // in all
	Higher, Lower int     // participations that would cost more and less
}

// Difference is what the change would cost in all; Relative is its share of the base.
func (w WhatIf) Difference() float64 { return w.Changed - w.Base }

// Relative is the difference as a share of the base.
func (w WhatIf) Relative() float64 { return (w.Changed - w.Base) / w.Base }

// Compare prices participations under two sets of rules.
func Compare(base, changed *Pricer, inputs []ParticipationInput) (WhatIf, error) {
	var w WhatIf
	for _, in := range inputs {
		a, err := base.Total(in)
		if err != nil {
			return WhatIf{}, err
		}
		b, err := changed.Total(in)
		if err != nil {
			return WhatIf{}, err
		}
		if a.Unpriced != "" || b.Unpriced != "" {
			w.Unpriced++
			continue
		}
		w.N++
		w.Base += a.Real
		w.Changed += b.Real
		w.Months += a.Months
		switch {
		case b.Kroner > a.Kroner:
			w.Higher++
		case b.Kroner < a.Kroner:
			w.Lower++
		}
	}
	return w, nil
}

// Proportional is a part-time rule that pays the share of full time in steps of a width in percent, such as 10: over 0 up
// to 10 % pays 0.1, and so on, but never less than a floor (0.3 where the kravspesifikasjon allows no less than 30 %).
// It is one way to differentiate rates (hearing note on AFT, 4.7, which names no scale). It panics where the width is not
// in (0, 100].
func Proportional(width, floor float64) []catalog.PartTimeStep {
	if !(width > 0 && width <= 100) {
		panic("cost: a step of a part-time rule is more than 0 and at most 100 percent")
	}
	steps := []catalog.PartTimeStep{{FromPercent: 0, Inclusive: true, Share: max(floor, min(1, width/100)), Valid: catalog.Always}}
	for k := 1; float64(k)*width < 100; k++ {
		steps = append(steps, catalog.PartTimeStep{
			FromPercent: float64(k) * width, Share: max(floor, min(1, float64(k+1)*width/100)), Valid: catalog.Always,
			Provenance: catalog.Provenance{Source: "what if"},
		})
	}
	return steps
}
