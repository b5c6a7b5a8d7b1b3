package matching

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// RobustnessValue is the share of the residual variance of both treatment and outcome that an unmeasured cause would have
// to explain to reduce the estimate by the share q (Cinelli and Hazlett 2020, JRSS-B 82:39), from its t statistic and
// degrees of freedom: with f = |t|/√dof, f* = |t_{α/2, dof−1}|/√(dof−1) and g = q·f − f*,
//
//	RV = 2/(1 + √(1 + 4/g²)),   0 where g ≤ 0, and (q²f² − f*²)/(1 + q²f²) where q·f > 1/f*.
//
// alpha 1 takes the estimate itself (f* = 0); smaller values, the end of its 1 − alpha interval.
func RobustnessValue(t, dof, q, alpha float64) float64 {
	if math.IsNaN(t) || !(dof > 1) {
		return math.NaN()
	}
	f := q * math.Abs(t) / math.Sqrt(dof)
	critical := 0.
	if alpha < 1 {
		critical = math.Abs(studentQuantile(alpha/2, dof-1)) / math.Sqrt(dof-1)
	}
	g := f - critical
	switch {
	case g <= 0:
		return 0
	case critical > 0 && f > 1/critical:
		return (f*f - critical*critical) / (1 + f*f)
	}
	return 2 / (1 + math.Sqrt(1+4/(g*g)))
}

func studentQuantile(p, dof float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof}.Quantile(p)
}

// PartialR2 is t²/(t² + dof).
func PartialR2(t, dof float64) float64 { return t * t / (t*t + dof) }

// Confounder is a supposed unmeasured cause by the shares of residual variance that it explains.
type Confounder struct {
	Treatment float64 // partial R² with the treatment given the covariates
	Outcome   float64 // partial R² with the outcome given treatment and covariates
}

// Adjusted is the estimate and the error of a linear regression if the confounder had been in it, taken to work towards 0:
//
//	|estimate| − se·√dof·√(R²_Y·R²_D/(1 − R²_D)),   se·√((1 − R²_Y)/(1 − R²_D))·√(dof/(dof − 1)).
func (c Confounder) Adjusted(estimate, stdError, dof float64) (adjusted, adjustedError float64) {
	bias := stdError * math.Sqrt(dof) * math.Sqrt(c.Outcome*c.Treatment/(1-c.Treatment))
	adjusted = math.Copysign(1, estimate) * (math.Abs(estimate) - bias)
	return adjusted, stdError * math.Sqrt((1-c.Outcome)/(1-c.Treatment)) * math.Sqrt(dof/(dof-1))
}

// Benchmark is a confounder k times as strong as an observed covariate, from the covariate's partial R² with the treatment
// given the others and with the outcome given treatment and the others (Cinelli and Hazlett 2020, section 4.4):
//
//	R²_D = k·R²_Dx/(1 − R²_Dx),   r = k·R²_Dx²/((1 − k·R²_Dx)(1 − R²_Dx)),
//	R²_Y = ((√k + √r)/√(1 − r))²·R²_Yx/(1 − R²_Yx)
//
// R²_Y is at most 1; where R²_D or r reach 1 such a confounder cannot be and both are NaN.
func Benchmark(k, treatmentR2, outcomeR2 float64) Confounder {
	d := k * treatmentR2 / (1 - treatmentR2)
	r := k * treatmentR2 * treatmentR2 / ((1 - k*treatmentR2) * (1 - treatmentR2))
	if d >= 1 || !(r < 1) || r < 0 {
		return Confounder{math.NaN(), math.NaN()}
	}
	y := (math.Sqrt(k) + math.Sqrt(r)) / math.Sqrt(1-r)
	return Confounder{Treatment: d, Outcome: min(1, y*y*outcomeR2/(1-outcomeR2))}
}
