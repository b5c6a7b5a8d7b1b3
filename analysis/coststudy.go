package analysis

import (
	"math"
	"regexp"
	"slices"

	"tiltakseffekt/internal/fault"
)

// CostEffect is the part of `cost` on cost against effect and cost–benefit.
type CostEffect struct {
	Unpriced string     `yaml:"unpriced" json:"unpriced"` // missing (default) | leave_out: participations without a price
	Values   CostValues `yaml:"values" json:"values"`     // kroner that a unit of effect is worth, for net benefit
	Draws    int        `yaml:"draws" json:"draws"`       // of the bootstrap by person; default 1000
	WhatIf   []WhatIf   `yaml:"what_if" json:"what_if,omitempty"`
}

// WhatIf asks what the participations of a tiltak would have cost under another part-time rule: a share of the full rate in
// steps of so many percent (cost.Proportional), with everybody taking part as before.
type WhatIf struct {
	ID     string  `yaml:"id" json:"id"`         // [a-z0-9_]{1,40}: names the rows what_if:<id> of table costs
	Tiltak string  `yaml:"tiltak" json:"tiltak"` // a code
	Step   float64 `yaml:"step" json:"step"`     // width of a step, in percent of full time
	Floor  float64 `yaml:"floor" json:"floor"`   // the least that is paid, in percent of the full rate
}

var whatIfID = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// CostValues are the values of a unit of effect at which the net benefit is given.
type CostValues struct {
	Person []float64 `yaml:"person" json:"person"` // an extra person in the outcome at the horizon
	Month  []float64 `yaml:"month" json:"month"`   // an extra month in it
}

// The values that stand where a study gives none: from nothing to more than a year's and a month's wage cost.
var (
	defaultPersonValues = []float64{0, 100000, 250000, 500000, 750000, 1000000, 1500000, 2000000}
	defaultMonthValues  = []float64{0, 5000, 10000, 20000, 30000, 40000, 60000, 80000, 100000}
)

// resolve fills in the defaults of `cost`.
func (c *Cost) resolve() error {
	for i, p := range c.Perspectives {
		if p != "budget" && p != "society" {
			return fault.Usagef("bad_study", "`cost.perspectives` names `%s`; it is budget or society%s", p, fault.Suggest(p, []string{"budget", "society"}))
		}
		if slices.Contains(c.Perspectives[:i], p) {
			return fault.Usagef("bad_study", "`cost.perspectives` names `%s` twice", p)
		}
	}
	switch c.Unpriced {
	case "":
		c.Unpriced = unpricedNull
	case unpricedNull, unpricedLeaveOut:
	default:
		return fault.Usagef("bad_study", "`cost.unpriced: %s` is not known%s; it is missing (no extra cost is given) or leave_out", c.Unpriced, fault.Suggest(c.Unpriced, []string{unpricedNull, unpricedLeaveOut}))
	}
	for _, v := range []struct {
		key    string
		values *[]float64
		def    []float64
	}{{"person", &c.Values.Person, defaultPersonValues}, {"month", &c.Values.Month, defaultMonthValues}} {
		if *v.values == nil {
			*v.values = slices.Clone(v.def)
		}
		for i, k := range *v.values {
			if !(k >= 0) || math.IsInf(k, 0) || i > 0 && k <= (*v.values)[i-1] {
				return fault.Usagef("bad_study", "`cost.values.%s` is a list of kroner, 0 or more and rising", v.key)
			}
		}
	}
	seen := map[string]bool{}
	for _, w := range c.WhatIf {
		switch {
		case !whatIfID.MatchString(w.ID):
			return fault.Usagef("bad_study", "`cost.what_if` needs an `id` of 1 to 40 of a-z, 0-9 and _, not `%s`", w.ID)
		case seen[w.ID]:
			return fault.Usagef("bad_study", "`cost.what_if` names `%s` twice", w.ID)
		case w.Tiltak == "":
			return fault.Usagef("bad_study", "`cost.what_if` `%s` needs the `tiltak` whose rule is changed", w.ID)
		case !(w.Step > 0 && w.Step <= 100):
			return fault.Usagef("bad_study", "`cost.what_if` `%s`: `step: %g` is the width of a step in percent, over 0 and at most 100", w.ID, w.Step)
		case w.Step < 1:
			return fault.Usagef("bad_study", "`cost.what_if` `%s`: `step: %g` is in percent of full time; if a share is meant, write %g", w.ID, w.Step, math.Round(w.Step*1e6)/1e4)
		case w.Floor > 0 && w.Floor < 1:
			return fault.Usagef("bad_study", "`cost.what_if` `%s`: `floor: %g` is in percent of the full rate; if a share is meant, write %g", w.ID, w.Floor, math.Round(w.Floor*1e6)/1e4)
		case !(w.Floor >= 0 && w.Floor <= 100):
			return fault.Usagef("bad_study", "`cost.what_if` `%s`: `floor: %g` is the least share of the full rate that is paid, in percent, 0 to 100", w.ID, w.Floor)
		}
		seen[w.ID] = true
	}
	if c.Draws == 0 {
		c.Draws = 1000
	}
	if c.Draws < 100 || c.Draws > 100000 {
		return fault.Usagef("bad_study", "`cost.draws: %d` must lie between 100 and 100000", c.Draws)
	}
	return nil
}
