package chain

import (
	"context"
	"math"
	"sort"

	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// TypeOptions say how sequences are put into types.
type TypeOptions struct {
	K       int // number of types; 0: the number from 2 to MostTypes with the largest mean silhouette width
	Costs   Costs
	Sample  int // sequences drawn for a search, where there are more distinct ones; default 800
	Samples int // how many samples are searched; default 4
	Seed    uint64
	Workers int
}

// MostTypes is the largest number of types that is tried.
const MostTypes = 8

// Types are groups of alike sequences around a medoid each.
type Types struct {
	K          int
	Medoid     []int32   // index into Sequences.Seq; the types come in the order of their weight, largest first
	Of         []int32   // type of each distinct sequence
	Weight     []float64 // of each type
	Cost       float64   // weighted mean distance to the medoid
	Silhouette []float64 // mean silhouette width for k = 2, 3, …, MostTypes on the first sample; NaN where not tried
	Sampled    bool      // the medoids were searched in samples
}

// FindTypes puts sequences into types around medoids (k-medoids; Kaufman and Rousseeuw 1990): the K sequences to which the
// weighted sum of the distances of all is smallest, as far as BUILD and the best single swaps find them (PAM, with the
// swap loop of Schubert and Rousseeuw 2021, FastPAM1).
//
// With more than Sample distinct sequences this is done on Samples samples, drawn with replacement by weight, the
// medoids of each are tried on everybody, and the best are kept (CLARA). Every sequence belongs to its nearest medoid, the
// first of equals. Time is Sample² distances a sample and K a distinct sequence.
//
// Without K, the number is the one with the largest weighted mean silhouette width (Rousseeuw 1987) on the first sample;
// widths under 0.25 mean that there is no structure to speak of, and a reader must be told. The result does not depend on
// the number of workers.
func FindTypes(ctx context.Context, s *Sequences, opt TypeOptions) (*Types, error) {
	if opt.Sample == 0 {
		opt.Sample = 800
	}
	if opt.Samples == 0 {
		opt.Samples = 4
	}
	n := len(s.Seq)
	t := &Types{Sampled: n > opt.Sample}
	samples := opt.Samples
	if !t.Sampled {
		samples = 1
	}
	for i := range samples {
		at, weight := s.draw(opt, i, t.Sampled)
		p := &pam{n: len(at), weight: weight}
		var err error
		if p.d, err = s.matrix(ctx, at, opt); err != nil {
			return nil, err
		}
		if i == 0 {
			t.choose(p, opt.K)
		}
		if t.K == 0 {
			return t, nil
		}
		var medoids []int32
		for _, m := range p.medoids(t.K) {
			medoids = append(medoids, at[m])
		}
		of, cost, err := s.assign(ctx, medoids, opt)
		if err != nil {
			return nil, err
		}
		if i == 0 || cost < t.Cost {
			t.Medoid, t.Of, t.Cost = medoids, of, cost
		}
	}
	t.order(s)
	return t, nil
}

// draw is a sample of distinct sequences with their weights: all of them, or Sample draws with replacement.
func (s *Sequences) draw(opt TypeOptions, index int, sampled bool) (at []int32, weight []float64) {
	if !sampled {
		for i := range s.Seq {
			at = append(at, int32(i))
		}
		return at, s.Weight
	}
	sum := make([]float64, len(s.Weight))
	total := 0.
	for i, w := range s.Weight {
		total += w
		sum[i] = total
	}
	rng := random.New(opt.Seed, "chain types", uint64(index))
	times := map[int32]float64{}
	for range opt.Sample {
		u := rng.Float64() * total
		i := sort.SearchFloat64s(sum, u)
		times[int32(min(i, len(sum)-1))]++
	}
	for i := range times {
		at = append(at, i)
	}
	sort.Slice(at, func(a, b int) bool { return at[a] < at[b] })
	for _, i := range at {
		weight = append(weight, times[i])
	}
	return at, weight
}

// matrix are the distances between some sequences, n × n by rows.
func (s *Sequences) matrix(ctx context.Context, at []int32, opt TypeOptions) ([]float64, error) {
	n := len(at)
	d := make([]float64, n*n)
	const rows = 16
	err := parallel.Blocks(ctx, opt.Workers, n, rows, func(_, from, to int) error {
		m := NewMetric(opt.Costs)
		for i := from; i < to; i++ {
			for j := i + 1; j < n; j++ {
				d[i*n+j] = m.Distance(s.Seq[at[i]], s.Seq[at[j]])
			}
		}
		return nil
	})
	for i := range n {
		for j := range i {
			d[i*n+j] = d[j*n+i]
		}
	}
	return d, err
}

// assign gives every distinct sequence its nearest medoid and the weighted mean distance.
func (s *Sequences) assign(ctx context.Context, medoids []int32, opt TypeOptions) ([]int32, float64, error) {
	const block = 1024
	n := len(s.Seq)
	of := make([]int32, n)
	costs, weights := make([]float64, parallel.NumBlocks(n, block)), make([]float64, parallel.NumBlocks(n, block))
	err := parallel.Blocks(ctx, opt.Workers, n, block, func(b, from, to int) error {
		m := NewMetric(opt.Costs)
		for i := from; i < to; i++ {
			best := math.Inf(1)
			for k, j := range medoids {
				if d := m.Distance(s.Seq[i], s.Seq[j]); d < best {
					best, of[i] = d, int32(k)
				}
			}
			costs[b] += s.Weight[i] * best
			weights[b] += s.Weight[i]
		}
		return nil
	})
	cost, weight := 0., 0.
	for b := range costs {
		cost, weight = cost+costs[b], weight+weights[b]
	}
	return of, cost / weight, err
}

// choose sets the number of types: k, or by silhouette; 0 where there are fewer than two distinct sequences.
func (t *Types) choose(p *pam, k int) {
	t.Silhouette = make([]float64, MostTypes-1)
	for i := range t.Silhouette {
		t.Silhouette[i] = math.NaN()
	}
	if p.n < 2 {
		return
	}
	if k > 0 {
		t.K = min(k, p.n)
		return
	}
	best := math.Inf(-1)
	for k := 2; k <= min(MostTypes, p.n-1); k++ {
		w := p.silhouette(p.nearest(p.medoids(k)), k)
		t.Silhouette[k-2] = w
		if w > best {
			best, t.K = w, k
		}
	}
	if t.K == 0 {
		t.K = 2 // two sequences, two types
	}
}

// order puts the types in the order of their weight, the first medoid first among equals.
func (t *Types) order(s *Sequences) {
	t.Weight = make([]float64, t.K)
	for i, k := range t.Of {
		t.Weight[k] += s.Weight[i]
	}
	rank := make([]int, t.K)
	for i := range rank {
		rank[i] = i
	}
	sort.SliceStable(rank, func(a, b int) bool {
		if wa, wb := t.Weight[rank[a]], t.Weight[rank[b]]; wa != wb {
			return wa > wb
		}
		return t.Medoid[rank[a]] < t.Medoid[rank[b]]
	})
	place := make([]int32, t.K)
	medoid, weight := make([]int32, t.K), make([]float64, t.K)
	for to, from := range rank {
		place[from], medoid[to], weight[to] = int32(to), t.Medoid[from], t.Weight[from]
	}
	for i := range t.Of {
		t.Of[i] = place[t.Of[i]]
	}
	t.Medoid, t.Weight = medoid, weight
}
