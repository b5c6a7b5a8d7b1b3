package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

func TestCostMargins(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		var rows []Cost
		all := 0
		var counts []int
		for y := range 4 {
			n := r.IntN(12) * (1 + r.IntN(10))
			counts = append(counts, n)
			all += n
			year := 2018 + y
			for _, s := range []string{"n", "mean", "sum", "p10", "p50"} {
				rows = append(rows, Cost{Tiltak: "AFT", Group: "alle", Year: &year, Measure: "per_participant", Statistic: s, Value: 1, Persons: n})
			}
		}
		for _, s := range []string{"n", "mean", "sum", "p10", "p50"} {
			rows = append(rows, Cost{Tiltak: "AFT", Group: "alle", Measure: "per_participant", Statistic: s, Value: 1, Persons: all})
		}
		tables := &Tables{Costs: rows}
		Suppress(tables, 5)
		hiddenPersons, hiddenYears, allShown := 0, 0, false
		for _, c := range tables.Costs {
			if c.Statistic == "p10" && !math.IsNaN(c.Value) && c.Persons < 50 {
				t.Errorf("seed %d: p10 of %d persons is shown", seed, c.Persons)
			}
			if c.Statistic != "mean" {
				continue
			}
			if !math.IsNaN(c.Value) && c.Persons > 0 && c.Persons < 5 {
				t.Errorf("seed %d: a mean of %d persons is shown", seed, c.Persons)
			}
			if c.Year == nil {
				allShown = !math.IsNaN(c.Value)
			} else if math.IsNaN(c.Value) {
				hiddenPersons += c.Persons
				hiddenYears++
			}
		}
		if allShown && hiddenPersons > 0 && hiddenPersons < 5 {
			t.Errorf("seed %d: years %v: %d persons can be derived", seed, counts, hiddenPersons)
		}
		_ = hiddenYears
	}
}

// TestCostsInTwoDirections attacks tables of groups × years with both margins by linear algebra.
func TestCostsInTwoDirections(t *testing.T) {
	shown, all := 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 29))
		const groups, years = 4, 4
		var n [groups][years]int
		var costs []Cost
		var estimates []Estimate
		month := 1
		add := func(group string, year, n int) {
			c := Cost{Tiltak: "AFT", Group: group, Measure: "per_participation", Statistic: "n", Value: float64(n), Persons: n}
			if year >= 0 {
				c.Year = &year
			}
			mean := c
			mean.Statistic, mean.Value = "mean", 1
			costs = append(costs, c, mean)
		}
		total := 0
		for g := range groups {
			sum := 0
			for y := range years {
				n[g][y] = r.IntN(8) * r.IntN(12)
				sum += n[g][y]
				add(fmt.Sprintf("fylke=%d", g), y, n[g][y])
			}
			add(fmt.Sprintf("fylke=%d", g), -1, sum)
			total += sum
			estimates = append(estimates, Estimate{Tiltak: "AFT", Group: fmt.Sprintf("fylke=%d", g), Month: &month, NStarts: sum, NPersonsTreated: sum, NPersonsComparison: 1000, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1})
		}
		for y := range years {
			sum := 0
			for g := range groups {
				sum += n[g][y]
			}
			add("alle", y, sum)
		}
		add("alle", -1, total)
		estimates = append(estimates, Estimate{Tiltak: "AFT", Group: "alle", Month: &month, NStarts: total, NPersonsTreated: total, NPersonsComparison: 1000, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1})
		tables := &Tables{Estimates: estimates, Costs: costs}
		Suppress(tables, 5)
		vector := func(group string, year *int) []float64 {
			v := make([]float64, groups*years)
			for g := range groups {
				for y := range years {
					if (group == "alle" || group == fmt.Sprintf("fylke=%d", g)) && (year == nil || *year == y) {
						v[g*years+y] = 1
					}
				}
			}
			return v
		}
		var published [][]float64
		for _, c := range tables.Costs {
			if c.Statistic != "n" {
				continue
			}
			all++
			if !math.IsNaN(c.Value) {
				shown++
				published = append(published, vector(c.Group, c.Year))
			}
		}
		for g := range groups {
			for y := range years {
				if k := n[g][y]; k > 0 && k < 5 && determined(published, vector(fmt.Sprintf("fylke=%d", g), &y)) {
					t.Errorf("seed %d: fylke=%d in year %d has %d participations, which can be derived", seed, g, y, k)
				}
			}
		}
	}
	t.Logf("%d of %d cells are shown", shown, all)
	if shown*2 < all {
		t.Errorf("only %d of %d cells are shown", shown, all)
	}
}

func TestMeasuresOverNearlyTheSamePersons(t *testing.T) {
	var rows []Cost
	for measure, n := range map[string]int{"per_participant": 50, "per_participant_month": 50, "per_completed": 47} {
		for _, s := range []string{"n", "mean"} {
			rows = append(rows, Cost{Tiltak: "AFT", Group: "alle", Measure: measure, Statistic: s, Value: 1, Persons: n})
		}
	}
	rows = append(rows, Cost{Tiltak: "MENTOR", Group: "alle", Measure: "per_participant", Statistic: "p10", Value: math.NaN(), Reason: estimate.NotDefined})
	tables := &Tables{Costs: rows}
	Suppress(tables, 5)
	for _, c := range tables.Costs {
		switch hidden := c.Reason == estimate.Suppressed; {
		case c.Tiltak == "MENTOR" && c.Reason != estimate.NotDefined:
			t.Errorf("what was never there became %s", c.Reason)
		case c.Tiltak == "AFT" && hidden != (c.Measure == "per_completed"):
			t.Errorf("%s %s: hidden %v", c.Measure, c.Statistic, hidden)
		}
	}
}
