package did

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// clusterMeat adds the meat of clustered errors to the lower triangle of meat and returns the number of clusters of the smallest
// dimension. With D_h[c] the sums of w_i(Y_i − m_h) over the units of cohort h in cluster c and U_h[c] those of w_i, the
// score of a cluster is
//
//	units only         Σ_h Z̃_h'(D_h[c] + U_h[c]·gap_h)
//	units and period   Σ_h z̃_ht·(D_h[c]_t − mean over periods of D_h[c] + U_h[c]·gap_ht), for cluster c and period t
//	the period alone   Σ_h z̃_ht·W_h·gap_ht
//
// and several dimensions go together by inclusion–exclusion.
func (f *statLinear) clusterMeat(meat []float64, rule SmallSample) (smallest float64) {
	s, T := f.s, len(f.s.Times)
	own := s.clusters
	units := float64(f.rows() / T)
	if len(own) == 0 && !f.period {
		own = []*clusterSums{{sign: 1, unit: true}}
		smallest = units
	}
	sign := func(sign, count float64) float64 {
		if rule.EachG && !rule.NoG {
			return sign * count / (count - 1)
		}
		return sign
	}
	for _, c := range own {
		count := float64(c.count)
		if c.unit {
			count = units
		}
		if c.unit {
			f.unitMeat(meat, sign(c.sign, count))
		} else {
			f.sumMeat(meat, c, sign(c.sign, count))
		}
		switch {
		case !f.period:
		case c.unit:
			f.rowMeat(meat, sign(-c.sign, count*float64(T)))
		default:
			f.sumPeriodMeat(meat, c, sign(-c.sign, count*float64(T)))
		}
	}
	if f.smallest > 0 {
		smallest = f.smallest
	}
	if !f.period {
		return smallest
	}
	if smallest == 0 || float64(T) < smallest {
		smallest = float64(T)
	}
	score := make([]float64, f.k)
	for t := range T {
		clear(score)
		for h := range s.Cohorts {
			floats.AddScaled(score, s.Weight[h]*f.gap[h][t], f.tilde[h][t*f.k:(t+1)*f.k])
		}
		addGram(meat, sign(1, float64(T)), score)
	}
	return smallest
}

// unitMeat is the meat where each unit stands alone.
func (f *statLinear) unitMeat(meat []float64, sign float64) {
	s, k, T := f.s, f.k, len(f.s.Times)
	half := make([]float64, T*k)
	gap, moment, sum := make([]float64, k), make([]float64, k), make([]float64, k)
	for h := range s.Cohorts {
		z := f.tilde[h]
		clear(half)
		clear(gap)
		clear(moment)
		for t := range T {
			row := half[t*k : (t+1)*k]
			for u, c := range s.Cross[h][t*T : (t+1)*T] {
				floats.AddScaled(row, c, z[u*k:(u+1)*k])
			}
			floats.AddScaled(gap, f.gap[h][t], z[t*k:(t+1)*k])
			floats.AddScaled(moment, s.Moment[h][t], z[t*k:(t+1)*k])
		}
		for t := range T {
			row := half[t*k : (t+1)*k]
			for a, v := range z[t*k : (t+1)*k] {
				if v != 0 {
					floats.AddScaled(meat[a*k:a*k+a+1], sign*v, row[:a+1])
				}
			}
		}
		addGram(meat, sign*s.Square[h], gap)
		if slices.ContainsFunc(moment, func(x float64) bool { return x != 0 }) { // gap·moment' + moment·gap'
			floats.AddTo(sum, gap, moment)
			addGram(meat, sign, sum)
			addGram(meat, -sign, gap)
			addGram(meat, -sign, moment)
		}
	}
}

// rowMeat is the meat where each row stands alone.
func (f *statLinear) rowMeat(meat []float64, sign float64) {
	for h := range f.s.Cohorts {
		for t, v := range f.residualSquares(h) {
			addGram(meat, sign*v, f.tilde[h][t*f.k:(t+1)*f.k])
		}
	}
}

// sumMeat is the meat of clusters of units.
func (f *statLinear) sumMeat(meat []float64, c *clusterSums, sign float64) {
	s, k, T := f.s, f.k, len(f.s.Times)
	score := make([]float64, k)
	for g := range c.count {
		clear(score)
		for h := range s.Cohorts {
			if c.u[h][g] == 0 {
				continue
			}
			for t := range T {
				floats.AddScaled(score, c.d[h][t][g]+c.u[h][g]*f.gap[h][t], f.tilde[h][t*k:(t+1)*k])
			}
		}
		addGram(meat, sign, score)
	}
}

// sumPeriodMeat is the meat of clusters of units in one period each.
func (f *statLinear) sumPeriodMeat(meat []float64, c *clusterSums, sign float64) {
	s, k, T := f.s, f.k, len(f.s.Times)
	score := make([]float64, T*k)
	for g := range c.count {
		clear(score)
		for h := range s.Cohorts {
			if c.u[h][g] == 0 {
				continue
			}
			mean := 0.
			for t := range T {
				mean += c.d[h][t][g] / float64(T)
			}
			for t := range T {
				floats.AddScaled(score[t*k:(t+1)*k], c.d[h][t][g]-mean+c.u[h][g]*f.gap[h][t], f.tilde[h][t*k:(t+1)*k])
			}
		}
		for t := range T {
			addGram(meat, sign, score[t*k:(t+1)*k])
		}
	}
}

// periodAlone tells whether the dimensions that change within a unit are the period and nothing else.
func (p *Panel) periodAlone() bool {
	if len(p.RowClusters) > 1 {
		return false
	}
	for _, c := range p.RowClusters {
		seen := map[int32]bool{}
		for _, of := range c[:len(p.Times)] {
			if len(of) == 0 || seen[of[0]] || slices.ContainsFunc(of, func(v int32) bool { return v != of[0] }) {
				return false
			}
			seen[of[0]] = true
		}
	}
	return true
}

// fromStatistics tells whether a regression on a panel without covariates can be solved from statistics.
func (p *Panel) fromStatistics(cohorts int, kind VarianceKind) bool {
	if len(p.Weights) > 1 || p.Weights != nil && kind == IID || !p.periodAlone() || !statisticsFit(cohorts, len(p.Times)) {
		return false
	}
	for _, c := range p.Outcome {
		if slices.ContainsFunc(c, func(v float64) bool { return v-v != 0 }) {
			return false
		}
	}
	return len(p.Clusters) == 0 || clustersFit(dimensions(len(p.Start), p.Clusters), cohorts, len(p.Times))
}

// smallestDimension is the number of clusters of the smallest dimension of whole units, 0 without one.
func (p *Panel) smallestDimension() float64 {
	least := 0
	for _, c := range p.Clusters {
		seen := map[int32]bool{}
		for _, v := range c {
			seen[v] = true
		}
		if least == 0 || len(seen) < least {
			least = len(seen)
		}
	}
	return float64(least)
}
