package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// begun is a start in a made-up register: who, when, dropped by which rule (0: analysed), completed, and for how long.
type begun struct {
	person    micro
	rule      int
	year      int
	completed bool
	months    int
}

const rules, years = 3, 3

// registerOf makes tables that agree with each other on the starts of a made-up register.
func registerOf(r *rand.Rand, n int) *Tables {
	starts := startsOf(r, n)
	return tablesOf(starts)
}

func startsOf(r *rand.Rand, n int) []begun {
	ps := people(r, n)
	out := make([]begun, n)
	often := r.Float64() * 0.1
	done := 0.5 + 0.5*r.Float64()
	for i := range out {
		out[i] = begun{person: ps[i], year: min(r.IntN(4), r.IntN(6), years-1), completed: r.Float64() < done, months: 1 + r.IntN(20)}
		for k := 1; k <= rules; k++ {
			if r.Float64() < often {
				out[i].rule = k
			}
		}
	}
	return out
}

func tablesOf(starts []begun) *Tables {
	var analysed []micro
	for _, s := range starts {
		if s.rule == 0 {
			analysed = append(analysed, s.person)
		}
	}
	all := len(starts)
	t := &Tables{Estimates: estimatesOf(analysed, areas())}
	for i := range t.Estimates { // of all methods alike
		e := &t.Estimates[i]
		e.NStartsEligible = 0
		for _, p := range analysed {
			for _, a := range areas() {
				if a.name == e.Group && a.in(p.young, p.county, p.dropped) {
					e.NStartsEligible++
				}
			}
		}
	}
	count := func(a area, keep func(begun) bool) (n int) {
		for _, s := range starts[:all] {
			if a.in(s.person.young, s.person.county, s.person.dropped) && keep(s) {
				n++
			}
		}
		return n
	}
	for _, a := range areas() {
		n := count(a, func(begun) bool { return true })
		if n == 0 {
			continue
		}
		t.Flow = append(t.Flow, Flow{Tiltak: "AFT", Group: a.name, Table: "deltakelse", Rule: "starts", Action: "start", Rows: n, Persons: n})
		for k := 1; k <= rules; k++ {
			d := count(a, func(s begun) bool { return s.rule == k })
			t.Flow = append(t.Flow, Flow{Tiltak: "AFT", Group: a.name, Table: "deltakelse", Step: k, Rule: fmt.Sprint(k), Action: "dropped", Rows: d, Persons: d})
		}
		d := count(a, func(s begun) bool { return s.rule == 0 })
		t.Flow = append(t.Flow, Flow{Tiltak: "AFT", Group: a.name, Table: "deltakelse", Step: 9, Rule: "analysed", Action: "analysed", Rows: d, Persons: d})
		for _, measure := range []string{"per_participation", "per_participant", "per_completed"} {
			for y := -1; y < years; y++ {
				c := Cost{Tiltak: "AFT", Group: a.name, Measure: measure, BinLow: math.NaN(), BinHigh: math.NaN()}
				c.Persons = count(a, func(s begun) bool { return (y < 0 || s.year == y) && (measure != "per_completed" || s.completed) })
				if y >= 0 {
					c.Year = &y
				}
				for _, s := range []string{"n", "unpriced", "mean", "sum"} {
					c.Statistic = s
					c.Value = map[string]float64{"n": float64(c.Persons), "mean": 123456.789, "sum": 123456.789 * float64(c.Persons)}[s]
					t.Costs = append(t.Costs, c)
				}
			}
		}
		for _, measure := range []string{"time_in_tiltak", "time_to_work"} {
			surv := 1.
			for m := 1; m <= 20; m++ {
				in := func(s begun) bool { return measure == "time_in_tiltak" || s.rule == 0 }
				left, ended := count(a, func(s begun) bool { return in(s) && s.months >= m }), count(a, func(s begun) bool { return in(s) && s.months == m })
				if left == 0 {
					break
				}
				surv *= 1 - float64(ended)/float64(left)
				t.Durations = append(t.Durations, Duration{Tiltak: "AFT", Group: a.name, Measure: measure, Time: float64(m), NRisk: left, NEvent: ended, Estimate: surv})
			}
		}
	}
	return t
}

// atom is the finest cell that the tables count.
func atomOf(s begun) int {
	k := s.rule
	k = k*years + s.year
	k *= 2
	if s.completed {
		k++
	}
	k *= 2
	if s.person.young {
		k++
	}
	return k*4 + s.person.county
}

const atoms = (rules + 1) * years * 2 * 2 * 4

// vectorOf marks the atoms of an area that a condition holds.
func vectorOf(a area, keep func(begun) bool) []float64 {
	v := make([]float64, atoms)
	for rule := range rules + 1 {
		for year := range years {
			for _, completed := range []bool{false, true} {
				for _, young := range []bool{false, true} {
					for county := range 4 {
						s := begun{person: micro{young: young, county: county}, rule: rule, year: year, completed: completed}
						if a.in(young, county, false) && keep(s) {
							v[atomOf(s)] = 1
						}
					}
				}
			}
		}
	}
	return v
}

// space is a row space in echelon form.
type space struct {
	rows  [][]float64
	pivot []int
}

// reduce takes from v what lies in the space.
func (s *space) reduce(v []float64) []float64 {
	v = append([]float64(nil), v...)
	for i, row := range s.rows {
		if f := v[s.pivot[i]]; math.Abs(f) > 1e-9 {
			for k := range v {
				v[k] -= f * row[k]
			}
		}
	}
	return v
}

func (s *space) add(v []float64) {
	v = s.reduce(v)
	best := 0
	for k := range v {
		if math.Abs(v[k]) > math.Abs(v[best]) {
			best = k
		}
	}
	if math.Abs(v[best]) < 1e-7 {
		return
	}
	f := v[best]
	for k := range v {
		v[k] /= f
	}
	s.rows, s.pivot = append(s.rows, v), append(s.pivot, best)
}

func (s *space) holds(v []float64) bool {
	for _, x := range s.reduce(v) {
		if math.Abs(x) > 1e-6 {
			return false
		}
	}
	return true
}

// TestAttackAcrossTables solves all counts of starts that the flow, the estimates, the curves and the costs of random small
// registers show together, groups × rules × years × measures, for every small cell. The oracle is linear algebra on the
// starts: it shares nothing with the rules.
func TestAttackAcrossTables(t *testing.T) {
	shown, all, open := 0, 0, 0
	seeds := uint64(60)
	if os.Getenv("EVALUATE_SLOW") == "1" {
		seeds = 1000
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 31))
		starts := startsOf(r, 30+r.IntN(500))
		before := openCells(t, seed, starts, tablesOf(starts), false)
		tables := tablesOf(starts)
		Suppress(tables, 5)
		openCells(t, seed, starts, tables, true)
		open += before
		for _, c := range tables.Costs {
			if c.Statistic == "mean" {
				all++
				if !math.IsNaN(c.Value) {
					shown++
				}
			}
		}
	}
	t.Logf("%d small cells before; %d of %d means of costs shown after", open, shown, all)
	if open < 500 || shown*4 < all {
		t.Errorf("%d small cells before, %d of %d means of costs shown after: the attack is blind or the suppression is", open, shown, all)
	}
}

func openCells(t *testing.T, seed uint64, starts []begun, tables *Tables, fails bool) (found int) {
	t.Helper()
	byName := map[string]area{}
	for _, a := range areas() {
		byName[a.name] = a
	}
	everyone := func(begun) bool { return true }
	analysed := func(s begun) bool { return s.rule == 0 }
	var known space
	put := func(group string, n int, keep func(begun) bool) {
		if n >= 0 {
			known.add(vectorOf(byName[group], keep))
		}
	}
	for _, f := range tables.Flow {
		switch f.Action {
		case "start":
			put(f.Group, f.Rows, everyone)
		case "analysed":
			put(f.Group, f.Rows, analysed)
		default:
			put(f.Group, f.Rows, func(s begun) bool { return s.rule == f.Step })
		}
	}
	for _, e := range tables.Estimates {
		put(e.Group, e.NStartsEligible, analysed)
		if e.Method == "ebal" && e.NStarts > 0 {
			put(e.Group, e.NStarts, analysed)
		}
	}
	for _, d := range tables.Durations {
		if d.Time != 1 {
			continue
		}
		if d.Measure == "time_in_tiltak" {
			put(d.Group, d.NRisk, everyone)
		} else {
			put(d.Group, d.NRisk, analysed)
		}
	}
	mean := map[string]float64{}
	for _, c := range tables.Costs {
		k := join(c.Group, c.Measure, yearOf(&c))
		if c.Statistic == "mean" {
			mean[k] = c.Value
		}
		n := c.Value
		if c.Statistic == "sum" && mean[k] > 0 {
			n /= mean[k]
			if math.Abs(n-math.Round(n)) > 1e-6 {
				continue
			}
		} else if c.Statistic != "n" {
			continue
		}
		if !math.IsNaN(n) {
			put(c.Group, int(math.Round(n)), func(s begun) bool {
				return (c.Year == nil || s.year == *c.Year) && (c.Measure != "per_completed" || s.completed)
			})
		}
	}
	type target struct {
		name string
		keep func(begun) bool
	}
	targets := []target{{"analysed", analysed}, {"not analysed", func(s begun) bool { return s.rule != 0 }}}
	for k := 1; k <= rules; k++ {
		targets = append(targets, target{fmt.Sprint("rule ", k), func(s begun) bool { return s.rule == k }})
	}
	for y := range years {
		targets = append(targets, target{fmt.Sprint("year ", y), func(s begun) bool { return s.year == y }},
			target{fmt.Sprint("completed of year ", y), func(s begun) bool { return s.year == y && s.completed }},
			target{fmt.Sprint("not completed of year ", y), func(s begun) bool { return s.year == y && !s.completed }})
	}
	check := func(name string, a area, keep func(begun) bool) {
		n := 0
		for _, s := range starts {
			if a.in(s.person.young, s.person.county, false) && keep(s) {
				n++
			}
		}
		if n == 0 || n >= 5 || !known.holds(vectorOf(a, keep)) {
			return
		}
		found++
		if fails && found < 5 {
			t.Errorf("seed %d: %s has %d starts, which can be derived", seed, name, n)
		}
	}
	for _, a := range areas() {
		for _, c := range targets {
			check(a.name+", "+c.name, a, c.keep)
		}
		if a.name == "alle" {
			continue
		}
		rest := area{"alle less " + a.name, func(y bool, c int, d bool) bool { return !a.in(y, c, d) }}
		for _, c := range append(targets, target{"starts", everyone}) {
			if strings.HasPrefix(c.name, "not completed") { // a difference of differences
				continue
			}
			check(rest.name+", "+c.name, rest, c.keep)
		}
	}
	return found
}

// TestScanRefusesWhatCanBeDerived puts single figures back into suppressed tables: the number of starts, which with that of
// those analysed gives a hidden step of the flow away.
func TestScanRefusesWhatCanBeDerived(t *testing.T) {
	written := func(tables *Tables) error {
		run := testRun()
		run.MinCell = 5
		path, err := Write(t.TempDir(), run, tables, nil)
		if err != nil {
			t.Fatal(err)
		}
		return Scan(path)
	}
	starts := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 31))
		begun := startsOf(r, 200)
		orig, tables := tablesOf(begun), tablesOf(begun)
		done := Suppress(tables, 5)
		if w := Summary(done, 5); len(w) != 1 || w[0].Code != "suppressed" {
			t.Fatalf("disclosure control is summed up in %v", w)
		}
		if seed == 0 {
			if err := written(tables); err != nil {
				t.Errorf("after suppression: %v", err)
			}
		}
		for i, f := range orig.Flow {
			lost := 0
			for _, s := range begun {
				if s.rule != 0 {
					lost++
				}
			}
			if f.Action != "start" || f.Group != "alle" || tables.Flow[i].Rows >= 0 || lost == 0 || lost >= 5 {
				continue
			}
			starts++
			tables.Flow[i] = f
			if err := written(tables); fault.StatusOf(err) != fault.Differs || !strings.Contains(err.Error(), "flow:") {
				t.Errorf("seed %d: with the number of starts the scan says %v", seed, err)
			}
			tables.Flow[i].Rows, tables.Flow[i].Persons = -1, -1
		}
	}
	if starts == 0 {
		t.Error("no flow was put back: the test tries nothing")
	}
	if found := Attack(tablesOf(startsOf(rand.New(rand.NewPCG(3, 31)), 20)), 1); found != nil || Summary(nil, 5) != nil {
		t.Errorf("without a limit something is small: %v", found)
	}
}

// TestYearsOfEachMeasure: one start in the first year; a hidden cell of those completed covers nothing of all.
func TestYearsOfEachMeasure(t *testing.T) {
	n := map[string][]int{"per_participation": {1, 11, 31}, "per_participant": {1, 11, 31}, "per_completed": {1, 4, 20}}
	tables := func() *Tables {
		out := &Tables{}
		for _, m := range []string{"per_completed", "per_participant", "per_participation"} {
			all := 0
			for k, v := range append(n[m], 0) {
				year := 2018 + k
				c := Cost{Tiltak: "AFT", Group: "alle", Year: &year, Measure: m, Persons: v, BinLow: math.NaN(), BinHigh: math.NaN()}
				if all += v; k == len(n[m]) {
					c.Year, c.Persons = nil, all
				}
				for _, s := range []string{"n", "mean", "sum"} {
					c.Statistic, c.Value = s, map[string]float64{"n": float64(c.Persons), "mean": 1000, "sum": 1000 * float64(c.Persons)}[s]
					out.Costs = append(out.Costs, c)
				}
			}
		}
		return out
	}
	orig, hidden := tables(), tables()
	Suppress(hidden, 5)
	if found := Attack(hidden, 5); found != nil {
		t.Errorf("after suppression: %v", found)
	}
	for i, c := range hidden.Costs { // the year that covers the first one
		if c.Measure == "per_participation" && c.Statistic == "n" && c.Year != nil && *c.Year == 2019 {
			if !math.IsNaN(c.Value) {
				t.Fatal("nothing covers the one start of the first year")
			}
			hidden.Costs[i].Value = orig.Costs[i].Value
		}
		if c.Measure == "per_participation" && c.Year == nil && math.IsNaN(c.Value) {
			t.Error("all years together are hidden too")
		}
	}
	if found := Attack(hidden, 5); len(found) == 0 {
		t.Error("the attack does not find the one start of the first year")
	}
}
