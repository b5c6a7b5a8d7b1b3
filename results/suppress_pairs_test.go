package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// pairPerson is a start of a made-up register with two flags.
type pairPerson struct {
	a, b, dropped, works bool
	year                 int
	rule                 string
}

var pairAreas = []struct {
	name string
	in   func(a, b bool) bool
}{
	{everybody, func(bool, bool) bool { return true }},
	{"unge", func(a, _ bool) bool { return a }},
	{"lav_utdanning", func(_, b bool) bool { return b }},
	{"unge_x_lav_utdanning", func(a, b bool) bool { return a && b }},
}

func pairVector(in func(a, b bool) bool) (v []float64) {
	for _, a := range []bool{false, true} {
		for _, b := range []bool{false, true} {
			x := 0.
			if in(a, b) {
				x = 1
			}
			v = append(v, x)
		}
	}
	return v
}

// pairTables are the tables of one tiltak over the four groups: estimates of a method that drops nobody and of one that
// drops some, the flow, the costs by year and the curve of time in tiltak.
func pairTables(ps []pairPerson) *Tables {
	t := &Tables{}
	month := 12
	for _, g := range pairAreas {
		var in []pairPerson
		for _, p := range ps {
			if g.in(p.a, p.b) {
				in = append(in, p)
			}
		}
		n := map[string]int{}
		years := map[int]int{}
		for _, p := range in {
			n[p.rule]++
			years[p.year]++
		}
		for _, method := range []string{"ebal", "nearest"} {
			e := Estimate{Tiltak: "AFT", Group: g.name, Outcome: "arbeid", Method: method, Month: &month, Role: "primary", Estimate: 0.1, StdError: 0.1, MeanComparison: 0.5, NPersonsComparison: 1000, OnesComparison: 500, ZerosComparison: 500}
			for _, p := range in {
				if p.rule != "analysed" {
					continue
				}
				e.NStartsEligible++
				if method == "nearest" && p.dropped {
					continue
				}
				e.NStarts++
				if p.works {
					e.OnesTreated++
				}
			}
			e.NPersonsTreated, e.ZerosTreated = e.NStarts, e.NStarts-e.OnesTreated
			if e.MeanTreated = float64(e.OnesTreated) / float64(e.NStarts); e.NStarts == 0 {
				e.Estimate, e.MeanTreated, e.Reason = math.NaN(), math.NaN(), "too_few_treated"
			}
			t.Estimates = append(t.Estimates, e)
		}
		t.Flow = append(t.Flow, Flow{Tiltak: "AFT", Group: g.name, Table: "deltakelse", Rule: "starts", Action: "start", Rows: len(in), Persons: len(in)},
			Flow{Tiltak: "AFT", Group: g.name, Table: "deltakelse", Step: 1, Rule: "outside_age", Action: "dropped", Rows: n["outside_age"], Persons: n["outside_age"]},
			Flow{Tiltak: "AFT", Group: g.name, Table: "deltakelse", Step: 2, Rule: "analysed", Action: "analysed", Rows: n["analysed"], Persons: n["analysed"]})
		for year := 2018; year <= 2020; year++ {
			y, count := year, years[year]
			at := &y
			if year == 2020 {
				at, count = nil, len(in)
			}
			for _, stat := range []string{"n", "mean"} {
				value := float64(count)
				if stat == "mean" {
					value = 1000
				}
				t.Costs = append(t.Costs, Cost{Tiltak: "AFT", Group: g.name, Year: at, Measure: "per_participation", Statistic: stat, Value: value, Priced: true, Persons: count})
			}
			t.Costs = append(t.Costs, Cost{Tiltak: "AFT", Group: g.name, Year: at, Measure: "per_participation", Statistic: "unpriced", Value: 0, Priced: true, Persons: count})
		}
	}
	return t
}

// No cell of the two-by-two table of two groups, no union of cells, and no such cell with or without the outcome can be
// solved for where it is small. The oracle is linear algebra over the four cells.
func TestPairsAreNotSolvedFor(t *testing.T) {
	const limit = 5
	seeds := uint64(1500)
	if os.Getenv("EVALUATE_SLOW") == "1" {
		seeds = 50000
	}
	shown, hidden, byQuads := 0, 0, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 11))
		share := [3]float64{r.Float64(), r.Float64(), r.Float64()}
		ps := make([]pairPerson, 20+r.IntN(300))
		for i := range ps {
			p := &ps[i]
			p.a, p.b = r.Float64() < share[0], r.Float64() < share[1]
			p.works, p.dropped, p.year, p.rule = r.Float64() < 0.1+0.8*share[2], r.Float64() < 0.05, 2018+r.IntN(2), "analysed"
			if r.Float64() < 0.2 {
				p.rule = "outside_age"
			}
		}
		tables := pairTables(ps)
		before := Attack(tables, limit)
		for _, s := range Suppress(tables, limit) {
			if s.Rule == leftByTwo {
				byQuads++
			}
		}
		if found := Attack(tables, limit); len(found) > 0 {
			t.Errorf("seed %d: the attack finds %s", seed, strings.Join(found, "; "))
		}
		_ = before
		var sizes, levels, starts [][]float64
		years := map[int][][]float64{}
		for _, g := range pairAreas {
			v := pairVector(g.in)
			for i := range tables.Estimates {
				if e := &tables.Estimates[i]; e.Group == g.name && e.Method == "ebal" {
					if e.NStarts >= 0 {
						sizes = append(sizes, v)
					}
					if !math.IsNaN(e.MeanTreated) {
						levels = append(levels, v)
						shown++
					} else {
						hidden++
					}
				}
			}
			for i := range tables.Flow {
				if f := &tables.Flow[i]; f.Group == g.name && f.Action == "start" && f.Rows >= 0 {
					starts = append(starts, v)
				} else if f.Group == g.name && f.Action == "analysed" && f.Rows >= 0 {
					sizes = append(sizes, v)
				}
			}
			for i := range tables.Costs {
				if c := &tables.Costs[i]; c.Group == g.name && c.Statistic == "n" && !math.IsNaN(c.Value) {
					if c.Year == nil {
						starts = append(starts, v)
					} else {
						years[*c.Year] = append(years[*c.Year], v)
					}
				}
			}
		}
		for set := 1; set < 16; set++ { // every union of cells
			in := func(a, b bool) bool {
				k := 0
				if a {
					k += 2
				}
				if b {
					k++
				}
				return set&(1<<k) != 0
			}
			v := pairVector(in)
			n, ones, all := 0, 0, 0
			byYear := map[int]int{}
			for _, p := range ps {
				if !in(p.a, p.b) {
					continue
				}
				all++
				byYear[p.year]++
				if p.rule == "analysed" {
					n++
					if p.works {
						ones++
					}
				}
			}
			name := fmt.Sprintf("seed %d, cells %04b", seed, set)
			if n > 0 && n < limit && determined(sizes, v) {
				t.Errorf("%s: %d starts analysed can be derived", name, n)
			}
			if all > 0 && all < limit && determined(starts, v) {
				t.Errorf("%s: %d starts can be derived", name, all)
			}
			if n > 0 && (ones < limit || n-ones < limit) && determined(levels, v) {
				t.Errorf("%s: %d of %d with the outcome can be derived", name, ones, n)
			}
			for year, shown := range years {
				if c := byYear[year]; c > 0 && c < limit && determined(shown, v) {
					t.Errorf("%s: %d participations of %d can be derived", name, c, year)
				}
			}
		}
	}
	t.Logf("%d levels shown, %d hidden; %d runs hide an intersection for what two groups leave", shown, hidden, byQuads)
	if shown < hidden || byQuads < 20 {
		t.Errorf("%d levels shown, %d hidden, %d by what two groups leave: the test tells little", shown, hidden, byQuads)
	}
}

// The attack finds what no rule has hidden.
func TestPairsAreAttacked(t *testing.T) {
	var ps []pairPerson
	add := func(n int, a, b bool) {
		for i := range n {
			ps = append(ps, pairPerson{a: a, b: b, works: i%2 == 0, year: 2018 + i/2%2, rule: "analysed"})
		}
	}
	add(40, true, true)
	add(40, true, false)
	add(40, false, true)
	add(3, false, false)
	found := strings.Join(Attack(pairTables(ps), 5), "\n")
	for _, want := range []string{"less unge and lav_utdanning, which share unge_x_lav_utdanning, it is 3 starts", "3 starts are in neither of the two", "3 starts analysed are in neither", "participations of a year are in neither"} {
		if !strings.Contains(found, want) {
			t.Errorf("the attack does not find %q in\n%s", want, found)
		}
	}
}
