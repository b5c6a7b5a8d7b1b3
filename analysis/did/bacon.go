package did

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// Comparison is one 2×2 comparison inside a static two-way regression.
type Comparison struct {
	Type       string // earlier-vs-later, later-vs-earlier, later-vs-always, treated-vs-never
	Treated    int64  // start of the group whose treatment changes in the window
	Comparison int64  // start of the other group: Never, or the first period for those that are always treated
	Estimate   float64
	Weight     float64
}

// Bacon decomposes the static two-way fixed-effects coefficient of a balanced panel into all 2×2 comparisons of groups
// (Goodman-Bacon 2021, Journal of Econometrics 225:254, theorem 1). With n_k the share of a group among the units and D̄_k
// its share of treated periods, a pair's weight is proportional to
//
//	treated k vs never U      (n_k + n_U)²·n_kU(1 − n_kU)·D̄_k(1 − D̄_k)
//	earlier k vs later l      ((n_k + n_l)(1 − D̄_l))²·n_kl(1 − n_kl)·(D̄_k − D̄_l)/(1 − D̄_l)·(1 − D̄_k)/(1 − D̄_l)
//	later l vs earlier k      ((n_k + n_l)·D̄_k)²·n_kl(1 − n_kl)·(D̄_l/D̄_k)·(D̄_k − D̄_l)/D̄_k
//
// with n_kl = n_k/(n_k + n_l). The weights sum to 1 and the weighted estimates to the coefficient. Comparisons of later
// with earlier (or always) treated groups use units that are under treatment as controls: that is where effects that change
// over time bias the coefficient, and why their share is worth reading.
//
// With weights, fixed by unit, shares and means are weighted and the sum is the weighted coefficient. Covariates have no place
// in the theorem. Units with a missing outcome are left out. Groups that start at or before the first period are one, always treated.
func Bacon(p *Panel, workers int) ([]Comparison, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(p.Weights) > 1 {
		return nil, fault.Usagef("not_served", "`--estimator bacon` takes weights that do not change within a unit: the decomposition has one share for each group")
	}
	q := *p
	q.Clusters = nil // estimates alone
	s, err := q.statistics(workers)
	if err != nil {
		return nil, err
	}
	return s.Bacon()
}

// Bacon is the decomposition from statistics.
func (s *Statistics) Bacon() ([]Comparison, error) {
	first, last := s.Times[0], s.Times[len(s.Times)-1]
	type group struct {
		start int64
		n, d  float64
		mean  []float64
	}
	var groups []group // in order of their start; the always treated first, the never treated last
	total := 0.
	for h, g := range s.Cohorts {
		switch {
		case g <= first:
			g = first
		case g > last:
			g = Never
		}
		n := s.Weight[h]
		total += n
		if k := len(groups); k > 0 && groups[k-1].start == g { // pool
			x := &groups[k-1]
			for t := range x.mean {
				x.mean[t] += (s.Mean[h][t] - x.mean[t]) * n / (x.n + n)
			}
			x.n += n
			continue
		}
		x := group{start: g, n: n, mean: append([]float64(nil), s.Mean[h]...)}
		for _, t := range s.Times {
			if t >= g {
				x.d += 1 / float64(len(s.Times))
			}
		}
		groups = append(groups, x)
	}
	mean := func(g *group, from, to int64) float64 { // over periods in [from, to)
		sum, n := 0., 0.
		for t, v := range s.Times {
			if v >= from && v < to {
				sum += g.mean[t]
				n++
			}
		}
		return sum / n
	}
	var out []Comparison
	sum := 0.
	add := func(kind string, treated, other *group, from, cut, to int64, weight float64) {
		if !(weight > 0) {
			return
		}
		change := func(g *group) float64 { return mean(g, cut, to) - mean(g, from, cut) }
		out = append(out, Comparison{kind, treated.start, other.start, change(treated) - change(other), weight})
		sum += weight
	}
	for a := range groups {
		for b := a + 1; b < len(groups); b++ {
			k, l := &groups[a], &groups[b] // k starts earlier
			n := (k.n + l.n) / total
			share := k.n / (k.n + l.n)
			spread := n * n * share * (1 - share)
			switch {
			case l.start == Never && k.start == first:
				// neither changes: nothing to learn
			case l.start == Never:
				add("treated-vs-never", k, l, first, k.start, Never, spread*k.d*(1-k.d))
			case k.start == first:
				add("later-vs-always", l, k, first, l.start, Never, spread*l.d*(1-l.d))
			default:
				add("earlier-vs-later", k, l, first, k.start, l.start, spread*(k.d-l.d)*(1-k.d))
				add("later-vs-earlier", l, k, k.start, l.start, Never, spread*l.d*(k.d-l.d))
			}
		}
	}
	if !(sum > 0) {
		return nil, fault.Dataf("no_comparison", "", "", "no group changes its treatment while another does not: there is nothing to compare")
	}
	check := 0.
	for i := range out {
		out[i].Weight /= sum
		check += out[i].Weight * out[i].Estimate
	}
	if math.IsNaN(check) {
		return nil, fault.Dataf("not_finite", "", "", "the outcome has values that are not finite")
	}
	return out, nil
}
