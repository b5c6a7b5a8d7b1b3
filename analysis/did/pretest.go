package did

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Wald is a chi-squared test or, where clusters are few, Hotelling's.
type Wald struct {
	Statistic float64
	DF        int
	PValue    float64
	// Units is G of Hotelling's F(DF, G − DF), of which F gives the value; 0: χ²(DF).
	Units int

	// DetectableSlope is the power of a pre-test: the linear difference in trends, in outcome per period, that it would find
	// with probability 0.8 at the level of the options. A pre-test that could only find a slope larger than the effects says
	// little by not rejecting. NaN for other tests.
	DetectableSlope float64
}

// mostPreCells is the number of cells whose joint covariance the pre-test takes; above it the test is of event times.
const mostPreCells = 500

// preTest is Wald's test that all cells before the start are 0. Where errors of few clusters stand, it is of those errors: Hotelling's F with
// ⌊min df⌋ + 1 units in the place of the clusters, since G clusters of one size have G − 1 degrees of freedom.
func (r *Result) preTest(f *frame, o *Options, cells []cell, few *corrected) error {
	var columns []column
	var values []float64
	var psi [][]float64
	least := 0.
	for i, x := range r.Cells {
		if x.Time >= x.Group || !(x.StdError > 0) {
			continue
		}
		columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
		values = append(values, x.Estimate.Estimate)
		least = fewerDF(least, x.DF)
		if few != nil {
			psi = append(psi, few.cells[i])
		}
	}
	if len(columns) == 0 {
		return nil
	}
	units := f.n
	for _, c := range f.clusters {
		units = min(units, c)
	}
	if e, ok := r.engine.(*statEngine); ok {
		for _, c := range e.s.clusters {
			units = min(units, c.count)
		}
	}
	atMost := func() int {
		if least > 0 {
			return min(units, int(least)+1)
		}
		return units
	}
	if len(columns) > mostPreCells || len(columns) >= atMost() {
		columns, values, psi, least = nil, nil, nil, 0
		for a, p := range r.plans {
			if p.kind == Dynamic && !p.overall && p.key < 0 && r.Aggregates[a].StdError > 0 {
				columns = append(columns, p.column)
				values = append(values, r.Aggregates[a].Estimate.Estimate)
				least = fewerDF(least, r.Aggregates[a].DF)
				if few != nil {
					psi = append(psi, few.averages[a])
				}
			}
		}
		if len(columns) == 0 || len(columns) >= atMost() {
			what := "units or clusters"
			if least > 0 {
				what = "the degrees of freedom of their errors"
			}
			r.Warnings = append(r.Warnings, fault.Warnf("no_pretest", "there are more cells before the start than %s: no test of them jointly", what))
			return nil
		}
		r.Warnings = append(r.Warnings, fault.Warnf("pretest_by_event_time", "there are too many cells before the start for one test: it is of the %d event times instead", len(columns)))
	}
	slope := make([]float64, len(columns)) // of the columns, under a difference in trends of 1 a period
	for a := range columns {
		for j, i := range columns[a].cells {
			slope[a] += columns[a].weight[j] * float64(f.times[cells[i].time]-f.times[cells[i].base])
		}
	}
	singular := fault.Warnf("no_pretest", "the covariance of the cells before the start is singular: no test of them jointly")
	if least > 0 {
		v := mat.NewSymDense(len(psi), covarianceOf(psi))
		w := estimate.JointZeroCov(values, v, atMost())
		if math.IsNaN(w.PValue) {
			r.Warnings = append(r.Warnings, singular)
			return nil
		}
		unit := estimate.JointZeroCov(slope, v, atMost())
		power := noncentrality(w.DF, float64(atMost()-w.DF), 1-o.Level, 0.8)
		r.PreTest = &Wald{w.Statistic, w.DF, w.PValue, atMost(), math.Sqrt(power / unit.Statistic)}
		return nil
	}
	v, err := r.engine.covariance(columns)
	if err != nil {
		return err
	}
	w, ok := wald(values, v)
	if !ok {
		r.Warnings = append(r.Warnings, singular)
		return nil
	}
	unit, _ := wald(slope, v)
	w.DetectableSlope = math.Sqrt(noncentrality(w.DF, math.Inf(1), 1-o.Level, 0.8) / unit.Statistic)
	r.PreTest = &w
	return nil
}

// F is the value of Hotelling's F and its degrees of freedom; ok is false where the test is χ².
func (w *Wald) F() (value float64, df1, df2 int, ok bool) {
	if w.Units == 0 {
		return math.NaN(), 0, 0, false
	}
	df2 = w.Units - w.DF
	return w.Statistic * float64(df2) / (float64(w.DF) * float64(w.Units-1)), w.DF, df2, true
}

// noncentrality is the λ at which a test of level alpha rejects with the given power, P(S > critical) = power, where S is noncentral
// F(df, df2, λ) or, for df2 = ∞, χ²(df, λ). F takes the covariance that is estimated for the true one.
func noncentrality(df int, df2, alpha, power float64) float64 {
	d1 := float64(df)
	c := distuv.ChiSquared{K: d1}.Quantile(1 - alpha)
	beyond := func(j float64) float64 { return distuv.ChiSquared{K: d1 + 2*j}.Survival(c) }
	if !math.IsInf(df2, 1) {
		f := d1 * distuv.F{D1: d1, D2: df2}.Quantile(1-alpha)
		beyond = func(j float64) float64 { return mathext.RegIncBeta(df2/2, d1/2+j, df2/(df2+f)) }
	}
	rejects := func(lambda float64) float64 { // Poisson mixture of central ones
		sum, half := 0., lambda/2
		far := 20*math.Sqrt(half+1) + 50
		for j := max(0, math.Floor(half-far)); j < half+far; j++ {
			l, _ := math.Lgamma(j + 1)
			p := 0.
			switch {
			case half > 0:
				p = math.Exp(-half + j*math.Log(half) - l)
			case j == 0:
				p = 1
			}
			sum += p * beyond(j)
		}
		return sum
	}
	lo, hi := 0., 1.
	for rejects(hi) < power {
		hi *= 2
	}
	for range 80 {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if rejects(mid) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// wald is a'V⁻¹a with its chi-squared p-value; false where V is singular.
func wald(a, v []float64) (Wald, bool) {
	k := len(a)
	scaled, b := make([]float64, k*k), make([]float64, k)
	for i := range k {
		b[i] = a[i] / math.Sqrt(v[i*k+i])
		for j := range k {
			scaled[i*k+j] = v[i*k+j] / math.Sqrt(v[i*k+i]*v[j*k+j])
		}
	}
	l := factorise(scaled, k)
	if !l.full() {
		return Wald{}, false
	}
	x := append([]float64(nil), b...)
	l.solve(x)
	w := dot(b, x)
	return Wald{w, k, distuv.ChiSquared{K: float64(k)}.Survival(w), 0, math.NaN()}, true
}
