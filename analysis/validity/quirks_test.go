package validity

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

const quirkStudy = `
study: quirks
data: {register: memory}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING, OPPFOLGING]
groups: [alle, "unge*nedsatt_arbeidsevne", lav_utdanning]
outcomes:
  - {id: stabilt, kind: stable_work, months: 3, of: 4}
  - {id: arbeid, kind: work}
  - {id: lonn, kind: earnings}
  - {id: nav, kind: nav_avgang6}
horizon: 8
methods: [nearest, ebal, did]
`

// answers runs the study of this test on a simulated register with quirks.
func answers(t *testing.T, persons int, quirks []string) *results.Tables {
	t.Helper()
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: persons, Seed: 31, Quirks: quirks})
	if err != nil {
		t.Fatal(err)
	}
	s, err := analysis.Parse([]byte(quirkStudy))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &out.Tables
}

// differs is the first field of two rows that is not the same, bit for bit; NaN is NaN.
func differs(a, b any) string {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		u, v := x.Field(i), y.Field(i)
		switch u.Kind() {
		case reflect.Float64:
			if math.Float64bits(u.Float()) == math.Float64bits(v.Float()) || math.IsNaN(u.Float()) && math.IsNaN(v.Float()) {
				continue
			}
		default:
			if reflect.DeepEqual(u.Interface(), v.Interface()) {
				continue
			}
		}
		return fmt.Sprintf("%s: %v and %v", x.Type().Field(i).Name, u.Interface(), v.Interface())
	}
	return ""
}

func sameRows[R any](t *testing.T, what string, a, b []R) (differences int) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%s: %d rows and %d", what, len(a), len(b))
		return 1
	}
	for i := range a {
		if d := differs(a[i], b[i]); d != "" {
			if differences == 0 {
				t.Errorf("%s: row %d differs in %s", what, i, d)
			}
			differences++
		}
	}
	return differences
}

// What a study estimates on a register with every quirk that the rules restore is what it estimates on the clean one, bit
// for bit: effects, balance, durations and costs.
func TestEstimatesOnRestoredRegisters(t *testing.T) {
	const persons = 3000
	clean := answers(t, persons, nil)
	estimated := 0
	for _, e := range clean.Estimates {
		if e.Reason == "" {
			estimated++
		}
	}
	if estimated < 200 {
		t.Fatalf("%d of %d figures are estimated: the test tells little", estimated, len(clean.Estimates))
	}
	got := answers(t, persons, simulate.QuirkNames(true))
	sameRows(t, "estimates", got.Estimates, clean.Estimates)
	sameRows(t, "balance", got.Balance, clean.Balance)
	sameRows(t, "durations", got.Durations, clean.Durations)
	sameRows(t, "costs", got.Costs, clean.Costs)
	for i := range clean.Flow { // of the cells; the ledger of the register differs, as it should
		if f := clean.Flow[i]; f.Tiltak != "" {
			var other *results.Flow
			for k := range got.Flow {
				if g := &got.Flow[k]; g.Tiltak == f.Tiltak && g.Group == f.Group && g.Rule == f.Rule {
					other = g
				}
			}
			if other == nil || other.Rows != f.Rows || other.Persons != f.Persons {
				t.Errorf("flow: %+v became %+v", f, other)
			}
		}
	}
	// And the test can fail: what no rule restores changes something.
	var rest []string
	for _, q := range simulate.Quirks() {
		if !q.Restored {
			rest = append(rest, q.Name)
		}
	}
	spoilt := answers(t, persons, rest)
	changed := 0
	for i := range min(len(clean.Estimates), len(spoilt.Estimates)) {
		if differs(clean.Estimates[i], spoilt.Estimates[i]) != "" {
			changed++
		}
	}
	if changed == 0 {
		t.Errorf("%v change no estimate: the comparison compares nothing", rest)
	}
	t.Logf("%d figures estimated; %v change %d rows of %d", estimated, rest, changed, len(clean.Estimates))
}

// Each quirk alone, so that a failure names it.
func TestEstimatesOnEachRestoredRegister(t *testing.T) {
	if os.Getenv("EVALUATE_SLOW") != "1" {
		t.Skip("set EVALUATE_SLOW=1: one study a quirk")
	}
	const persons = 1200
	clean := answers(t, persons, nil)
	for _, name := range simulate.QuirkNames(true) {
		got := answers(t, persons, []string{name})
		sameRows(t, name+": estimates", got.Estimates, clean.Estimates)
		sameRows(t, name+": durations", got.Durations, clean.Durations)
		sameRows(t, name+": costs", got.Costs, clean.Costs)
	}
}
