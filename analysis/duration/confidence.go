package duration

import (
	"fmt"
	"math"

	"tiltakseffekt/internal/fault"
)

// Interval names how the pointwise limits of a curve are made.
type Interval uint8

// The intervals. With S the curve, s the standard error of log S and z the normal quantile:
const (
	LogInterval    Interval = iota // exp(log S ± z s), at most 1; the default, as in R's survival
	LogLogInterval                 // exp(−exp(log(−log S) ± z s/log S)): inside [0, 1] by construction
	PlainInterval                  // S ± z s S, cut to [0, 1]
	LogitInterval                  // on log(S/(1−S)), with error s/(1−S)
	ArcsinInterval                 // on asin √S, with error ½ s √(S/(1−S))
)

var intervalNames = []string{"log", "log-log", "plain", "logit", "arcsin"}

// String is the name of the interval as commands write it.
func (i Interval) String() string {
	if int(i) < len(intervalNames) {
		return intervalNames[i]
	}
	return fmt.Sprintf("Interval(%d)", uint8(i))
}

// UnmarshalText reads the name of an interval.
func (i *Interval) UnmarshalText(b []byte) error {
	for k, name := range intervalNames {
		if string(b) == name {
			*i = Interval(k)
			return nil
		}
	}
	return fault.Usagef("bad_interval", "an interval is log, log-log, plain, logit or arcsin, not `%s`%s", b, fault.Suggest(string(b), intervalNames))
}

// limits are the limits of a probability p with standard error s of its logarithm. An error of 0 gives p itself (nothing
// has happened yet, or nothing more can); p = 0 gives none, nor does p = 1 on a scale on which that is infinite.
func (i Interval) limits(p, s, z float64) (low, high float64) {
	switch {
	case s == 0:
		return p, p
	case !(p > 0) || math.IsNaN(s):
		return math.NaN(), math.NaN()
	case p > 1-1e-14: // a cumulative incidence at its end
		if s < 1e-7 {
			return p, p
		}
		if i != LogInterval && i != PlainInterval {
			return math.NaN(), math.NaN()
		}
	}
	switch i {
	case LogInterval:
		return p * math.Exp(-z*s), min(1, p*math.Exp(z*s))
	case LogLogInterval:
		l := math.Log(-math.Log(p))
		half := z * s / math.Log(p) // negative
		return math.Exp(-math.Exp(l - half)), math.Exp(-math.Exp(l + half))
	case PlainInterval:
		return max(0, p-z*s*p), min(1, p+z*s*p)
	case LogitInterval:
		l, half := math.Log(p/(1-p)), z*s/(1-p)
		return 1 - 1/(1+math.Exp(l-half)), 1 - 1/(1+math.Exp(l+half))
	case ArcsinInterval:
		a, half := math.Asin(math.Sqrt(p)), .5*z*s*math.Sqrt(p/(1-p))
		low, high = math.Sin(max(0, a-half)), math.Sin(min(math.Pi/2, a+half))
		return low * low, high * high
	}
	panic("duration: unknown " + i.String())
}
