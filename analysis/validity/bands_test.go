package validity

import (
	"math"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// estimatesOf runs a study (its lines after the register and the window of starts) on a simulated register.
func estimatesOf(t *testing.T, persons int, seed uint64, lines string) []results.Estimate {
	t.Helper()
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: persons, Seed: seed, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := analysis.Parse([]byte("study: t\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2021-12}\n" + lines))
	if err != nil {
		t.Fatal(err)
	}
	out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return out.Tables.Estimates
}

// A window is the sum of its months to rounding; its error lies between that of the months as if independent of each other
// and the sum of theirs, since months of the same persons go together. A band has one critical value for all months of its
// series, over the pointwise value and under Bonferroni's. A simultaneous family never has a p-value under the own one, or
// over Bonferroni's but for draws.
func TestBandsWindowsAndFamilyOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	const horizon = 12
	rows := estimatesOf(t, 4000, 3, `tiltak: all
groups: [alle, unge, lav_utdanning]
horizon: 12
windows: [1-6, 7-12]
outcomes: [{id: arbeid, kind: work, position: 1}, {id: stabilt_arbeid, kind: stable_work, position: 50, months: 6, of: 6}, {id: lonn, kind: earnings}]
methods: [nearest, ebal, did]
inference: {multiplicity: simultaneous, family: {outcome: arbeid, month: 12, over: [tiltak, group, method]}}
`)
	type key struct{ tiltak, group, outcome, method string }
	months := map[key][]results.Estimate{}
	var windows, family []results.Estimate
	for _, e := range rows {
		k := key{e.Tiltak, e.Group, e.Outcome, e.Method}
		if e.Window != "" {
			windows = append(windows, e)
			continue
		}
		months[k] = append(months[k], e)
		if e.Family != "" {
			family = append(family, e)
		}
	}
	bands := 0
	for k, of := range months {
		if len(of) != horizon {
			t.Fatalf("%v: %d months", k, len(of))
		}
		critical, live := math.NaN(), 0
		for _, e := range of {
			if e.Reason != "" || !(e.StdError > 0) {
				if !math.IsNaN(e.BandLow) {
					t.Errorf("%v: a band without an estimate", k)
				}
				continue
			}
			live++
			c := (e.BandHigh - e.Estimate) / e.StdError
			if d := (e.Estimate - e.BandLow) / e.StdError; math.Abs(d/c-1) > 1e-9 || !math.IsNaN(critical) && math.Abs(c/critical-1) > 1e-9 {
				t.Errorf("%v: critical values %v, %v, %v", k, c, d, critical)
			}
			critical = c
		}
		if live < 2 {
			continue
		}
		bands++
		if bonferroni := estimate.Quantile(1 - .05/float64(live)); !(critical > estimate.Quantile(.95)) || !(critical < bonferroni) {
			t.Errorf("%v: critical value %v for %d months", k, critical, live)
		}
	}
	sums, refused := 0, 0
	for _, w := range windows {
		from, to := 1, 6
		if w.Window == "7-12" {
			from, to = 7, 12
		}
		sum, squares, linear, why := 0., 0., 0., estimate.Reason("")
		for _, e := range months[key{w.Tiltak, w.Group, w.Outcome, w.Method}][from-1 : to] {
			if e.Reason != "" && why == "" {
				why = e.Reason
			}
			sum += e.Estimate
			squares += e.StdError * e.StdError
			linear += e.StdError
		}
		if why != "" || w.Reason != "" {
			if w.Reason != why || !math.IsNaN(w.Estimate) {
				t.Errorf("window with reason %q: months %q", w.Reason, why)
			}
			refused++
			continue
		}
		sums++
		if math.Abs(w.Estimate-sum) > 1e-9*(math.Abs(sum)+linear) {
			t.Errorf("%s × %s %s %s %s: %v, months %v", w.Tiltak, w.Group, w.Outcome, w.Method, w.Window, w.Estimate, sum)
		}
		if !(w.StdError < linear) || !(w.StdError > math.Sqrt(squares)) {
			t.Errorf("%s × %s %s %s %s: error %v, independent %v, sum %v", w.Tiltak, w.Group, w.Outcome, w.Method, w.Window, w.StdError, math.Sqrt(squares), linear)
		}
		if w.Month != nil || !math.IsNaN(w.BandLow) {
			t.Errorf("a window with a month or a band: %+v", w)
		}
	}
	if bands < 50 || sums < 100 || refused < 10 || len(family) < 30 {
		t.Fatalf("%d bands, %d windows, %d refused, %d in the family: too few to tell", bands, sums, refused, len(family))
	}
	live := 0
	for _, e := range family {
		if e.StdError > 0 {
			live++
		}
	}
	sharper := false
	for _, e := range family {
		if !(e.PAdjusted >= e.PValue) || e.PAdjusted > min(1, float64(live)*e.PValue)+.02 {
			t.Errorf("%s × %s %s: p %v, adjusted %v over %d", e.Tiltak, e.Group, e.Method, e.PValue, e.PAdjusted, live)
		}
		sharper = sharper || e.PAdjusted < .7*float64(live)*e.PValue && e.PAdjusted < .9
		if !(e.FamilyLow < e.ConfLow) || !(e.FamilyHigh > e.ConfHigh) {
			t.Errorf("%s × %s %s: family interval %v to %v inside %v to %v", e.Tiltak, e.Group, e.Method, e.FamilyLow, e.FamilyHigh, e.ConfLow, e.ConfHigh)
		}
	}
	if !sharper {
		t.Error("the joint distribution of overlapping groups gains nothing over Bonferroni")
	}
}
