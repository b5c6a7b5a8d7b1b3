package matching

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// The ATC is the ATT of the exchanged groups, with the opposite sign and the same error; a probit's error is near a logit's.
func TestEstimatedScoreOfTheComparison(t *testing.T) {
	for seed := range uint64(8) {
		x, treated, y := observational(seed, 400, 3)
		other := make([]bool, len(treated))
		for i, d := range treated {
			other[i] = !d
		}
		run := func(treated []bool, e Estimand, link regression.Link) Effect {
			fit, err := regression.Logit(x, numbers(treated), nil, regression.LogitOptions{Link: link})
			if err != nil {
				t.Fatal(err)
			}
			m, err := MatchTied(TiedInput{Points: [][]float64{fit.Linear}, Treated: treated}, TiedOptions{Estimand: e})
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.EstimatedScore(y, fit, x)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		a, b := run(treated, ATC, regression.LogitLink), run(other, ATT, regression.LogitLink)
		close1(t, "estimate", a.Estimate, -b.Estimate, 1e-9)
		close1(t, "error", a.StdError, b.StdError, 1e-7)
		if p := run(treated, ATC, regression.ProbitLink); math.Abs(p.StdError/a.StdError-1) > 0.15 || p.StdError == a.StdError {
			t.Errorf("seed %d: probit %g, logit %g", seed, p.StdError, a.StdError)
		}
	}
}

// Without ties, matching both ways for the ATE is MatchTied, error and bias adjustment included; inside strata it never
// crosses them.
func TestNearestForTheATE(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 1))
	for trial := range 40 {
		x, treated, y, _, _, _ := drawn(r, 150)
		d := &Data{X: x, Treated: treated, Outcomes: [][]float64{y}, Distance: x[0]}
		spec := Spec{Distance: "given", Estimand: ATE, Nearest: NearestOptions{Replace: true, Ratio: 1 + trial%3}, BiasAdjust: trial%2 == 0}
		got, err := Run(d, spec)
		if err != nil {
			t.Fatal(err)
		}
		m, err := MatchTied(TiedInput{Points: x[:1], Treated: treated, Z: x}, TiedOptions{Estimand: ATE, Matches: 1 + trial%3, BiasAdjust: trial%2 == 0})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := m.Effect(y)
		e := got.Effects[0]
		close1(t, "estimate", e.Estimate, want.Estimate, 1e-10)
		close1(t, "error", e.StdError, want.StdError, 1e-10)
		for i, w := range m.Weight() {
			close1(t, "weight", got.Weight[i], w, 1e-12)
		}
		fitted, err := Run(&Data{X: x, Treated: treated, Outcomes: [][]float64{y}}, Spec{Estimand: ATE, Nearest: NearestOptions{Replace: true}})
		if err != nil || fitted.Effects[0].StdErrorType != "abadie-imbens-2016" {
			t.Fatal(err, fitted.Effects)
		}
	}
}

// With clusters the automatic error with replacement is the multiplier bootstrap's, summed by person; weights of one change
// nothing in it.
func TestAutomaticErrorWithPersons(t *testing.T) {
	r := rand.New(rand.NewPCG(72, 1))
	for trial := range 20 {
		x, treated, y, _, person, persons := drawn(r, 200)
		d := Data{X: x, Treated: treated, Outcomes: [][]float64{y}, Cluster: person, Clusters: persons}
		spec := Spec{Estimand: Estimand(trial % 2), Nearest: NearestOptions{Replace: true}, BiasAdjust: trial%4 < 2}
		got, err := Run(&d, spec)
		if err != nil {
			t.Fatal(err)
		}
		e := got.Effects[0]
		tied := got.Matched.Tied([][]float64{got.Distance}, x, TiedOptions{BiasAdjust: spec.BiasAdjust})
		want, err := tied.Multiplier(y, person, persons)
		if err != nil {
			t.Fatal(err)
		}
		close1(t, "estimate", e.Estimate, want.Estimate, 1e-9)
		// Without the adjustment the figures differ in what the difference of weighted means adds to nothing: the mean of what is
		// left of those who chose.
		near := 1e-9
		if !spec.BiasAdjust {
			near = 0.02
		}
		close1(t, "error", e.StdError, want.StdError, near)
		if e.StdErrorType != "otsu-rai+person" {
			t.Error(e.StdErrorType)
		}
		d.Base = ones(len(y))
		again, err := Run(&d, spec)
		if err != nil {
			t.Fatal(err)
		}
		close1(t, "error with weights of one", again.Effects[0].StdError, e.StdError, 1e-9)
	}
}

// Every method with every estimand, kind of data and error either gives a figure or says in one sentence what to do: nothing
// panics and nothing is refused with the automatic error that is not listed here.
func TestWhatIsServed(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 1))
	x, treated, y, base, person, persons := drawn(r, 240)
	cells := make([][]int32, len(x))
	for j := range x {
		cells[j] = Coarsen(x[j], 2)
	}
	stratum := Coarsen(x[1], 3)
	missing := append([]float64(nil), y...)
	missing[3], missing[100] = math.NaN(), math.NaN()
	kinds := map[string]func(d *Data){
		"plain":   func(*Data) {},
		"weights": func(d *Data) { d.Base = base },
		"cluster": func(d *Data) { d.Cluster, d.Clusters = person, persons },
		"persons": func(d *Data) { d.Cluster, d.Clusters, d.Unit = person, persons, person },
		"strata":  func(d *Data) { d.Stratum = stratum },
		"missing": func(d *Data) { d.Outcomes = [][]float64{missing} },
	}
	methods := map[string]Spec{
		"nearest": {Nearest: NearestOptions{Caliper: .3}}, "closest": {Nearest: NearestOptions{Order: Closest}}, "ratio": {Nearest: NearestOptions{Ratio: 2}},
		"replace": {Nearest: NearestOptions{Replace: true}}, "adjusted": {Nearest: NearestOptions{Replace: true}, BiasAdjust: true},
		"reuse": {Nearest: NearestOptions{ReuseMax: 3}}, "mahalanobis": {Distance: "mahalanobis", Nearest: NearestOptions{Order: Closest}},
		"optimal": {Method: "optimal"}, "optimal caliper": {Method: "optimal", Nearest: NearestOptions{Caliper: .2}},
		"full": {Method: "full"}, "full caliper": {Method: "full", Nearest: NearestOptions{Caliper: .2}},
		"subclass": {Method: "subclass", Subclasses: 4}, "cem": {Method: "cem"}, "k2k": {Method: "cem", EqualCells: true}, "exact": {Method: "exact"},
		"radius": {Method: "radius", Radius: .2}, "radius adjusted": {Method: "radius", Radius: .2, BiasAdjust: true},
		"ipw": {Method: "ipw"}, "overlap": {Method: "overlap"}, "ebal": {Method: "ebal"}, "cbps": {Method: "cbps"}, "aipw": {Method: "aipw"}, "none": {Method: "none"},
	}
	pairs := []Estimand{ATT, ATC}
	served := map[string][]Estimand{"nearest": pairs, "closest": pairs, "ratio": pairs, "reuse": pairs, "mahalanobis": pairs, "optimal": pairs, "optimal caliper": pairs,
		"k2k": {ATT}, "ipw": {ATT, ATC, ATE, ATO, ATM}, "overlap": {ATT, ATC, ATE, ATO, ATM}, "none": {ATT, ATC, ATE, ATO, ATM}}
	refused := map[string]string{ // method, kind, estimand ("" for all): what must be said
		"replace weights ATE": "takes no weights", "adjusted weights ATE": "takes no weights", "closest weights": "", "radius weights ATE": "att or the atc", "radius adjusted weights ATE": "att or the atc",
		"optimal persons": "one id", "optimal caliper persons": "one id", "full persons": "one id", "full caliper persons": "one id",
		"k2k weights": "equal cells", "k2k persons": "equal cells",
		"subclass strata": "--exact", "ipw strata": "--exact", "overlap strata": "--exact", "ebal strata": "--exact", "cbps strata": "--exact", "aipw strata": "--exact",
		"adjusted missing": "missing values", "radius missing": "missing values", "radius adjusted missing": "missing values", "replace missing ATE": "missing values",
	}
	for name, spec := range methods {
		for kind, change := range kinds {
			for e := range Estimand(5) {
				d := Data{X: x, Treated: treated, Outcomes: [][]float64{y}, Cells: cells}
				change(&d)
				s := spec
				s.Estimand = e
				_, err := Run(&d, s)
				list := served[name]
				if list == nil {
					list = []Estimand{ATT, ATC, ATE}
				}
				listed := false
				for _, v := range list {
					listed = listed || v == e
				}
				why, no := refused[name+" "+kind]
				if !no {
					why, no = refused[fmt.Sprintf("%s %s %v", name, kind, e)]
				}
				if no && why == "" {
					no = false
				}
				what := fmt.Sprintf("%s, %s, %v: %v", name, kind, e, err)
				switch {
				case err == nil && (no || !listed):
					t.Error("served, and listed as not: " + what)
				case err != nil && listed && !no:
					t.Error("not served: " + what)
				case err != nil && fault.StatusOf(err) == fault.Internal:
					t.Error("no fault of the user's: " + what)
				case err != nil && listed && !strings.Contains(err.Error(), why):
					t.Error("says something else: " + what)
				}
			}
		}
	}
}

func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}
