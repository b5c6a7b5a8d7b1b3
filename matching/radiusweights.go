package matching

import (
	"tiltakseffekt/internal/fault"
)

// RadiusWeights are the weights of matching to all rows within a radius of the score (see Radius), with sampling weights:
// each row of the target group that has somebody in reach counts with its base weight, and the rows in its reach share that
// weight by base times kernel. The weights of both groups have the same sum. Rows with nobody in reach get 0.
//
// opt.Neighbours and BiasAdjust are not used: the effect and its error are those of Reuse. The cost of the uniform kernel
// without Unit is that of sorting, otherwise the number of pairs in reach.
func RadiusWeights(in RadiusInput, base []float64, opt RadiusOptions) ([]float64, error) {
	n := len(in.Treated)
	check := NearestInput{Score: in.Score, Treated: in.Treated, Stratum: in.Stratum, Leave: in.Leave, Unit: in.Unit, Base: base}
	if err := check.check(n); err != nil {
		return nil, err
	}
	if opt.Estimand > ATC {
		return nil, fault.Usagef("bad_flag", "radius matching with weights estimates the att or the atc, not the %s", opt.Estimand)
	}
	reach := opt.Radius
	if opt.Unit == CaliperSD {
		if base != nil {
			reach *= weightedSD(in.Score, in.Leave, base)
		} else {
			reach *= pooledSD(in.Score, in.Leave)
		}
	}
	if !(reach > 0) {
		return nil, fault.Usagef("bad_flag", "radius matching needs a radius above 0")
	}
	wide := reach
	if opt.Kernel == GaussianKernel {
		wide = 5 * reach
	}
	of := func(row int32) float64 {
		if base == nil {
			return 1
		}
		return base[row]
	}
	weight := make([]float64, n)
	groups := groupRows(n, in.Stratum, in.Leave)
	found := false
	for s := range groups.count() {
		var sides [2][]int32
		for _, r := range groups.rows(s) {
			sides[group(in.Treated[r] == (opt.Estimand == ATT))] = append(sides[group(in.Treated[r] == (opt.Estimand == ATT))], r)
		}
		pool := sortedByValue(in.Score, sides[0])
		cumulated := make([]float64, len(pool)+1)
		for i, e := range pool {
			cumulated[i+1] = cumulated[i] + of(e.row)
		}
		steps := make([]float64, len(pool)+1) // share given per unit of base, as differences
		opens := make([]int32, len(pool)+1)   // and the number of rows that reach here
		lo, hi := 0, 0
		for _, f := range sortedByValue(in.Score, sides[1]) {
			at := f.score()
			for lo < len(pool) && at-pool[lo].score() > wide {
				lo++
			}
			for hi < len(pool) && pool[hi].score()-at <= wide {
				hi++
			}
			own := of(f.row)
			if opt.Kernel == UniformKernel && in.Unit == nil {
				if total := cumulated[hi] - cumulated[lo]; lo < hi && total > 0 && own > 0 {
					weight[f.row] = own
					steps[lo] += own / total
					steps[hi] -= own / total
					opens[lo]++
					opens[hi]--
					found = true
				}
				continue
			}
			counts := func(e entry) float64 {
				if in.Unit != nil && in.Unit[e.row] == in.Unit[f.row] {
					return 0
				}
				return of(e.row) * opt.Kernel.at((e.score()-at)/reach)
			}
			total := 0.
			for _, e := range pool[lo:hi] {
				total += counts(e)
			}
			if total > 0 && own > 0 {
				weight[f.row] = own
				found = true
				for _, e := range pool[lo:hi] {
					weight[e.row] += own * counts(e) / total
				}
			}
		}
		if opt.Kernel == UniformKernel && in.Unit == nil {
			given, open := 0., int32(0)
			for i, e := range pool {
				given += steps[i]
				if open += opens[i]; open == 0 {
					given = 0 // no rest of rounding where nobody reaches
				}
				weight[e.row] += of(e.row) * given
			}
		}
	}
	if !found {
		return nil, fault.Dataf("no_overlap", "", "", "no row has another within the radius of %g; widen it", reach)
	}
	return weight, nil
}
