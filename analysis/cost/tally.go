package cost

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Tally counts, over many participations, what a reader must know about their prices: missing percentages, rates outside
// their period, participations without a price. Add totals to it and put the Warnings beside the result. The zero value
// is ready; it is not safe for several goroutines (Merge those of each).
type Tally struct {
	by map[string]*counts
}

// counts are those of one tiltak: participations in all, without a price by why, and with each issue.
type counts struct {
	n        int
	unpriced map[Unpriced]int
	issues   [16]int
}

// Add counts one participation in a tiltak.
func (t *Tally) Add(tiltak string, x Total) {
	c := t.of(tiltak)
	c.n++
	if x.Unpriced != "" {
		c.unpriced[x.Unpriced]++
	}
	for left := uint16(x.issues); left != 0; left &= left - 1 {
		c.issues[bits.TrailingZeros16(left)]++
	}
}

func (t *Tally) of(tiltak string) *counts {
	if t.by == nil {
		t.by = map[string]*counts{}
	}
	c := t.by[tiltak]
	if c == nil {
		c = &counts{unpriced: map[Unpriced]int{}}
		t.by[tiltak] = c
	}
	return c
}

// Merge adds the counts of another tally.
func (t *Tally) Merge(o *Tally) {
	for tiltak, from := range o.by {
		c := t.of(tiltak)
		c.n += from.n
		for why, n := range from.unpriced {
			c.unpriced[why] += n
		}
		for i, n := range from.issues {
			c.issues[i] += n
		}
	}
}

// TallyWarnings are what was counted, an issue a warning, with the number of participations by tiltak (in byte order); the
// result does not depend on the order in which they were added. They end with those of the price year.
func (p *Pricer) TallyWarnings(t *Tally) []fault.Warning {
	codes := make([]string, 0, len(t.by))
	for tiltak := range t.by {
		codes = append(codes, tiltak)
	}
	slices.Sort(codes)
	var w []fault.Warning
	for _, tiltak := range codes {
		for _, why := range []Unpriced{NoRate, NoWage} {
			if n := t.by[tiltak].unpriced[why]; n > 0 {
				w = append(w, fault.Warnf("not_priced", "%d of %d participations have no price: %s", n, t.by[tiltak].n, p.why(tiltak, why, false)))
			}
		}
	}
	for _, x := range []struct {
		issue      issue
		code, says string
	}{
		{rateCarried, "rate_outside_period", "column `kr` of satser: a rate was used outside its period in %s; add the missing ones to satser.csv"},
		{rateUnconfirmed, "rate_unconfirmed", "column `kr` of satser: a rate without a confirmed source was used in %s; `evaluate catalog rates` shows which"},
		{shareMissing, "part_time_missing", "column `deltidsprosent` is missing in %s: counted as 100"},
		{shareOver, "part_time_over_100", "column `deltidsprosent` is over 100 in %s: paid as the highest step of the rule"},
		{noPartTimeRule, "no_part_time_rule", "column `deltidsprosent` is under 100 in %s of tiltak without a part-time rule: paid in full; add the rule to deltid.csv"},
		{variantAssumed, "subsidy_variant_assumed", "nothing tells which steps of the wage subsidy apply to %s: those of the first variant in lonnstilskudd were used; give column `lonnstilskudd_prosent`"},
		{capped, "wage_cost_capped", "the wage cost was cut to its ceiling in G in %s"},
		{payrollDoubtful, "payroll_doubtful", "column `prosent` of lonnskostnad: a figure outside its period or without a confirmed source was used in %s; `evaluate catalog payroll` shows which"},
		{overCeiling, "over_ceiling", "column `kostnad` is over the ceiling of the tiltak in %s: used as it is"},
		{indexCarried, "index_outside_period", "the index of the price year is not known for all years of %s: that of the nearest year was used; add the years to kpi.csv or g.csv"},
		{gCarried, "g_outside_period", "G is not known for all years of %s: the nearest one was used; add it to g.csv"},
	} {
		k := bits.TrailingZeros16(uint16(x.issue))
		total, all := 0, 0
		var parts []string
		for _, tiltak := range codes {
			if n := t.by[tiltak].issues[k]; n > 0 {
				total, all = total+n, all+t.by[tiltak].n
				parts = append(parts, fmt.Sprintf("%s %d", tiltak, n))
			}
		}
		if total > 0 {
			w = append(w, fault.Warnf(x.code, x.says, fmt.Sprintf("%d of %d participations (%s)", total, all, strings.Join(parts, ", "))))
		}
	}
	return append(w, p.Warnings()...)
}
