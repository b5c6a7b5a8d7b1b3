package validity

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// Work by terms, employer, sector and contract: the effects of the parts of each division add up to the effect on work, month by
// month, within 1e-12, by methods that weight rows.
func TestEffectsByKindOfJobAddUp(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 1200, Seed: 2, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1, Jobs: true})
	if err != nil {
		t.Fatal(err)
	}
	jobs := reg.Panel.Jobs // the simulation has no sectors and contracts
	jobs.Sectors, jobs.Contracts = []string{"kommune", "privat"}, []string{"fast", "midlertidig", "vikar"}
	jobs.Sector, jobs.Contract = make([]uint8, len(reg.Panel.State)), make([]uint8, len(reg.Panel.State))
	for i := range jobs.Sector {
		jobs.Sector[i], jobs.Contract[i] = uint8(i*7%11%3), uint8(i*5%13%4)
		if i*3%17 == 0 { // nor jobs whose employer is not known
			jobs.Employer[i] = 0
		}
	}
	s, err := analysis.Parse([]byte(`study: t
data: {register: memory}
population: {from: 2019-01, to: 2020-12}
tiltak: [MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle]
horizon: 12
methods: [nearest, ebal]
placebo: off
sensitivity: none
outcomes: [{id: arbeid, kind: work, terms: all, parts: {terms: true, employer: true, sector: [privat], contract: [fast, midlertidig]}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	s.FiguresOnly = true
	out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	type at struct {
		method string
		month  int
	}
	whole, parts := map[at]float64{}, map[string]map[at]float64{}
	other := map[string]int{} // figures of a part that are not 0
	for _, e := range out.Tables.Estimates {
		if e.Month == nil || math.IsNaN(e.Estimate) {
			continue
		}
		k := at{e.Method, *e.Month}
		if e.Outcome == "arbeid" {
			whole[k] = e.Estimate
			continue
		}
		division := e.Outcome[strings.LastIndex(e.Outcome, "_")+1:]
		switch division {
		case "ordinaert", "tiltak":
			division = "terms"
		case "privat":
			division = "sektor"
		case "fast", "midlertidig":
			division = "ansettelsesform"
		}
		if parts[division] == nil {
			parts[division] = map[at]float64{}
		}
		parts[division][k] += e.Estimate
		if e.Estimate != 0 {
			other[e.Outcome]++
		}
	}
	if len(whole) != 2*12 || len(parts) != 4 || len(other) != 2+3+3+4 {
		t.Fatalf("%d figures of the whole, %d divisions, %d parts with effects: %v", len(whole), len(parts), len(other), other)
	}
	for division, of := range parts {
		for k, w := range whole {
			if math.Abs(w-of[k]) > 1e-12 {
				t.Errorf("%s, %+v: parts %v, work %v", division, k, of[k], w)
			}
		}
	}
	tables := out.Tables
	if len(tables.Divisions) != 4 {
		t.Errorf("disclosure control knows the divisions %v", tables.Divisions)
	}
	for _, limit := range []int{3, 5, 10, 20, 40} {
		some := tables
		some.Estimates, some.Diagnostics = slices.Clone(tables.Estimates), slices.Clone(tables.Diagnostics)
		results.Suppress(&some, limit)
		if found := results.Attack(&some, limit); len(found) > 0 {
			t.Errorf("with the limit %d the attack finds %v", limit, found)
		}
	}
}
