package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// FewClusters is the number of clusters in an arm under which errors are corrected for how few they are, and under which experiments have
// the wild cluster bootstrap beside the t-test. Of clusters of unequal size it is the effective number (ArmClusters.Effective).
const FewClusters = 40

// Student is the estimate with the symmetric interval and the two-sided p-value of a t distribution with df degrees of freedom
// (any number over 0). As Normal, a standard error of NaN or 0 leaves interval and p-value missing; so does df of NaN.
func Student(value, stdError, level, df float64) Estimate {
	e := Estimate{value, stdError, math.NaN(), math.NaN(), math.NaN(), ""}
	if math.IsNaN(value) || !(stdError > 0) || !(df > 0) {
		return e
	}
	t := StudentQuantile(level, df)
	e.ConfLow, e.ConfHigh = value-t*stdError, value+t*stdError
	e.PValue = 2 * distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(value/stdError))
	return e
}

// StudentQuantile is the two-sided critical value of t with df degrees of freedom: 2.262157 for 0.95 and 9. df 0 stands for the
// normal distribution.
func StudentQuantile(level, df float64) float64 {
	if df == 0 {
		return Quantile(level)
	}
	return -distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 - level) / 2)
}

// FromNormal is the critical value of t with df degrees of freedom that is passed as often as a normal variable passes c.
// A band or a family whose joint critical value c is that of normal variables takes it figure by figure to t: each margin is
// right, and the dependence is that of the normal. df 0: c itself.
func FromNormal(c, df float64) float64 {
	if df == 0 || math.IsInf(c, 0) {
		return c
	}
	return StudentQuantile(1-PValue(c), df)
}

// ToNormal is the size of the normal variable with two-sided p-value p: what a statistic that is not normal is worth where
// p-values are adjusted among normal ones.
func ToNormal(p float64) float64 {
	if p <= 0 {
		return math.Inf(1)
	}
	return -distuv.UnitNormal.Quantile(p / 2)
}

// ArmClusters are clusters (offices, counties) of which the rows of two arms are drawn, as an estimate that is the difference of the
// arms' weighted means weighs them. It is what the small-sample error of few clusters takes besides the influence:
// with h_ga the share of the weight of arm a that lies in cluster g.
type ArmClusters struct {
	share [2][]float64 // h_ga
	rows  [2][]float64 // Σ over the rows of g in arm a of their squared shares of the arm's weight
}

// NewArmClusters adds up the weights; those of rows that do not count are 0. cluster holds numbers in [0, clusters). It panics
// where lengths differ.
func NewArmClusters(weight []float64, treated []bool, cluster []int32, clusters int) *ArmClusters {
	if len(weight) != len(treated) || len(cluster) != len(treated) {
		panic("estimate: weights, arms and clusters of different lengths")
	}
	a := &ArmClusters{}
	var total [2]float64
	for k := range a.share {
		a.share[k], a.rows[k] = make([]float64, clusters), make([]float64, clusters)
	}
	for i, w := range weight {
		k := arm(treated[i])
		total[k] += w
		a.share[k][cluster[i]] += w
		a.rows[k][cluster[i]] += w * w
	}
	for k, t := range total {
		if t > 0 {
			for g := range clusters {
				a.share[k][g] /= t
				a.rows[k][g] /= t * t
			}
		}
	}
	return a
}

// MeanArmClusters are the clusters of an average of comparisons with the same clusters, such as of group-time effects: each arm has the mean shares,
// by |weight|; weight and of have an element a comparison. That rows of one comparison are those of the others is exact for an office that begins at
// once, and otherwise counts them as fewer than they are. It panics where of is empty or the lengths differ; where all weights
// are 0 the shares are NaN.
func MeanArmClusters(weight []float64, of []*ArmClusters) *ArmClusters {
	total := 0.
	for _, w := range weight {
		total += math.Abs(w)
	}
	a := &ArmClusters{}
	n := len(of[0].share[0])
	for k := range a.share {
		a.share[k], a.rows[k] = make([]float64, n), make([]float64, n)
		for j, x := range of {
			w := math.Abs(weight[j]) / total
			for g := range n {
				a.share[k][g] += w * x.share[k][g]
				a.rows[k][g] += w * math.Sqrt(x.rows[k][g])
			}
		}
		for g, v := range a.rows[k] {
			a.rows[k][g] = v * v
		}
	}
	return a
}

// ArmClustersOf is NewArmClusters from sums by cluster: of the rows' weights, and of the squares of these. The elements of both are the
// arms [2]: comparison, treated, each with an element a cluster. An arm without weight has shares of 0. It panics where squares is
// shorter than weight.
func ArmClustersOf(weight, squares [2][]float64) *ArmClusters {
	a := &ArmClusters{}
	for k := range a.share {
		total := 0.
		for _, w := range weight[k] {
			total += w
		}
		a.share[k], a.rows[k] = make([]float64, len(weight[k])), make([]float64, len(weight[k]))
		for g, w := range weight[k] {
			if total > 0 {
				a.share[k][g], a.rows[k][g] = w/total, squares[k][g]/(total*total)
			}
		}
	}
	return a
}

func arm(treated bool) int {
	if treated {
		return 1
	}
	return 0
}

// Count is the number of clusters with weight in an arm.
func (a *ArmClusters) Count(treated bool) int {
	n := 0
	for _, h := range a.share[arm(treated)] {
		if h > 0 {
			n++
		}
	}
	return n
}

// Effective is the effective number of clusters of an arm, 1/Σ_g h_g²: as many clusters of one size have the same spread of
// weight (Carter, Schnepel and Steigerwald 2017, Review of Economics and Statistics 99:698, with rows of a cluster alike).
func (a *ArmClusters) Effective(treated bool) float64 {
	s := 0.
	for _, h := range a.share[arm(treated)] {
		s += h * h
	}
	return 1 / s
}

// Few tells whether an arm has fewer effective clusters than FewClusters.
func (a *ArmClusters) Few() bool {
	return !(a.Effective(true) >= FewClusters && a.Effective(false) >= FewClusters)
}

// Largest is the share of the arm's weight in its largest cluster.
func (a *ArmClusters) Largest(treated bool) float64 {
	top := 0.
	for _, h := range a.share[arm(treated)] {
		top = max(top, h)
	}
	return top
}

// BiasReduced turns the influence by cluster and arm (split: that of cluster g in the comparison at 2g, in the treated at 2g + 1)
// into the influence by cluster whose squares add up to the bias-reduced variance CR2,
//
//	ψ̃_g = Σ_a ψ_ga/√(1 − h_ga),   V = Σ_g ψ̃_g².
//
// For the difference of means, the weights as they are, it is Bell and McCaffrey's (2002) CR2 of the weighted regression on the treatment:
// (I − H_gg)^(−1/2) has the eigenvalue (1 − h_ga)^(−1/2) along the rows of g in arm a. V has no bias where rows are independent with
// variances inverse to their weights. For an influence that also holds the estimation of weights it is that influence with the same
// correction. Where an arm has fewer than two clusters nothing tells the spread between clusters, and dst is NaN.
func (a *ArmClusters) BiasReduced(split, dst []float64) {
	for g := range dst {
		dst[g] = 0
		for k := range 2 {
			if v := split[2*g+k]; v != 0 {
				dst[g] += v / math.Sqrt(1-a.share[k][g])
			}
		}
	}
	if a.Count(false) < 2 || a.Count(true) < 2 {
		for g := range dst {
			dst[g] = math.NaN()
		}
	}
}

// Degrees are the degrees of freedom of BiasReduced by Satterthwaite's rule, (tr M)²/tr M², M the covariance of the ψ̃_g in a
// working model (Bell and McCaffrey 2002, Survey Methodology 28:169; Imbens and Kolesár 2016, Review of Economics and Statistics 98:701). With
// v_ga the variance of the mean of cluster g in arm a, the arms independent, k = h/√(1 − h) and S_a = Σ_g h_ga²·v_ga,
//
//	M_gj = Σ_a k_ga·k_ja·(1[g = j]·v_ga − h_ga·v_ga − h_ja·v_ja + S_a).
//
// Bell and McCaffrey's model has independent rows with one variance (v_ga = Σ ω²/h_ga² over its rows, ω their shares); Imbens and Kolesár
// add that rows of a cluster are alike, by an amount that few clusters hardly tell. Here both ends are tried, independent rows and rows of a
// cluster and arm that are all the same (v_ga = 1), and the smaller number is taken. It is NaN where an arm has fewer than two
// clusters, otherwise at least 1. With G clusters in each arm, of one size and apart, both give 2(G − 1).
func (a *ArmClusters) Degrees() float64 {
	if a.Count(false) < 2 || a.Count(true) < 2 {
		return math.NaN()
	}
	return max(1, min(a.degrees(false), a.degrees(true)))
}

// mostPairs is the number of clusters whose M is made pair by pair: its number of pairs grows with the square.
const mostPairs = 256

// heavyShare of an arm makes a cluster heavy: where h is near 1 the parts of M cancel.
const heavyShare = .1

func (a *ArmClusters) degrees(alike bool) float64 {
	n := len(a.share[0])
	type part struct{ k, v, hv []float64 }
	var parts [2]part
	var s [2]float64
	for r := range parts {
		p := part{make([]float64, n), make([]float64, n), make([]float64, n)}
		for g, h := range a.share[r] {
			if h == 0 {
				continue
			}
			p.k[g], p.v[g] = h/math.Sqrt(1-h), 1
			if !alike {
				p.v[g] = a.rows[r][g] / (h * h)
			}
			p.hv[g] = h * p.v[g]
			s[r] += h * p.hv[g]
		}
		parts[r] = p
	}
	at := func(g, j int) float64 {
		m := 0.
		for r, p := range parts {
			if p.k[g] == 0 || p.k[j] == 0 {
				continue
			}
			v := s[r] - p.hv[g] - p.hv[j]
			if g == j {
				v += p.v[g]
			}
			m += p.k[g] * p.k[j] * v
		}
		return m
	}
	trace, squares := 0., 0.
	if n <= mostPairs {
		for g := range n {
			for j := range g + 1 {
				m := at(g, j)
				if g == j {
					trace += m
					squares += m * m
				} else {
					squares += 2 * m * m
				}
			}
		}
		return trace * trace / squares
	}
	// Of many clusters the few heavy ones go with every other, and the light ones among themselves are U C U' beside the diagonal, with
	// the rows (k_0, k_0·hv_0, k_1, k_1·hv_1) of U and C of the blocks (S_a, −1; −1, 0): Σ_gj (UCU')²_gj = tr CACA, A = U'U.
	heavy := make([]bool, n)
	for g := range n {
		heavy[g] = max(a.share[0][g], a.share[1][g]) > heavyShare
	}
	var outer [4][4]float64
	for g := range n {
		m := at(g, g)
		trace += m
		squares += m * m
		if heavy[g] {
			for j := range n {
				if !heavy[j] || j < g { // each pair once
					m := at(g, j)
					squares += 2 * m * m
				}
			}
			continue
		}
		var u [4]float64
		own := 0.
		for r, p := range parts {
			u[2*r], u[2*r+1] = p.k[g], p.k[g]*p.hv[g]
			own += s[r]*u[2*r]*u[2*r] - 2*u[2*r]*u[2*r+1]
		}
		squares -= own * own
		for i := range u {
			for j := range u {
				outer[i][j] += u[i] * u[j]
			}
		}
	}
	var b [4][4]float64 // CA
	for r := range parts {
		for j := range 4 {
			b[2*r][j] = s[r]*outer[2*r][j] - outer[2*r+1][j]
			b[2*r+1][j] = -outer[2*r][j]
		}
	}
	for i := range b {
		for j := range b {
			squares += b[i][j] * b[j][i]
		}
	}
	return trace * trace / squares
}
