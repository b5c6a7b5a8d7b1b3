package matching

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
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
	psi := make([][]float64, k)
	for j, col := range x {
		s, at := make([]float64, units), [2]float64{mean[0][j], mean[1][j]}
		for i, v := range col {
			s[unit[i]] += f[i] * (v - at[arm[i]&1])
		}
		psi[j] = s
	}
	v := mat.NewSymDense(k, nil)
	raw := v.RawSymmetric().Data
	const block = 256
	for from := 0; from < units; from += block {
		to := min(from+block, units)
		for a := range psi {
			for b := a; b < k; b++ {
				raw[a*k+b] += floats.Dot(psi[a][from:to], psi[b][from:to])
			}
		}
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

// ProductRow is the standardised difference of a square or product of columns after adjustment.
type ProductRow struct {
	Variable string
	Square   bool // of one column
	SMD      float64
}

// ProductBalance compares squares of the columns that are not 0/1 and products of all pairs after adjustment, named as Expand does;
// the denominator is the standard deviation among the treated before it (base, nil: 1), of both groups together where that is 0, and a product that does not vary is left out. It
// is BalanceOf on Expand without the distribution functions: no column is kept in memory.
func ProductBalance(x [][]float64, names []string, treated []bool, weight, base []float64, squares, products bool) []ProductRow {
	return ProductBalanceOfEach(x, names, treated, [][]float64{weight}, base, squares, products)[0]
}

// ProductBalanceOfEach is ProductBalance after several adjustments of the same rows: what stands before them is made once.
func ProductBalanceOfEach(x [][]float64, names []string, treated []bool, weights [][]float64, base []float64, squares, products bool) [][]ProductRow {
	out := make([][]ProductRow, len(weights))
	total := make([][2]float64, len(weights))
	weighed := make([][]float64, len(weights)) // products over the comparison rows that weigh anything
	s0, v2 := 0., 0.
	var inTreated []int32
	for i := range treated {
		if treated[i] {
			v := 1.
			if base != nil {
				v = base[i]
			}
			s0 += v
			v2 += v * v
			inTreated = append(inTreated, int32(i))
		}
	}
	for k, weight := range weights {
		var inComparison []int32
		for i, w := range weight {
			switch {
			case treated[i]:
				total[k][1] += max(w, 0)
			case w > 0:
				total[k][0] += w
				inComparison = append(inComparison, int32(i))
			}
		}
		weighed[k] = weightedProducts(x, weight, inComparison, squares, products)
	}
	zeroOne := make([]bool, len(x))
	for j, col := range x {
		zeroOne[j] = !slices.ContainsFunc(col, notZeroOne)
	}
	sum := make([]float64, len(weights))
	add := func(name string, j, k int) {
		a, b := x[j], x[k]
		s1, s2 := 0., 0.
		clear(sum)
		for _, i := range inTreated {
			p, v := a[i]*b[i], 1.
			if p == 0 {
				continue
			}
			if base != nil {
				v = base[i]
			}
			s1 += v * p
			s2 += v * p * p
			for g, weight := range weights {
				if w := weight[i]; w > 0 {
					sum[g] += w * p
				}
			}
		}
		m := s1 / s0
		variance := max(s2/s0-m*m, 0)
		if !(zeroOne[j] && zeroOne[k]) && productNotZeroOne(a, b) {
			variance /= 1 - v2/(s0*s0)
		}
		sd := math.Sqrt(variance)
		if sd <= 1e-9*math.Abs(m) {
			return
		}
		for g := range weights {
			d := sum[g]/total[g][1] - weighed[g][j*len(x)+k]/total[g][0]
			if math.Abs(d) > 1.5e-8 {
				d /= sd
			}
			out[g] = append(out[g], ProductRow{name, j == k, d})
		}
	}
	if squares {
		for j := range x {
			if !zeroOne[j] {
				add(nameOf(names, j)+"^2", j, j)
			}
		}
	}
	if products {
		for j := range x {
			for k := range j {
				add(nameOf(names, k)+"*"+nameOf(names, j), k, j)
			}
		}
	}
	return out
}

// weightedProducts are Σ w·x_j·x_k over some rows, element j·columns + k: of all pairs j < k and, where asked for, of j = k.
// Rows are taken a block at a time, so that a block of all columns stays in the cache.
func weightedProducts(x [][]float64, weight []float64, rows []int32, squares, products bool) []float64 {
	const block = 256
	out := make([]float64, len(x)*len(x))
	gathered := make([][]float64, len(x))
	for j := range gathered {
		gathered[j] = make([]float64, block)
	}
	w, wx := make([]float64, block), make([]float64, block)
	for ; len(rows) > 0; rows = rows[min(block, len(rows)):] {
		n := min(block, len(rows))
		for at, i := range rows[:n] {
			w[at] = weight[i]
		}
		for j, col := range x {
			for at, i := range rows[:n] {
				gathered[j][at] = col[i]
			}
		}
		for j := range x {
			floats.MulTo(wx[:n], w[:n], gathered[j][:n])
			if squares {
				out[j*len(x)+j] += floats.Dot(wx[:n], gathered[j][:n])
			}
			if products {
				for k := j + 1; k < len(x); k++ {
					out[j*len(x)+k] += floats.Dot(wx[:n], gathered[k][:n])
				}
			}
		}
	}
	return out
}

func notZeroOne(v float64) bool { return v != 0 && v != 1 }

// productNotZeroOne tells whether a product of two columns has another value than 0 and 1.
func productNotZeroOne(a, b []float64) bool {
	for i, v := range a {
		if notZeroOne(v * b[i]) {
			return true
		}
	}
	return false
}
