package cost

import "math"

// grid is the edges of a histogram: bin k is [low + k·width, low + (k+1)·width).
type grid struct {
	low, width float64
	bins       int
}

// edges chooses the bins of a measure from all its observations; no bins where there are none.
func (d *Distribution) edges(obs []observation, o DistributionOptions) grid {
	if len(obs) == 0 || d.Measure == PerCompletion {
		return grid{}
	}
	low, high := obs[0].x, obs[len(obs)-1].x
	width := o.BinWidth
	if width <= 0 {
		width = 2 * (d.P75 - d.P25) / math.Cbrt(float64(d.N))
		if width == 0 {
			width = (high - low) / 10
		}
		if width == 0 {
			width = max(math.Abs(high)/10, 1)
		}
		width = nice(width)
	}
	most := o.MaxBins
	if most <= 0 {
		most = 25
	}
	for {
		g := grid{low: math.Floor(low/width) * width, width: width}
		g.bins = max(1, int(math.Floor((high-g.low)/width))+1)
		if g.bins > 1 && g.low+float64(g.bins-1)*width == high {
			g.bins-- // the last bin holds its upper end
		}
		if g.bins <= most || o.BinWidth > 0 {
			return g
		}
		width = nice(width * 1.01)
	}
}

// nice is the least of 1, 2 and 5 times a power of ten that is not under x > 0.
func nice(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, k := range []float64{1, 2, 5} {
		if k*power >= x {
			return k * power
		}
	}
	return 10 * power
}

// fill counts the observations, which rise, in the bins.
func (w *distributor) fill(d *Distribution, obs []observation, g grid) {
	if g.bins == 0 || len(obs) == 0 {
		return
	}
	d.Bins = make([]Bin, g.bins)
	bin := func(x float64) int { return min(max(int((x-g.low)/g.width), 0), g.bins-1) }
	all := 0.
	for _, o := range obs {
		all += o.w
	}
	next := 0
	for k := range d.Bins {
		first, weight := next, 0.
		for next < len(obs) && bin(obs[next].x) == k {
			weight += obs[next].w
			next++
		}
		d.Bins[k] = Bin{
			Low: g.low + float64(k)*g.width, High: g.low + float64(k+1)*g.width,
			N: next - first, Share: weight / all, Persons: w.persons(obs[first:next]),
		}
	}
}
