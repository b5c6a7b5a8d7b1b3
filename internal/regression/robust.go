package regression

import "fmt"

// HC is the kind of a heteroskedasticity-consistent covariance (MacKinnon and White 1985, J. Econometrics 29:305).
type HC uint8

// The kinds. With residual r, weight w and leverage h a row's score is w·r·x, and the meat sums its square times
// 1 (HC0), n/(n−k) (HC1) or 1/(1−h)² (HC3).
const (
	HC0 HC = iota
	HC1
	HC3
)

// CovRobust is the sandwich (X'WX)⁻¹ · meat · (X'WX)⁻¹ of the kind given.
func (f *LinearFit) CovRobust(kind HC) [][]float64 {
	d := f.design
	var h []float64
	if kind == HC3 {
		h = d.Leverage()
	}
	meat := Pass(d.x, d.n, d.std, nil, true, d.workers, func(from int, _, wt, res []float64) float64 {
		for i := range wt {
			at := from + i
			s := d.weight(at) * f.Residual[at]
			if h != nil {
				s /= 1 - h[at]
			}
			if d.weight(at) == 0 {
				s = 0
			}
			wt[i], res[i] = s*s, 0
		}
		return 0
	}).Gram
	mirror(meat, d.k)
	if kind == HC1 {
		scale(meat, float64(f.Rows)/float64(f.Rows-f.Rank))
	}
	return f.sandwich(meat)
}

// ClusterOptions are the small-sample factors of CovCluster; the zero value has none.
type ClusterOptions struct {
	Groups    bool // G/(G−1) for each clustering, as vcovCL with cadjust
	Residuals bool // (n−1)/(n−k), as vcovCL with type HC1
}

// CovCluster is the cluster-robust covariance (Liang and Zeger 1986) for one clustering, or for several by inclusion and
// exclusion over their intersections (Cameron, Gelbach and Miller 2011, JBES 29:238). Each clustering holds, by row, a
// number from 0 up; rows of weight 0 are ignored. No eigenvalue is repaired: a variance may come out negative with
// several clusterings, and the caller says so.
func (f *LinearFit) CovCluster(opt ClusterOptions, clusterings ...[]int32) [][]float64 {
	d := f.design
	if len(clusterings) == 0 {
		panic("regression: no clustering")
	}
	total := make([]float64, d.k*d.k)
	for subset := 1; subset < 1<<len(clusterings); subset++ {
		groups, count, members := f.intersect(clusterings, subset)
		meat := f.clusterMeat(groups, count)
		if opt.Groups {
			scale(meat, float64(count)/float64(count-1))
		}
		sign := -1.
		if members%2 == 1 {
			sign = 1
		}
		for i, v := range meat {
			total[i] += sign * v
		}
	}
	if opt.Residuals {
		scale(total, float64(f.Rows-1)/float64(f.Rows-f.Rank))
	}
	return f.sandwich(total)
}

// intersect numbers the distinct combinations of the clusterings in the subset, in order of first appearance among the
// rows of positive weight.
func (f *LinearFit) intersect(clusterings [][]int32, subset int) (groups []int32, count, members int) {
	d := f.design
	groups = make([]int32, d.n)
	for c, clustering := range clusterings {
		if subset>>c&1 == 0 {
			continue
		}
		if len(clustering) != d.n {
			panic(fmt.Sprintf("regression: %d clusters for %d rows", len(clustering), d.n))
		}
		members++
		index := make(map[[2]int32]int32)
		for i, g := range clustering {
			if d.weight(i) == 0 {
				continue
			}
			key := [2]int32{groups[i], g}
			number, ok := index[key]
			if !ok {
				number = int32(len(index))
				index[key] = number
			}
			groups[i] = number
		}
		count = len(index)
	}
	return groups, count, members
}

// clusterMeat is Σ_g s_g s_g' with s_g the sum of the scores of cluster g, on standardised columns.
func (f *LinearFit) clusterMeat(groups []int32, count int) []float64 {
	d := f.design
	scores := make([]float64, count*d.k)
	for i := range d.n {
		w := d.weight(i)
		if w == 0 {
			continue
		}
		s := scores[int(groups[i])*d.k : (int(groups[i])+1)*d.k]
		r := w * f.Residual[i]
		s[0] += r
		for j := range d.x {
			s[j+1] += r * (d.x[j][i] - d.std.Mean[j]) * d.std.Scale[j]
		}
	}
	meat := make([]float64, d.k*d.k)
	for g := range count {
		s := scores[g*d.k : (g+1)*d.k]
		for r, a := range s {
			for c, b := range s {
				meat[r*d.k+c] += a * b
			}
		}
	}
	return meat
}

// sandwich is A⁻¹·meat·A⁻¹ in the columns as given.
func (f *LinearFit) sandwich(meat []float64) [][]float64 {
	d := f.design
	column := make([]float64, d.k)
	for range 2 { // solve the columns, then the rows
		for c := range d.k {
			for r := range d.k {
				column[r] = meat[r*d.k+c]
			}
			solveCholesky(d.l, d.k, d.keep, column)
			for r := range d.k {
				meat[r*d.k+c] = column[r]
			}
		}
		transpose(meat, d.k)
	}
	return d.std.RawCov(meat)
}

func mirror(a []float64, k int) {
	for r := range k {
		for c := range r {
			a[c*k+r] = a[r*k+c]
		}
	}
}

func transpose(a []float64, k int) {
	for r := range k {
		for c := range r {
			a[r*k+c], a[c*k+r] = a[c*k+r], a[r*k+c]
		}
	}
}

func scale(a []float64, by float64) {
	for i := range a {
		a[i] *= by
	}
}
