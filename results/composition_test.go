package results

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// madeComposition counts a population of persons, one start each, into the rows and the census of a description: groups
// are predicates, traits and groups are variables. Everything follows from the persons, so that what a reader can derive
// is known.
func madeComposition(persons []map[string]bool, groups, traits []string) *Tables {
	t := &Tables{}
	in := func(p map[string]bool, g string) bool { return g == everybody || p[g] }
	for _, g := range groups {
		n := 0
		for _, p := range persons {
			if in(p, g) {
				n++
			}
		}
		row := func(kind, variable string) Composition {
			with := 0
			for _, p := range persons {
				if in(p, g) && in(p, variable) {
					with++
				}
			}
			mean := math.NaN()
			if n > 0 {
				mean = float64(with) / float64(n)
			}
			return Composition{Tiltak: "T", Group: g, Kind: kind, Variable: variable, MeanStarts: mean, SDStarts: math.NaN(), MeanEligible: .4, NStarts: n, NPersons: n,
				PersonsEligible: 1000, WithStarts: with, WithoutStarts: n - with, WithEligible: 400, WithoutEligible: 600}
		}
		for _, v := range traits {
			t.Composition = append(t.Composition, row("share", v))
		}
		base := Estimate{Role: CensusRole, Tiltak: "T", Group: g, NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 1000, Estimate: math.NaN(), MeanTreated: math.NaN(), MeanComparison: math.NaN(),
			OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
		t.Census = append(t.Census, base)
		for _, h := range groups {
			c := row("group", h)
			inside := base
			inside.Outcome, inside.OnesTreated, inside.ZerosTreated = h, c.WithStarts, c.WithoutStarts
			t.Census = append(t.Census, inside)
			if h != g {
				t.Composition = append(t.Composition, c)
			}
		}
	}
	return t
}

// Whatever the sizes, no small number can be had from what is left; and where nothing is small nothing is hidden.
func TestCompositionSuppressed(t *testing.T) {
	groups := []string{everybody, "a", "b", "c"}
	traits := []string{"x", "f=1", "f=2"}
	hit, shown := 0, 0
	for seed := range 400 {
		var persons []map[string]bool
		sizes := []int{40 + seed%23, 3 + seed%7, 30 + seed%5, 2 + (seed/7)%9}
		for k, n := range sizes {
			for i := range n {
				p := map[string]bool{"a": k%2 == 0, "b": k >= 2 || i%9 == seed%9, "c": k == 2 && i%3 == 0 || k == 1 && i == 0, "x": (i*7+seed)%11 < 3+k, "f=1": i%4 == 0, "f=2": i%(5+seed%13) == 1 && i%4 != 0}
				persons = append(persons, p)
			}
		}
		tables := madeComposition(persons, groups, traits)
		if len(Attack(tables, 5)) > 0 {
			hit++
		}
		Suppress(tables, 5)
		if found := Attack(tables, 5); len(found) > 0 {
			t.Fatalf("seed %d: %s", seed, strings.Join(found, "\n"))
		}
		if len(tables.Estimates) != 0 {
			t.Fatal("the census is left among the estimates")
		}
		for _, c := range tables.Composition {
			if c.Reason == "" {
				shown++
			}
		}
	}
	if hit < 200 || shown < 400 {
		t.Errorf("%d of 400 populations have something small, %d rows are shown after", hit, shown)
	}
	var persons []map[string]bool
	for i := range 400 {
		persons = append(persons, map[string]bool{"a": i%2 == 0, "b": i%3 == 0, "x": i%5 < 2, "f=1": i%4 == 0, "f=2": i%4 == 1})
	}
	tables := madeComposition(persons, []string{everybody, "a", "b"}, traits)
	if done := Suppress(tables, 5); len(done) > 0 {
		t.Errorf("nothing is small, and %v is hidden", done)
	}
}

// Which group lies inside which follows exactly from the census, also where counts alone would allow it.
func TestCensusNesting(t *testing.T) {
	var persons []map[string]bool
	for i := range 100 {
		persons = append(persons, map[string]bool{"small": i < 10, "large": i >= 5, "inner": i >= 50})
	}
	all := madeComposition(persons, []string{everybody, "small", "large", "inner"}, nil).Census
	n := newNesting(all)
	for _, c := range []struct {
		inner, outer string
		want         bool
	}{{"small", everybody, true}, {"inner", "large", true}, {"small", "large", false}, {"large", "inner", false}, {everybody, "large", false}} {
		if n[c.inner][c.outer] != c.want {
			t.Errorf("%s in %s: %v", c.inner, c.outer, n[c.inner][c.outer])
		}
	}
}

func TestSpells(t *testing.T) {
	nan := math.NaN()
	curve := func(points ...[2]float64) (rows []Duration) {
		for i, p := range points {
			d := Duration{Tiltak: "T", Group: "g", Measure: "time_in_tiltak", Time: p[0], Estimate: p[1], NRisk: 100 - i}
			if math.IsNaN(p[1]) {
				d.Reason = suppressed
			}
			rows = append(rows, d)
		}
		return rows
	}
	for _, c := range []struct {
		rows []Duration
		want string
	}{
		{curve([2]float64{1, .95}, [2]float64{2, .9}, [2]float64{9, .5}, [2]float64{12, .25}, [2]float64{18, .1}, [2]float64{20, 0}), "0.1 9 0.25 0.1"},
		{curve([2]float64{3, .9}, [2]float64{12, .6}, [2]float64{15, .5}), "0 15 0.6 NaN"},   // nothing known at 18
		{curve([2]float64{2, nan}, [2]float64{3, .4}, [2]float64{19, 0}), "NaN NaN 0.4 0.4"}, // half ended in the hidden step or after
		{curve([2]float64{1, .3}, [2]float64{4, 0}), "0.7 1 0 0"},
	} {
		s := Spells(append(c.rows, Duration{Measure: "time_to_work"}), "time_in_tiltak")
		if len(s) != 1 || fmt.Sprintf("%.4g %v %v %v", s[0].UnderTwo, s[0].Median, s[0].OverYear, s[0].OverEighteen) != c.want {
			t.Errorf("%+v, want %s", s, c.want)
		}
	}
}
