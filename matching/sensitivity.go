package matching

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// SensitivityRow is one measure of how strong an unmeasured cause would have to be.
type SensitivityRow struct {
	Outcome string
	Measure string  // e-value, rosenbaum-gamma or robustness-value
	Value   float64 // to explain the estimate away
	Bound   float64 // to let the interval reach no effect: 1 (0 for the robustness value) where it does so already
}

// sensitivity computes for each outcome with an error:
//
//   - the E-value of the ratio of means for 0/1 outcomes, otherwise of the mean difference in standard deviations of the
//     outcome over all rows; the interval of the ratio is test-based, RR^(1 ± z/|t|), so that it holds 1 just where the
//     interval of the difference holds 0;
//   - for 1:1 matching without replacement, Rosenbaum's Γ of the signed rank statistic, or of McNemar's for 0/1 outcomes;
//   - the robustness value, with t the estimate over its error and as degrees of freedom the sum of the effective sample
//     sizes less two.
func (r *Report) sensitivity(d *Data) error {
	k := -1
	for _, e := range r.Effects {
		if e.Estimator == "regression" {
			continue
		}
		k++
		i := e.Interval(r.Spec.Level)
		if e.Reason != "" || math.IsNaN(i.ConfLow) {
			continue
		}
		y := d.Outcomes[k]
		value, low, high := ratios(y, e.Effect, i.ConfLow, i.ConfHigh)
		if !math.IsNaN(value) {
			r.Sensitivity = append(r.Sensitivity, SensitivityRow{e.Outcome, "e-value", EValue(value), EValueBound(low, high)})
		}
		if m := r.Matched; m != nil && m.Subclass != nil && m.Options.Ratio == 1 {
			var differences []float64
			for _, p := range m.Pairs {
				if v := y[p.Treated] - y[p.Comparison]; v == v {
					differences = append(differences, v)
				}
			}
			value, bound := NewRosenbaumPairs(differences).Gamma((1 - r.Spec.Level) / 2)
			r.Sensitivity = append(r.Sensitivity, SensitivityRow{e.Outcome, "rosenbaum-gamma", value, bound})
		}
		dof := r.Counts.ESSTreated + r.Counts.ESSComparison - 2
		t := e.Estimate / e.StdError
		r.Sensitivity = append(r.Sensitivity, SensitivityRow{e.Outcome, "robustness-value", RobustnessValue(t, dof, 1, 1), RobustnessValue(t, dof, 1, 1-r.Spec.Level)})
		if v := EValue(value); v < 1.25 && EValueBound(low, high) > 1 {
			r.Warnings = append(r.Warnings, fault.Warnf("fragile", "`%s`: an unmeasured cause with a risk ratio of %.2f with treatment and outcome would explain the estimate away", e.Outcome, v))
		}
	}
	return nil
}

// ratios is the risk ratio of an effect with its interval, NaN where there is none.
func ratios(y []float64, e Effect, low, high float64) (ratio, ratioLow, ratioHigh float64) {
	binary := true
	n, mean := 0., 0.
	for _, v := range y {
		if v == v {
			binary = binary && (v == 0 || v == 1)
			n++
			mean += v
		}
	}
	mean /= n
	if binary {
		return RatioOfMeans(e.MeanTreated, e.MeanComparison, e.Estimate, low, high)
	}
	sum := 0.
	for _, v := range y {
		if v == v {
			sum += (v - mean) * (v - mean)
		}
	}
	sd := math.Sqrt(sum / (n - 1))
	return RatioOfMeanDifference(e.Estimate / sd), RatioOfMeanDifference(low / sd), RatioOfMeanDifference(high / sd)
}

// RatioOfMeans is the ratio of two means with a test-based interval, which holds 1 just where that of their difference, low
// to high, holds 0: RR^(1 ± z/|t|). NaN where a mean is not positive.
func RatioOfMeans(treated, comparison, difference, low, high float64) (ratio, ratioLow, ratioHigh float64) {
	if !(comparison > 0) || !(treated > 0) {
		return math.NaN(), math.NaN(), math.NaN()
	}
	log := math.Log(treated / comparison)
	half := math.Abs(log) * (high - low) / 2 / math.Abs(difference) // z/|t|
	return math.Exp(log), math.Exp(log - half), math.Exp(log + half)
}
