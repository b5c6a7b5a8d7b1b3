package did

import (
	"context"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// multiplied are Rademacher multiplier draws of several columns: draws[b][j] = Σ_c u_bc·S_cj with u ±1 and S the influence
// summed by cluster (Callaway and Sant'Anna 2021, algorithm 1). Draw b comes from a stream of its own, so that the draws
// do not depend on workers.
func multiplied(sums [][]float64, draws int, seed uint64, purpose string, workers int) ([][]float64, error) {
	out := make([][]float64, draws)
	err := parallel.For(context.Background(), workers, draws, func(b int) error {
		rng := random.New(seed, purpose, uint64(b))
		n := len(sums[0])
		sign := make([]float64, n)
		for i := 0; i < n; i += 64 {
			bits := rng.Uint64()
			for k := i; k < min(i+64, n); k++ {
				sign[k] = float64(int(bits&1)*2 - 1)
				bits >>= 1
			}
		}
		out[b] = make([]float64, len(sums))
		for j, s := range sums {
			out[b][j] = dot(sign, s)
		}
		return nil
	})
	return out, err
}

// quantile1 is the quantile of type 1 (the inverse of the empirical distribution) of sorted values.
func quantile1(sorted []float64, p float64) float64 {
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))-1e-9))-1)]
}

// spread is the interquartile range of the draws of a column over that of a standard normal: did's bootstrap standard error.
func spread(draws [][]float64, j int) float64 {
	v := make([]float64, len(draws))
	for b := range draws {
		v[b] = draws[b][j]
	}
	slices.Sort(v)
	const normal = 1.3489795003921634 // Φ⁻¹(0.75) − Φ⁻¹(0.25)
	return (quantile1(v, 0.75) - quantile1(v, 0.25)) / normal
}

// bootstrap replaces standard errors and bands by those of the multiplier bootstrap, as did has them by default.
func (r *Result) bootstrap(o *Options) error {
	var columns []column
	var cells, averages []int
	for i := range r.Cells {
		if r.Cells[i].Reason == "" {
			cells = append(cells, i)
			columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
		}
	}
	for a := range r.plans {
		averages = append(averages, a)
		columns = append(columns, r.plans[a].column)
	}
	var sums [][]float64
	var clusters []clustering
	switch e := r.engine.(type) {
	case *unitEngine:
		clusters = e.clusters
		sums = make([][]float64, len(columns))
		for a := range sums {
			sums[a] = make([]float64, clusters[0].count)
		}
		err := e.inWaves(columns, func(lo, hi int, psi []float64) {
			for a := range sums {
				for i := lo; i < hi; i++ {
					c := i
					if clusters[0].number != nil {
						c = int(clusters[0].number[i])
					}
					sums[a][c] += psi[a*blockUnits+i-lo]
				}
			}
		})
		if err != nil {
			return err
		}
	case *rowEngine:
		clusters = e.clusters
		sums = e.unitInfluence(columns)
		if number := clusters[0].number; number != nil {
			for a := range sums {
				s := make([]float64, clusters[0].count)
				for u, x := range sums[a] {
					s[number[u]] += x
				}
				sums[a] = s
			}
		}
	}
	if len(clusters) != 1 {
		return fault.Usagef("not_served", "`--bootstrap` is served with one cluster dimension at most")
	}
	draws, err := multiplied(sums, o.Bootstrap, o.Seed, "did-multiplier", o.Workers)
	if err != nil {
		return err
	}
	sd := make([]float64, len(columns))
	for j := range sd {
		if sd[j] = spread(draws, j); !(sd[j] > 1e-15) {
			sd[j] = math.NaN()
		}
	}
	// sup is the critical value over some columns.
	sup := func(which []int) float64 {
		top := make([]float64, len(draws))
		for b := range draws {
			for _, j := range which {
				if !math.IsNaN(sd[j]) {
					top[b] = max(top[b], math.Abs(draws[b][j]/sd[j]))
				}
			}
		}
		slices.Sort(top)
		return max(estimate.Quantile(o.Level), quantile1(top, o.Level))
	}
	all := make([]int, len(cells))
	for k, i := range cells {
		all[k] = k
		r.Cells[i].Estimate = estimate.Normal(r.Cells[i].Estimate.Estimate, sd[k], o.Level)
	}
	if !o.Pointwise && len(all) > 0 {
		r.banded(sup(all))
	}
	for k, a := range averages {
		x := &r.Aggregates[a]
		x.Estimate = estimate.Normal(x.Estimate.Estimate, sd[len(cells)+k], o.Level)
	}
	if o.Pointwise {
		return nil
	}
	for _, kind := range []Aggregation{Dynamic, Group, Calendar, Window} {
		var which []int
		for k, a := range averages {
			if r.Aggregates[a].Type == kind && !r.Aggregates[a].Overall {
				which = append(which, len(cells)+k)
			}
		}
		if len(which) == 0 {
			continue
		}
		c := sup(which)
		r.CriticalOf[kind] = c
		for _, j := range which {
			x := &r.Aggregates[averages[j-len(cells)]]
			x.BandLow, x.BandHigh = x.Estimate.Estimate-c*x.StdError, x.Estimate.Estimate+c*x.StdError
		}
	}
	return nil
}
