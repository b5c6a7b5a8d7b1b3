package analysis

import (
	"fmt"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A registry has the sample of its study, which all outcomes of the study decide by how long they follow, and where the comparison leaves
// at later starts all tiltak: its figures are those of a study that lists the rival definition and method beside its own, and
// what the study has itself stands in its curve as it stands in its estimates.
func TestRegistryHasTheSampleOfTheStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	const own = "{id: arbeid, kind: work}, {id: varig, kind: stable_work, months: 12, mode: entered}"
	const longer = "{id: halvannet_aar, kind: stable_work, months: 18, mode: entered}"
	run := func(comparison, age, outcomes, methods, more string) map[string]results.Estimate {
		t.Helper()
		s, err := Parse([]byte("study: register\ndata: {register: x}\npopulation: {age: " + age + `, from: 2018-01, to: 2022-12}
tiltak: [ARBEIDSTRENING, ARBEIDSFORBEREDENDE_TRENING]
horizon: 12
covariates: [alder, kvinne, arbeid_1, arbeid_2_3, varighet]
outcomes: [` + outcomes + "]\nmethods: [" + methods + "]\ncomparison: {" + comparison + `}
placebo: off
sensitivity: none
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak, group]}}
` + more))
		if err != nil {
			t.Fatal(err)
		}
		out, err := Estimate(t.Context(), s, reg, cat, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]results.Estimate{}
		for _, e := range out.Tables.Estimates {
			if e.Month != nil && (*e.Month == 6 || *e.Month == 12) {
				definition := e.Outcome
				if e.Role == "robustness" && e.Definition != mainChoice {
					definition = e.Definition
				}
				key := fmt.Sprint(e.Sample, " ", e.Tiltak, " ", definition, " ", e.Method, " ", *e.Month)
				rows[key] = e
			}
		}
		for i := range out.Tables.Robustness {
			r := &out.Tables.Robustness[i]
			if r.NSpecifications != 24 || r.NEstimated != 24 {
				t.Errorf("%+v", r)
			}
		}
		return rows
	}
	for _, comparison := range []string{"later_entry: follow", "later_entry: censor"} {
		rivals := run(comparison, "[18, 66]", own, "ebal", `robustness:
  samples: [{id: voksne, population: {age: [30, 66]}}]
  outcomes: [{id: halv, kind: work, position: 50}, `+longer+`]
  methods: [did]
  months: [6]
`)
		for sample, age := range map[string]string{mainChoice: "[18, 66]", "voksne": "[30, 66]"} {
			for definition, outcomes := range map[string]string{"arbeid": own, "halvannet_aar": own + ", " + longer} {
				if (sample != mainChoice) == (definition == "arbeid") { // each once
					continue
				}
				alone := run(comparison, age, outcomes, "ebal, did", "")
				for _, tiltak := range []string{"ARBEIDSTRENING", "ARBEIDSFORBEREDENDE_TRENING"} {
					for _, method := range []string{"ebal", "did"} {
						for _, month := range []int{6, 12} {
							tail := fmt.Sprint(" ", tiltak, " ", definition, " ", method, " ", month)
							got, want := rivals[sample+tail], alone[mainChoice+tail]
							if !(got.StdError > 0) || got.Estimate != want.Estimate || got.StdError != want.StdError || got.NStarts != want.NStarts {
								t.Errorf("%s, %s%s: %v (%v) of %d, and the study itself has %v (%v) of %d", comparison, sample, tail, got.Estimate, got.StdError, got.NStarts, want.Estimate, want.StdError, want.NStarts)
							}
						}
					}
				}
			}
		}
	}
}
