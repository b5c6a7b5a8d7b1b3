package did

import "tiltakseffekt/internal/fault"

// Method is how a 2×2 comparison of changes uses covariates. It changes what must be right for the estimate to be: the
// propensity (IPW), the outcome regression (Reg) or one of them (DR, Imp).
type Method uint8

// The methods of Sant'Anna and Zhao (2020); Reg is Heckman, Ichimura and Todd (1997), IPW the normalised Abadie (2005).
const (
	DR  Method = iota // doubly robust, logit and least squares ("traditional")
	IPW               // inverse probability weighting with weights that sum to 1 (Hájek)
	Reg               // outcome regression among the controls
	Imp               // improved doubly robust: calibrated propensity, weighted least squares, no estimation effect
)

// Controls is who is compared with a cohort. It changes the estimand's assumption, not the estimand.
type Controls uint8

// The comparison groups.
const (
	Auto          Controls = iota // NeverTreated, or NotYetTreated where nobody is never treated
	NeverTreated                  // those who never start. It conditions on the future
	NotYetTreated                 // those who have not started by the later of the two periods (plus anticipation)
	LaterStart                    // those who have not started by g: "start now" against "not now"; members stay when they start
	RiskSet                       // of these, and of the starters, those at risk (Panel.AtRisk) in the last period before g
)

// BasePeriod is the period that pre-treatment cells are compared with.
type BasePeriod uint8

// The bases. Post-treatment cells use the last period before g − anticipation either way.
const (
	Universal BasePeriod = iota // that same period for pre-treatment cells: T cells a cohort, one of them 0 by construction
	Varying                     // the period before: T−1 cells a cohort
)

// Gaps is what happens to units that are not observed in every period.
type Gaps uint8

// The treatments of gaps.
const (
	Balanced Gaps = iota // such units are set aside and counted
	Pairwise             // a cell uses the units observed in both of its periods
	Rows                 // a cell compares rows, as repeated cross-sections with influence summed by unit (R's did)
)

// Options are the choices of GroupTime. The zero value is our default.
type Options struct {
	Method       Method
	Controls     Controls
	Base         BasePeriod
	Anticipation int64 // periods before the start in which there may be an effect already; the base moves back
	Unbalanced   Gaps
	Weights      WeightPeriod
	Level        float64 // of intervals and bands; 0 means 0.95
	Pointwise    bool    // no simultaneous bands
	Draws        int     // of the simultaneous critical value; 0 means 10,000
	Seed         uint64  // of these draws
	Workers      int     // results do not depend on it

	BalanceE *int64 // event times only of cohorts observed at least this long after their start
	MinE     *int64 // first event time of the dynamic aggregation
	MaxE     *int64 // last event time of the dynamic aggregation

	Windows [][2]int64 // ranges of event times to average, first and last, such as {0, 5} for lock-in and {6, 23} for after

	// LikeDRDID reproduces a sign in the influence function of R's DRDID 1.2.3 for doubly robust rows (GroupTimeRows): the
	// effect of estimating the controls' regression of the base period enters with the sign of the other period, which
	// moves standard errors by up to a few per cent. Without it the influence is the derivative of the estimate.
	LikeDRDID bool

	// NormalClusters keeps the normal distribution and plain errors where an arm has fewer than 40 effective clusters (parity with did); without it those
	// are CR2 with t. Only with one dimension of clusters, and not for rows.
	NormalClusters bool

	Bootstrap int // over 0: standard errors and bands from this many Rademacher multiplier draws (parity with did)
}

// WeightPeriod says which period's sampling weights a cell uses where they vary.
type WeightPeriod uint8

// The choices of R's did: the earlier of a cell's two periods (default), the base of the cohort, the first period.
const (
	EarlierPeriod WeightPeriod = iota
	CohortBase
	FirstPeriod
)

// LikeDid are the defaults of att_gt in R's did: never treated, varying base, pointwise intervals.
func LikeDid() Options {
	return Options{Controls: NeverTreated, Base: Varying, Pointwise: true, LikeDRDID: true, NormalClusters: true}
}

func (o *Options) check() error {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !(o.Level > 0 && o.Level < 1) {
		return fault.Usagef("bad_flag", "`--level` must be between 0 and 1")
	}
	if o.Anticipation < 0 {
		return fault.Usagef("bad_flag", "`--anticipation` must be 0 or more")
	}
	for _, w := range o.Windows {
		if w[1] < w[0] {
			return fault.Usagef("bad_flag", "`--windows`: %d:%d ends before it begins", w[0], w[1])
		}
	}
	if o.Draws == 0 {
		o.Draws = 10_000
	}
	return nil
}

var methodNames = [...]string{"dr", "ipw", "reg", "imp"}

// String is the name of the flag value.
func (m Method) String() string { return methodNames[m] }

// UnmarshalText reads dr, ipw, reg or imp.
func (m *Method) UnmarshalText(b []byte) error {
	for i, s := range methodNames {
		if s == string(b) {
			*m = Method(i)
			return nil
		}
	}
	return fault.Usagef("bad_flag", "`--method` is dr, ipw, reg or imp, not `%s`%s", b, fault.Suggest(string(b), methodNames[:]))
}

var controlNames = [...]string{"auto", "never", "not-yet", "later-start", "risk-set"}

// String is the name of the flag value.
func (c Controls) String() string { return controlNames[c] }

// UnmarshalText reads auto, never, not-yet, later-start or risk-set.
func (c *Controls) UnmarshalText(b []byte) error {
	for i, s := range controlNames {
		if s == string(b) {
			*c = Controls(i)
			return nil
		}
	}
	return fault.Usagef("bad_flag", "`--controls` is never, not-yet, later-start or risk-set, not `%s`%s", b, fault.Suggest(string(b), controlNames[1:]))
}
