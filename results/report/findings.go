package report

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results/figure"
)

// The kinds of findings, in the order of the limitations block.
const (
	underHalf = "under_half_analysed"
	imbalance = "imbalance"
	// imbalanceOther is that of a method that is not the one of the headline.
	imbalanceOther = "imbalance_other"
	doubtfulPrice  = "doubtful_price"
	lowESS         = "low_ess"
	noOverlap      = "no_overlap"
	placeboFails   = "placebo"
	disagree       = "methods_disagree"
	fewPersons     = "few_persons"
	constantBase   = "constant_base"
	unpriced       = "unpriced"
	notEstimated   = "not_estimated"
	hidden         = "hidden"
)

// finding is something in the run's own figures that a reader has to know in order to doubt an estimate.
type finding struct {
	kind  string
	cell  cell
	tag   string // two or three words, for the table of answers
	text  string // a sentence
	value float64
}

// The bounds of the findings. They decide what is named, never what is estimated.
const (
	shareBound   = 0.5  // of starts analysed: DESIGN.md
	smdBound     = 0.1  // of a standardised difference: Stuart, Lee and Leacy (2013)
	aloneBound   = 0.05 // of the treated where no comparison has the same score
	personsBound = 100  // treated persons
	essBound     = 0.5  // of the effective comparison rows to the treated starts
)

// find goes through every cell at the main outcome and month.
func (b *builder) find() []finding {
	var out []finding
	for _, k := range b.run.Tiltak {
		for _, g := range b.run.Groups {
			c := cell{k.ID, g.ID}
			for _, check := range []func(cell) []finding{b.shareAnalysed, b.worstBalance, b.jointBalance, b.weights, b.alone, b.failedPlacebo, b.disagreement, b.small, b.base, b.price, b.missing} {
				for _, f := range check(c) {
					f.cell = c
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// tags are the short names of what is found in a cell, each once.
func (b *builder) tags(c cell) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range b.findings {
		if f.cell == c && f.tag != "" && !seen[f.tag] {
			seen[f.tag] = true
			out = append(out, f.tag)
		}
	}
	return out
}

func (b *builder) shareAnalysed(c cell) []finding {
	starts, analysed, most, worst := -1, -1, 0, ""
	for _, f := range b.flow[c] {
		switch f.Action {
		case "start":
			starts = f.Rows
		case "analysed":
			analysed = f.Rows
		case "dropped":
			if f.Rows > most {
				most, worst = f.Rows, f.Rule
			}
		}
	}
	if starts <= 0 || analysed < 0 {
		return nil
	}
	share := float64(analysed) / float64(starts)
	if share >= shareBound {
		return nil
	}
	text := b.sayf("%s av %s starter er med i analysen (%s).", "%s of %s starts are analysed (%s).", b.l.Count(analysed), b.l.Count(starts), b.l.Percent(share, 0))
	if worst != "" {
		text += b.sayf(" Flest faller ut fordi: %s (%s).", " Most are lost because: %s (%s).", b.rule(worst), b.l.Count(most))
	}
	return []finding{{kind: underHalf, tag: b.say("under halvparten er med", "under half analysed"), text: text, value: share}}
}

// worstBalance is the covariate in which the arms still differ most, by each method. The headline is of one method, so
// only its finding is a reservation against the headline; of the others it is said that they are another method's.
func (b *builder) worstBalance(c cell) []finding {
	var out []finding
	for _, m := range b.run.Methods {
		worst, name := 0., ""
		for _, r := range b.set.Balance(c.tiltak, c.group) {
			if r.Method == m.ID && r.Stage == "after" && math.Abs(r.SMD) > worst {
				worst, name = math.Abs(r.SMD), r.Variable
			}
		}
		if worst <= smdBound {
			continue
		}
		f := finding{kind: imbalanceOther, value: worst,
			text: b.sayf("%s: gruppene er fortsatt ulike i «%s» (%s standardavvik).", "%s: the arms still differ in “%s” (%s standard deviations).", b.method(m.ID), b.set.CovariateName(name, b.l), b.l.Decimal(worst, 2))}
		if m.ID == b.focus.Method {
			f.kind, f.tag = imbalance, b.say("gruppene er ulike", "arms differ")
		}
		out = append(out, f)
	}
	return out
}

func (b *builder) weights(c cell) []finding {
	var out []finding
	for _, e := range b.set.Estimates(c.tiltak, c.group, b.focus.Outcome) {
		if *e.Month != b.focus.Month || math.IsNaN(e.ESS) || math.IsNaN(e.Estimate) || e.NStarts <= 0 || e.ESS >= essBound*float64(e.NStarts) {
			continue
		}
		tag := ""
		if e.Method == b.focus.Method {
			tag = b.say("få å sammenligne med", "few to compare with")
		}
		out = append(out, finding{kind: lowESS, tag: tag, value: e.ESS / float64(e.NStarts),
			text: b.sayf("%s: vektene gjør at sammenligningen bare er verd %s personrader, mot %s starter.", "%s: the weights leave the comparison worth %s rows only, against %s starts.", b.method(e.Method), b.l.Decimal(e.ESS, 0), b.l.Count(e.NStarts))})
	}
	return out
}

// alone is the share of the treated in bins of the score where the comparison has nothing.
func (b *builder) alone(c cell) []finding {
	share := 0.
	rows := b.set.Overlaps(c.tiltak, c.group)
	for _, t := range rows {
		if t.Method != "" || t.Arm != "treated" || !(t.Share > 0) {
			continue
		}
		met := false
		for _, o := range rows {
			met = met || o.Method == "" && o.Arm == "comparison" && o.BinLow < t.BinHigh && o.BinHigh > t.BinLow && o.Share != 0
		}
		if !met {
			share += t.Share
		}
	}
	if share <= aloneBound {
		return nil
	}
	return []finding{{kind: noOverlap, tag: b.say("mangler overlapp", "no overlap"), value: share,
		text: b.sayf("%s av deltakerne har ingen med samme sannsynlighet for å starte å sammenlignes med.", "%s of the participants have nobody with the same probability of starting to be compared with.", b.l.Percent(share, 0))}}
}

// disagreement is named where the intervals of two methods do not meet, or lie on either side of zero.
func (b *builder) disagreement(c cell) []finding {
	low, high, lowest, highest := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1) // lowest upper and highest lower end
	var least, most string
	for _, e := range b.set.Estimates(c.tiltak, c.group, b.focus.Outcome) {
		if *e.Month != b.focus.Month || math.IsNaN(e.Estimate) {
			continue
		}
		if e.Estimate < low {
			low, least = e.Estimate, e.Method
		}
		if e.Estimate > high {
			high, most = e.Estimate, e.Method
		}
		if !math.IsNaN(e.ConfHigh) && !math.IsNaN(e.ConfLow) {
			lowest, highest = min(lowest, e.ConfHigh), max(highest, e.ConfLow)
		}
	}
	if least == most || highest <= lowest {
		return nil
	}
	return []finding{{kind: disagree, tag: b.say("metodene spriker", "methods disagree"), value: high - low,
		text: b.sayf("Metodene spriker mer enn tilfeldigheter tilsier: fra %s (%s) til %s (%s).", "The methods disagree by more than chance: from %s (%s) to %s (%s).",
			b.effect(b.focus.Outcome, low), lower(b.method(least)), b.effect(b.focus.Outcome, high), lower(b.method(most)))}}
}

func (b *builder) small(c cell) []finding {
	e := b.focusRow(c.tiltak, c.group)
	if e == nil || e.NPersonsTreated <= 0 || e.NPersonsTreated >= personsBound || e.Reason == estimate.Suppressed {
		return nil
	}
	text := b.sayf("Bare %s deltakere: intervallene er en tilnærming som er dårligere for så få.", "Only %s participants: the intervals are an approximation that is worse for so few.", b.l.Count(e.NPersonsTreated))
	if e.PPermutation > 0 { // 0 and NaN are none: no permutation gives 0
		text += b.sayf(" En permutasjonstest, som ikke bygger på tilnærmingen, gir p = %s.", " A permutation test, which does not rest on the approximation, gives p = %s.", b.l.Decimal(e.PPermutation, 3))
	}
	return []finding{{kind: fewPersons, tag: b.say("få deltakere", "few participants"), value: float64(e.NPersonsTreated), text: text}}
}

func (b *builder) base(c cell) []finding {
	for _, d := range b.diag[c] {
		if d.Name == "constant_base" && d.Value == 1 && (d.Outcome == "" || d.Outcome == b.focus.Outcome) {
			return []finding{{kind: constantBase, value: 1,
				text: b.sayf("%s: utfallet er likt for alle i utgangsperioden, så metoden er bare forskjellen etterpå.", "%s: the outcome is the same for all in the base period, so the method is just the difference afterwards.", b.method(d.Method))}}
		}
	}
	return nil
}

func (b *builder) price(c cell) []finding {
	mean, priced := b.meanCost(c.tiltak, c.group)
	if len(b.set.Costs(c.tiltak, c.group)) == 0 {
		return nil
	}
	if !priced {
		return []finding{{kind: unpriced, tag: b.say("pris ikke kjent", "price not known"), value: 1,
			text: b.say("Ingen sats eller beløp er kjent for tiltaket.", "No rate or amount is known for the tiltak.")}}
	}
	if math.IsNaN(mean) {
		return nil
	}
	var out []finding
	for _, m := range b.run.Messages {
		tag, ok := priceTags[m.Code]
		if !ok || !slices.Contains(m.Tiltak, c.tiltak) {
			continue
		}
		f := finding{kind: doubtfulPrice, value: 1, text: capital(strings.TrimPrefix(m.Text.In(b.lang()), b.tiltak(c.tiltak)+", "))}
		if m.Most {
			f.tag = b.say(tag[0], tag[1])
		}
		out = append(out, f)
	}
	return out
}

// priceTags are the short names of what makes a price doubtful, by the code of the warning.
var priceTags = map[string][2]string{
	"not_priced":              {"noen er uten pris", "some without a price"},
	"rate_outside_period":     {"satsen gjelder en annen periode", "rate of another period"},
	"rate_unconfirmed":        {"satsen er ikke bekreftet", "rate not confirmed"},
	"payroll_doubtful":        {"lønnskostnaden er ikke bekreftet", "wage cost not confirmed"},
	"subsidy_variant_assumed": {"tilskuddets trinn er antatt", "steps of the subsidy assumed"},
	"part_time_missing":       {"deltid er ukjent", "part time not known"},
	"no_part_time_rule":       {"deltid er betalt fullt ut", "part time paid in full"},
	"index_outside_period":    {"prisindeks mangler", "price index missing"},
	"g_outside_period":        {"G er fra et annet år", "G of another year"},
}

func (b *builder) missing(c cell) []finding {
	e := b.focusRow(c.tiltak, c.group)
	switch {
	case e == nil || !math.IsNaN(e.Estimate):
		return nil
	case e.Reason == estimate.Suppressed:
		return []finding{{kind: hidden, value: 1, tag: b.say("skjult", "hidden"), text: capital(figure.Reason(e.Reason, b.l, b.run.MinCell)) + "."}}
	}
	return []finding{{kind: notEstimated, value: 1, tag: b.say("ikke beregnet", "not estimated"), text: b.sayf("Ikke beregnet: %s.", "Not estimated: %s.", figure.Reason(e.Reason, b.l, b.run.MinCell))}}
}
