package validity

import (
	"math"
	"reflect"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A whole study by office. Where everybody has an office of their own it is the study by person, in every figure and whatever the way
// errors take: months, windows, bands, families, placebos, months before the start, values of subsets and the registry. In real offices no estimate
// moves, errors do, and one worker finds what three do.
func TestAStudyByOffice(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 1500, Seed: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	run := func(reg *register.Register, cluster, score, placebo string, workers int) results.Tables {
		s, err := analysis.Parse([]byte(`study: t
data: {register: memory}
population: {from: 2019-01, to: 2021-12}
tiltak: [ARBEIDSTRENING, OPPFOLGING]
groups: [alle, unge]
horizon: 6
windows: [1-6]
pre_effects: 2
sensitivity: none
outcomes: [{id: arbeid, kind: work, position: 1}]
methods: [nearest, ebal, did, ipw, {name: did, id: dm, match: nearest}]
robustness: {months: [3], methods: [overlap]}
heterogeneity: {by: [elapsed], months: [6]}
score: ` + score + `
placebo: ` + placebo + `
inference: {cluster: ` + cluster + `, multiplicity: simultaneous, family: {outcome: arbeid, month: 6, method: nearest, over: [tiltak, group]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return out.Tables
	}
	own := *reg
	own.Persons.Office, own.Persons.Offices = make([]int32, reg.Persons.N), make([]string, reg.Persons.N)
	for p := range own.Persons.Office {
		own.Persons.Office[p] = int32(p)
	}
	person := run(reg, "person", "tiltak-group", "{windows: [[-6, -1]], did: [[-24, -19]]}", 2)
	for _, score := range []string{"tiltak-group", "tiltak"} {
		plain, placebo := person, "{windows: [[-6, -1]], did: [[-24, -19]]}"
		if score == "tiltak" {
			placebo = "off"
			plain = run(reg, "person", score, placebo, 2)
		}
		alone := run(&own, "nav_enhet", score, placebo, 2)
		same := func(what string, x, y any) {
			a, b := reflect.ValueOf(x), reflect.ValueOf(y)
			if a.Len() != b.Len() {
				t.Fatalf("%s: %d and %d rows", what, a.Len(), b.Len())
			}
			for i := range a.Len() {
				for k := range a.Index(i).NumField() {
					name := a.Index(i).Type().Field(k).Name
					v, ok := a.Index(i).Field(k).Interface().(float64)
					if !ok || name == "PPermutation" {
						continue
					}
					if e, ok := a.Index(i).Interface().(results.Estimate); ok && e.SubsetVar != "" && (name == "FamilyLow" || name == "FamilyHigh" || name == "PAdjusted") {
						continue // the family has values of few persons, and so of few offices
					}
					w := b.Index(i).Field(k).Interface().(float64)
					if !(math.Abs(v-w) <= 1e-6*math.Max(1e-3, math.Abs(v))) && !(math.IsNaN(v) && math.IsNaN(w)) {
						t.Fatalf("%s, %s, row %d: %s is %v by person, %v with an office each: %+v", what, score, i, name, v, w, a.Index(i).Interface())
					}
				}
			}
		}
		few := func(e *results.Estimate) bool { return e.NStarts < 50 } // so few persons are few offices
		drop := func(t []results.Estimate) (out []results.Estimate) {
			for i := range t {
				if !few(&t[i]) {
					out = append(out, t[i])
				}
			}
			return out
		}
		a, b := drop(plain.Estimates), drop(alone.Estimates)
		if len(a) < 100 {
			t.Fatalf("%d rows", len(a))
		}
		same("estimates", a, b)
		same("pre_effects", plain.PreEffects, alone.PreEffects)
		same("placebo", plain.Placebo, alone.Placebo)
		same("robustness", plain.Robustness, alone.Robustness)
	}
	one, three := run(reg, "nav_enhet", "tiltak-group", "off", 1), run(reg, "nav_enhet", "tiltak-group", "off", 3)
	moved := 0
	for i := range one.Estimates {
		a, b, c := one.Estimates[i], three.Estimates[i], person.Estimates[i]
		for k, v := range []float64{a.Estimate, a.StdError, a.BandLow, a.PAdjusted, a.FamilyLow} {
			if w := []float64{b.Estimate, b.StdError, b.BandLow, b.PAdjusted, b.FamilyLow}[k]; math.Float64bits(v) != math.Float64bits(w) {
				t.Fatalf("row %d: %v with one worker, %v with three", i, v, w)
			}
		}
		if a.Estimate != c.Estimate && !math.IsNaN(a.Estimate) {
			t.Errorf("row %d: %v, by person %v", i, a.Estimate, c.Estimate)
		}
		if a.StdError != c.StdError {
			moved++
		}
	}
	if moved < len(one.Estimates)/2 {
		t.Errorf("%d of %d errors are by office", moved, len(one.Estimates))
	}
}
