package analysis

import (
	"fmt"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A description and a run of one study hide the same: where few are lost on the way, what one shows of the starts and the
// other of those analysed would tell how many.
func TestDescriptionAndRunHideTheSame(t *testing.T) {
	s, err := Parse([]byte(`study: lik
data: {register: r}
population: {from: 2018-01, to: 2020-12}
tiltak: [ARBEIDSFORBEREDENDE_TRENING, ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle, unge]
outcomes: [{id: arbeid, kind: work}]
horizon: 12
methods: [none]
cost: {price_year: 2021, unpriced: leave_out}
`))
	if err != nil {
		t.Fatal(err)
	}
	covered := 0
	for seed := range uint64(4) {
		sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 1500, Seed: 30 + seed})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.describeRegister(t.Context(), reg, catalog.Default(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Estimate(t.Context(), s, reg, catalog.Default(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		results.Suppress(&r.Tables, *s.Disclosure.MinCell)
		for i, f := range r.Tables.Flow {
			g := d.Tables.Flow[i]
			if f.Reason != g.Reason || f.Rows != g.Rows {
				t.Errorf("seed %d: the run has %+v, the description %+v", seed, f, g)
			}
			if f.Rule == "starts" && f.Reason != "" {
				covered++
			}
		}
		for name, same := range map[string][2]any{
			"costs": {r.Tables.Costs, d.Tables.Costs}, "durations": {r.Tables.Durations, d.Tables.Durations}, "duration_shares": {r.Tables.DurationShares, d.Tables.DurationShares},
			"transitions": {r.Tables.Transitions, d.Tables.Transitions}, "chains": {r.Tables.Chains, d.Tables.Chains}, "chain_states": {r.Tables.ChainStates, d.Tables.ChainStates},
			"chain_measures": {r.Tables.ChainMeasures, d.Tables.ChainMeasures}, "chain_types": {r.Tables.ChainTypes, d.Tables.ChainTypes},
		} {
			if written(same[0]) != written(same[1]) {
				t.Errorf("seed %d: table %s of the run is another than that of the description", seed, name)
			}
		}
	}
	if covered == 0 {
		t.Error("no number of starts is hidden: the test tests nothing")
	}
}

// written is a table as its rows are printed, years by what they hold.
func written(rows any) string {
	if costs, ok := rows.([]results.Cost); ok {
		var out string
		for _, c := range costs {
			year := 0
			if c.Year != nil {
				year = *c.Year
			}
			c.Year = nil
			out += fmt.Sprintln(year, c)
		}
		return out
	}
	return fmt.Sprint(rows)
}
