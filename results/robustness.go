package results

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Robustness is a row of `robustness`: what every specification of a registry that was fixed beforehand says about one
// effect together. The specifications themselves stand in `estimates` with the role robustness.
type Robustness struct {
	Tiltak           string  `col:"tiltak"`
	Group            string  `col:"group"`
	Outcome          string  `col:"outcome"` // of the study; its rivals are definitions of it
	Month            int     `col:"month"`
	NSpecifications  int     `col:"n_specifications"`
	NEstimated       int     `col:"n_estimated"`
	Median           float64 `col:"median"`
	Low              float64 `col:"low"` // the smallest and largest estimate
	High             float64 `col:"high"`
	ShareSameSign    float64 `col:"share_same_sign"`   // with the sign of the median
	ShareSignificant float64 `col:"share_significant"` // of those, with a p-value under 1 − level

	// p-values of no effect in any specification: how often draws with the same joint covariance have a median, a share and
	// a largest statistic at least as extreme.
	PMedian      float64 `col:"p_median"`
	PSignificant float64 `col:"p_share_significant"`
	PMax         float64 `col:"p_max"`

	// Shares of the variance between the estimates; they add up to 1.
	VarianceSample       float64 `col:"variance_sample"`
	VarianceDefinition   float64 `col:"variance_definition"`
	VarianceCovariates   float64 `col:"variance_covariates"`
	VarianceMonth        float64 `col:"variance_month"`
	VarianceMethod       float64 `col:"variance_method"`
	VarianceCombinations float64 `col:"variance_combinations"`
	// The variance that sampling error alone would leave between the estimates, over the variance that there is.
	SamplingNoise float64 `col:"sampling_noise"`

	Reason estimate.Reason `col:"reason"`
}

// robustness hides what is said about the specifications of a cell together where one of them is hidden: a median and a
// range over all of them would tell about it. It comes after the estimates.
func (s *suppressor) robustness() {
	hidden := hiddenSpecifications(s.t)
	for i := range s.t.Robustness {
		r := &s.t.Robustness[i]
		if k := (cellKey{r.Tiltak, r.Group}); !hidden[k] && !s.near[k] || r.Reason != "" {
			continue
		}
		nan := math.NaN()
		*r = Robustness{Tiltak: r.Tiltak, Group: r.Group, Outcome: r.Outcome, Month: r.Month, NSpecifications: r.NSpecifications, NEstimated: -1,
			Median: nan, Low: nan, High: nan, ShareSameSign: nan, ShareSignificant: nan, PMedian: nan, PSignificant: nan, PMax: nan,
			VarianceSample: nan, VarianceDefinition: nan, VarianceCovariates: nan, VarianceMonth: nan, VarianceMethod: nan, VarianceCombinations: nan, SamplingNoise: nan,
			Reason: suppressed}
		s.note("robustness", "a specification is hidden")
	}
}

// hiddenSpecifications are the cells with a hidden figure among those of their registry: a rival, or the study's own at a month
// of the registry.
func hiddenSpecifications(t *Tables) map[cellKey]bool {
	type at struct {
		outcome string
		month   int
	}
	registry := map[at]bool{}
	for i := range t.Robustness {
		registry[at{t.Robustness[i].Outcome, t.Robustness[i].Month}] = true
	}
	for i := range t.Estimates {
		if e := &t.Estimates[i]; e.Role == "robustness" && e.Month != nil {
			registry[at{e.Outcome, *e.Month}] = true
		}
	}
	hidden := map[cellKey]bool{}
	for i := range t.Estimates {
		e := &t.Estimates[i]
		if e.Reason == suppressed && e.Month != nil && (e.Role == "robustness" || e.Role == "primary" && registry[at{e.Outcome, *e.Month}]) {
			hidden[cellKey{e.Tiltak, e.Group}] = true
		}
	}
	return hidden
}

// registry finds curves that are shown although one of their specifications is hidden.
func (a *attacker) registry(t *Tables) {
	hidden := hiddenSpecifications(t)
	for i := range t.Robustness {
		if r := &t.Robustness[i]; r.Reason == "" && hidden[cellKey{r.Tiltak, r.Group}] {
			a.hit("the specification curve of %s × %s tells about a specification that is hidden", r.Tiltak, r.Group)
		}
	}
}
