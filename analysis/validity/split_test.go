package validity

import (
	"math"
	"os"
	"strings"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
)

// Two evaluations of arbeidstrening on a register in which it helps the young much and others not: A follows the young and
// counts any work, B those of 30 and over and counts work of at least half a position in six months.
const splitStudyA = `study: unge
data: {register: x}
population: {age: [18, 29], from: 2018-01, to: 2020-12}
tiltak: [ARBEIDSTRENING]
horizon: 18
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 18, method: ebal, over: [tiltak, group]}}
`

func splitStudies(t *testing.T) (a, b *analysis.Study) {
	t.Helper()
	second := strings.NewReplacer("study: unge", "study: eldre", "[18, 29]", "[30, 66]", "kind: work}", "kind: stable_work, position: 50, months: 6, of: 6}",
		"methods: [ebal]", "methods: [did]", "method: ebal", "method: did").Replace(splitStudyA)
	var studies []*analysis.Study
	for _, text := range []string{splitStudyA, second} {
		s, err := analysis.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		studies = append(studies, s)
	}
	return studies[0], studies[1]
}

// splitOnce is splitOn of the two studies above.
func splitOnce(t *testing.T, seed uint64, persons int) (parts []synthesis.Part, true3 []float64) {
	t.Helper()
	a, b := splitStudies(t)
	return splitOn(t, a, b, seed, persons, simulate.Effects{"ARBEIDSTRENING": {LockIn: 0.6, Find: 0, Keep: 0, Groups: map[string]float64{"unge": 1.2}}})
}

// splitOn splits on one register and returns estimated and true parts. Both methods are right on this register, so that
// the true part of the method is 0, and those of sample and definition follow from the true effects.
func splitOn(t *testing.T, a, b *analysis.Study, seed uint64, persons int, effects simulate.Effects) (parts []synthesis.Part, true3 []float64) {
	t.Helper()
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: persons, Seed: seed, Counterfactual: true, Effects: effects})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := analysis.Split(t.Context(), a, b, reg, cat, analysis.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Reason != "" || len(rows[0].Combinations) != 8 {
		t.Fatalf("%+v", rows)
	}
	known, err := truth.New(reg, sim.Paths)
	if err != nil {
		t.Fatal(err)
	}
	value := make([]float64, 8)
	for s, c := range rows[0].Combinations {
		effects, err := known.Effects(c.Outcome, c.Analysed, simulate.Follow, a.Horizon)
		if err != nil {
			t.Fatal(err)
		}
		value[s] = effects[a.Horizon-1]
	}
	exact, err := synthesis.Split(value, nil, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range exact {
		true3 = append(true3, p.Estimate.Estimate)
	}
	return rows[0].Parts, true3
}

// The split finds what was built in: the parts add up, the sample's part is found, and each interval holds the true part.
// The seed was not searched for: it is the first.
func TestSplitFindsWhatWasBuiltIn(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	parts, exact := splitOnce(t, 1, 12000)
	t.Logf("true parts %.4f", exact)
	sum := 0.
	for i, p := range parts {
		t.Logf("%-10s %+.4f (%.4f), true %+.4f", []string{"sample", "definition", "method", "difference"}[i], p.Estimate.Estimate, p.StdError, exact[i])
		if i < 3 {
			sum += p.Estimate.Estimate
		}
		if math.Abs(p.Estimate.Estimate-exact[i]) > 3*p.StdError { // four intervals of one draw, three errors wide: one in 100 by chance
			t.Errorf("part %d is %.4f (%.4f), and the truth is %.4f", i, p.Estimate.Estimate, p.StdError, exact[i])
		}
	}
	if math.Abs(sum-parts[3].Estimate.Estimate) > 1e-12 {
		t.Errorf("the parts add up to %v, and the difference is %v", sum, parts[3].Estimate.Estimate)
	}
	if exact[0] > -0.05 || parts[0].ConfHigh > 0 { // the young gain, those over 30 do not: B less A is below 0 through the sample
		t.Errorf("the part of the sample, %.3f in truth, is not found: %+v", exact[0], parts[0])
	}
}

// The studies that are shipped, on the register of docs/compare.md (10,000 persons, its effects file, the default seed): the same holds
// of them. AFT helps the young and sets the others back, so that the truth of B less A lies in the sample first.
func TestSplitOfTheShippedStudiesFindsWhatWasBuiltIn(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	const folder = "../../docs/aft/"
	var studies []*analysis.Study
	for _, name := range []string{"young-any-work.yaml", "older-stable-work.yaml"} {
		text, err := os.ReadFile(folder + name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := analysis.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if s.Horizon != 24 || s.Inference.Family.Month != 24 {
			t.Fatalf("%s: horizon %d, month %d", name, s.Horizon, s.Inference.Family.Month)
		}
		studies = append(studies, s)
	}
	effects, err := simulate.LoadEffects(t.Context(), folder+"effects.csv")
	if err != nil {
		t.Fatal(err)
	}
	parts, exact := splitOn(t, studies[0], studies[1], 1, 10000, effects)
	sum := 0.
	for i, p := range parts {
		t.Logf("%-10s %+.4f (%.4f), true %+.4f", []string{"sample", "definition", "method", "difference"}[i], p.Estimate.Estimate, p.StdError, exact[i])
		if i < 3 {
			sum += p.Estimate.Estimate
		}
		if !(math.Abs(p.Estimate.Estimate-exact[i]) <= 3*p.StdError) { // as above: one in 100 by chance
			t.Errorf("part %d is %.4f (%.4f), and the truth is %.4f", i, p.Estimate.Estimate, p.StdError, exact[i])
		}
	}
	if math.Abs(sum-parts[3].Estimate.Estimate) > 1e-12 || math.Abs(exact[2]) > 1e-12 {
		t.Errorf("the parts add up to %v, and the difference is %v; the true part of the method is %v", sum, parts[3].Estimate.Estimate, exact[2])
	}
	if exact[0] > -0.04 || parts[0].ConfHigh > 0 || -exact[0] < math.Abs(exact[1]) {
		t.Errorf("the part of the sample, %.3f in truth (definition %.3f), is not found: %+v", exact[0], exact[1], parts[0])
	}
}

// How often the intervals of the parts cover.
func TestSplitCovers(t *testing.T) {
	if os.Getenv("EVALUATE_SLOW") != "1" {
		t.Skip("60 registers: set EVALUATE_SLOW=1")
	}
	const registers = 60
	var covered [4]int
	for seed := range uint64(registers) {
		parts, exact := splitOnce(t, 100+seed, 8000)
		for i, p := range parts {
			if p.ConfLow <= exact[i] && exact[i] <= p.ConfHigh {
				covered[i]++
			}
		}
	}
	for i, n := range covered {
		share := float64(n) / registers
		t.Logf("%s: %.3f", []string{"sample", "definition", "method", "difference"}[i], share)
		if share < 0.87 { // 0.95 less three Monte Carlo errors of 0.028
			t.Errorf("part %d is covered in %.2f of the registers", i, share)
		}
	}
}
