package cost

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
)

// rule is the rule that a line was made by, in words: in bokmål (nb) or English.
func (p *Pricer) rule(tiltak string, l Line, nb bool) string {
	say := func(no, en string) string {
		if nb {
			return no
		}
		return en
	}
	switch {
	case math.IsNaN(l.Rate):
		return fmt.Sprintf(say("faktisk beløp, %d av %d dager", "actual amount, %d of %d days"), l.Days, l.Of)
	case l.Unit == catalog.PerWeek:
		return fmt.Sprintf(say("pris per uke, %d/7", "price per week, %d/7"), l.Days)
	case l.Unit == catalog.PerDay:
		return fmt.Sprintf(say("pris per ukedag, %d dager", "price per weekday, %d days"), l.Days)
	case l.Unit == catalog.PerParticipation:
		return say("pris per deltakelse, i første måned", "price per participation, in its first month")
	}
	kind := say("kalenderdager", "calendar days")
	if l.Weekdays {
		kind = say("ukedager", "weekdays")
	}
	days := fmt.Sprintf("%s %d/%d", kind, l.Days, l.Of)
	if p.c.SubsidyVariants(tiltak) != nil {
		limit := ""
		if l.issues&capped != 0 {
			limit = say(" opp til taket", " up to the ceiling")
		}
		return fmt.Sprintf(say("%g %% av lønnskostnaden%s, %s", "%g %% of the wage cost%s, %s"), l.Percent, limit, days)
	}
	steps := p.c.PartTime(tiltak, l.From)
	if len(steps) == 0 {
		return say("hel uansett deltid, ", "full whatever the percent, ") + days
	}
	return stepWords(steps, l.Percent, say) + ", " + days
}

// stepWords is the step of a part-time rule that a percent reaches, such as "half under 50 %".
func stepWords(steps []catalog.PartTimeStep, percent float64, say func(nb, en string) string) string {
	at := -1
	for i, s := range steps {
		if percent > s.FromPercent || s.Inclusive && percent == s.FromPercent {
			at = i
		}
	}
	if at < 0 {
		return say("ingenting", "nothing")
	}
	share := fmt.Sprintf(say("%g av satsen", "%g of the rate"), steps[at].Share)
	switch steps[at].Share {
	case 1:
		share = say("hel", "full")
	case 0.5:
		share = say("halv", "half")
	case 0:
		share = say("ingenting", "nothing")
	}
	word := func(s catalog.PartTimeStep, inclusive, exclusive string) string {
		if s.Inclusive {
			return inclusive
		}
		return exclusive
	}
	if s := steps[at]; at > 0 || s.FromPercent > 0 {
		return fmt.Sprintf("%s %s %g %%", share, word(s, say("fra", "from"), say("over", "over")), s.FromPercent)
	}
	if at+1 < len(steps) {
		s := steps[at+1]
		return fmt.Sprintf("%s %s %g %%", share, word(s, say("under", "under"), say("til og med", "up to")), s.FromPercent)
	}
	return share
}

// billWarnings are the warnings of one bill, each once, in the order of its lines.
func (p *Pricer) billWarnings(in ParticipationInput, lines []Line, t Total) []fault.Warning {
	var warnings []fault.Warning
	add := func(w ...fault.Warning) {
		for _, x := range w {
			if !slices.Contains(warnings, x) {
				warnings = append(warnings, x)
			}
		}
	}
	if t.Unpriced != "" {
		add(fault.Warnf("not_priced", "%s", p.why(in.Tiltak, t.Unpriced, false)))
		return warnings
	}
	var years []int
	for _, l := range lines {
		if l.issues&(rateCarried|rateUnconfirmed) != 0 {
			if rate, fit, ok := p.c.Rate(in.Tiltak, l.From); ok {
				for _, w := range catalog.RateWarning(rate, fit, l.From) {
					if w.Code == "rate_outside_period" && slices.ContainsFunc(lines, func(o Line) bool {
						return o.From < l.From && o.issues&rateCarried != 0 && o.Rate == l.Rate
					}) {
						continue // said of an earlier month
					}
					add(w)
				}
			}
		}
		if l.issues&payrollDoubtful != 0 && len(years) == 0 {
			add(p.c.WageCostWarnings(in.Zone, l.From)...)
		}
		if l.issues&(indexCarried|gCarried) != 0 && !slices.Contains(years, l.Month.Year()) {
			years = append(years, l.Month.Year())
		}
	}
	add(p.issueWarnings(t.issues, 1, years)...)
	add(p.Warnings()...)
	return warnings
}

// Warnings are those of the price year itself: that its index has no confirmed source.
func (p *Pricer) Warnings() []fault.Warning {
	if p.target == 0 || p.deflator == ByG {
		return nil
	}
	if k, _ := p.c.KPI(p.priceYear); !k.Sure("indeks") {
		return []fault.Warning{fault.Warnf("kpi_unconfirmed", "column `indeks` of kpi: the consumer price index that carries amounts to %d has no confirmed source; check it in kpi.csv or use G", p.priceYear)}
	}
	return nil
}

// issueWarnings puts issues into words; n is the number of participations they were found in.
func (p *Pricer) issueWarnings(found issue, n int, years []int) []fault.Warning {
	var w []fault.Warning
	in := func(n int) string {
		if n == 1 {
			return "1 participation"
		}
		return fmt.Sprintf("%d participations", n)
	}
	if found&shareMissing != 0 {
		w = append(w, fault.Warnf("part_time_missing", "column `deltidsprosent` is missing in %s: counted as 100", in(n)))
	}
	if found&shareOver != 0 {
		w = append(w, fault.Warnf("part_time_over_100", "column `deltidsprosent` is over 100 in %s: paid as the highest step of the rule", in(n)))
	}
	if found&noPartTimeRule != 0 {
		w = append(w, fault.Warnf("no_part_time_rule", "column `deltidsprosent` is under 100 in %s of a tiltak without a part-time rule: paid in full; add the rule to deltid.csv", in(n)))
	}
	if found&variantAssumed != 0 {
		w = append(w, fault.Warnf("subsidy_variant_assumed", "nothing tells which steps of the wage subsidy apply to %s: those of the first variant in lonnstilskudd were used; give column `lonnstilskudd_prosent`", in(n)))
	}
	if found&capped != 0 {
		w = append(w, fault.Warnf("wage_cost_capped", "the wage cost was cut to its ceiling in G in %s", in(n)))
	}
	if found&overCeiling != 0 {
		w = append(w, fault.Warnf("over_ceiling", "column `kostnad` is over the ceiling of the tiltak in %s: used as it is", in(n)))
	}
	span := ""
	if len(years) > 0 {
		text := make([]string, len(years))
		for i, y := range years {
			text[i] = fmt.Sprint(y)
		}
		span = " (" + strings.Join(text, ", ") + ")"
	}
	if found&indexCarried != 0 {
		name, file := "KPI", "kpi.csv"
		if p.deflator == ByG {
			name, file = "G", "g.csv"
		}
		w = append(w, fault.Warnf("index_outside_period", "%s is not known for all years of %s%s: that of the nearest year was used; add the years to %s", name, in(n), span, file))
	}
	if found&gCarried != 0 {
		w = append(w, fault.Warnf("g_outside_period", "G is not known for all years of %s%s: the nearest one was used; add it to g.csv", in(n), span))
	}
	return w
}
