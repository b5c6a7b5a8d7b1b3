package cost

import (
	"math/bits"
	"slices"
)

// Concern is one thing that a reader must know about the prices of a tiltak, without a count: a report that leaves the
// zone must not tell how many participations there are, or how few of them are otherwise.
type Concern struct {
	Code   string   // as that of the warning of a Tally
	Tiltak string   // its code
	Share  float64  // of its participations
	Why    Unpriced // for not_priced
	NB, EN string   // a sentence about some participations, without the tiltak
}

// concerns are the issues of a Tally in words.
var concerns = []struct {
	issue  issue
	code   string
	nb, en string
}{
	{rateCarried, "rate_outside_period", "satsen gjelder en annen periode enn deltakelsene; den nærmeste kjente er brukt", "the rate is for another period than the participations; the nearest known one was used"},
	{rateUnconfirmed, "rate_unconfirmed", "satsen har ingen bekreftet kilde", "the rate has no confirmed source"},
	{shareMissing, "part_time_missing", "deltidsprosenten mangler; regnet som heltid", "the part-time percentage is missing: counted as full time"},
	{shareOver, "part_time_over_100", "deltidsprosenten er over 100; betalt etter regelens høyeste trinn", "the part-time percentage is over 100: paid as the highest step of the rule"},
	{noPartTimeRule, "no_part_time_rule", "tiltaket har ingen deltidsregel; deltid er betalt fullt ut", "the tiltak has no part-time rule: part time is paid in full"},
	{variantAssumed, "subsidy_variant_assumed", "hvilke trinn av tilskuddet som gjelder, er ikke kjent; de vanligste er brukt", "which steps of the subsidy apply is not known: those of the first variant were used"},
	{capped, "wage_cost_capped", "lønnskostnaden er avkortet ved taket i G", "the wage cost was cut to its ceiling in G"},
	{payrollDoubtful, "payroll_doubtful", "lønnskostnaden bygger på satser fra en annen periode eller uten bekreftet kilde", "the wage cost uses figures of another period or without a confirmed source"},
	{overCeiling, "over_ceiling", "beløpet i data er over taket for tiltaket; brukt som det er", "the amount in the data is over the ceiling of the tiltak: used as it is"},
	{indexCarried, "index_outside_period", "prisindeksen mangler for noen år; nærmeste år er brukt", "the index is not known for some years: that of the nearest year was used"},
	{gCarried, "g_outside_period", "G mangler for noen år; den nærmeste er brukt", "G is not known for some years: the nearest one was used"},
}

// Concerns are the warnings of a Tally by tiltak (in byte order), without counts.
func (t *Tally) Concerns() []Concern {
	codes := make([]string, 0, len(t.by))
	for tiltak := range t.by {
		codes = append(codes, tiltak)
	}
	slices.Sort(codes)
	var out []Concern
	for _, tiltak := range codes {
		c := t.by[tiltak]
		for _, why := range []Unpriced{NoRate, NoWage} {
			if n := c.unpriced[why]; n > 0 {
				one := Concern{Code: "not_priced", Tiltak: tiltak, Share: float64(n) / float64(c.n), Why: why,
					NB: "prisen er ikke kjent: ingen sats gjelder, og data har ingen beløp", EN: "the price is not known: no rate applies and the data holds no amounts"}
				if why == NoWage {
					one.NB, one.EN = "prisen er ikke kjent: lønnen mangler", "the price is not known: the wage is missing"
				}
				out = append(out, one)
			}
		}
		for _, x := range concerns {
			if n := c.issues[bits.TrailingZeros16(uint16(x.issue))]; n > 0 {
				out = append(out, Concern{Code: x.code, Tiltak: tiltak, Share: float64(n) / float64(c.n), NB: x.nb, EN: x.en})
			}
		}
	}
	return out
}
