package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

// micro is one person of a made-up register, the unit that an attacker must not see.
type micro struct {
	young, dropped bool // dropped: by the caliper of the method nearest
	county         int
	works          [4]bool // by month 1–3
	entered        int     // month of entry into work, 9 = never
}

// area is a set of persons that a row is about; atoms are the finest cells, young × county × dropped.
type area struct {
	name string
	in   func(young bool, county int, dropped bool) bool
}

func areas() []area {
	all := []area{
		{"alle", func(bool, int, bool) bool { return true }},
		{"unge", func(y bool, _ int, _ bool) bool { return y }},
		{"eldre", func(y bool, _ int, _ bool) bool { return !y }},
	}
	for k := range 4 {
		all = append(all, area{fmt.Sprintf("fylke=%d", k), func(_ bool, c int, _ bool) bool { return c == k }})
	}
	return all
}

func (a area) vector(dropped bool) []float64 {
	v := make([]float64, 0, 16)
	for _, y := range []bool{false, true} {
		for c := range 4 {
			for _, d := range []bool{false, true} {
				x := 0.
				if a.in(y, c, d) && (dropped || !d) {
					x = 1
				}
				v = append(v, x)
			}
		}
	}
	return v
}

func people(r *rand.Rand, n int) []micro {
	ps := make([]micro, n)
	rate, young, county := 0.05+0.9*r.Float64(), r.Float64(), r.Float64()
	for i := range ps {
		p := &ps[i]
		p.young, p.dropped = r.Float64() < young, r.Float64() < 0.1
		for p.county < 3 && r.Float64() < county {
			p.county++
		}
		for m := 1; m <= 3; m++ {
			p.works[m] = r.Float64() < rate
		}
		if p.entered = 1 + r.IntN(6); p.entered > 3 {
			p.entered = 9
		}
	}
	return ps
}

func estimatesOf(ps []micro, groups []area) []Estimate {
	var rows []Estimate
	for _, g := range groups {
		for _, method := range []string{"ebal", "nearest"} {
			for _, outcome := range []string{"arbeid", "inn_i_arbeid"} {
				for m := 1; m <= 3; m++ {
					e := Estimate{Tiltak: "AFT", Group: g.name, Outcome: outcome, Method: method, Month: &m, Role: "primary", Estimate: 0.1, StdError: 0.1, MeanComparison: 0.5, NPersonsComparison: 1000, OnesComparison: 500, ZerosComparison: 500}
					for _, p := range ps {
						if !g.in(p.young, p.county, p.dropped) || method == "nearest" && p.dropped {
							continue
						}
						e.NStarts++
						if outcome == "arbeid" && p.works[m] || outcome != "arbeid" && p.entered <= m {
							e.OnesTreated++
						}
					}
					e.NPersonsTreated, e.ZerosTreated, e.NStartsEligible = e.NStarts, e.NStarts-e.OnesTreated, e.NStarts
					if e.NStarts == 0 {
						e.Estimate, e.StdError, e.MeanComparison, e.Reason = math.NaN(), math.NaN(), math.NaN(), estimate.TooFewTreated
						e.MeanTreated = math.NaN()
					} else {
						e.MeanTreated = float64(e.OnesTreated) / float64(e.NStarts)
					}
					rows = append(rows, e)
				}
			}
		}
	}
	return rows
}

// determined tells whether a vector lies in the row space of the published ones: whether an attacker can solve for it.
func determined(published [][]float64, want []float64) bool {
	rank := func(rows [][]float64) int {
		m := make([][]float64, len(rows))
		for i, r := range rows {
			m[i] = append([]float64(nil), r...)
		}
		rank := 0
		for c := range len(want) {
			best := -1
			for i := rank; i < len(m); i++ {
				if math.Abs(m[i][c]) > 1e-9 && (best < 0 || math.Abs(m[i][c]) > math.Abs(m[best][c])) {
					best = i
				}
			}
			if best < 0 {
				continue
			}
			m[rank], m[best] = m[best], m[rank]
			for i := rank + 1; i < len(m); i++ {
				f := m[i][c] / m[rank][c]
				for k := c; k < len(want); k++ {
					m[i][k] -= f * m[rank][k]
				}
			}
			rank++
		}
		return rank
	}
	return rank(published) == rank(append(published[:len(published):len(published)], want))
}

// TestAttackBySubtraction solves the published levels of random small registers for every cell, every difference of two
// nested cells and every step between months, and finds none that is small. The oracle is linear algebra on the persons:
// it shares nothing with the rules.
func TestAttackBySubtraction(t *testing.T) {
	const limit = 5
	shown, total := 0, 0
	seeds := uint64(300)
	if os.Getenv("EVALUATE_SLOW") == "1" {
		seeds = 20000
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 7))
		ps := people(r, 10+r.IntN(400))
		groups := areas()
		if seed%3 == 0 { // now and then without the other half of unge, or without alle
			groups = append(groups[:2:2], groups[3:]...)
		}
		if seed%7 == 0 {
			groups = groups[1:]
		}
		tables := &Tables{Estimates: estimatesOf(ps, groups)}
		full := map[string]int{}
		for _, e := range tables.Estimates {
			full[e.Group] = max(full[e.Group], e.NStarts)
		}
		Suppress(tables, limit)
		for _, outcome := range []string{"arbeid", "inn_i_arbeid"} {
			for m := 1; m <= 3; m++ {
				var levels, sizes [][]float64
				for _, e := range tables.Estimates {
					if e.Outcome != outcome || *e.Month != m {
						continue
					}
					total++
					for _, g := range areas() {
						if g.name != e.Group {
							continue
						}
						if e.Method == "ebal" && e.NPersonsTreated >= 0 {
							sizes = append(sizes, g.vector(true))
						}
						if math.IsNaN(e.MeanTreated) {
							continue
						}
						shown++
						// A level that was rounded is no equation; TestRoundedLevelsTellNothing looks at what it tells.
						if rounded := e.NStarts >= 0 && e.NStarts < full[e.Group] && math.Abs(200*e.MeanTreated-math.Round(200*e.MeanTreated)) < 1e-9; !rounded {
							levels = append(levels, g.vector(e.Method == "ebal"))
						}
					}
				}
				attack(t, seed, ps, outcome, m, limit, levels, sizes)
			}
		}
	}
	t.Logf("%d of %d rows show their level", shown, total)
	if shown*4 < total {
		t.Errorf("only %d of %d rows show their level: suppression that hides everything is no use", shown, total)
	}
}

func attack(t *testing.T, seed uint64, ps []micro, outcome string, m, limit int, levels, sizes [][]float64) {
	t.Helper()
	all := areas()
	type target struct {
		name string
		v    []float64
	}
	var targets []target
	for _, a := range all {
		for _, d := range []bool{true, false} {
			targets = append(targets, target{fmt.Sprint(a.name, d), a.vector(d)})
		}
	}
	for _, a := range targets[:len(targets):len(targets)] {
		for _, b := range targets[:2*len(all)] {
			diff, nested := make([]float64, len(a.v)), true
			for k := range diff {
				diff[k] = a.v[k] - b.v[k]
				nested = nested && diff[k] >= 0
			}
			if nested {
				targets = append(targets, target{a.name + " less " + b.name, diff})
			}
		}
	}
	for _, c := range targets {
		n, ones := 0, 0
		for _, p := range ps {
			k := 0
			if p.young {
				k += 8
			}
			k += 2 * p.county
			if p.dropped {
				k++
			}
			if c.v[k] > 0 {
				n++
				if outcome == "arbeid" && p.works[m] || outcome != "arbeid" && p.entered <= m {
					ones++
				}
			}
		}
		if n == 0 {
			continue
		}
		if n < limit && determined(sizes, c.v) {
			t.Errorf("seed %d, %s month %d: %s has %d persons, which can be derived", seed, outcome, m, c.name, n)
		}
		if (ones < limit || n-ones < limit) && determined(levels, c.v) {
			t.Errorf("seed %d, %s month %d: %s has %d of %d persons with the outcome, which can be derived", seed, outcome, m, c.name, ones, n)
		}
	}
}
