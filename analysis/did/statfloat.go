package did

import (
	"context"

	"tiltakseffekt/internal/parallel"
)

// floatPass makes means and cross-products of outcomes held as numbers: means first, so that the products are of
// centred values and lose nothing.
type floatPass[F number] struct {
	s       *Statistics
	outcome [][]F
	weights []float64
	scale   float64
	order   []int32
	from    []int
	workers int
}

// Units of one cohort are taken in runs (one task each), and inside a run in blocks that stay in cache.
const (
	runUnits   = 1 << 14
	floatBlock = 128
)

// run is a range of the sorted units, all of one cohort.
type unitRun struct{ h, lo, hi int }

func runsOf(from []int, size int) []unitRun {
	var r []unitRun
	for h := range len(from) - 1 {
		for i := from[h]; i < from[h+1]; i += size {
			r = append(r, unitRun{h, i, min(i+size, from[h+1])})
		}
	}
	return r
}

func (p *floatPass[F]) means() error {
	T := len(p.s.Times)
	runs := runsOf(p.from, runUnits)
	parts := make([][]float64, len(runs)) // Σ w y by period, then Σ w and Σ w²
	err := parallel.For(context.Background(), p.workers, len(runs), func(r int) error {
		units := p.order[runs[r].lo:runs[r].hi]
		sum := make([]float64, T+2)
		for t, c := range p.outcome {
			a := 0.
			if p.weights == nil {
				for _, i := range units {
					a += float64(c[i])
				}
			} else {
				for _, i := range units {
					a += p.weights[i] * p.scale * float64(c[i])
				}
			}
			sum[t] = a
		}
		if p.weights != nil {
			for _, i := range units {
				w := p.weights[i] * p.scale
				sum[T] += w
				sum[T+1] += w * w
			}
		}
		parts[r] = sum
		return nil
	})
	if err != nil {
		return err
	}
	if p.weights != nil {
		clear(p.s.Weight)
		clear(p.s.Square)
	}
	for r, run := range runs {
		for t := range T {
			p.s.Mean[run.h][t] += parts[r][t]
		}
		if p.weights != nil {
			p.s.Weight[run.h] += parts[r][T]
			p.s.Square[run.h] += parts[r][T+1]
		}
	}
	for h, m := range p.s.Mean {
		for t := range m {
			if p.s.Weight[h] > 0 {
				m[t] /= p.s.Weight[h]
			}
		}
	}
	return nil
}

// productsAtOnce bounds the memory of partial cross-products: this many runs are made side by side and then added in order.
const productsAtOnce = 16

func (p *floatPass[F]) products() error {
	T := len(p.s.Times)
	runs := runsOf(p.from, runUnits)
	parts := make([][]float64, productsAtOnce)
	moments := make([][]float64, productsAtOnce)
	for i := range parts {
		parts[i], moments[i] = make([]float64, T*T), make([]float64, T)
	}
	for first := 0; first < len(runs); first += productsAtOnce {
		some := runs[first:min(first+productsAtOnce, len(runs))]
		err := parallel.For(context.Background(), p.workers, len(some), func(r int) error {
			clear(parts[r])
			clear(moments[r])
			p.run(some[r], parts[r], moments[r])
			return nil
		})
		if err != nil {
			return err
		}
		for r, run := range some {
			for i, v := range parts[r] {
				p.s.Cross[run.h][i] += v
			}
			for t, v := range moments[r] {
				p.s.Moment[run.h][t] += v
			}
		}
	}
	for h := range p.s.Cross {
		mirror(p.s.Cross[h], T)
		if p.weights == nil {
			clear(p.s.Moment[h]) // 0 but for rounding
		}
	}
	return nil
}

// run adds the cross-products (lower triangle) and first moments of a run.
func (p *floatPass[F]) run(run unitRun, cross, moment []float64) {
	T := len(p.s.Times)
	mean := p.s.Mean[run.h]
	x := make([]float64, T*floatBlock)
	for lo := run.lo; lo < run.hi; lo += floatBlock {
		units := p.order[lo:min(lo+floatBlock, run.hi)]
		m := len(units)
		for t, c := range p.outcome {
			row := x[t*floatBlock : t*floatBlock+m]
			for k, i := range units {
				row[k] = float64(c[i]) - mean[t]
			}
			if p.weights != nil {
				a := 0.
				for k, i := range units {
					w := p.weights[i] * p.scale
					a += w * w * row[k]
					row[k] *= w
				}
				moment[t] += a
			}
		}
		crossproduct(cross, x, T, m, floatBlock)
	}
}
