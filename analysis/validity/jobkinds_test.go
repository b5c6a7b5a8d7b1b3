package validity

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
)

// Work by sector and by contract, with the unknown, adds up to work: the effects of the parts to its effect, within 1e-12.
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
	}
	for key, values := range map[string][]string{"sector": reg.Panel.Jobs.Sectors, "contract": reg.Panel.Jobs.Contracts} {
		if len(values) < 2 {
			t.Fatalf("%d values of %s", len(values), key)
		}
		outcomes := []string{"{id: arbeid, kind: work}"}
		for k, v := range append([]string{"ukjent"}, values...) {
			outcomes = append(outcomes, fmt.Sprintf("{id: del_%d, kind: work, %s: [%q]}", k, key, v))
		}
		s, err := analysis.Parse([]byte("study: t\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2020-12}\ntiltak: [ARBEIDSTRENING]\ngroups: [alle]\nhorizon: 6\nmethods: [nearest]\nplacebo: off\nsensitivity: none\n" +
			"outcomes: [" + strings.Join(outcomes, ", ") + "]\n"))
		if err != nil {
			t.Fatal(err)
		}
		s.FiguresOnly = true
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		whole, parts := map[int]float64{}, map[int]float64{}
		for _, e := range out.Tables.Estimates {
			if e.Month == nil || math.IsNaN(e.Estimate) {
				continue
			}
			if e.Outcome == "arbeid" {
				whole[*e.Month] = e.Estimate
			} else {
				parts[*e.Month] += e.Estimate
			}
		}
		for h, w := range whole {
			if math.Abs(w-parts[h]) > 1e-12 {
				t.Errorf("%s, month %d: parts %v, work %v", key, h, parts[h], w)
			}
		}
		if len(whole) != 6 {
			t.Errorf("%d months", len(whole))
		}
	}
}
