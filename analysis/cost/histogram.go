package cost

import "math"

// grid is the edges of a histogram: bin k is [low + k·width, low + (k+1)·width).
type grid struct {
	low, width float64
	bins       int
}

// edges chooses the bins of a measure from all its observations; no bins where there are none.
func (d *Distribution) edges(s Spending, m Measure, rows []int, o DistributionOptions) grid {
	if d.N == 0 || m == PerCompletion {
		return grid{}
	}
	obs, _ := s.observations(m, rows)
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

// fill counts the observations in the bins.
func (d *Distribution) fill(s Spending, m Measure, rows []int, g grid) {
	if g.bins == 0 || d.N == 0 {
		return
	}
	d.Bins = make([]Bin, g.bins)
	who := make([][]observation, g.bins)
	obs, _ := s.observations(m, rows)
	for _, o := range obs {
		k := min(max(int((o.x-g.low)/g.width), 0), g.bins-1)
		who[k] = append(who[k], o)
	}
	for k := range d.Bins {
		d.Bins[k] = Bin{
			Low: g.low + float64(k)*g.width, High: g.low + float64(k+1)*g.width,
			N: len(who[k]), Share: float64(len(who[k])) / float64(d.N), Persons: persons(who[k]),
		}
	}
}
