package did

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// rowLinear is a regression on rows.
type rowLinear struct{ *Regression }

func (r rowLinear) coefficients() []float64 { return r.Coef }
func (r rowLinear) rows() int               { return r.N }

func (r rowLinear) covariance(kind VarianceKind, rule SmallSample) ([]float64, float64) {
	v, df := r.Covariance(kind, rule)
	k, m := len(r.Coef), len(r.keep)
	full := make([]float64, k*k)
	for a, i := range r.keep {
		for b, j := range r.keep {
			full[i*k+j] = v[a*m+b]
		}
	}
	return full, df
}

// rowFit is the regression of the observed rows of a panel; count becomes the weight of each cohort × period.
func rowFit(p *Panel, cohorts []int64, dummies []dummy, count map[[2]int]float64) (linear, error) {
	in := &FixedEffects{Fixed: make([][]int32, 2)}
	dims := p.Clusters
	in.Cluster = make([][]int32, max(1, len(dims)+len(p.RowClusters)))
	T := len(p.Times)
	column := make(map[[2]int]int, len(dummies)) // cell → dummy; a cell is in one at most
	for j := range dummies {
		for _, c := range dummies[j].cells {
			column[c] = j
		}
	}
	K := len(p.Covariates)
	// Columns are held, and their products made: the work is rows × columns².
	if n, k := float64(len(p.Start))*float64(T), float64(K+len(dummies)); n*k > mostEntries || n*k*k > mostProducts {
		return nil, fault.Dataf("too_many_terms", "", "", "%.0f rows and %d columns of covariates and effects are too many for one regression by rows: `--estimator imputation` and `two-stage` have the averages of etwfe without these columns, and `--estimator group-time` those of sunab", n, K+len(dummies))
	}
	in.X = make([][]float64, K+len(dummies))
	for j := range in.X {
		if j < K {
			in.Terms = append(in.Terms, fmt.Sprintf("covariate %d", j+1))
		} else {
			in.Terms = append(in.Terms, dummies[j-K].name)
		}
	}
	used := 0
	renumber := make([]int32, len(p.Start))
	for i, g := range p.Start {
		h, _ := slices.BinarySearch(cohorts, g)
		for t := range T {
			y := p.Outcome[t][i]
			w := 1.
			if p.Weights != nil {
				w = p.Weights[min(t, len(p.Weights)-1)][i]
			}
			ok := !math.IsNaN(y) && w > 0
			for _, x := range p.Covariates {
				ok = ok && !math.IsNaN(x[min(t, len(x)-1)][i])
			}
			if !ok {
				continue
			}
			if renumber[i] == 0 {
				used++
				renumber[i] = int32(used)
			}
			in.Y = append(in.Y, y)
			in.Fixed[0] = append(in.Fixed[0], renumber[i]-1)
			in.Fixed[1] = append(in.Fixed[1], int32(t))
			if p.Weights != nil {
				in.Weights = append(in.Weights, w)
			}
			for k, x := range p.Covariates {
				in.X[k] = append(in.X[k], x[min(t, len(x)-1)][i])
			}
			for j := range dummies {
				in.X[K+j] = append(in.X[K+j], 0)
			}
			if j, ok := column[[2]int{h, t}]; ok {
				in.X[K+j][len(in.Y)-1] = 1
			}
			count[[2]int{h, t}] += w
			for d, c := range p.RowClusters {
				in.Cluster[len(dims)+d] = append(in.Cluster[len(dims)+d], c[t][i])
			}
			if len(dims)+len(p.RowClusters) == 0 {
				in.Cluster[0] = append(in.Cluster[0], renumber[i]-1)
			}
			for d := range dims {
				in.Cluster[d] = append(in.Cluster[d], dims[d][i])
			}
		}
	}
	for d := range len(dims) + len(p.RowClusters) {
		in.Cluster[d] = compact(in.Cluster[d])
	}
	r, err := in.Fit()
	if err != nil {
		return nil, err
	}
	return rowLinear{r}, nil
}

// Bounds of a regression by rows: 4 GiB of columns, and about five minutes.
const (
	mostEntries  = 4 << 30 / 8
	mostProducts = 5e11
)

// compact renumbers clusters from 0 without holes.
func compact(c []int32) []int32 {
	number := map[int32]int32{}
	out := make([]int32, len(c))
	for i, v := range c {
		k, ok := number[v]
		if !ok {
			k = int32(len(number))
			number[v] = k
		}
		out[i] = k
	}
	return out
}
