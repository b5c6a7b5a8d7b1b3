package did

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/internal/fault"
)

// Wald is a chi-squared test.
type Wald struct {
	Statistic float64
	DF        int
	PValue    float64

	// DetectableSlope is the power of a pre-test: the linear difference in trends, in outcome per period, that it would find
	// with probability 0.8 at the level of the options. A pre-test that could only find a slope larger than the effects says
	// little by not rejecting. NaN for other tests.
	DetectableSlope float64
}

// mostPreCells is the number of cells whose joint covariance the pre-test takes; above it the test is of event times.
const mostPreCells = 500

// preTest is Wald's test that all cells before the start are 0.
func (r *Result) preTest(f *frame, o *Options, cells []cell, fit []fitted) error {
	var columns []column
	var values []float64
	gap := func(i int) float64 { return float64(f.times[cells[i].time] - f.times[cells[i].base]) }
	for i := range cells {
		if f.times[cells[i].time] >= f.cohorts[cells[i].g] || fit[i].reason != "" || !(fit[i].variance > 1e-30) {
			continue
		}
		columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
		values = append(values, fit[i].att)
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
	if len(columns) > mostPreCells || len(columns) >= units {
		columns, values = nil, nil
		for a, p := range r.plans {
			if p.kind == Dynamic && !p.overall && p.key < 0 && r.Aggregates[a].StdError > 0 {
				columns = append(columns, p.column)
				values = append(values, r.Aggregates[a].Estimate.Estimate)
			}
		}
		if len(columns) == 0 || len(columns) >= units {
			r.Warnings = append(r.Warnings, fault.Warnf("no_pretest", "there are more cells before the start than units or clusters: no test of them jointly"))
			return nil
		}
		r.Warnings = append(r.Warnings, fault.Warnf("pretest_by_event_time", "there are too many cells before the start for one test: it is of the %d event times instead", len(columns)))
	}
	v, err := r.engine.covariance(columns)
	if err != nil {
		return err
	}
	w, ok := wald(values, v)
	if !ok {
		r.Warnings = append(r.Warnings, fault.Warnf("no_pretest", "the covariance of the cells before the start is singular: no test of them jointly"))
		return nil
	}
	if e, ok := r.engine.(fewer); ok && e.few() != nil {
		hotelling(&w, e.few().count)
	}
	slope := make([]float64, len(columns)) // of the columns, under a difference in trends of 1 a period
	for a := range columns {
		for j, i := range columns[a].cells {
			slope[a] += columns[a].weight[j] * gap(i)
		}
	}
	unit, _ := wald(slope, v)
	w.DetectableSlope = math.Sqrt(noncentrality(w.DF, 1-o.Level, 0.8) / unit.Statistic)
	r.PreTest = &w
	return nil
}

// noncentrality is the λ at which a χ²(df) test of level alpha rejects with the given power: P(χ²(df, λ) > critical) = power.
func noncentrality(df int, alpha, power float64) float64 {
	c := distuv.ChiSquared{K: float64(df)}.Quantile(1 - alpha)
	rejects := func(lambda float64) float64 { // Poisson mixture of central chi-squares
		sum, half := 0., lambda/2
		for j := 0.; j < half+20*math.Sqrt(half+1)+50; j++ {
			l, _ := math.Lgamma(j + 1)
			p := 0.
			switch {
			case half > 0:
				p = math.Exp(-half + j*math.Log(half) - l)
			case j == 0:
				p = 1
			}
			sum += p * (distuv.ChiSquared{K: float64(df) + 2*j}).Survival(c)
		}
		return sum
	}
	lo, hi := 0., 1.
	for rejects(hi) < power {
		hi *= 2
	}
	for range 80 {
		if mid := (lo + hi) / 2; rejects(mid) < power {
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
	return Wald{w, k, distuv.ChiSquared{K: float64(k)}.Survival(w), math.NaN()}, true
}
