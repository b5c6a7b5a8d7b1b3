package duration

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What random small problems may have.
const (
	withStarts = 1 << iota
	withWeights
	withFractions // of weights
	withClusters
	withGroups
	withStates
	withZeroWeights
)

// problem draws a small problem full of ties. Half of them have whole times, half times that must be sorted.
func problem(r *rand.Rand, traits int) Input {
	n := 1 + r.IntN(14)
	unit := 1.
	if r.IntN(2) == 0 {
		unit = 1. / 3
	}
	span := 1 + r.IntN(8)
	in := Input{Time: make([]float64, n), Event: make([]int32, n)}
	states := 1
	if traits&withStates != 0 {
		states = 1 + r.IntN(3)
		in.States = []string{"work", "education", "death"}[:states]
	}
	if traits&withStarts != 0 {
		in.Start = make([]float64, n)
	}
	for i := range n {
		t := r.IntN(span+1) + 1
		in.Time[i] = float64(t) * unit
		in.Event[i] = int32(r.IntN(states + 1))
		if in.Start != nil {
			in.Start[i] = float64(r.IntN(t)) * unit
		} else if r.IntN(10) == 0 {
			in.Time[i] = 0
		}
	}
	if traits&withWeights != 0 {
		in.Weight = make([]float64, n)
		for i := range n {
			in.Weight[i] = float64(1 + r.IntN(3))
			if traits&withFractions != 0 {
				in.Weight[i] = .2 + r.Float64()
			}
			if traits&withZeroWeights != 0 && r.IntN(6) == 0 {
				in.Weight[i] = 0
			}
		}
	}
	if traits&withClusters != 0 {
		in.Clusters = 1 + r.IntN(n)
		in.Cluster = make([]int32, n)
		for i := range n {
			in.Cluster[i] = int32(r.IntN(in.Clusters))
		}
	}
	if traits&withGroups != 0 {
		in.Groups = []string{"a", "b", "c", "d"}[:1+r.IntN(4)]
		in.Group = make([]int32, n)
		for i := range n {
			in.Group[i] = int32(r.IntN(len(in.Groups)))
		}
	}
	return in
}

// problems runs check on many random problems.
func problems(t *testing.T, n, traits int, check func(t *testing.T, r *rand.Rand, in Input)) {
	t.Helper()
	for k := range n {
		r := rand.New(rand.NewPCG(uint64(k), uint64(traits)))
		in := problem(r, traits)
		before := clone(in)
		check(t, r, in)
		if !same(before, in) {
			t.Fatalf("problem %d: the input was changed", k)
		}
		if t.Failed() {
			t.Fatalf("problem %d: %+v", k, in)
		}
	}
}

func clone(in Input) Input {
	in.Time, in.Start, in.Event = slices.Clone(in.Time), slices.Clone(in.Start), slices.Clone(in.Event)
	in.Weight, in.Group, in.Cluster = slices.Clone(in.Weight), slices.Clone(in.Group), slices.Clone(in.Cluster)
	return in
}

func same(a, b Input) bool {
	return slices.Equal(a.Time, b.Time) && slices.Equal(a.Start, b.Start) && slices.Equal(a.Event, b.Event) &&
		slices.Equal(a.Weight, b.Weight) && slices.Equal(a.Group, b.Group) && slices.Equal(a.Cluster, b.Cluster)
}

// take is the input with the rows in the given order; a row may come several times.
func take(in Input, rows []int) Input {
	out := in
	pick := func(x []float64) []float64 {
		if x == nil {
			return nil
		}
		y := make([]float64, len(rows))
		for k, i := range rows {
			y[k] = x[i]
		}
		return y
	}
	numbers := func(x []int32) []int32 {
		if x == nil {
			return nil
		}
		y := make([]int32, len(rows))
		for k, i := range rows {
			y[k] = x[i]
		}
		return y
	}
	out.Time, out.Start, out.Weight = pick(in.Time), pick(in.Start), pick(in.Weight)
	out.Event, out.Group, out.Cluster = numbers(in.Event), numbers(in.Group), numbers(in.Cluster)
	return out
}

// copies repeats each row as often as its (whole) weight says.
func copies(in Input) Input {
	var rows []int
	for i, w := range in.Weight {
		for range int(w) {
			rows = append(rows, i)
		}
	}
	out := take(in, rows)
	out.Weight = nil
	return out
}

func near(a, b, tol float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tol*math.Max(1, math.Abs(b))
}

func equal(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d: %v, %v", what, len(got), len(want), got, want)
		return
	}
	for i := range got {
		if !near(got[i], want[i], tol) {
			t.Errorf("%s[%d]: got %.15g, want %.15g", what, i, got[i], want[i])
		}
	}
}

func (in *Input) weight(i int) float64 {
	if in.Weight == nil {
		return 1
	}
	return in.Weight[i]
}

// naiveRisk and naiveEnds are the weight at risk at t and the weight that ends at t in state s, by looking at every row.
func naiveRisk(in Input, t float64) float64 {
	sum := 0.
	for i := range in.Time {
		if (in.Start == nil || in.Start[i] < t) && t <= in.Time[i] {
			sum += in.weight(i)
		}
	}
	return sum
}

func naiveEnds(in Input, t float64, s int32) float64 {
	sum := 0.
	for i := range in.Time {
		if in.Time[i] == t && in.Event[i] == s {
			sum += in.weight(i)
		}
	}
	return sum
}

// naiveTimes are the distinct times of rows with weight, ascending.
func naiveTimes(in Input) []float64 {
	var times []float64
	for i, t := range in.Time {
		if in.weight(i) > 0 {
			times = append(times, t)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// naiveCurves are S, Λ and the cumulative incidences at t, by their definitions.
func naiveCurves(in Input, t float64) (survival, hazard float64, incidence []float64) {
	survival = 1
	incidence = make([]float64, in.states()+1)
	for _, u := range naiveTimes(in) {
		if u > t {
			break
		}
		n := naiveRisk(in, u)
		d := 0.
		for s := 1; s <= in.states(); s++ {
			e := naiveEnds(in, u, int32(s))
			incidence[s] += survival * e / n
			d += e
		}
		hazard += d / n
		if d > n*(1-1e-12) {
			survival = 0
		} else {
			survival *= 1 - d/n
		}
	}
	return survival, hazard, incidence
}

// naiveJackknife is the sum over clusters of (Σ wᵢ ∂θ/∂wᵢ)², the derivatives by central differences.
func naiveJackknife(in Input, theta func(Input) float64) float64 {
	const step = 1e-4 // error of the third order: about 1e-8 of the curvature, hence the tolerance 1e-5 of those who call
	clusters := map[int32]float64{}
	for i := range in.Time {
		w := in.weight(i)
		if w == 0 {
			continue
		}
		up, down := clone(in), clone(in)
		if up.Weight == nil {
			up.Weight, down.Weight = make([]float64, len(in.Time)), make([]float64, len(in.Time))
			for k := range up.Weight {
				up.Weight[k], down.Weight[k] = 1, 1
			}
		}
		up.Weight[i] += step
		down.Weight[i] -= step
		c := int32(i)
		if in.Cluster != nil {
			c = in.Cluster[i]
		}
		clusters[c] += w * (theta(up) - theta(down)) / (2 * step)
	}
	sum := 0.
	for _, s := range clusters {
		sum += s * s
	}
	return sum
}
