package analysis

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// The draws of cost against effect under entropy balancing against a bootstrap that draws persons and balances again in
// every draw: the influence holds the estimation of the weights, so that both have the same spread. With the weights taken
// as known the spread would be over a fifth too large here, since the covariates explain much of the cost.
func TestDrawsAgreeWithBalancingAgain(t *testing.T) {
	rng := random.New(9, "test")
	const n, persons, draws = 1200, 700, 400
	x := [][]float64{make([]float64, n), make([]float64, n)}
	treated, y, person := make([]bool, n), make([]float64, n), make([]int32, n)
	for i := range n {
		person[i] = int32(i * persons / n)
		x[0][i], x[1][i] = rng.NormFloat64(), rng.NormFloat64()
		treated[i] = rng.Float64() < 1/(1+math.Exp(1-.5*x[0][i]))
		y[i] = 3*x[0][i] + x[1][i] + rng.NormFloat64()
		if treated[i] {
			y[i] += 2
		}
	}
	fit := func(base []float64) (*matching.Balanced, error) {
		return matching.EntropyBalance(x, treated, base, matching.EntropyOptions{Workers: 1})
	}
	b, err := fit(nil)
	if err != nil {
		t.Fatal(err)
	}
	known, mean1, mean0 := cost.KnownWeights(y, b.Weight, treated)
	l := cost.NewLinear([]float64{mean1 - mean0, mean1 - mean0}, [][]float64{b.Influence(y, nil), known}, person, persons)
	rows := make([][]int, persons)
	for i, p := range person {
		rows[p] = append(rows[p], i)
	}
	var sum, square float64
	for range draws {
		base := make([]float64, n)
		for range persons {
			for _, i := range rows[rng.IntN(persons)] {
				base[i]++
			}
		}
		again, err := fit(base)
		if err != nil {
			t.Fatal(err)
		}
		_, m1, m0 := cost.KnownWeights(y, again.Weight, treated)
		sum += m1 - m0
		square += (m1 - m0) * (m1 - m0)
	}
	sd := math.Sqrt((square - sum*sum/draws) / (draws - 1))
	// 400 draws: 1/√800 = 3.5 % of chance.
	if r := sd / l.StdError(0); math.Abs(r-1) > 0.12 {
		t.Errorf("balancing again gives a spread of %v, the influence %v", sd, l.StdError(0))
	}
	if r := sd / l.StdError(1); r > 0.8 {
		t.Errorf("known weights give %v against %v: the test tells nothing", l.StdError(1), sd)
	}
}

func TestCostKeys(t *testing.T) {
	study := func(cost string) error {
		_, err := Parse([]byte("study: a\ndata: {register: r}\npopulation: {from: 2019-01, to: 2020-01}\ntiltak: all\ncost: " + cost + "\n"))
		return err
	}
	for text, want := range map[string]string{
		"{perspectives: [budget, nobody]}":         "cost.perspectives",
		"{perspectives: [budget, budget]}":         "twice",
		"{unpriced: zero}":                         "cost.unpriced",
		"{values: {person: [5, 5]}}":               "cost.values.person",
		"{values: {month: [-1]}}":                  "cost.values.month",
		"{values: {year: [1]}}":                    "year",
		"{draws: 10}":                              "cost.draws",
		"{what_if: [{tiltak: A, step: 10}]}":       "what_if",
		"{what_if: [{id: a, tiltak: A, step: 0}]}": "what_if",
		"{what_if: [{id: a, tiltak: A, step: 10}, {id: a, tiltak: B, step: 10}]}": "twice",
	} {
		if err := study(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if err := study("{perspectives: [society, budget], unpriced: leave_out, draws: 200, values: {person: [0, 1], month: [2]}, what_if: [{id: trinn, tiltak: ARBEIDSFORBEREDENDE_TRENING, step: 10, floor: 30}]}"); err != nil {
		t.Error(err)
	}
}

// With few offices the draws of cost against effect are as wide as the interval of the estimate on the same kroner; with the treated in one
// office there is no error, and no figure that would look exact.
func TestCostEffectOfFewOffices(t *testing.T) {
	const persons = 300
	trials, reg, y := madeTrials(5, persons, false, false)
	trial := &trials.Tiltak[0]
	has := make([]bool, persons)
	for i, treated := range trial.Treated {
		has[trials.Rows.Person[trial.Row[i]]] = has[trials.Rows.Person[trial.Row[i]]] || treated
	}
	for name, office := range map[string]func(p int) int{
		"eight": func(p int) int { return p % 8 },
		"one": func(p int) int {
			if has[p] {
				return 3
			}
			return p % 8
		},
	} {
		settle(reg, persons, 8, office)
		r := runnerOf(t, trials, reg, "methods: [ebal]\ninference: {cluster: nav_enhet}\ncost: {draws: 4000}\n")
		if err := r.findPlaces(); err != nil {
			t.Fatal(err)
		}
		c := newCell(trials, trial, 0, 1, r.places)
		f, _, err := r.fit(c, r.study.Methods[0])
		if err != nil {
			t.Fatal(err)
		}
		var v costRowsOf
		for k := range v.y {
			v.y[k] = make([]float64, len(c.row))
		}
		copy(v.y[drawTiltak], y)
		v.unpriced, v.months = make([]float64, len(c.row)), make([]float64, len(c.row))
		rows, err := r.costEffectOf(t.Context(), c, nil, &v, f, "", results.CostEffect{})
		if err != nil {
			t.Fatal(err)
		}
		if name == "one" {
			if len(rows) != 1 || rows[0].Reason != estimate.TooFewClusters || !math.IsNaN(rows[0].StdError) || !math.IsNaN(rows[0].Estimate) {
				t.Errorf("%s: %+v", name, rows)
			}
			continue
		}
		e := f.outcome(c, r, nil).effect(y)
		if want := widened(&e, .95); !(e.DF > 0) || math.Abs(rows[0].StdError/want-1) > .1 || want < 1.2*e.StdError || math.Abs(rows[0].Estimate-e.Estimate) > 1e-12 {
			t.Errorf("%s: %v (%v), the estimate has %v (%v, t(%v): %v)", name, rows[0].Estimate, rows[0].StdError, e.Estimate, e.StdError, e.DF, want)
		}
	}
}
