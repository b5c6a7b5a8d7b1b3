// Package madeup makes runs with invented figures for the tests of figures and reports: their shape is that of a real
// run, their numbers mean nothing.
package madeup

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

var tiltak = []results.Label{
	{ID: "ARBEIDSFORBEREDENDE_TRENING", Text: results.Text{NB: "Arbeidsforberedende trening (AFT)", EN: "Work preparation training (AFT)"}},
	{ID: "ARBEIDSTRENING", Text: results.Text{NB: "Arbeidstrening", EN: "Work practice"}},
	{ID: "MIDLERTIDIG_LONNSTILSKUDD", Text: results.Text{NB: "Midlertidig lønnstilskudd", EN: "Temporary wage subsidy"}},
	{ID: "GRUPPE_ARBEIDSMARKEDSOPPLAERING", Text: results.Text{NB: "Arbeidsmarkedsopplæring i gruppe", EN: "Classroom training"}},
	{ID: "OPPFOLGING", Text: results.Text{NB: "Oppfølging", EN: "Follow-up"}},
	{ID: "ARBEIDSRETTET_REHABILITERING", Text: results.Text{NB: "Arbeidsrettet rehabilitering", EN: "Vocational rehabilitation"}},
}

var groups = []results.Label{
	{ID: "alle", Text: results.Text{NB: "Alle", EN: "All"}, Note: results.Text{NB: "alle i populasjonen", EN: "everybody in the population"}},
	{ID: "unge", Text: results.Text{NB: "Unge under 30 år", EN: "Under 30"}},
	{ID: "langtidsledige", Text: results.Text{NB: "Langtidsledige", EN: "Long-term unemployed"}},
	{ID: "innvandrere_utenfor_eos", Text: results.Text{NB: "Innvandrere fra land utenfor EØS", EN: "Immigrants from outside the EEA"}},
	{ID: "lav_utdanning", Text: results.Text{NB: "Lite eller ingen utdanning", EN: "Little or no education"}},
	{ID: "nedsatt_arbeidsevne", Text: results.Text{NB: "Nedsatt arbeidsevne", EN: "Reduced work capacity"}},
	{ID: "ufore", Text: results.Text{NB: "Mottar uføretrygd", EN: "On disability pension"}},
}

// Make is a run of so many tiltak and groups (up to 6 and any number), after disclosure control. Groups of number 6, 13, …
// are very small.
func Make(nTiltak, nGroups int) (*results.Run, *results.Tables) {
	r := &results.Run{Schema: 1, RunID: "0123456789abcdef", Version: "devel", Platform: "linux/amd64 go1.26.8", Study: "madeup",
		Title: results.Text{NB: "Virkning av arbeidsrettede tiltak", EN: "Effects of labour-market measures"},
		Seed:  1, Level: 0.95, MinCell: 5, Horizon: 36, From: "2018-01", To: "2021-12", Cut: "2024-12", PriceYear: 2024, Comparison: "not-now", LaterEntry: "follow",
		Resolved: []byte(`{"study":"madeup","outcomes":[{"id":"stabilt_arbeid","kind":"stable_work"},{"id":"arbeid","kind":"work"},{"id":"lonn","kind":"earnings"}],"inference":{"level":0.95,"family":{"outcome":"stabilt_arbeid","month":24,"method":"ebal"}}}`),
		Inputs:   []datasets.Fingerprint{{Name: "deltakelse.parquet", SHA256: fmt.Sprintf("%064x", 1), Bytes: 1234567, Rows: 45678}, {Name: "person.parquet", SHA256: fmt.Sprintf("%064x", 2), Bytes: 234567, Rows: 20000}},
		Tiltak:   tiltak[:nTiltak], Groups: append([]results.Label(nil), groups[:min(nGroups, len(groups))]...),
		Outcomes: []results.Label{
			{ID: "stabilt_arbeid", Text: results.Text{NB: "I stabilt arbeid", EN: "In stable work"}, Note: results.Text{NB: "ordinært arbeid i minst 50 prosent stilling i 6 av de siste 6 månedene", EN: "ordinary work of at least 50 per cent in 6 of the last 6 months"}},
			{ID: "arbeid", Text: results.Text{NB: "I arbeid", EN: "In work"}},
			{ID: "lonn", Text: results.Text{NB: "Lønn per måned", EN: "Wage a month"}, Note: results.Text{NB: "ordinær lønn, null medregnet, i 2024-kroner", EN: "ordinary wage, zeros included, in kroner of 2024"}},
		},
		Methods: []results.Label{
			{ID: "nearest", Text: results.Text{NB: "Nærmeste nabo", EN: "Nearest neighbour"}},
			{ID: "ebal", Text: results.Text{NB: "Entropibalansering", EN: "Entropy balancing"}},
			{ID: "did", Text: results.Text{NB: "Betinget forskjell-i-forskjell", EN: "Conditional difference-in-differences"}},
		},
		Covariates: []results.Label{{ID: "alder", Text: results.Text{NB: "Alder", EN: "Age"}}, {ID: "kvinne", Text: results.Text{NB: "Kvinne", EN: "Woman"}}, {ID: "utdanning", Text: results.Text{NB: "Utdanning", EN: "Education"}}},
		Warnings:   []fault.Warning{fault.Warnf("unconfirmed_rate", "ARBEIDSTRENING: 2 rates are unconfirmed")},
	}
	for i := len(groups); i < nGroups; i++ {
		r.Groups = append(r.Groups, results.Label{ID: fmt.Sprintf("fylke=%02d", i), Text: results.Text{NB: fmt.Sprintf("Bosatt i fylke nummer %d", i), EN: fmt.Sprintf("Living in county number %d", i)}})
	}
	r.Notes.Question = results.Text{NB: "Kommer flere i stabilt arbeid av å delta nå enn av å vente?", EN: "Do more people enter stable work by taking part now rather than waiting?"}
	r.Notes.Limitations = results.Text{NB: "Dette er oppdiktede tall.\nDe skal ikke brukes.", EN: "These figures are made up.\nThey are not to be used."}
	t := new(results.Tables)
	for k, tl := range r.Tiltak {
		for g, gl := range r.Groups {
			cell(r, t, rand.New(rand.NewPCG(uint64(k), uint64(g))), k, g, tl.ID, gl.ID)
		}
	}
	t.Flow = append(t.Flow, results.Flow{Table: "person", Step: 1, Rule: "read", Action: "start", Rows: 20000, Persons: 20000},
		results.Flow{Table: "deltakelse", Step: 2, Rule: "status_not_participation", Action: "dropped", Rows: 1234, Persons: 900},
		results.Flow{Table: "deltakelse", Step: 3, Rule: "end_before_start", Action: "dropped", Rows: 3, Persons: 3})
	results.Suppress(t, r.MinCell)
	return r, t
}

func cell(r *results.Run, t *results.Tables, rnd *rand.Rand, k, g int, tl, gl string) {
	n := 2400 / (g + 1)
	if g%7 == 6 {
		n = 9
	}
	for m, method := range r.Methods {
		base := 0.12 + 0.06*float64(k)
		for _, y := range r.Outcomes {
			for h := 1; h <= r.Horizon; h++ {
				t.Estimates = append(t.Estimates, figures(r, rnd, n, k, g, m, h, base, tl, gl, y.ID, method.ID))
			}
		}
		if method.ID == "did" {
			t.Diagnostics = append(t.Diagnostics, results.Diagnostic{Tiltak: tl, Group: gl, Method: method.ID, Name: "constant_base", Value: 1, Text: "the outcome is 0 for everybody in the base"})
			continue
		}
		for i, v := range []string{"alder", "kvinne", "utdanning=grunnskole", "utdanning=videregående", "ledig_maneder", "lonn_siste_ar"} {
			before := results.Balance{Tiltak: tl, Group: gl, Method: method.ID, Variable: v, Stage: "before", MeanTreated: 0.4, MeanComparison: 0.35, SMD: 0.5 - 0.13*float64(i) + 0.05*rnd.NormFloat64(), VarianceRatio: 1.05, ECDFMean: 0.05, ECDFMax: 0.1, PersonsTreated: n, PersonsComparison: 20 * n}
			after := before
			after.Stage, after.SMD, after.MeanComparison = "after", 0.02*rnd.NormFloat64(), 0.399
			if k == 1 && i == 4 && method.ID == "nearest" {
				after.SMD = 0.17
			}
			t.Balance = append(t.Balance, before, after)
		}
		t.Diagnostics = append(t.Diagnostics, results.Diagnostic{Tiltak: tl, Group: gl, Method: method.ID, Name: "share_kept", Value: 0.93})
		t.Placebo = append(t.Placebo, results.Placebo{Tiltak: tl, Group: gl, Outcome: "arbeid", Method: method.ID, Window: "-18--7", Estimate: 0.002 + 0.05*float64(k/3), StdError: 0.012, ConfLow: -0.0215 + 0.05*float64(k/3), ConfHigh: 0.0255 + 0.05*float64(k/3), PValue: math.Max(0.0001, 0.8-0.2*float64(k)), PersonsTreated: n, PersonsComparison: 5 * n})
	}
	for b := range 20 {
		x := float64(b) / 20
		a, c := math.Exp(-math.Pow((x-0.35)/0.2, 2)), math.Exp(-6*x)
		t.Overlap = append(t.Overlap,
			results.Overlap{Tiltak: tl, Group: gl, Arm: "treated", BinLow: x, BinHigh: x + 0.05, Share: a / 7.2, Persons: int(float64(n) * a / 7.2)},
			results.Overlap{Tiltak: tl, Group: gl, Arm: "comparison", BinLow: x, BinHigh: x + 0.05, Share: c / 3.8, Persons: int(float64(20*n) * c / 3.8)})
	}
	starts := n * 5 / 4
	if k == 2 {
		starts = 3 * n
	}
	t.Flow = append(t.Flow, results.Flow{Tiltak: tl, Group: gl, Table: "deltakelse", Step: 0, Rule: "starts", Action: "start", Rows: starts, Persons: starts},
		results.Flow{Tiltak: tl, Group: gl, Table: "deltakelse", Step: 1, Rule: "not_in_risk_set", Action: "dropped", Rows: (starts - n) / 2, Persons: (starts - n) / 2},
		results.Flow{Tiltak: tl, Group: gl, Table: "deltakelse", Step: 2, Rule: "no_full_follow_up", Action: "dropped", Rows: starts - n - (starts-n)/2, Persons: starts - n - (starts-n)/2},
		results.Flow{Tiltak: tl, Group: gl, Table: "deltakelse", Step: 9, Rule: "analysed", Action: "analysed", Rows: n, Persons: n})
	for _, m := range []string{"time_in_tiltak", "time_to_work", "time_to_stable_work"} {
		left, s := n, 1.
		for h := 1; h <= 36 && left > 0; h++ {
			d := left / 12
			c := 0
			s *= 1 - float64(d)/float64(left)
			t.Durations = append(t.Durations, results.Duration{Tiltak: tl, Group: gl, Measure: m, Unit: "months", Time: float64(h), NRisk: left, NEvent: d, NCensor: c, Estimate: s, StdError: 0.01, ConfLow: max(0, s-0.03), ConfHigh: min(1, s+0.02)})
			left -= d + c
		}
	}
	priced := k != 4
	mean := 60000 + 22000*float64(k) + 900*float64(g)
	add := func(year *int, stat string, v float64, persons int) {
		if !priced {
			v = math.NaN()
		}
		t.Costs = append(t.Costs, results.Cost{Tiltak: tl, Group: gl, Year: year, Measure: "per_participant", Statistic: stat, BinLow: math.NaN(), BinHigh: math.NaN(), Value: v, PriceYear: r.PriceYear, Priced: priced, Persons: persons})
	}
	for y := 2018; y <= 2021; y++ {
		add(&y, "n", float64(n/4), n/4)
		add(&y, "mean", mean*(1+0.04*float64(y-2018)), n/4)
	}
	add(nil, "n", float64(n), n)
	add(nil, "mean", mean, n)
	for i, q := range []string{"p10", "p25", "p50", "p75", "p90"} {
		add(nil, q, mean*(0.2+0.4*float64(i)), n)
	}
	add(nil, "sum", mean*float64(n), n)
	if priced {
		for b := range 16 {
			share := 0.075 * (1 + float64(8-b)*0.08)
			t.Costs = append(t.Costs, results.Cost{Tiltak: tl, Group: gl, Measure: "per_participant", Statistic: "share_in_bin", BinLow: mean / 6 * float64(b), BinHigh: mean / 6 * float64(b+1), Value: share, PriceYear: r.PriceYear, Priced: true, Persons: int(float64(n) * share)})
		}
	}
}

func figures(r *results.Run, rnd *rand.Rand, n, k, g, m, h int, base float64, tl, gl, y, method string) results.Estimate {
	nan := math.NaN()
	e := results.Estimate{Tiltak: tl, Group: gl, Outcome: y, Method: method, Month: &h, Estimand: "ATT", Comparison: r.Comparison, LaterEntry: r.LaterEntry, Sample: "main", Definition: "main", CovariateSet: "default", Role: "primary",
		NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 10 * n, ESS: float64(n) * 0.8, StdErrorType: "influence by person", OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1,
		BandLow: nan, BandHigh: nan, PAdjusted: nan, PPermutation: nan, FamilyLow: nan, FamilyHigh: nan}
	if y == "stabilt_arbeid" && h < 6 {
		e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue, e.MeanTreated, e.MeanComparison, e.Reason = nan, nan, nan, nan, nan, nan, nan, estimate.NotDefined
		return e
	}
	t := float64(h)
	effect := -0.07*math.Exp(-t/6) + (0.05+0.02*float64(k)-0.012*float64(g%7))*(1-math.Exp(-t/14)) + 0.004*float64(m) + 0.003*rnd.NormFloat64()
	e.StdError = 0.45 / math.Sqrt(float64(n)) * (1 + 0.3*float64(m))
	level := base * (1 - math.Exp(-t/10))
	if y == "lonn" {
		effect, level, e.StdError = effect*40000, level*40000, e.StdError*40000
	} else {
		e.OnesTreated = max(0, int(float64(n)*(level+effect)))
		e.ZerosTreated = n - e.OnesTreated
		e.OnesComparison, e.ZerosComparison = int(float64(10*n)*level), int(float64(10*n)*(1-level))
	}
	e.Estimate, e.MeanComparison, e.MeanTreated = effect, level, max(0, level+effect)
	z := estimate.Quantile(r.Level)
	e.ConfLow, e.ConfHigh = effect-z*e.StdError, effect+z*e.StdError
	e.BandLow, e.BandHigh = effect-1.4*z*e.StdError, effect+1.4*z*e.StdError
	e.PValue = estimate.PValue(effect / e.StdError)
	if h == 24 && y == "stabilt_arbeid" && method == "ebal" {
		e.PAdjusted, e.Family = min(1, 7*e.PValue), "family"
	}
	return e
}
