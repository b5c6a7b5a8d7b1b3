package validity

import (
	"context"
	"fmt"
	"math"
	"sync"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// DIDOptions of a coverage experiment of difference-in-differences; the zero value of a field is its default.
type DIDOptions struct {
	Panels   int // of each design; default 1,000
	Units    int // in each; default 1,200
	Seed     uint64
	Workers  int
	Progress func(done, total float64, what string)
}

// DIDRow is how often a kind of interval, or a band, held the truth in a design.
type DIDRow struct {
	Design    string
	Quantity  string // att_gt | simple | dynamic | band (over event times) | family (over groups)
	Intervals int
	Coverage  float64
	// MonteCarlo is the standard error of Coverage, with the intervals of a panel taken together.
	MonteCarlo float64
}

// didQuantities are counted in this order.
var didQuantities = []string{"att_gt", "simple", "dynamic", "band", "family"}

type didCount [5][2]float64 // by quantity: held, in all

func (c *didCount) add(quantity int, held bool) {
	c[quantity][1]++
	if held {
		c[quantity][0]++
	}
}

// DIDCoverage simulates panels of each design and counts. The result does not depend on the number of workers.
func DIDCoverage(ctx context.Context, opt DIDOptions) ([]DIDRow, error) {
	if opt.Panels == 0 {
		opt.Panels = 1000
	}
	if opt.Units == 0 {
		opt.Units = 1200
	}
	if opt.Seed == 0 {
		opt.Seed = 1
	}
	if opt.Panels < 2 || opt.Units < 300 {
		return nil, fault.Usagef("bad_flag", "`--registers` must be at least 2 and `--persons` at least 300")
	}
	n := opt.Panels * len(didDesigns)
	counts := make([]didCount, n)
	var mu sync.Mutex
	done := 0
	shares := make([]map[int64]float64, len(didDesigns))
	for k := range didDesigns {
		shares[k] = didDesigns[k].shares()
	}
	if err := parallel.For(ctx, opt.Workers, n, func(i int) error {
		d := &didDesigns[i/opt.Panels]
		var err error
		if counts[i], err = d.count(opt.Units, opt.Seed+uint64(i%opt.Panels), shares[i/opt.Panels]); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		if opt.Progress != nil {
			mu.Lock()
			done++
			opt.Progress(float64(done), float64(n), "panels")
			mu.Unlock()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	var rows []DIDRow
	for k := range didDesigns {
		for q, quantity := range didQuantities {
			byPanel, held, all := map[int][2]float64{}, 0., 0.
			for i := range opt.Panels {
				if c := counts[k*opt.Panels+i][q]; c[1] > 0 {
					byPanel[i] = c
					held += c[0]
					all += c[1]
				}
			}
			if all > 0 {
				rows = append(rows, DIDRow{didDesigns[k].name, quantity, int(all), held / all, clusteredError(byPanel, held/all, all)})
			}
		}
	}
	return rows, nil
}

// shares of the cohorts in the population: by construction, or where selection moves them, of a large draw.
func (d *didDesign) shares() map[int64]float64 {
	if !d.covariate {
		return map[int64]float64{4: 0.08, 6: 0.20, 9: 0.17}
	}
	const large = 400_000
	p, _ := d.panel(large, 1<<40)
	out := map[int64]float64{}
	for _, g := range p.Start {
		if g != did.Never {
			out[g] += 1. / large
		}
	}
	return out
}

// truth of an average over the cells that match, by the shares of the cohorts.
func (d *didDesign) truth(shares map[int64]float64, match func(e int64) bool) float64 {
	sum, weight := 0., 0.
	for _, g := range []int64{4, 6, 9} {
		for t := g; t < didPeriods; t++ {
			if match(t - g) {
				sum += shares[g] * d.effect(g, t-g)
				weight += shares[g]
			}
		}
	}
	return sum/weight + d.average()
}

func (d *didDesign) count(units int, seed uint64, shares map[int64]float64) (c didCount, err error) {
	p, flag := d.panel(units, seed)
	o := d.options
	o.Draws, o.Seed, o.Workers = 2000, seed, 1
	r, err := did.GroupTime(p, o)
	if err != nil {
		return c, err
	}
	holds := func(e estimate.Estimate, truth float64) bool { return e.ConfLow <= truth && truth <= e.ConfHigh }
	for i := range r.Cells {
		x := &r.Cells[i]
		if x.Reason != "" || x.EventTime == -1 { // the dip is no effect
			continue
		}
		want := 0.
		if x.EventTime >= 0 {
			want = d.effect(x.Group, x.EventTime) + d.average()
		}
		c.add(0, holds(x.Estimate, want))
	}
	band, mean, later := true, 0., 0.
	for _, a := range r.Aggregates {
		if a.Type != did.Dynamic || a.Overall || a.Key == -1 || math.IsNaN(a.BandLow) {
			continue
		}
		want := 0.
		if a.Key >= 0 {
			want = d.truth(shares, func(e int64) bool { return e == a.Key })
			mean += want
			later++
		}
		band = band && a.BandLow <= want && want <= a.BandHigh
	}
	all := d.truth(shares, func(int64) bool { return true })
	c.add(1, holds(r.Overall(did.Simple), all))
	c.add(2, holds(r.Overall(did.Dynamic), mean/later))
	c.add(3, band)
	if !d.flags {
		return c, nil
	}
	// Those with the flag, two thirds of everybody, and everybody: three groups that overlap.
	groups := []struct {
		in    func(i int) bool
		truth float64
	}{{func(i int) bool { return flag[i] }, all + more/2}, {func(i int) bool { return i%3 != 0 }, all}, {func(int) bool { return true }, all}}
	var results []*did.Result
	for _, g := range groups {
		part, err := did.GroupTime(subset(p, g.in), o)
		if err != nil {
			return c, err
		}
		results = append(results, part)
	}
	family, err := did.Compare(results, did.Simple, o)
	if err != nil {
		return c, err
	}
	held := true
	for k, g := range groups {
		held = held && family.BandLow[k] <= g.truth && g.truth <= family.BandHigh[k]
	}
	c.add(4, held)
	return c, nil
}

// subset is the panel of some units, which keep their names.
func subset(p *did.Panel, in func(i int) bool) *did.Panel {
	q := &did.Panel{Times: p.Times, Outcome: make([][]float64, len(p.Times))}
	for i, g := range p.Start {
		if !in(i) {
			continue
		}
		q.Units, q.Start = append(q.Units, int32(i)), append(q.Start, g)
		for t := range p.Times {
			q.Outcome[t] = append(q.Outcome[t], p.Outcome[t][i])
		}
	}
	return q
}
