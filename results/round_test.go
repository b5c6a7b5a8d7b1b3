package results

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// TestRoundKnowsEveryColumn: a number that a table gets is told what it is, or goes out unrounded.
func TestRoundKnowsEveryColumn(t *testing.T) {
	for _, e := range new(Tables).each() {
		left := map[string]bool{}
		for name := range kinds[e.name] {
			left[name] = true
		}
		for _, f := range fieldsOf(reflect.TypeOf(e.rows).Elem()) {
			_, known := kinds[e.name][f.name]
			delete(left, f.name)
			number := f.typ.Kind() == reflect.Int || f.typ.Kind() == reflect.Float64 || f.typ == reflect.TypeFor[*int]()
			if number != known {
				t.Errorf("%s: `%s` is a number: %t, and round_kinds.go knows it: %t", e.name, f.name, number, known)
			}
		}
		if len(left) > 0 {
			t.Errorf("%s has no columns %v", e.name, left)
		}
	}
}

// TestRoundedRunTellsNoCounts counts registers out of made persons, hides what is to be hidden and rounds: before, the
// attack reads counts; after, none, and no number is further from the exact one than its rule allows.
func TestRoundedRunTellsNoCounts(t *testing.T) {
	for seed := range uint64(8) {
		for _, n := range []int{5, 7, 10} {
			tables := tablesOf(startsOf(rand.New(rand.NewPCG(seed, 7)), 150+100*int(seed)))
			Suppress(tables, 5)
			if hits := Attack(tables, 5); len(hits) > 0 {
				t.Fatal(hits)
			}
			exact := append([]Estimate(nil), tables.Estimates...)
			flow := append([]Flow(nil), tables.Flow...)
			tables.Round = n
			if len(Attack(tables, 5)) == 0 {
				t.Fatal("exact counts pass for rounded ones")
			}
			Round(tables, n)
			if hits := Attack(tables, 5); len(hits) > 0 {
				t.Fatalf("seed %d, to %d: %s", seed, n, strings.Join(hits, "\n"))
			}
			for i, f := range tables.Flow {
				if d := f.Rows - flow[i].Rows; 2*max(d, -d) > n || f.Rows%n != 0 && f.Rows >= 0 || (f.Rows == 0) != (flow[i].Rows == 0) {
					t.Errorf("flow %d becomes %d, to %d", flow[i].Rows, f.Rows, n)
				}
			}
			for i := range tables.Estimates {
				e, x := &tables.Estimates[i], &exact[i]
				if d := math.Abs(e.Estimate - x.Estimate); x.StdError > 0 && d > max(.05*x.StdError, 1.25/float64(max(1, x.NStarts-n)))+1e-9 {
					t.Errorf("an effect moves by %v of its error", d/x.StdError)
				}
				if math.IsNaN(e.MeanTreated) || x.OnesTreated < 0 || x.MeanTreated <= 0 || x.MeanTreated >= 1 || e.NStarts < 0 {
					continue
				}
				// Every number of them and every count that the two figures allow, by brute force.
				numbers := map[int]bool{}
				r := rounder{n: n}
				unit := r.shareUnit(fewest(x.NPersonsTreated, x.NPersonsComparison, x.NStarts, int(x.ESS)))
				for m := max(1, e.NStarts-n/2); m <= e.NStarts+n/2; m++ {
					for k := range m + 1 {
						if int(r.count(float64(m))) == e.NStarts && share(float64(k)/float64(m), unit, math.Round) == e.MeanTreated {
							numbers[k] = true
						}
					}
				}
				if len(numbers) < n || !numbers[int(math.Round(x.MeanTreated*float64(x.NStarts)))] {
					t.Errorf("to %d: %v of %d is one of %d numbers (exact %v of %d)", n, e.MeanTreated, e.NStarts, len(numbers), x.MeanTreated, x.NStarts)
				}
			}
		}
	}
}

// TestRoundedDifference: a raw difference of two shares has all four counts in it. What goes out of it, with its error, the
// shares and the counts, is true of at least n numbers of treated with the outcome: counted by brute force over all tables.
func TestRoundedDifference(t *testing.T) {
	const n = 10
	r := rounder{n: n}
	figures := func(k1, n1, k2, n2 int) [4]float64 {
		p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
		se := math.Sqrt(p1*(1-p1)/float64(n1) + p2*(1-p2)/float64(n2))
		least := min(n1, n2)
		unit := r.shareUnit(least)
		return [4]float64{r.effect(p1-p2, se, least), r.stdError(se, least), share(p1, unit, math.Round), share(p2, unit, math.Round)}
	}
	for _, c := range [][4]int{{23, 61, 31, 93}, {40, 131, 25, 64}, {66, 197, 333, 888}} {
		out := figures(c[0], c[1], c[2], c[3])
		about1, about2 := int(r.count(float64(c[1]))), int(r.count(float64(c[3])))
		numbers := map[int]bool{}
		for n1 := about1 - 5; n1 < about1+5; n1++ {
			for k1 := max(1, c[0]-15); k1 <= min(n1-1, c[0]+15); k1++ {
			tables:
				for n2 := about2 - 5; n2 < about2+5 && !numbers[k1]; n2++ {
					for k2 := 1; k2 < n2; k2++ {
						if figures(k1, n1, k2, n2) == out {
							numbers[k1] = true
							break tables
						}
					}
				}
			}
		}
		if !numbers[c[0]] || len(numbers) < n {
			t.Errorf("%v goes out as %v, of about %d and %d: true of %d numbers of treated with the outcome", c, out, about1, about2, len(numbers))
		}
	}
}

// TestRoundedMatching: the difference of matched pairs is a whole number over theirs, and tells none of the numbers that
// the rounded one allows from the others.
func TestRoundedMatching(t *testing.T) {
	for _, n := range []int{5, 10} {
		r := rounder{n: n}
		for pairs := n; pairs < 400; pairs += 7 {
			se := .7 / math.Sqrt(float64(pairs))
			for _, d := range []int{0, 1, pairs / 20, pairs / 7} {
				out := r.effect(float64(d)/float64(pairs), se, pairs)
				about := int(r.count(float64(pairs)))
				for m := about - n/2; m < about+n/2; m++ {
					if int(r.count(float64(m))) != about {
						continue
					}
					possible := false
					for k := 0; k <= m && !possible; k++ {
						possible = r.effect(float64(k)/float64(m), se, m) == out
					}
					if !possible {
						t.Fatalf("%d of %d pairs goes out as %v of about %d: that is no difference of %d pairs", d, pairs, out, about, m)
					}
				}
			}
		}
	}
}

// TestRoundFigures are the rules, one by one.
func TestRoundFigures(t *testing.T) {
	nan := math.NaN()
	tables := &Tables{
		Estimates: []Estimate{
			{Tiltak: "A", Group: "alle", Estimate: .0412345, StdError: .0123456, ConfLow: .0170376, ConfHigh: .0654314, PValue: .000837, MeanTreated: .31234, MeanComparison: .27111, NStarts: 1234, NPersonsTreated: 1200, NPersonsComparison: 40000, ESS: 5000.4, OnesTreated: 300},
			{Tiltak: "A", Group: "alle", Estimate: 1234.56, StdError: 512.3, MeanTreated: 23456.789, NStarts: 1234, NPersonsTreated: 1200, NPersonsComparison: 40000, ESS: nan, OnesTreated: -1},
		},
		Overlap: []Overlap{{Share: .35, Persons: 7}, {Share: .65, Persons: 13}},
		Costs: []Cost{{Measure: "per_participation", Statistic: "n", Value: 207}, {Measure: "per_participation", Statistic: "mean", Value: 1234.5},
			{Measure: "per_participation", Statistic: "sum", Value: 207 * 1234.5}},
		Diagnostics: []Diagnostic{{Name: "iterations", Value: 13}, {Name: "trimmed", Value: 13, Text: "13 comparison rows with a propensity near 1"}, {Name: "largest_weight_share", Value: 1. / 207}},
	}
	Round(tables, 10)
	e, wage := tables.Estimates[0], tables.Estimates[1]
	if e.Estimate != .041 || e.StdError != .012 || e.ConfLow != .017 || e.ConfHigh != .065 || e.PValue != .00084 || e.MeanTreated != .31 || e.MeanComparison != .27 || e.NStarts != 1230 || e.ESS != 5000 {
		t.Errorf("%+v", e)
	}
	if wage.Estimate != 1230 || wage.StdError != 510 || wage.MeanTreated != 23500 || !math.IsNaN(wage.ESS) {
		t.Errorf("%+v", wage)
	}
	if o := tables.Overlap[0]; !math.IsNaN(o.Share) || o.Reason != suppressed { // a half: 10 of 20
		t.Errorf("%+v", o)
	}
	if c := tables.Costs; c[0].Value != 210 || c[1].Value != 1230 || c[2].Value != 259000 { // 210 · 1234.5 = 259245
		t.Errorf("%+v", c)
	}
	if d := tables.Diagnostics; d[0].Value != 13 || d[1].Value != 10 || d[1].Text != "10 comparison rows with a propensity near 1" || d[2].Value != .005 {
		t.Errorf("%+v", d)
	}
	w := []fault.Warning{fault.Warnf("x", "12 of 345 participations have no price; 3 persons lack a date; 24 months")}
	RoundWarnings(w, 10)
	if w[0].Message != "10 of 350 participations have no price; 10 persons lack a date; 24 months" {
		t.Error(w[0].Message)
	}
}
