package chain

import (
	"cmp"
	"context"
	"math"
	"slices"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/parallel"
)

// MonthRow is a state in a month after the first start (0: the month of the start).
type MonthRow struct {
	Group, Month int
	State        string
	N, Persons   int
	Share        float64 // weighted, of the sequences of the group
}

// Measure is the distribution of a measure of the sequences of months of a group.
type Measure struct {
	Group         int
	Name          string // entropy | complexity | turbulence | transitions
	N, Persons    int
	Mean, SD      float64
	P25, P50, P75 float64
}

// TypeRow is how long the sequences of a type are in a state.
type TypeRow struct {
	Type       int // from 1, the largest first
	State      string
	N, Persons int     // of the type
	With       int     // persons with at least one month in the state
	Share      float64 // of all sequences that are of the type
	Months     float64 // mean months in the state
}

// sequences adds what rests on sequences of months: the chains whose months all lie before the cut.
func (d *describer) sequences(ctx context.Context, out *Description) error {
	c := d.in.Chains
	if d.in.Months < 2 {
		return nil
	}
	var at []int
	for i := range d.records {
		if m := c.Of(int(d.records[i].chain))[0].Start.Month(); m+calendar.Month(d.in.Months)-1 <= c.cut {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil
	}
	rows := make([][]uint8, len(at))
	if err := parallel.Blocks(ctx, d.in.Workers, len(at), 4096, func(_, from, to int) error {
		all := make([]uint8, (to-from)*d.in.Months)
		for i := from; i < to; i++ {
			r := &d.records[at[i]]
			rows[i] = all[(i-from)*d.in.Months : (i-from+1)*d.in.Months]
			c.Alphabet.Months(d.reg, r.person, c.Of(int(r.chain))[0].Start.Month(), rows[i])
		}
		return nil
	}); err != nil {
		return err
	}
	names := c.Alphabet.States()
	weight := make([]float64, len(at))
	for i, k := range at {
		weight[i] = d.records[k].weight
	}
	s := NewSequences(rows, weight, len(names))
	d.months(at, rows, names, out)
	d.measures(at, s, out)
	if d.in.Types < 0 {
		return nil
	}
	costs := ConstantCosts(len(names))
	if d.in.Costs == TransitionRate {
		costs = s.TransitionCosts()
	}
	types, err := FindTypes(ctx, s, TypeOptions{K: d.in.Types, Costs: costs, Seed: d.in.Seed, Workers: d.in.Workers})
	if err != nil {
		return err
	}
	out.Silhouette = types.Silhouette
	d.typeRows(at, rows, s, types, names, out)
	return nil
}

// Pooled is the state of a month that stands for several of few persons.
const Pooled = "pooled"

// months are the shares of the states by month. In each month and group the states of fewer than MinCell persons are pooled,
// together with the next smallest where they still are too few.
func (d *describer) months(at []int, rows [][]uint8, names []string, out *Description) {
	n := len(names)
	cells, pool := make([]tally, d.in.Months*n), make([]tally, d.in.Months)
	pooled := make([]bool, d.in.Months*n)
	for g := range d.in.NGroups {
		clear(cells)
		clear(pooled)
		all := 0.
		for i, k := range at {
			r := &d.records[k]
			if r.groups&(1<<g) == 0 {
				continue
			}
			all += r.weight
			for m, v := range rows[i] {
				cells[m*n+int(v)].add(r, 0)
			}
		}
		for i := range cells {
			pooled[i] = cells[i].n > 0 && cells[i].persons < d.in.MinCell
		}
		for {
			clear(pool)
			for i, k := range at {
				r := &d.records[k]
				if r.groups&(1<<g) == 0 {
					continue
				}
				for m, v := range rows[i] {
					if pooled[m*n+int(v)] {
						pool[m].add(r, 0)
					}
				}
			}
			again := false
			for m := range pool {
				if pool[m].n == 0 || pool[m].persons >= d.in.MinCell {
					continue
				}
				smallest := -1
				for v := range n {
					if c := &cells[m*n+v]; c.n > 0 && !pooled[m*n+v] && (smallest < 0 || c.n < cells[m*n+smallest].n) {
						smallest = v
					}
				}
				if smallest >= 0 {
					pooled[m*n+smallest], again = true, true
				}
			}
			if !again {
				break
			}
		}
		for m := range d.in.Months {
			for v, name := range names {
				if t := &cells[m*n+v]; t.n > 0 && !pooled[m*n+v] {
					out.Months = append(out.Months, MonthRow{g, m, name, t.n, t.persons, t.weight / all})
				}
			}
			if t := &pool[m]; t.n > 0 {
				out.Months = append(out.Months, MonthRow{g, m, Pooled, t.n, t.persons, t.weight / all})
			}
		}
	}
}

// measures are the distributions of entropy, complexity, turbulence and the number of transitions over the sequences.
func (d *describer) measures(at []int, s *Sequences, out *Description) {
	type measure struct {
		name string
		of   func(q []uint8) float64
	}
	list := []measure{
		{"entropy", func(q []uint8) float64 { return Entropy(q, s.States) }},
		{"complexity", func(q []uint8) float64 { return Complexity(q, s.States) }},
		{"turbulence", Turbulence},
		{"transitions", func(q []uint8) float64 { return float64(Transitions(q)) }},
	}
	value := make([][]float64, len(list))
	for k, m := range list {
		value[k] = make([]float64, len(s.Seq))
		for i, q := range s.Seq {
			value[k][i] = m.of(q)
		}
	}
	for g := range d.in.NGroups {
		for k, m := range list {
			var v []weighted
			var t tally
			for i, j := range at {
				if r := &d.records[j]; r.groups&(1<<g) != 0 {
					x := value[k][s.Of[i]]
					v = append(v, weighted{x, r.weight})
					t.add(r, x)
				}
			}
			if t.n == 0 {
				continue
			}
			mean := t.sum / t.weight
			ss := 0.
			for _, x := range v {
				ss += x.w * (x.x - mean) * (x.x - mean)
			}
			slices.SortFunc(v, func(a, b weighted) int { return cmp.Compare(a.x, b.x) })
			out.Measures = append(out.Measures, Measure{Group: g, Name: m.name, N: t.n, Persons: t.persons, Mean: mean, SD: math.Sqrt(ss / math.Max(1, t.weight-1)),
				P25: quantile(v, t.weight, .25), P50: quantile(v, t.weight, .5), P75: quantile(v, t.weight, .75)})
		}
	}
}

// weighted is a value that stands there w times.
type weighted struct{ x, w float64 }

// quantile is the p-quantile of sorted values, between two of them by their distance (Hyndman and Fan's type 7), each
// standing there so many times as its weight: with W the sum of the weights and h = (W−1)p it lies between the values that
// reach over the places ⌊h⌋ and ⌊h⌋ + 1.
func quantile(v []weighted, total, p float64) float64 {
	h := math.Max(0, p*(total-1))
	i := math.Floor(h)
	at := func(place float64) float64 {
		sum := 0.
		for _, o := range v {
			if sum += o.w; sum > place+1e-9 {
				return o.x
			}
		}
		return v[len(v)-1].x
	}
	low := at(i)
	if h == i {
		return low
	}
	return low + (h-i)*(at(i+1)-low)
}

// typeRows are the mean months in each state by type, over the sequences of everybody who is described.
func (d *describer) typeRows(at []int, rows [][]uint8, s *Sequences, t *Types, names []string, out *Description) {
	if t.K == 0 {
		return
	}
	size := make([]tally, t.K)
	months := make([]tally, t.K*len(names))
	count := make([]int, len(names))
	all := 0.
	for i, k := range at {
		r := &d.records[k]
		all += r.weight
		g := int(t.Of[s.Of[i]])
		size[g].add(r, 0)
		clear(count)
		for _, v := range rows[i] {
			count[v]++
		}
		for v, n := range count {
			if n > 0 {
				months[g*len(names)+v].add(r, float64(n))
			}
		}
	}
	for g := range size {
		for v, name := range names {
			if m := &months[g*len(names)+v]; m.n > 0 {
				out.Types = append(out.Types, TypeRow{Type: g + 1, State: name, N: size[g].n, Persons: size[g].persons, With: m.persons,
					Share: size[g].weight / all, Months: m.sum / size[g].weight})
			}
		}
	}
}
