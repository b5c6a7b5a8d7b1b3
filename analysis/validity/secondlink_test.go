package validity

import (
	"fmt"
	"math"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/internal/calendar"
)

// secondLink is a study of wage subsidy and work practice as second links.
const secondLink = `
study: second-link
data: {register: memory}
population:
  from: 2018-01
  to: 2021-12
  washout: {same: 3}
  chain: {after: [opplaering, oppfolging, arbeidstrening, arbeidsforberedende, JOBBKLUBB], within: 12}
tiltak: [MIDLERTIDIG_LONNSTILSKUDD, ARBEIDSTRENING]
groups: [alle]
outcomes: [{id: arbeid, kind: work, position: 1}]
horizon: 18
methods: [ebal]
covariates: [alder, alder_kvadrert, kvinne, utdanning, landgruppe, status, innsatsgruppe, varighet_log, aar, kvartal, fylke, arbeid_1, arbeid_2_3, stilling_4_6, arbeid_4_6, arbeid_7_12, arbeid_13_24, lonn_7_12, dagpenger_1_3, aap_1_3, tiltak_1, "ledd*"]
comparison: {per_treated: 0}
inference: {multiplicity: none}
chains: {types: none}
cost: {price_year: 2023}
`

// In the scenario `chains`, whose second links have known effects, the interval of the sequential trials covers the truth,
// and a comparison of all who ever got a second link with all who did not is far below it: those without one include
// everybody who found work before they could get one.
func TestSecondLinkWithoutImmortalTime(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers")
	}
	const registers, persons, month = 6, 16000, 18
	covered, intervals := 0, 0
	var z, naiveZ []float64
	var bias, naiveBias, sizes, effects float64
	for seed := range uint64(registers) {
		sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: persons, Seed: 900 + seed, Scenario: "chains", Counterfactual: true})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := analysis.Parse([]byte(secondLink))
		if err != nil {
			t.Fatal(err)
		}
		s.OnlyMonths = []int{month}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{})
		if err != nil {
			t.Fatal(err)
		}
		known, err := truth.New(reg, sim.Paths)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, c := range out.Cells {
			if seen[c.Tiltak] {
				continue
			}
			seen[c.Tiltak] = true
			for _, e := range out.Tables.Estimates {
				if e.Tiltak != c.Tiltak || e.Role != "primary" || e.Month == nil || *e.Month != month || math.IsNaN(e.Estimate) {
					continue
				}
				effect, err := known.Effects(out.Outcomes[0], c.Analysed, simulate.Follow, month)
				if err != nil {
					t.Fatal(err)
				}
				want := effect[month-1]
				intervals++
				t.Logf("%s: %d starts, %d comparison persons, ess %.0f: %+.3f (%.3f), truth %+.3f; levels %.3f %.3f", e.Tiltak, e.NStarts, e.NPersonsComparison, e.ESS, e.Estimate, e.StdError, want, e.MeanTreated, e.MeanComparison)
				if e.ConfLow <= want && want <= e.ConfHigh {
					covered++
				}
				naive, se := everSecond(reg, out.Outcomes[0], c.Tiltak, month)
				z, naiveZ = append(z, (e.Estimate-want)/e.StdError), append(naiveZ, (naive-want)/se)
				bias, naiveBias, sizes, effects = bias+e.Estimate-want, naiveBias+naive-want, sizes+float64(len(c.Analysed)), effects+want
				for _, p := range c.Analysed { // nobody starts a second link without a first
					if part := &reg.Participations[p]; part.Start <= reg.Participations[reg.FirstPart[part.Person]].End {
						t.Fatalf("a start on %s is analysed, and the first participation goes on to %s", part.Start, reg.Participations[reg.FirstPart[part.Person]].End)
					}
				}
			}
		}
	}
	n := float64(intervals)
	report := fmt.Sprintf("%d intervals of %.0f starts each: truth %+.3f, bias %+.3f (mean z %+.2f), covered %d; ever a second link against never one: bias %+.3f (mean z %+.1f)",
		intervals, sizes/n, effects/n, bias/n, mean(z), covered, naiveBias/n, mean(naiveZ))
	t.Log(report)
	switch {
	case intervals < 10 || sizes/n < 40:
		t.Error("too little to tell: ", report)
	case covered < intervals-4: // P(Binomial(12, 0.95) < 8) = 0.0002
		t.Error(report)
	case math.Abs(mean(z)) > 1: // 3.5 standard errors of a mean of 12
		t.Error(report)
	case naiveBias/n > -0.05 || mean(naiveZ) > -1.5:
		t.Error("the naive comparison is not biased as it must be: ", report)
	}
}

func mean(v []float64) float64 {
	s := 0.
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// everSecond is the comparison that the design is there to avoid: of all whose first participation ended in the window,
// those who start the tiltak within a year less those who start none, so many months after the first ended.
func everSecond(reg *register.Register, def *outcome.Definition, tiltak string, month int) (difference, se float64) {
	var sum, n [2]float64
	var y []float64
	for person := range int32(reg.Persons.N) {
		from, to := reg.FirstPart[person], reg.FirstPart[person+1]
		if from == to {
			continue
		}
		first := &reg.Participations[from]
		m := first.End.Month()
		if first.End == calendar.Open || m < calendar.NewMonth(2018, 1) || m > calendar.NewMonth(2021, 12) || reg.Tiltak[first.Tiltak] == "MIDLERTIDIG_LONNSTILSKUDD" {
			continue
		}
		arm := 0
		for i := from + 1; i < to; i++ {
			if p := &reg.Participations[i]; p.Start > first.End && p.Start.Month() <= m+12 {
				arm = 2 // another tiltak: in neither
				if reg.Tiltak[p.Tiltak] == tiltak {
					arm = 1
				}
				break
			}
		}
		if y = def.Follow(reg.Panel.History(person), m, month, y); arm < 2 && y[month-1] == y[month-1] {
			sum[arm] += y[month-1]
			n[arm]++
		}
	}
	p, q := sum[1]/n[1], sum[0]/n[0]
	return p - q, math.Sqrt(p*(1-p)/n[1] + q*(1-q)/n[0])
}
