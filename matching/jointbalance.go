package matching

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
)

// JointBalance tests that all columns have the same weighted mean in both groups: with d the differences of the means and ψ
// the influence of a row on them, weights taken as known and summed by cluster where it is given (numbers in [0, clusters)),
//
//	W = d'(Σψψ')⁺d,   F = W·(G − k)/(k(G − 1)) ~ F(k, G − k),
//
// k the rank and G the clusters (or rows) with weight. It is the robust score test that no column explains treatment in a
// weighted regression of treatment on the columns. Weights that were made to balance the columns leave nothing to test
// (p = 1); weights that were estimated make the test conservative. Columns that do not vary are left out.
func JointBalance(x [][]float64, treated []bool, weight []float64, cluster []int32, clusters int) estimate.Wald {
	n, k := len(treated), len(x)
	sameLength("weight", len(weight), n)
	mean := [2][]float64{make([]float64, k), make([]float64, k)}
	var total [2]float64
	for i, w := range weight {
		total[group(treated[i])] += w
	}
	for j, col := range x {
		sameLength("column", len(col), n)
		for i, v := range col {
			if w := weight[i]; w > 0 {
				mean[group(treated[i])][j] += w * v
			}
		}
	}
	d := make([]float64, k)
	for j := range d {
		for g := range mean {
			mean[g][j] /= total[g]
		}
		if d[j] = mean[1][j] - mean[0][j]; math.Abs(d[j]) < 1e-9*(math.Abs(mean[0][j])+math.Abs(mean[1][j])) {
			d[j] = 0 // rounding
		}
	}
	// The influence of each unit, a cluster or a row, on the differences: by column, since there are many units.
	units, unit := n, cluster
	if cluster != nil {
		sameLength("cluster", len(cluster), n)
		units = clusters
	} else {
		unit = make([]int32, n)
		for i := range unit {
			unit[i] = int32(i)
		}
	}
	seen := make([]bool, units)
	f, arm := make([]float64, n), make([]uint8, n)
	for i, w := range weight {
		g := group(treated[i])
		arm[i] = uint8(g)
		if w > 0 {
			f[i] = float64(2*g-1) * w / total[g]
			seen[unit[i]] = true
		}
	}
	psi := make([]float64, k*units)
	for j, col := range x {
		s, at := psi[j*units:(j+1)*units], [2]float64{mean[0][j], mean[1][j]}
		for i, v := range col {
			s[unit[i]] += f[i] * (v - at[arm[i]&1])
		}
	}
	v := mat.NewSymDense(k, nil)
	const block = 256 // units at a time: those of all columns stay in the cache
	for from := 0; from < units; from += block {
		blas64.Syrk(blas.NoTrans, 1, blas64.General{Rows: k, Cols: min(block, units-from), Stride: units, Data: psi[from:]}, 1, v.RawSymmetric())
	}
	units = 0
	for _, s := range seen {
		if s {
			units++
		}
	}
	return estimate.JointZeroCov(d, v, units)
}

// OmnibusTest is the test of Hansen and Bowers (2008, Statistical Science 23:219) that treatment is as good as shuffled inside sets.
type OmnibusTest struct {
	Statistic float64 // d²
	DF        int
	PValue    float64 // from χ²(DF)
	Permuted  float64 // share of shuffles, the observed one counted, with at least as large a statistic; NaN without draws
	Draws     int
}

// Omnibus tests balance inside sets (pairs, subclasses, cells): set numbers the set of a row, negative for rows that are out.
// With n₁ₛ of nₛ rows of set s treated and x̄ₛ its mean,
//
//	T = Σᵢ (Dᵢ − n₁ₛ/nₛ)xᵢ,   V = Σₛ n₁ₛn₀ₛ/(nₛ(nₛ − 1)) Σ_{i∈s}(xᵢ − x̄ₛ)(xᵢ − x̄ₛ)',   d² = T'V⁺T,
//
// V being the covariance of T over all shuffles of treatment inside sets, so that V is the same in each of them. draws shuffles from a
// stream of their own (seed) give the permutation p-value. Rows are taken as independent: persons with several rows are not held together.
func Omnibus(x [][]float64, treated []bool, set []int32, draws int, seed uint64) OmnibusTest {
	sameLength("set", len(set), len(treated))
	members := map[int32][]int32{}
	var order []int32
	for i, s := range set {
		if s < 0 {
			continue
		}
		if members[s] == nil {
			order = append(order, s)
		}
		members[s] = append(members[s], int32(i))
	}
	k := len(x)
	v := mat.NewSymDense(k, nil)
	var rows []int32 // of sets with both groups, set by set
	var from []int
	z := make([]float64, k)
	var centred [][]float64
	for _, s := range order {
		in := members[s]
		n1 := 0
		for _, i := range in {
			n1 += group(treated[i])
		}
		n := len(in)
		if n1 == 0 || n1 == n {
			continue
		}
		from = append(from, len(rows))
		f := float64(n1) * float64(n-n1) / (float64(n) * float64(n-1))
		for j, col := range x {
			m := 0.
			for _, i := range in {
				m += col[i] / float64(n)
			}
			z[j] = m
		}
		for _, i := range in {
			rows = append(rows, i)
			c := make([]float64, k)
			for j, col := range x {
				c[j] = col[i] - z[j]
			}
			centred = append(centred, c)
			v.SymRankOne(v, f, mat.NewVecDense(k, c))
		}
	}
	from = append(from, len(rows))
	t := OmnibusTest{Statistic: math.NaN(), PValue: math.NaN(), Permuted: math.NaN()}
	if len(rows) == 0 {
		return t
	}
	root, rank := inverseRoot(v)
	if rank == 0 {
		return t
	}
	d := make([]bool, len(rows))
	for a, i := range rows {
		d[a] = treated[i]
	}
	statistic := func() float64 {
		sum := make([]float64, k)
		for a := range rows {
			if d[a] { // Σ(D − share)(x − x̄) = Σ_D (x − x̄), since x − x̄ sums to 0 in a set
				for j, c := range centred[a] {
					sum[j] += c
				}
			}
		}
		total := 0.
		for _, r := range root {
			dot := 0.
			for j, c := range r {
				dot += c * sum[j]
			}
			total += dot * dot
		}
		return total
	}
	t.Statistic, t.DF = statistic(), rank
	t.PValue = distuv.ChiSquared{K: float64(rank)}.Survival(t.Statistic)
	if draws > 0 {
		stream := random.New(seed, "matching omnibus")
		reached := 1
		for range draws {
			for s := range len(from) - 1 {
				in := d[from[s]:from[s+1]]
				stream.Shuffle(len(in), func(a, b int) { in[a], in[b] = in[b], in[a] })
			}
			if statistic() >= t.Statistic*(1-1e-12) {
				reached++
			}
		}
		t.Draws, t.Permuted = draws, float64(reached)/float64(draws+1)
	}
	return t
}

// inverseRoot is R with R'R = V⁺, as rows, on the scale where V has ones on its diagonal.
func inverseRoot(v *mat.SymDense) (rows [][]float64, rank int) {
	k := v.SymmetricDim()
	var at []int
	for j := range k {
		if v.At(j, j) > 0 {
			at = append(at, j)
		}
	}
	if len(at) == 0 {
		return nil, 0
	}
	r := mat.NewSymDense(len(at), nil)
	for a, i := range at {
		for b, j := range at[:a+1] {
			r.SetSym(a, b, v.At(i, j)/math.Sqrt(v.At(i, i)*v.At(j, j)))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(r, true) {
		return nil, 0
	}
	values := e.Values(nil)
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	for c, value := range values {
		if value <= 1e-9*values[len(values)-1] {
			continue
		}
		row := make([]float64, k)
		for a, i := range at {
			row[i] = vectors.At(a, c) / math.Sqrt(value*v.At(i, i))
		}
		rows = append(rows, row)
	}
	return rows, len(rows)
}
