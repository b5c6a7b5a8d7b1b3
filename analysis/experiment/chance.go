package experiment

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/random"
)

// slack is the relative difference under which two statistics are the same: they are sums in another order.
const slack = 1e-9

// randomisation is the p-value of Fisher's hypothesis that the assignment changed nobody's outcome: how often an assignment with as many
// units of each arm in each stratum gives a statistic as large as the one there is. The outcome is first freed of strata and
// covariates by a regression that does not know the assignment (Rosenbaum 2002, Statistical Science 17:286). The statistic is the
// difference of mean unit totals, stratum by stratum with its persons as weight, over its Neyman error, which makes the test
// valid on average for the weak hypothesis too (Chung and Romano 2013, Annals of Statistics 41:484); without the error where a stratum × arm has one unit.
// All assignments are tried where they are Options.ExactUnder or fewer; otherwise Draws of them, and the p-value is (1 + hits)/(1 + draws).
func (t *Trial) randomisation(y []float64, opt Options) Test {
	columns := t.columns(true, false)
	f, _ := newLinear(append(columns[:1:1], columns[2:]...), nil)
	b := f.fit(y)
	_, k := f.x.Dims()
	rows, arm, stratum := t.units()
	z := make([]float64, len(rows))
	persons := map[int32]float64{}
	for u, of := range rows {
		for _, i := range of {
			e := y[i]
			for c := range k {
				e -= f.x.At(i, c) * b[c]
			}
			z[u] += e
			persons[stratum[u]]++
		}
	}
	// Units in the order of strata, so that an assignment is a choice in each.
	order := make([]int, len(rows))
	for u := range order {
		order[u] = u
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(stratum[a]) - int(stratum[b]) })
	var blocks []block
	total := 0.
	for from := 0; from < len(order); {
		to := from
		bl := block{weight: persons[stratum[order[from]]]}
		for to < len(order) && stratum[order[to]] == stratum[order[from]] {
			u := order[to]
			bl.z = append(bl.z, z[u])
			if arm[u] {
				bl.start = append(bl.start, len(bl.z)-1)
			}
			to++
		}
		total += bl.weight
		blocks = append(blocks, bl)
		from = to
	}
	student := true
	count := 1.
	for i := range blocks {
		bl := &blocks[i]
		n, m := len(bl.z), len(bl.start)
		// Mean totals are turned into means of persons: units/persons of the stratum.
		bl.weight = bl.weight / total * float64(n) / bl.weight
		student = student && m >= 2 && n-m >= 2
		count *= binomial(n, m)
	}
	statistic := func(choose func(k int) []int) float64 {
		d, v := 0., 0.
		for k := range blocks {
			e, s := blocks[k].difference(choose(k))
			d += blocks[k].weight * e
			v += blocks[k].weight * blocks[k].weight * s
		}
		if student && v > 0 {
			return math.Abs(d) / math.Sqrt(v)
		}
		return math.Abs(d)
	}
	out := Test{Name: "randomisation", Statistic: statistic(func(k int) []int { return blocks[k].start })}
	least := out.Statistic * (1 - slack)
	if count <= float64(opt.ExactUnder) {
		hits := 0
		each(blocks, func(chosen [][]int) {
			out.Draws++
			if statistic(func(k int) []int { return chosen[k] }) >= least {
				hits++
			}
		})
		out.Exact, out.PValue = true, float64(hits)/float64(out.Draws)
		return out
	}
	rng := random.New(opt.Seed, "randomisation inference")
	hits := 0
	for range opt.Draws {
		if statistic(func(k int) []int { return rng.Perm(len(blocks[k].z))[:len(blocks[k].start)] }) >= least {
			hits++
		}
	}
	out.Draws, out.PValue = opt.Draws, float64(1+hits)/float64(1+opt.Draws)
	return out
}

// block is a stratum: the totals of its units and which of them are assigned.
type block struct {
	z      []float64
	start  []int
	weight float64
}

// difference of the means of the chosen and the others, and its Neyman variance; NaN-free where both have two.
func (b *block) difference(chosen []int) (d, v float64) {
	var sum, squares, all, allSquares float64
	for _, x := range b.z {
		all += x
		allSquares += x * x
	}
	for _, i := range chosen {
		sum += b.z[i]
		squares += b.z[i] * b.z[i]
	}
	m, n := float64(len(chosen)), float64(len(b.z))
	d = sum/m - (all-sum)/(n-m)
	if m >= 2 && n-m >= 2 {
		v = (squares-sum*sum/m)/(m-1)/m + (allSquares-squares-(all-sum)*(all-sum)/(n-m))/(n-m-1)/(n-m)
	}
	return d, max(0, v)
}

// each visits every assignment.
func each(blocks []block, visit func(chosen [][]int)) {
	chosen := make([][]int, len(blocks))
	var in func(k int)
	in = func(k int) {
		if k == len(blocks) {
			visit(chosen)
			return
		}
		n, m := len(blocks[k].z), len(blocks[k].start)
		at := make([]int, m)
		for i := range at {
			at[i] = i
		}
		for {
			chosen[k] = at
			in(k + 1)
			i := m - 1
			for i >= 0 && at[i] == n-m+i {
				i--
			}
			if i < 0 {
				return
			}
			at[i]++
			for j := i + 1; j < m; j++ {
				at[j] = at[j-1] + 1
			}
		}
	}
	in(0)
}

func binomial(n, k int) float64 {
	out := 1.
	for i := range k {
		out *= float64(n-i) / float64(i+1)
	}
	return math.Round(out)
}

// webb are the six weights of Webb (2023, Canadian J. Economics 56:839): with few clusters two weights give too few different draws.
var webb = []float64{-math.Sqrt(1.5), -1, -math.Sqrt(.5), math.Sqrt(.5), 1, math.Sqrt(1.5)}

// webbUnder is the number of clusters under which Webb's weights replace those of Rademacher.
const webbUnder = 12

// wild is the wild cluster bootstrap with the hypothesis imposed (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics
// 90:414): the p-value of coefficient j being 0. Outcomes are drawn as the fit without the column plus its residuals times one
// weight a cluster; every draw is studentised by its own CR1 error. 2^G assignments of ±1 are all tried where they are Draws or fewer.
func (f *linear) wild(y []float64, j int, opt Options) Test {
	n, k := f.x.Dims()
	var without [][]float64
	for c := range k {
		if c != j {
			without = append(without, mat.Col(nil, c, f.x))
		}
	}
	residual := append([]float64(nil), y...)
	if len(without) > 0 {
		r, kept := newLinear(without, nil)
		b := r.fit(y)
		for i := range n {
			for c, at := range kept {
				if at >= 0 {
					residual[i] -= without[c][i] * b[at]
				}
			}
		}
	}
	g := len(f.of)
	r := mat.NewDense(g, k, nil) // X_g'ẽ_g
	s := make([]*mat.Dense, g)   // X_g'X_g
	for q, rows := range f.of {
		s[q] = mat.NewDense(k, k, nil)
		for _, i := range rows {
			for c := range k {
				r.Set(q, c, r.At(q, c)+f.x.At(i, c)*residual[i])
				for d := range k {
					s[q].Set(c, d, s[q].At(c, d)+f.x.At(i, c)*f.x.At(i, d))
				}
			}
		}
	}
	// A draw is b* − b̃ = M Σ w_g r_g; the score of a cluster is w_g r_g − S_g(b* − b̃).
	direction := mat.Row(nil, j, f.m)
	turned := make([][]float64, g) // direction'S_g
	along := make([]float64, g)    // direction'r_g
	for q := range g {
		turned[q] = make([]float64, k)
		for c := range k {
			along[q] += direction[c] * r.At(q, c)
			for d := range k {
				turned[q][d] += direction[c] * s[q].At(c, d)
			}
		}
	}
	w, sum, shift := make([]float64, g), make([]float64, k), make([]float64, k)
	statistic := func() float64 {
		clear(sum)
		for q := range g {
			for c := range k {
				sum[c] += w[q] * r.At(q, c)
			}
		}
		for c := range k {
			shift[c] = 0
			for d := range k {
				shift[c] += f.m.At(c, d) * sum[d]
			}
		}
		v := 0.
		for q := range g {
			e := w[q]*along[q] - dot(turned[q], shift)
			v += e * e
		}
		return math.Abs(shift[j]) / math.Sqrt(v)
	}
	for q := range w {
		w[q] = 1
	}
	out := Test{Name: "wild_cluster_bootstrap", Statistic: statistic()} // w = 1 gives the data themselves
	least := out.Statistic * (1 - slack)
	hits := 0
	if g >= webbUnder && g < 31 && 1<<g <= opt.Draws+1 {
		out.Exact, out.Draws = true, 1<<g
		for signs := range out.Draws {
			for q := range w {
				w[q] = float64(1 - 2*(signs>>q&1))
			}
			if statistic() >= least {
				hits++
			}
		}
		out.PValue = float64(hits) / float64(out.Draws)
		return out
	}
	rng := random.New(opt.Seed, "wild cluster bootstrap")
	for range opt.Draws {
		for q := range w {
			w[q] = weight(rng, g)
		}
		if statistic() >= least {
			hits++
		}
	}
	out.Draws, out.PValue = opt.Draws, float64(1+hits)/float64(1+opt.Draws)
	return out
}

func weight(rng *rand.Rand, clusters int) float64 {
	if clusters < webbUnder {
		return webb[rng.IntN(len(webb))]
	}
	return float64(2*rng.IntN(2) - 1)
}
