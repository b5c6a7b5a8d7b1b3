package did

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/parallel"
)

// blockUnits is the number of units whose influence is summed at a time: columns × blockUnits numbers stay near the core.
const blockUnits = 512

// blocks cuts the units into blocks of one cohort each.
func (f *frame) blocks() [][2]int {
	var b [][2]int
	for h := range f.cohorts {
		for i := f.from[h]; i < f.from[h+1]; i += blockUnits {
			b = append(b, [2]int{i, min(i+blockUnits, f.from[h+1])})
		}
	}
	return b
}

// use is a cell's part in a column.
type use struct {
	column int
	weight float64
}

func usesOf(cells int, columns []column) [][]use {
	u := make([][]use, cells)
	for a := range columns {
		for j, k := range columns[a].cells {
			if w := columns[a].weight[j]; w != 0 {
				u[k] = append(u[k], use{a, w})
			}
		}
	}
	return u
}

// scratch of one worker.
type blockScratch struct {
	psi                   []float64 // columns × blockUnits
	e, p, odds, ols, cell []float64
	z                     basis
}

func newScratch(columns int) *blockScratch {
	one := func() []float64 { return make([]float64, blockUnits) }
	return &blockScratch{psi: make([]float64, columns*blockUnits), e: one(), p: one(), odds: one(), ols: one(), cell: one()}
}

// influenceBlock writes the influence of units [lo,hi), all of cohort h, on the columns: psi[a*blockUnits + i−lo].
func (u *unitEngine) influenceBlock(h, lo, hi int, columns []column, uses [][]use, s *blockScratch) {
	f, m := u.f, hi-lo
	clear(s.psi)
	for a := range columns {
		if share := columns[a].share; share != nil && share[h] != 0 {
			dst := s.psi[a*blockUnits : a*blockUnits+m]
			w := f.weight(0)
			for i := range dst {
				switch {
				case h < f.control && !f.isMember(h, lo+i):
				case w != nil:
					dst[i] = w[lo+i] * share[h]
				default:
					dst[i] = share[h]
				}
			}
		}
	}
	for _, g := range u.groups {
		if g.reason != "" || h != g.g && h < g.low {
			continue
		}
		treated := h == g.g
		prepared := false
		k := g.k
		var w []float64
		for _, i := range g.cells {
			if len(uses[i]) == 0 || !u.solutions[i].ok {
				continue
			}
			c, sol := &u.cells[i], &u.solutions[i].change
			if !prepared {
				prepared = true
				if w = f.weight(u.weightPeriod(c)); w != nil {
					w = w[lo:hi]
				}
				if k > 1 {
					u.prepareBlock(g, c, lo, hi, w, treated, s)
				}
			}
			now, base := f.y[c.time][lo:hi], f.y[c.base][lo:hi]
			e := s.e[:m]
			for j, v := range now {
				e[j] = v - base[j]
			}
			if sol.beta != nil {
				s.z.rows(0, m).subtract(e, sol.beta)
			}
			psi := s.cell[:m]
			var z basis
			if k > 1 {
				z = s.z.rows(0, m)
			}
			if treated {
				g.psiTreated(sol, e, w, s.p, z, psi)
			} else {
				ols := s.ols[:m]
				if g.aOLS == nil {
					ols = nil
				}
				g.psiControl(sol, e, w, s.p[:m], s.odds, ols, z, psi)
			}
			if f.member != nil {
				for j := range psi {
					if !f.member[g.g][lo+j] {
						psi[j] = 0
					}
				}
			}
			if f.gaps {
				for j, v := range psi {
					if math.IsNaN(v) {
						psi[j] = 0
					}
				}
			}
			for _, q := range uses[i] {
				dst := s.psi[q.column*blockUnits : q.column*blockUnits+m]
				for j, v := range psi {
					dst[j] += q.weight * v
				}
			}
		}
	}
}

// prepareBlock fills z, p, odds and z'aOLS of a block for a design.
func (u *unitEngine) prepareBlock(g *group, c *cell, lo, hi int, w []float64, treated bool, s *blockScratch) {
	k, m := g.k, hi-lo
	for len(s.z) < k {
		s.z = append(s.z, make([]float64, blockUnits))
	}
	s.z = s.z[:k]
	for i := range m {
		s.z[0][i] = 1
	}
	for j := 1; j < k; j++ {
		x := u.f.covariate(j-1, g.early)[lo:hi]
		z, fixed, scale := s.z[j], g.fixed[j], g.scale[j]
		for i, v := range x {
			z[i] = (v - fixed) * scale
		}
	}
	z := s.z.rows(0, m)
	if g.gamma != nil {
		z.combine(s.p[:m], g.gamma)
		for i := range m {
			p := min(1/(1+math.Exp(-s.p[i])), 1-capBelow)
			s.p[i] = p
			if !treated {
				weight := 1.
				if w != nil {
					weight = w[i]
				}
				s.odds[i] = oddsOf(p, weight)
			}
		}
	}
	if g.aOLS != nil && !treated {
		z.combine(s.ols[:m], g.aOLS)
	}
}

// chunks is the number of parts the blocks are shared out in: fixed, so that sums do not depend on the workers.
const chunks = 32

// each runs over the blocks in parallel and hands the influence on the columns to visit, which is called in the order of
// the chunks within a chunk's own state only.
func (u *unitEngine) each(columns []column, visit func(chunk, h, lo, hi int, psi []float64)) error {
	uses := usesOf(len(u.cells), columns)
	blocks := u.f.blocks()
	pool := sync.Pool{New: func() any { return newScratch(len(columns)) }}
	return parallel.For(context.Background(), u.o.Workers, chunks, func(part int) error {
		s := pool.Get().(*blockScratch)
		defer pool.Put(s)
		for _, b := range blocks[part*len(blocks)/chunks : (part+1)*len(blocks)/chunks] {
			h := int(u.f.cohort[b[0]])
			u.influenceBlock(h, b[0], b[1], columns, uses, s)
			visit(part, h, b[0], b[1], s.psi)
		}
		return nil
	})
}

func (u *unitEngine) covariance(columns []column) ([]float64, error) {
	k := len(columns)
	total := make([]float64, k*k)
	for _, c := range u.clusters {
		v, err := u.covarianceOf(columns, c)
		if err != nil {
			return nil, err
		}
		for i := range total {
			total[i] += c.sign * v[i]
		}
	}
	return total, nil
}

func (u *unitEngine) covarianceOf(columns []column, c clustering) ([]float64, error) {
	k := len(columns)
	if c.number == nil {
		parts := make([][]float64, chunks)
		err := u.each(columns, func(part, _, lo, hi int, psi []float64) {
			if parts[part] == nil {
				parts[part] = make([]float64, k*k)
			}
			crossproduct(parts[part], psi, k, hi-lo, blockUnits)
		})
		if err != nil {
			return nil, err
		}
		v := make([]float64, k*k)
		for _, p := range parts {
			for i, x := range p {
				v[i] += x
			}
		}
		return mirror(v, k), nil
	}
	// Cluster sums: a wave of blocks is made side by side and added in the order of the blocks.
	sums := make([]float64, c.count*k)
	err := u.inWaves(columns, func(lo, hi int, psi []float64) {
		for i := lo; i < hi; i++ {
			row := sums[int(c.number[i])*k : (int(c.number[i])+1)*k]
			for a := range row {
				row[a] += psi[a*blockUnits+i-lo]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	v := make([]float64, k*k)
	for s := range c.count {
		addGram(v, 1, sums[s*k:(s+1)*k])
	}
	return mirror(v, k), nil
}

// wave is the number of blocks that are in memory at a time where their order matters.
const wave = 16

// inWaves calls visit for every block in order; the blocks of a wave are made in parallel.
func (u *unitEngine) inWaves(columns []column, visit func(lo, hi int, psi []float64)) error {
	uses := usesOf(len(u.cells), columns)
	blocks := u.f.blocks()
	var scratch [wave]*blockScratch
	for i := range min(wave, len(blocks)) {
		scratch[i] = newScratch(len(columns))
	}
	for from := 0; from < len(blocks); from += wave {
		part := blocks[from:min(from+wave, len(blocks))]
		err := parallel.For(context.Background(), u.o.Workers, len(part), func(i int) error {
			b := part[i]
			u.influenceBlock(int(u.f.cohort[b[0]]), b[0], b[1], columns, uses, scratch[i])
			return nil
		})
		if err != nil {
			return err
		}
		for i, b := range part {
			visit(b[0], b[1], scratch[i].psi)
		}
	}
	return nil
}

// influence is the influence of each unit of the panel (by its number there) on each column; units set aside have 0.
func (u *unitEngine) influence(columns []column, units int) ([][]float64, error) {
	out := make([][]float64, len(columns))
	for a := range out {
		out[a] = make([]float64, units)
	}
	err := u.inWaves(columns, func(lo, hi int, psi []float64) {
		for a := range out {
			for i := lo; i < hi; i++ {
				out[a][u.f.unit[i]] = psi[a*blockUnits+i-lo]
			}
		}
	})
	return out, err
}

// crossproduct adds ΨΨ' to the lower triangle of v; row a of Ψ is psi[a*stride : a*stride+m].
func crossproduct(v, psi []float64, k, m, stride int) {
	for a := range k {
		x := psi[a*stride : a*stride+m]
		row := v[a*k : a*k+a+1]
		for c := range row {
			row[c] += floats.Dot(x, psi[c*stride:c*stride+m])
		}
	}
}

// mirror copies the lower triangle to the upper.
func mirror(v []float64, k int) []float64 {
	for a := range k {
		for b := range a {
			v[b*k+a] = v[a*k+b]
		}
	}
	return v
}
