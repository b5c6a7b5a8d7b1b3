package validity

import (
	"math"
	"os"
	"reflect"
	"testing"
)

// A small experiment, always run: the intervals of the default scenario cover far more often than those under selection on
// what the data does not show, and the result does not depend on the number of workers. The figures of the issue (200
// registers, 92–98 %) are behind EVALUATE_SLOW; see docs/coverage.md.
func TestTheHarnessCanFail(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	opt := Options{Registers: 3, Persons: 3000, Methods: []string{"ebal"}, Seed: 11, Workers: 1}
	good, err := Coverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Scenario, opt.Workers = "unobserved", 2
	bad, err := Coverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	// 54 intervals each, about 18 of them independent: 0.95 against 0.05 or so. 0.8 and 0.5 lie many errors from both.
	if g, b := good.Pooled[0].Coverage, bad.Pooled[0].Coverage; g < 0.8 || b > 0.5 {
		t.Errorf("coverage is %.2f in the default scenario and %.2f under unobserved selection", g, b)
	}
	opt.Workers = 1
	again, err := Coverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	again.Options, bad.Options = Options{}, Options{}
	if !reflect.DeepEqual(withoutNaN(again), withoutNaN(bad)) {
		t.Error("one worker and two give different tables")
	}
}

// withoutNaN lets tables be compared: NaN equals nothing.
func withoutNaN(t *Table) []Row {
	rows := append(append([]Row{}, t.Cells...), t.Pooled...)
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for j := range v.NumField() {
			if f := v.Field(j); f.Kind() == reflect.Float64 && math.IsNaN(f.Float()) {
				f.SetFloat(-1)
			}
		}
	}
	return rows
}

// The promise of the first issue: pooled 92–98 %, no cell under 88 %, for both methods; and where selection runs on what
// the data does not show, under 70 %.
func TestCoverageAsPromised(t *testing.T) {
	if os.Getenv("EVALUATE_SLOW") != "1" {
		t.Skip("200 registers take minutes: set EVALUATE_SLOW=1")
	}
	table, err := Coverage(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Pooled {
		if r.Coverage < 0.92 || r.Coverage > 0.98 || r.Missing > 0 {
			t.Errorf("%s covers %.3f (± %.3f), %d missing", r.Method, r.Coverage, r.MonteCarlo, r.Missing)
		}
	}
	for _, r := range table.Cells {
		if r.Coverage < 0.88 {
			t.Errorf("%s, %s, %s covers %.3f (± %.3f)", r.Method, r.Tiltak, r.Outcome, r.Coverage, r.MonteCarlo)
		}
	}
	bad, err := Coverage(t.Context(), Options{Scenario: "unobserved"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range bad.Pooled {
		if r.Coverage >= 0.70 {
			t.Errorf("unobserved selection: %s covers %.3f", r.Method, r.Coverage)
		}
	}
}

// sum against figures worked out by hand: three intervals of two registers.
func TestSum(t *testing.T) {
	r := sum([]trialOf{
		{register: 1, estimate: 1, stdError: 1, low: -1, high: 3, truth: 0, truthUsed: 5},
		{register: 1, estimate: 2, stdError: 1, low: 0, high: 4, truth: -1, truthUsed: 1},
		{register: 2, estimate: 3, stdError: 2, low: -1, high: 7, truth: 1, truthUsed: 1},
		{register: 2, estimate: math.NaN()},
	})
	// Errors 1, 3, 2: mean 2, sd 1. Mean square of the errors' standard errors (1+1+4)/3 = 2. Covered 2 of 3. By register the
	// covered less 2/3 of the intervals are 1 − 4/3 = −1/3 and 1 − 2/3 = 1/3: √(2/9 · 2/1)/3 = 2/9.
	want := Row{Estimates: 3, Missing: 1, Truth: 0, Bias: 2, SD: 1, StdError: math.Sqrt2, Coverage: 2. / 3, CoverageUsed: 2. / 3, MonteCarlo: 2. / 9}
	for name, pair := range map[string][2]float64{"truth": {r.Truth, want.Truth}, "bias": {r.Bias, want.Bias}, "sd": {r.SD, want.SD}, "se": {r.StdError, want.StdError},
		"coverage": {r.Coverage, want.Coverage}, "used": {r.CoverageUsed, want.CoverageUsed}, "mc": {r.MonteCarlo, want.MonteCarlo}} {
		if math.Abs(pair[0]-pair[1]) > 1e-15 {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	if r.Estimates != 3 || r.Missing != 1 {
		t.Errorf("%d estimates, %d missing", r.Estimates, r.Missing)
	}
}

func TestLowestAndCovers(t *testing.T) {
	table := Table{Cells: []Row{{Method: "a", Coverage: 0.9}, {Method: "b", Coverage: 0.2}, {Method: "a", Coverage: 0.8}, {Method: "a", Coverage: 0.95}}}
	if got := table.Lowest("a"); got != 0.8 {
		t.Errorf("lowest of a is %v", got)
	}
	if got := table.Lowest("c"); !math.IsNaN(got) {
		t.Errorf("lowest of a method without cells is %v", got)
	}
	nan := math.NaN()
	for _, c := range []struct {
		low, high, truth float64
		covers, ok       bool
	}{{0, 1, 1, true, true}, {0, 1, 1.1, false, true}, {nan, nan, 0, false, false}, {0, 1, nan, false, false}} {
		x := Compared{Truth: c.truth}
		x.ConfLow, x.ConfHigh = c.low, c.high
		if covers, ok := x.Covers(); covers != c.covers || ok != c.ok {
			t.Errorf("%+v: %v, %v", c, covers, ok)
		}
	}
}
