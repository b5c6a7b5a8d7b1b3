package results

import "tiltakseffekt/analysis/estimate"

// CostEffect is a row of `cost_effect`: one figure on what a start costs and gives beyond its comparison, per start that
// is analysed. Kroner are present values at PriceYear over the months 0…Month, later tiltak of both arms included.
type CostEffect struct {
	Tiltak     string `col:"tiltak"`
	Group      string `col:"group"`
	Method     string `col:"method"`
	Outcome    string `col:"outcome"` // whose effect is put against the cost; "" where none is
	Month      int    `col:"month"`   // H
	Comparison string `col:"comparison"`
	LaterEntry string `col:"later_entry"`

	Perspective string  `col:"perspective"` // tiltak (what is paid for tiltak alone) | budget | society | both
	Effect      string  `col:"effect"`      // persons (in the outcome at Month) | months (in it over 1…Month); "" where the figure is kroner alone
	Statistic   string  `col:"statistic"`   // cost | unpriced_share | effect | net_benefit | ratio | quadrant | correlation, or a component of the cost–benefit analysis
	Quadrant    string  `col:"quadrant"`    // of statistic quadrant: which
	Value       float64 `col:"value"`       // of net_benefit: kroner a unit of effect is worth

	Estimate       float64         `col:"estimate"`
	StdError       float64         `col:"std_error"` // standard deviation of the draws
	ConfLow        float64         `col:"conf_low"`  // percentiles of the draws; of ratio: Fieller's limits
	ConfHigh       float64         `col:"conf_high"`
	Share          float64         `col:"share"` // of the draws: over 0 (of net_benefit, the acceptability curve), or in the quadrant
	MeanTreated    float64         `col:"mean_treated"`
	MeanComparison float64         `col:"mean_comparison"`
	PriceYear      int             `col:"price_year"`
	Draws          int             `col:"draws"`
	Reason         estimate.Reason `col:"reason"`

	// For disclosure control: distinct persons of each arm, and whether fewer of an arm than the limit have an amount.
	PersonsTreated, PersonsComparison int
	FewAmounts                        bool
}
