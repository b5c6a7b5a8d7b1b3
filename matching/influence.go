package matching

import (
	"math"
	"sync"

	"tiltakseffekt/analysis/estimate"
)

// hajek are the weighted means of the outcome of the two groups with v = weight·obs.
type hajek struct {
	y, obs, weight []float64
	treated        []bool
	mean, total    [2]float64
	count          [2]int
}

func newHajek(y, obs, weight []float64, treated []bool) (*hajek, estimate.Reason) {
	sameLength("outcome", len(y), len(treated))
	if obs != nil {
		sameLength("obs", len(obs), len(treated))
	}
	h := &hajek{y: y, obs: obs, weight: weight, treated: treated}
	var sum [2]float64
	for i := range weight {
		v := h.v(i)
		if v == 0 {
			continue
		}
		g := group(treated[i])
		h.total[g] += v
		sum[g] += v * y[i]
		h.count[g]++
	}
	switch {
	case h.count[1] == 0:
		return nil, estimate.TooFewTreated
	case h.count[0] == 0:
		return nil, estimate.NoComparison
	}
	h.mean = [2]float64{sum[0] / h.total[0], sum[1] / h.total[1]}
	if math.IsNaN(h.mean[0]) || math.IsNaN(h.mean[1]) {
		return nil, estimate.NotDefined
	}
	return h, ""
}

func (h *hajek) v(i int) float64 {
	if h.obs == nil {
		return h.weight[i]
	}
	return h.weight[i] * h.obs[i]
}

// residual is v·(y − mean)/Σv of row i, the influence of the row on its group's mean with the weights held fixed.
func (h *hajek) residual(i int) float64 {
	v := h.v(i)
	if v == 0 {
		return 0
	}
	g := group(h.treated[i])
	return v * (h.y[i] - h.mean[g]) / h.total[g]
}

// known writes the influence on the difference of means with the weights held fixed.
func (h *hajek) known(psi []float64) {
	for i := range psi {
		psi[i] = h.residual(i)
		if !h.treated[i] {
			psi[i] = -psi[i]
		}
	}
}

func (h *hajek) effect(psi []float64, cluster []int32, clusters int, kind string, sums *sync.Pool) Effect {
	e := Effect{Estimate: h.mean[1] - h.mean[0], MeanTreated: h.mean[1], MeanComparison: h.mean[0], StdErrorType: kind,
		Treated: h.count[1], Comparison: h.count[0]}
	e.StdError = math.Sqrt(clusterSquares(psi, cluster, clusters, sums))
	if cluster != nil {
		e.StdErrorType += "+person"
	}
	if h.count[0] < 2 && h.count[1] < 2 {
		e.StdError = math.NaN()
	}
	return e
}

// clusterSquares is estimate.ClusterVariance with the sums taken from a pool.
func clusterSquares(psi []float64, cluster []int32, clusters int, pool *sync.Pool) float64 {
	if cluster == nil {
		return estimate.ClusterVariance(psi, nil, 0)
	}
	sameLength("cluster", len(cluster), len(psi))
	sums := borrowFloats(pool, clusters)
	defer pool.Put(sums)
	s := *sums
	clear(s)
	for i, p := range psi {
		s[cluster[i]] += p
	}
	squares := 0.
	for _, v := range s {
		squares += v * v
	}
	return squares
}

// borrowFloats takes n numbers from a pool of *[]float64; they hold what they held.
func borrowFloats(pool *sync.Pool, n int) *[]float64 {
	b, _ := pool.Get().(*[]float64)
	if b == nil || cap(*b) < n {
		s := make([]float64, n)
		b = &s
	}
	*b = (*b)[:n]
	return b
}

var floatPool sync.Pool
