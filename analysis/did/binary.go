package did

import "slices"

// Compact is Panel, with outcomes that are 0 or 1 in every period of every unit held as bits (Panel.Binary) where the rows have
// neither covariates, weights nor a risk set: a person over ten years of months takes 16 bytes in place of 960.
func (l *Long) Compact() (*Panel, error) {
	if p := l.binary(); p != nil {
		return p, nil
	}
	return l.Panel()
}

// binary is the panel in bits, nil where it cannot be held so, or has what Panel refuses.
func (l *Long) binary() *Panel {
	n := len(l.Time)
	if len(l.Covariates) > 0 || l.Weights != nil || l.AtRisk != nil || !onlyBits(l.Outcome) {
		return nil
	}
	times := distinct(l.Time)
	if n != l.Units*len(times) {
		return nil
	}
	index := indexOf(times)
	b := NewBits(times, make([]int64, l.Units))
	seen := make([]uint64, len(b.Data))
	p := &Panel{Times: times, Start: b.Start, Binary: b}
	for range l.Clusters {
		p.Clusters = append(p.Clusters, make([]int32, l.Units))
	}
	first := make([]bool, l.Units)
	for r, y := range l.Outcome {
		i, t := int(l.Unit[r]), int(index.at(l.Time[r]))
		if !first[i] {
			first[i] = true
			b.Start[i] = l.Start[r]
			for d, c := range l.Clusters {
				p.Clusters[d][i] = c[r]
			}
		} else if b.Start[i] != l.Start[r] {
			return nil
		}
		for d, c := range l.Clusters {
			if p.Clusters[d][i] != c[r] {
				return nil
			}
		}
		at, bit := i*b.Words+t/64, uint64(1)<<(t%64)
		if seen[at]&bit != 0 {
			return nil
		}
		seen[at] |= bit
		if y == 1 {
			b.Data[at] |= bit
		}
	}
	return p
}

func onlyBits(v []float64) bool {
	return !slices.ContainsFunc(v, func(y float64) bool { return y != 0 && y != 1 })
}

// expanded is the panel with its outcomes as numbers.
func (p *Panel) expanded() *Panel {
	if p.Binary == nil {
		return p
	}
	q := *p
	q.Binary = nil
	q.Outcome = columns(len(p.Times), len(p.Start))
	for t, c := range q.Outcome {
		for i := range c {
			c[i] = p.Binary.value(i, t)
		}
	}
	return &q
}

// value is the outcome of unit i in the period with index t.
func (b *Bits) value(i, t int) float64 { return float64(b.Data[i*b.Words+t/64] >> (t % 64) & 1) }

// bits are the outcomes of a panel without weights as bits, nil where they are other numbers than 0 and 1.
func (p *Panel) bits() *Bits {
	switch {
	case p.Binary != nil:
		return p.Binary
	case p.Weights != nil || slices.ContainsFunc(p.Outcome, func(c []float64) bool { return !onlyBits(c) }):
		return nil
	}
	b := NewBits(p.Times, p.Start)
	for t, c := range p.Outcome {
		at, bit := t/64, uint64(1)<<(t%64)
		for _, y := range c {
			if y == 1 {
				b.Data[at] |= bit
			}
			at += b.Words
		}
	}
	return b
}

// statistics are those of a balanced panel with weights by unit at most, with its clusters.
func (p *Panel) statistics(workers int) (*Statistics, error) {
	if b := p.bits(); b != nil {
		s, err := b.Statistics(workers)
		if err != nil || len(p.Clusters) == 0 {
			return s, err
		}
		return s, b.AddClusters(s, p.Clusters, workers)
	}
	var w []float64
	if p.Weights != nil {
		w = p.Weights[0]
	}
	s, err := NewStatistics(p.Times, p.Start, p.Outcome, w, workers)
	if err != nil || len(p.Clusters) == 0 {
		return s, err
	}
	return s, AddClusters(s, p.Outcome, w, p.Clusters, workers)
}

// periodIndex finds the number of a period: by a table where periods lie close, as months do.
type periodIndex struct {
	first int64
	table []int32
	far   map[int64]int32
}

func indexOf(times []int64) *periodIndex {
	x := &periodIndex{first: times[0]}
	if span := times[len(times)-1] - x.first; span >= 0 && span < 1<<16 {
		x.table = make([]int32, span+1)
		for t, v := range times {
			x.table[v-x.first] = int32(t)
		}
		return x
	}
	x.far = make(map[int64]int32, len(times))
	for t, v := range times {
		x.far[v] = int32(t)
	}
	return x
}

// at is the number of a period that is one of those given.
func (x *periodIndex) at(v int64) int32 {
	if x.table != nil {
		return x.table[v-x.first]
	}
	return x.far[v]
}
