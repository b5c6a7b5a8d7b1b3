package matching

import (
	"fmt"

	"tiltakseffekt/internal/fault"
)

// SpreadRow is the estimate on one outcome under another choice that could as well have been made.
type SpreadRow struct {
	Variation string // what was changed, such as "order smallest"
	OutcomeEffect
	MatchedTreated int
	Refused        string // why the variation could not be estimated
}

// Spread runs the specification again with one choice changed at a time: for nearest-neighbour matching on a score the
// order and the caliper, and for every method the other methods in their default form. A result that holds under one choice
// only is no result; on the LaLonde data the order alone moves the caliper estimate from 1029 to 1686.
//
// Variations that the data or the options do not admit are rows with the reason in Refused.
func Spread(d *Data, spec Spec) []SpreadRow {
	type variation struct {
		name string
		spec Spec
	}
	var list []variation
	add := func(name string, change func(s *Spec)) {
		s := spec
		change(&s)
		list = append(list, variation{name, s})
	}
	_, spatial := metricOf(spec.Distance)
	if (spec.Method == "nearest" || spec.Method == "") && spec.Like != "matching" {
		for _, o := range []Order{Largest, Smallest, Closest, RandomOrder} {
			if o != spec.Nearest.Order && !(spatial && o <= Smallest) && !spec.Nearest.Replace {
				add("order "+o.String(), func(s *Spec) { s.Nearest.Order = o })
			}
		}
		if !spatial {
			for _, c := range []float64{0.05, 0.1, 0.2, 0.5, 0} {
				if c == spec.Nearest.Caliper && spec.Nearest.CaliperUnit == CaliperSD {
					continue
				}
				name := fmt.Sprintf("caliper %g sd", c)
				if c == 0 {
					name = "no caliper"
				}
				add(name, func(s *Spec) { s.Nearest.Caliper, s.Nearest.CaliperUnit = c, CaliperSD })
			}
		}
	}
	for _, m := range []string{"nearest", "full", "ipw", "ebal", "aipw", "overlap"} {
		if m == spec.Method || m == "nearest" && spec.Method == "" {
			continue
		}
		add("method "+m, func(s *Spec) {
			*s = Spec{Method: m, Estimand: spec.Estimand, Level: spec.Level, Seed: spec.Seed, Workers: spec.Workers}
			if m == "overlap" {
				s.Estimand = ATO
			}
			if m == "nearest" {
				s.Nearest.Caliper = 0.2
			}
		})
	}
	var out []SpreadRow
	for _, v := range list {
		r, err := Run(d, v.spec)
		if err != nil {
			row := SpreadRow{Variation: v.name, Refused: err.Error()}
			row.Effect = missingEffect("")
			if fault.StatusOf(err) == fault.Internal {
				row.Refused = "failed"
			}
			out = append(out, row)
			continue
		}
		for _, e := range r.Effects {
			out = append(out, SpreadRow{Variation: v.name, OutcomeEffect: e, MatchedTreated: r.Counts.MatchedTreated})
		}
	}
	return out
}
