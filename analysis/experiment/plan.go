package experiment

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/internal/fault"
)

// Plan is an experiment that is not made yet.
type Plan struct {
	Units   int     // persons, or clusters, that are randomised
	PerUnit float64 // persons in each; 1 where persons are randomised
	ICC     float64 // intra-class correlation of the outcome within a cluster
	Share   float64 // of the units that is assigned; default 0.5
	SD      float64 // of the outcome
	R2      float64 // share of the variance that strata and covariates explain
	TakeUp  float64 // share of the assigned who take it beyond those who would have anyway; default 1
	Level   float64 // default 0.95
	Power   float64 // default 0.8
}

// Detectable is what an experiment would find.
type Detectable struct {
	StdError, ITT, LATE, DF float64
	DesignEffect            float64 // variance over that of as many persons randomised one by one
}

// Detect gives the smallest effect that is found with the power asked for (Bloom 1995, Evaluation Review 19:547; 2005 for clusters): with J
// units of n persons, a share P assigned, and s² the variance of the outcome that strata and covariates leave,
//
//	V = s²(1 + (n − 1)ρ)/(P(1 − P)Jn),   MDE = (t_{1−α/2} + t_{power})·√V,   J − 2 degrees of freedom
//
// of the assignment; of taking it, divided by the take-up.
func Detect(p Plan) (Detectable, error) {
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&p.PerUnit, 1)
	def(&p.Share, .5)
	def(&p.TakeUp, 1)
	def(&p.Level, .95)
	def(&p.Power, .8)
	switch {
	case p.Units < 4:
		return Detectable{}, fault.Usagef("bad_flag", "`--units` is the number of persons or clusters that are randomised, 4 or more")
	case !(p.PerUnit >= 1):
		return Detectable{}, fault.Usagef("bad_flag", "`--per-unit` is the number of persons in each cluster, 1 or more")
	case !(p.ICC >= 0 && p.ICC < 1):
		return Detectable{}, fault.Usagef("bad_flag", "`--icc` lies between 0 and 1")
	case !(p.Share > 0 && p.Share < 1) || !(p.TakeUp > 0 && p.TakeUp <= 1) || !(p.R2 >= 0 && p.R2 < 1) || !(p.Power > 0 && p.Power < 1) || !(p.Level > 0 && p.Level < 1):
		return Detectable{}, fault.Usagef("bad_flag", "`--share`, `--take-up`, `--r2`, `--power` and `--level` are shares between 0 and 1")
	case !(p.SD > 0):
		return Detectable{}, fault.Usagef("bad_flag", "`--sd` is the standard deviation of the outcome, or `--rate` the share with a 0/1 outcome; give one of them")
	}
	d := Detectable{DF: float64(p.Units - 2), DesignEffect: 1 + (p.PerUnit-1)*p.ICC}
	d.StdError = p.SD * math.Sqrt((1-p.R2)*d.DesignEffect/(p.Share*(1-p.Share)*float64(p.Units)*p.PerUnit))
	t := distuv.StudentsT{Sigma: 1, Nu: d.DF}
	d.ITT = (t.Quantile((1+p.Level)/2) + t.Quantile(p.Power)) * d.StdError
	d.LATE = d.ITT / p.TakeUp
	return d, nil
}
