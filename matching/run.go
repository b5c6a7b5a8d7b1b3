package matching

import (
	"errors"
	"math"
	"strings"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// Data is a table to match, weight and estimate on, as arrays with one element a row.
type Data struct {
	X            [][]float64 // columns of the score and of the balancing, reference levels left out
	Names        []string
	BalanceX     [][]float64 // columns of the balance table, all levels of factors; nil: X
	BalanceNames []string
	Treated      []bool

	Outcomes     [][]float64 // NaN where missing
	OutcomeNames []string

	Stratum  []int32     // cells of exact columns; nil: one
	Unit     []int32     // person, where persons have several rows; nil: each row is its own
	Key      []uint64    // stable key of rows
	Base     []float64   // sampling weights; nil: 1
	Cluster  []int32     // for errors; nil: rows stand alone
	Clusters int         // number of clusters
	Cells    [][]int32   // columns of coarsened and exact matching, as codes
	Spatial  [][]float64 // columns of a distance between covariates; nil: X
	Distance []float64   // a given distance measure; nil: one is fitted

	Calipers  []CovariateCaliper // of nearest
	AntiExact [][]int32          // of nearest

	Set []int32 // of none: the pair or set of a row as it was matched elsewhere, −1 outside; nil: no sets
}

// Spec says how; the zero value is nearest-neighbour matching for the ATT on a logit score.
type Spec struct {
	Method   string // nearest (default), optimal, full, subclass, cem, exact, radius, ipw, ebal, overlap, aipw, cbps, none
	Estimand Estimand
	Distance string // logit (default), probit, linear-logit, given, or the name of a Metric
	Nearest  NearestOptions
	Discard  Discard

	Subclasses int     // of subclass; 0: 6
	Kernel     string  // of radius: uniform (default), epanechnikov, gaussian
	Radius     float64 // of radius; 0: the caliper
	StdError   string  // auto (default), pair, abadie-imbens, robust, m-estimation, bootstrap
	Moments    int     // of ebal: powers to balance; 0: 1, means alone
	Products   bool    // of ebal: balance the products of pairs of columns too
	Squares    bool    // balance of the squares of covariates that are not 0/1
	Pairwise   bool    // balance of the products of all pairs of covariates
	Shuffles   int     // of the permutation test of balance inside sets; 0: none
	EqualCells bool    // of cem and exact: as many rows of both groups in each cell, in pairs
	Adjust     string  // "" or regression: a further estimate by the weighted regression on treatment and covariates
	BiasAdjust bool    // regression adjustment of matches (Abadie and Imbens 2011)
	Like       string  // "", matchit or matching
	Level      float64 // of sensitivity bounds; 0: 0.95
	Seed       uint64
	Workers    int
}

// Report is what Run finds.
type Report struct {
	Spec      Spec
	Score     *regression.Fit // nil where no score was fitted
	ScoreName string          // of the link
	Distance  []float64       // the distance measure by row; nil for distances between covariates
	Matched   *Matched        // nil where rows were weighted
	Weight    []float64
	Subclass  []int32 // nil where there is none
	Balance   []BalanceRow
	Joint     []JointRow
	Effects   []OutcomeEffect
	Counts    Counts
	Warnings  []fault.Warning

	Sensitivity []SensitivityRow
	Dropped     []DroppedRow // how the rows dropped from the target group differ; nil where none were

	adjusted adjusted
	leave    []bool
}

// OutcomeEffect is the effect on one outcome.
type OutcomeEffect struct {
	Outcome   string
	Estimand  string // such as ATT, or ATT_matched (of weights by a score, ATT_trimmed) where over 5 % of the target group were dropped
	Estimator string // difference, difference_bias_adjusted or regression
	Effect
}

// Counts are numbers of rows and effective sample sizes.
type Counts struct {
	Treated, Comparison               int
	MatchedTreated, MatchedComparison int
	DroppedTreated, DroppedComparison int
	ESSTreated, ESSComparison         float64
	MostPairs                         *int // of one-to-one matching on a score with a caliper; nil otherwise
}

// adjusted is a result that weights rows and knows the error of an effect.
type adjusted interface {
	weights() []float64
	subclasses() []int32
	effect(y, obs []float64, d *Data, stdError string) (Effect, error)
}

// notServed is the refusal of what Run cannot do.
func notServed(what string) error { return fault.Usagef("not_served", "%s is not served yet", what) }

// Run fits the score, matches or weights, measures balance and estimates the effect on each outcome.
//
// A score that separates the groups is fitted with Jeffreys' prior (Penalised) and a warning, except under Like matchit.
// Rows with a missing outcome are left out of the means of that outcome, with a warning. Where over 5 % of the rows of the
// target group are dropped the estimand is renamed.
//
// Errors are those of data (status 3) and of the specification (status 2).
func Run(d *Data, spec Spec) (*Report, error) {
	if spec.Method == "" {
		spec.Method = "nearest"
	}
	if spec.Distance == "" {
		spec.Distance = "logit"
	}
	if spec.Method == "overlap" {
		spec.Estimand = ATO
	}
	if spec.StdError == "" {
		spec.StdError = "auto"
	}
	if spec.Level == 0 {
		spec.Level = 0.95
	}
	r := &Report{Spec: spec}
	if err := r.fitScore(d); err != nil {
		return nil, err
	}
	if spec.Discard == DiscardCrump {
		if r.Score == nil {
			return nil, fault.Usagef("bad_flag", "`--discard crump` needs a fitted score; `--distance %s` of `--method %s` has none", spec.Distance, spec.Method)
		}
		r.leave = CommonSupport(r.Score.Fitted, d.Treated, spec.Discard)
	} else if r.Distance != nil {
		r.leave = CommonSupport(r.Distance, d.Treated, spec.Discard)
	} else if spec.Discard != DiscardNone {
		return nil, fault.Usagef("bad_flag", "`--discard` needs a score; `--distance %s` has none", spec.Distance)
	}
	var err error
	if r.adjusted, err = r.adjust(d); err != nil {
		return nil, err
	}
	r.Weight, r.Subclass = r.adjusted.weights(), r.adjusted.subclasses()
	r.count(d)
	r.compareDropped(d)
	r.overlap(d)
	r.balance(d)
	if err := r.estimate(d); err != nil {
		return nil, err
	}
	if err := r.sensitivity(d); err != nil {
		return nil, err
	}
	return r, nil
}

// needsScore tells whether the method uses a fitted score.
func (s Spec) needsScore() bool {
	switch s.Method {
	case "ebal", "cem", "exact", "none", "aipw", "cbps":
		return false
	}
	_, spatial := metricOf(s.Distance)
	return s.Distance != "given" && (!spatial || s.Nearest.Caliper > 0 || s.Discard != DiscardNone ||
		s.Method == "nearest" && s.Nearest.Order <= Smallest)
}

func metricOf(name string) (Metric, bool) {
	for _, m := range []Metric{Mahalanobis, RobustMahalanobis, ScaledEuclidean, Euclidean} {
		if m.String() == name {
			return m, true
		}
	}
	return 0, false
}

func (r *Report) fitScore(d *Data) error {
	if r.Spec.Distance == "given" {
		r.Distance = d.Distance
		for i, v := range d.Distance {
			if v-v != 0 {
				return fault.Dataf("not_finite", "", "", "the distance measure is missing or not finite in row %d; fill it or drop the row", i+1).At(int64(i + 1))
			}
		}
		return nil
	}
	// Balancing and cells need no score, but overlap is shown on it where it can be had.
	optional := !r.Spec.needsScore()
	if len(d.X) == 0 {
		if optional {
			return nil
		}
		return fault.Usagef("bad_flag", "a score needs covariates")
	}
	opt := regression.LogitOptions{Names: d.Names, Workers: r.Spec.Workers, LikeR: r.Spec.Like == "matchit"}
	if r.Spec.Distance == "probit" {
		opt.Link = regression.ProbitLink
	}
	y := make([]float64, len(d.Treated))
	for i, t := range d.Treated {
		y[i] = float64(group(t))
	}
	fit, err := regression.Logit(d.X, y, d.Base, opt)
	var separated *regression.SeparationError
	switch {
	case err == nil:
	case errors.As(err, &separated) && !optional && opt.Link == regression.LogitLink:
		opt.Penalised = true
		if fit, err = regression.Logit(d.X, y, d.Base, opt); err != nil {
			return err
		}
		r.Warnings = append(r.Warnings, fault.Warnf("separation", "the groups separate in %s: the score is a logit with Jeffreys' prior (Firth 1993); consider an exact match or another covariate",
			quoteAll(separated.Names)))
	case optional && fault.StatusOf(err) == fault.Data:
		return nil
	default:
		return err
	}
	if !fit.Converged {
		if optional {
			return nil
		}
		r.Warnings = append(r.Warnings, fault.Warnf("score_not_converged", "the score did not converge in %d iterations", fit.Iterations))
	}
	if len(fit.Dropped) > 0 {
		names := make([]string, len(fit.Dropped))
		for k, j := range fit.Dropped {
			names[k] = nameOf(d.Names, j)
		}
		r.Warnings = append(r.Warnings, fault.Warnf("collinear", "%s left out of the score: constant, or a combination of other covariates", quoteAll(names)))
	}
	r.Score, r.ScoreName, r.Distance = fit, fit.Link.String(), fit.Fitted
	if r.Spec.Distance == "linear-logit" {
		r.Distance = fit.Linear
	}
	return nil
}

func quoteAll(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// count fills Counts, warns of dropped rows and of cells.
func (r *Report) count(d *Data) {
	c := &r.Counts
	for i, t := range d.Treated {
		kept := r.Weight[i] > 0
		switch {
		case t && kept:
			c.MatchedTreated++
		case t:
			c.DroppedTreated++
		case kept:
			c.MatchedComparison++
		default:
			c.DroppedComparison++
		}
	}
	c.Treated, c.Comparison = c.MatchedTreated+c.DroppedTreated, c.MatchedComparison+c.DroppedComparison
	c.ESSTreated, c.ESSComparison = ESS(r.Weight, d.Treated)
	if m := r.Matched; m != nil && m.Options.Caliper > 0 && m.Options.Ratio == 1 && m.Options.ReuseMax == 1 && d.Unit == nil && d.Calipers == nil && d.AntiExact == nil {
		most := MostPairs(r.Distance, d.Treated, d.Stratum, r.leave, m.CaliperAbsolute)
		c.MostPairs = &most
	}
	if share := r.droppedShare(); share > 0 {
		what := map[Estimand]string{ATT: "treated", ATC: "comparison"}[r.Spec.Estimand]
		if what != "" {
			n := c.DroppedTreated
			if r.Spec.Estimand == ATC {
				n = c.DroppedComparison
			}
			text := "the estimate is the effect on the rows kept"
			if share > 0.05 {
				text += ", which are not the " + what + " rows at large: the estimand is renamed"
			}
			r.Warnings = append(r.Warnings, fault.Warnf("dropped", "%d of the %s rows (%.1f %%) were dropped for want of a match or of common support; %s", n, what, 100*share, text))
		}
	}
}

// overlap warns where the score says that few rows of one group are like those of the other (Crump et al. 2009 take 0.1 and
// 0.9 as a rule of thumb), and where a few rows carry the weight of a group.
func (r *Report) overlap(d *Data) {
	if r.Spec.Estimand == ATO || r.Spec.Estimand == ATM {
		return // these weigh by overlap
	}
	if r.Score != nil {
		beyond, rows := 0, 0
		for i, p := range r.Score.Fitted {
			if r.Weight[i] == 0 || r.Spec.Estimand == ATT && !d.Treated[i] || r.Spec.Estimand == ATC && d.Treated[i] {
				continue
			}
			rows++
			if p > 0.9 && r.Spec.Estimand != ATC || p < 0.1 && r.Spec.Estimand != ATT {
				beyond++
			}
		}
		if share := float64(beyond) / float64(rows); share > 0.05 {
			r.Warnings = append(r.Warnings, fault.Warnf("poor_overlap", "%.0f %% of the rows that the estimate is about have a score beyond 0.9 or 0.1: few rows of the other group are like them, and intervals may be too short; consider --discard, a caliper or overlap weights", 100*share))
		}
	}
	c := r.Counts
	for _, g := range []struct {
		name        string
		ess         float64
		rows, other int
	}{{"treated", c.ESSTreated, c.MatchedTreated, c.MatchedComparison}, {"comparison", c.ESSComparison, c.MatchedComparison, c.MatchedTreated}} {
		if least := float64(min(g.rows, g.other)); g.ess < 0.2*least {
			r.Warnings = append(r.Warnings, fault.Warnf("extreme_weights", "the %d %s rows weigh as much as %.0f: a few of them carry the estimate", g.rows, g.name, g.ess))
		}
	}
}

// droppedShare is the share of the target group that was dropped.
func (r *Report) droppedShare() float64 {
	c := r.Counts
	switch r.Spec.Estimand {
	case ATT:
		return float64(c.DroppedTreated) / float64(c.Treated)
	case ATC:
		return float64(c.DroppedComparison) / float64(c.Comparison)
	case ATE:
		return float64(c.DroppedTreated+c.DroppedComparison) / float64(c.Treated+c.Comparison)
	}
	return 0
}

// estimandName is the estimand of the estimates.
func (r *Report) estimandName() string {
	name := r.Spec.Estimand.String()
	switch {
	case r.droppedShare() <= 0.05:
	case r.Spec.Method == "ipw" || r.Spec.Method == "overlap":
		name += "_trimmed"
	default:
		name += "_matched"
	}
	return name
}

func (r *Report) balance(d *Data) {
	x, names := d.BalanceX, d.BalanceNames
	if x == nil {
		x, names = d.X, d.Names
	}
	moments, products := r.Spec.Moments, r.Spec.Products || r.Spec.Pairwise
	if r.Spec.Squares {
		moments = max(moments, 2)
	}
	if moments > 1 || products {
		more, moreNames := Expand(d.X, d.Names, moments, products)
		x = append(append([][]float64(nil), x...), more[len(d.X):]...)
		names = append(append([]string(nil), names...), moreNames[len(d.X):]...)
	}
	if r.Score != nil && r.Spec.needsScore() {
		x = append([][]float64{r.Distance}, x...)
		names = append([]string{"distance"}, names...)
	}
	r.Balance = BalanceOf(x, names, d.Treated, r.Weight, d.Base, BalanceOptions{Estimand: r.Spec.Estimand, Workers: r.Spec.Workers})
	bad := 0
	for _, b := range r.Balance[len(x):] {
		if math.Abs(b.SMD) > 0.1 && b.Variable != "distance" {
			bad++
		}
	}
	if bad > 0 && r.Spec.Method != "none" {
		r.Warnings = append(r.Warnings, fault.Warnf("imbalance", "%d of %d covariates differ by over 0.1 standard deviations after adjustment; see the balance table", bad, len(r.Balance)/2))
	}
	r.joint(d)
}

func (r *Report) estimate(d *Data) error {
	for k, y := range d.Outcomes {
		obs, missing := observed(y)
		e, err := r.adjusted.effect(y, obs, d, r.Spec.StdError)
		if err != nil {
			return err
		}
		name := nameOf(d.OutcomeNames, k)
		if missing > 0 {
			r.Warnings = append(r.Warnings, fault.Warnf("outcome_missing", "`%s` is missing in %d rows, which are left out of its means; if that depends on the treatment the estimate is biased", name, missing))
		}
		estimator := "difference"
		if r.Spec.BiasAdjust {
			estimator = "difference_bias_adjusted"
		}
		r.Effects = append(r.Effects, OutcomeEffect{Outcome: name, Estimand: r.estimandName(), Estimator: estimator, Effect: e})
		if r.Spec.Adjust == "regression" {
			kind := RegressionHC3
			if r.Matched != nil && r.Subclass != nil {
				kind = RegressionBySet
			}
			e, err := RegressionAdjusted(r.Weight, d.Treated, d.X, y, obs, kind, r.Subclass, d.Cluster)
			if err != nil {
				return err
			}
			r.Effects = append(r.Effects, OutcomeEffect{Outcome: name, Estimand: r.estimandName(), Estimator: "regression", Effect: e})
		}
	}
	return nil
}

// observed is nil where all values are there, otherwise 1 and 0.
func observed(y []float64) (obs []float64, missing int) {
	for _, v := range y {
		if v != v {
			missing++
		}
	}
	if missing == 0 {
		return nil, 0
	}
	obs = make([]float64, len(y))
	for i, v := range y {
		if v == v {
			obs[i] = 1
		}
	}
	return obs, missing
}
